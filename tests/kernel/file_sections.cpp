// Sections of files: their sizes and protections, views that are the file, and what they keep others from doing with it.
#include "ktest.h"

extern "C" {
NTSYSAPI NTSTATUS NTAPI ZwQuerySection(HANDLE, ULONG, PVOID, SIZE_T, PSIZE_T);
NTSYSAPI NTSTATUS NTAPI ZwExtendSection(HANDLE, PLARGE_INTEGER);
NTKERNELAPI NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Section, PVOID* MappedBase, PSIZE_T ViewSize);
NTKERNELAPI NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID MappedBase);
NTSYSAPI NTSTATUS NTAPI ZwQueryVirtualMemory(HANDLE, PVOID, ULONG, PVOID, SIZE_T, PSIZE_T);
}

using namespace ktest;

namespace {

constexpr ULONG kImage = 0x1000000;  // SEC_IMAGE, which the headers for drivers lack
constexpr ULONG kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\??\\C:\\mapped.dat");

NTSTATUS Open(HANDLE* file, ACCESS_MASK access, ULONG disposition = FILE_OPEN, ULONG options = FILE_NON_DIRECTORY_FILE,
              PUNICODE_STRING name = &path) {
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  IO_STATUS_BLOCK io;
  return ZwCreateFile(file, access | SYNCHRONIZE, &object, &io, nullptr, 0, kShareAll, disposition, options | FILE_SYNCHRONOUS_IO_NONALERT,
                      nullptr, 0);
}

constexpr ACCESS_MASK kReadWrite = GENERIC_READ | GENERIC_WRITE | DELETE;

/// The file, new, with so many bytes of 'a', 'b', …
HANDLE NewFile(ULONG size) {
  HANDLE file;
  if (!NT_SUCCESS(Open(&file, kReadWrite, FILE_SUPERSEDE))) return nullptr;
  IO_STATUS_BLOCK io;
  for (ULONG at = 0; at < size; at += 26) {
    LARGE_INTEGER offset{.QuadPart = at};
    ZwWriteFile(file, nullptr, nullptr, nullptr, &io, (PVOID) "abcdefghijklmnopqrstuvwxyz", size - at < 26 ? size - at : 26, &offset,
                nullptr);
  }
  return file;
}

LONG64 SizeOf(HANDLE file) {
  FILE_STANDARD_INFORMATION information{};
  IO_STATUS_BLOCK io;
  ZwQueryInformationFile(file, &io, &information, sizeof information, FileStandardInformation);
  return information.EndOfFile.QuadPart;
}

NTSTATUS Resize(HANDLE file, LONG64 size) {
  FILE_END_OF_FILE_INFORMATION end;
  end.EndOfFile.QuadPart = size;
  IO_STATUS_BLOCK io;
  return ZwSetInformationFile(file, &io, &end, sizeof end, FileEndOfFileInformation);
}

NTSTATUS Delete(HANDLE file) {
  FILE_DISPOSITION_INFORMATION information = {TRUE};
  IO_STATUS_BLOCK io;
  return ZwSetInformationFile(file, &io, &information, sizeof information, FileDispositionInformation);
}

NTSTATUS Create(HANDLE* section, HANDLE file, LONGLONG size, ULONG protection, ULONG attributes = SEC_COMMIT) {
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  LARGE_INTEGER maximum{.QuadPart = size};
  return ZwCreateSection(section, SECTION_ALL_ACCESS, &object, size ? &maximum : nullptr, protection, attributes, file);
}

NTSTATUS Map(HANDLE section, PVOID* base, SIZE_T* size, ULONG protection, LONGLONG from = 0) {
  LARGE_INTEGER offset{.QuadPart = from};
  return ZwMapViewOfSection(section, ZwCurrentProcess(), base, 0, 0, &offset, size, ViewUnmap, 0, protection);
}

NTSTATUS Unmap(PVOID base) { return ZwUnmapViewOfSection(ZwCurrentProcess(), base); }

struct Basic {
  PVOID base;
  ULONG attributes;
  LARGE_INTEGER size;
};

}  // namespace

KTEST(AViewIsTheFile) {
  HANDLE file = NewFile(5000), section;
  REQUIRE(file != nullptr);
  REQUIRE(NT_SUCCESS(Create(&section, file, 0, PAGE_READWRITE)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  REQUIRE(NT_SUCCESS(Map(section, &base, &size, PAGE_READWRITE)));
  EXPECT_EQ(size, 2 * PAGE_SIZE);
  auto* const bytes = (volatile char*)base;
  EXPECT_EQ(bytes[0], 'a');
  EXPECT_EQ(bytes[27], 'b');
  EXPECT_EQ(bytes[5000], 0);
  // What is written by one way is read by the other.
  bytes[1] = 'X';
  char text[4] = {};
  IO_STATUS_BLOCK io;
  LARGE_INTEGER at{.QuadPart = 0};
  EXPECT_EQ(ZwReadFile(file, nullptr, nullptr, nullptr, &io, text, 3, &at, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(text[1], 'X');
  at.QuadPart = 4099;
  EXPECT_EQ(ZwWriteFile(file, nullptr, nullptr, nullptr, &io, (PVOID) "Y", 1, &at, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(bytes[4099], 'Y');
  PVOID flush = base;
  SIZE_T flushed = 0;
  EXPECT_EQ(ZwFlushVirtualMemory(ZwCurrentProcess(), &flush, &flushed, &io), STATUS_SUCCESS);
  EXPECT_EQ(flushed, 2 * PAGE_SIZE);
  // The view keeps the section and the file.
  ZwClose(section);
  ZwClose(file);
  bytes[2] = 'Z';
  EXPECT_EQ(Unmap(base), STATUS_SUCCESS);
  EXPECT_EQ(ZwFlushVirtualMemory(ZwCurrentProcess(), &flush, &flushed, &io), STATUS_NOT_MAPPED_VIEW);
  REQUIRE(NT_SUCCESS(Open(&file, kReadWrite)));
  at.QuadPart = 0;
  EXPECT_EQ(ZwReadFile(file, nullptr, nullptr, nullptr, &io, text, 3, &at, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(text[2], 'Z');
  EXPECT_EQ(SizeOf(file), 5000);
  EXPECT_EQ(Delete(file), STATUS_SUCCESS);
  ZwClose(file);
}

KTEST(SizesOfFileSections) {
  HANDLE file = NewFile(100), section = nullptr;
  REQUIRE(file != nullptr);
  EXPECT_EQ(Create(&section, file, 200, PAGE_READONLY), STATUS_SECTION_TOO_BIG);
  EXPECT_EQ(SizeOf(file), 100);
  REQUIRE(NT_SUCCESS(Create(&section, file, 0, PAGE_READONLY)));
  Basic basic;
  EXPECT_EQ(ZwQuerySection(section, 0, &basic, sizeof basic, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(basic.size.QuadPart, 100);
  EXPECT_EQ(basic.attributes, 0x800000);
  EXPECT_EQ(ZwQuerySection(section, 1, &basic, sizeof basic, nullptr), STATUS_INFO_LENGTH_MISMATCH);
  PVOID base = nullptr;
  SIZE_T size = 101;
  EXPECT_EQ(Map(section, &base, &size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
  size = 0;
  EXPECT_EQ(Map(section, &base, &size, PAGE_READONLY, 0x1000), STATUS_MAPPED_ALIGNMENT);
  EXPECT_EQ(Map(section, &base, &size, PAGE_READONLY, 0x10000), STATUS_INVALID_VIEW_SIZE);
  LARGE_INTEGER longer{.QuadPart = 300};
  EXPECT_EQ(ZwExtendSection(section, &longer), STATUS_SECTION_NOT_EXTENDED);
  ZwClose(section);
  // A section that may write makes its file as long as itself.
  REQUIRE(NT_SUCCESS(Create(&section, file, 10000, PAGE_READWRITE)));
  EXPECT_EQ(SizeOf(file), 10000);
  longer.QuadPart = 0x20000;
  EXPECT_EQ(ZwExtendSection(section, &longer), STATUS_SUCCESS);
  EXPECT_EQ(SizeOf(file), 0x20000);
  longer.QuadPart = 5;
  EXPECT_EQ(ZwExtendSection(section, &longer), STATUS_SUCCESS);
  EXPECT_EQ(longer.QuadPart, 0x20000);
  size = 0;
  REQUIRE(NT_SUCCESS(Map(section, &base, &size, PAGE_READWRITE, 0x10000)));
  EXPECT_EQ(size, 0x10000);
  *(volatile char*)base = 'q';
  EXPECT_EQ(Unmap(base), STATUS_SUCCESS);
  ZwClose(section);
  EXPECT_EQ(Delete(file), STATUS_SUCCESS);
  ZwClose(file);
}

KTEST(WhatCannotBeMapped) {
  HANDLE file = NewFile(0), section = nullptr;
  REQUIRE(file != nullptr);
  EXPECT_EQ(Create(&section, file, 0, PAGE_READWRITE), STATUS_MAPPED_FILE_SIZE_ZERO);
  EXPECT_EQ(Create(&section, file, 100, PAGE_NOACCESS), STATUS_INVALID_PAGE_PROTECTION);
  EXPECT_EQ(Create(&section, file, 100, PAGE_READWRITE | PAGE_GUARD), STATUS_INVALID_PAGE_PROTECTION);
  EXPECT_EQ(Create(&section, file, 100, PAGE_READWRITE, SEC_COMMIT | kImage), STATUS_INVALID_PARAMETER_6);
  EXPECT_EQ(Create(&section, nullptr, 0, PAGE_READONLY, kImage), STATUS_INVALID_FILE_FOR_SECTION);
  EXPECT_EQ(Create(&section, (HANDLE)0x7ff0, 0, PAGE_READONLY), STATUS_INVALID_HANDLE);
  EXPECT_EQ(Create(&section, ZwCurrentThread(), 0, PAGE_READONLY), STATUS_OBJECT_TYPE_MISMATCH);
  Delete(file);
  ZwClose(file);
  UNICODE_STRING root = RTL_CONSTANT_STRING(L"\\??\\C:\\");
  REQUIRE(NT_SUCCESS(Open(&file, GENERIC_READ, FILE_OPEN, FILE_DIRECTORY_FILE, &root)));
  EXPECT_EQ(Create(&section, file, 0, PAGE_READONLY), STATUS_INVALID_FILE_FOR_SECTION);
  ZwClose(file);
}

KTEST(TheFilesAccessLimitsItsSections) {
  HANDLE file = NewFile(100), reader, section;
  REQUIRE(file != nullptr);
  REQUIRE(NT_SUCCESS(Open(&reader, GENERIC_READ)));
  // Kernel callers' access is not checked, so the check is seen by a user's handle only.
  REQUIRE(NT_SUCCESS(Create(&section, reader, 0, PAGE_WRITECOPY)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  EXPECT_EQ(Map(section, &base, &size, PAGE_READWRITE), STATUS_SECTION_PROTECTION);
  EXPECT_EQ(Map(section, &base, &size, PAGE_EXECUTE_READ), STATUS_SECTION_PROTECTION);
  REQUIRE(NT_SUCCESS(Map(section, &base, &size, PAGE_WRITECOPY)));
  auto* const bytes = (volatile char*)base;
  bytes[0] = '!';
  EXPECT_EQ(bytes[0], '!');
  EXPECT_EQ(bytes[1], 'b');
  char text[1];
  IO_STATUS_BLOCK io;
  LARGE_INTEGER at{.QuadPart = 0};
  EXPECT_EQ(ZwReadFile(file, nullptr, nullptr, nullptr, &io, text, 1, &at, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(text[0], 'a');
  Unmap(base);
  ZwClose(section);
  ZwClose(reader);
  Delete(file);
  ZwClose(file);
}

KTEST(AMappedFileIsNotCutOrDeleted) {
  HANDLE file = NewFile(10000), section, other;
  REQUIRE(file != nullptr);
  REQUIRE(NT_SUCCESS(Create(&section, file, 0, PAGE_READONLY)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  REQUIRE(NT_SUCCESS(Map(section, &base, &size, PAGE_READONLY)));
  ZwClose(section);
  EXPECT_EQ(Resize(file, 5000), STATUS_USER_MAPPED_FILE);
  EXPECT_EQ(Resize(file, 20000), STATUS_SUCCESS);
  EXPECT_EQ(Delete(file), STATUS_CANNOT_DELETE);
  EXPECT_EQ(Open(&other, kReadWrite, FILE_OVERWRITE), STATUS_USER_MAPPED_FILE);
  EXPECT_EQ(Unmap(base), STATUS_SUCCESS);
  EXPECT_EQ(Resize(file, 5000), STATUS_SUCCESS);
  EXPECT_EQ(Delete(file), STATUS_SUCCESS);
  ZwClose(file);
}

KTEST(DriversLockAndMapPagesOfAFile) {
  HANDLE file = NewFile(8192), section;
  REQUIRE(file != nullptr);
  REQUIRE(NT_SUCCESS(Create(&section, file, 0, PAGE_READWRITE)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  REQUIRE(NT_SUCCESS(Map(section, &base, &size, PAGE_READWRITE)));
  PMDL const mdl = IoAllocateMdl((char*)base + 4000, 200, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
  auto* const alias = (volatile char*)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
  REQUIRE(alias != nullptr);
  alias[150] = '#';
  EXPECT_EQ(((volatile char*)base)[4150], '#');
  EXPECT(MmGetPhysicalAddress((PVOID)alias).QuadPart == MmGetPhysicalAddress((char*)base + 4000).QuadPart);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  PVOID object, system = nullptr;
  SIZE_T system_size = 0;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(section, SECTION_ALL_ACCESS, nullptr, KernelMode, &object, nullptr)));
  EXPECT_EQ(MmMapViewInSystemSpace(object, &system, &system_size), STATUS_SUCCESS);
  EXPECT_EQ(((volatile char*)system)[4150], '#');
  EXPECT_EQ(MmUnmapViewInSystemSpace(system), STATUS_SUCCESS);
  ObDereferenceObject(object);
  // Its name.
  struct {
    UNICODE_STRING name;
    WCHAR text[100];
  } mapped;
  EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), base, 2, &mapped, sizeof mapped, nullptr), STATUS_SUCCESS);
  UNICODE_STRING expected = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1\\mapped.dat");
  EXPECT(RtlEqualUnicodeString(&mapped.name, &expected, FALSE));
  Unmap(base);
  ZwClose(section);
  Delete(file);
  ZwClose(file);
}

KTEST(AnMdlKeepsAMappedFileUntilADpcUnlocksIt) {
  HANDLE file = NewFile(4096), section;
  REQUIRE(file != nullptr);
  REQUIRE(NT_SUCCESS(Create(&section, file, 0, PAGE_READWRITE)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  REQUIRE(NT_SUCCESS(Map(section, &base, &size, PAGE_READWRITE)));
  PMDL const mdl = IoAllocateMdl(base, 100, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
  Unmap(base);
  ZwClose(section);
  EXPECT_EQ(Resize(file, 10), STATUS_USER_MAPPED_FILE);
  auto* const alias = (volatile char*)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
  REQUIRE(alias != nullptr);
  EXPECT_EQ(alias[1], 'b');
  EXPECT_EQ(Delete(file), STATUS_CANNOT_DELETE);
  ZwClose(file);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  MmUnlockPages(mdl);
  KeLowerIrql(irql);
  IoFreeMdl(mdl);
  REQUIRE(NT_SUCCESS(Open(&file, kReadWrite)));
  EXPECT_EQ(Delete(file), STATUS_SUCCESS);
  ZwClose(file);
}

KTEST(ImagesAreMappedBySections) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\SystemRoot\\System32\\ntdll.dll");
  HANDLE file, section, writer;
  REQUIRE(NT_SUCCESS(Open(&file, GENERIC_READ | GENERIC_EXECUTE, FILE_OPEN, FILE_NON_DIRECTORY_FILE, &name)));
  REQUIRE(NT_SUCCESS(Create(&section, file, 0, PAGE_READONLY, kImage)));
  struct {
    PVOID entry;
    ULONG zero_bits;
    SIZE_T stack_reserve, stack_commit;
    ULONG subsystem, version;
    ULONG os_version;
    USHORT characteristics, dll_characteristics, machine;
    UCHAR code, flags;
    ULONG loader_flags, size, checksum;
  } image = {};
  SIZE_T told = 0;
  EXPECT_EQ(ZwQuerySection(section, 1, &image, sizeof image, &told), STATUS_SUCCESS);
  EXPECT_EQ(told, 0x40);
  EXPECT_EQ(image.machine, 0x8664);
  EXPECT_EQ(image.size, SizeOf(file));
  PVOID base = nullptr;
  SIZE_T size = 0;
  const NTSTATUS status = Map(section, &base, &size, PAGE_READONLY);
  EXPECT(NT_SUCCESS(status));
  if (NT_SUCCESS(status)) {
    EXPECT_EQ(*(volatile USHORT*)base, 0x5a4d);
    MEMORY_BASIC_INFORMATION information;
    EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), base, 0, &information, sizeof information, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(information.Type, kImage);  // MEM_IMAGE is the same bit
    EXPECT_EQ(information.Protect, PAGE_READONLY);
    // A file that runs is not written to or deleted.
    EXPECT_EQ(Open(&writer, GENERIC_WRITE, FILE_OPEN, FILE_NON_DIRECTORY_FILE, &name), STATUS_SHARING_VIOLATION);
    EXPECT_EQ(Unmap(base), STATUS_SUCCESS);
  }
  ZwClose(section);
  ZwClose(file);
  EXPECT_EQ(Open(&writer, GENERIC_WRITE, FILE_OPEN, FILE_NON_DIRECTORY_FILE, &name), STATUS_SUCCESS);
  ZwClose(writer);
  file = NewFile(100);
  EXPECT_EQ(Create(&section, file, 0, PAGE_READONLY, kImage), STATUS_INVALID_IMAGE_NOT_MZ);
  EXPECT_EQ(Delete(file), STATUS_SUCCESS);
  ZwClose(file);
}
