// Sections without handles, as file systems and older drivers use them: made, mapped, copied from, and asked about before a file is cut.
#include <ntifs.h>

#include "ktest.h"

using namespace ktest;

extern "C" {
NTKERNELAPI NTSTATUS NTAPI MmCreateSection(PVOID* section, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, PLARGE_INTEGER size,
                                           ULONG protection, ULONG allocation, HANDLE handle, PFILE_OBJECT file);
NTKERNELAPI NTSTATUS NTAPI MmMapViewOfSection(PVOID section, PEPROCESS process, PVOID* base, ULONG_PTR zero_bits, SIZE_T commit,
                                              PLARGE_INTEGER offset, PSIZE_T size, SECTION_INHERIT inherit, ULONG type, ULONG protection);
NTKERNELAPI NTSTATUS NTAPI MmUnmapViewOfSection(PEPROCESS process, PVOID base);
NTKERNELAPI NTSTATUS NTAPI MmMapViewInSystemSpaceEx(PVOID section, PVOID* base, PSIZE_T size, PLARGE_INTEGER offset, ULONG_PTR flags);
NTKERNELAPI NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID base);
NTKERNELAPI NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS from_process, PVOID from, PEPROCESS to_process, PVOID to, SIZE_T size,
                                               KPROCESSOR_MODE mode, PSIZE_T copied);
NTKERNELAPI ULONG NTAPI MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS pointers);
NTKERNELAPI BOOLEAN NTAPI MmForceSectionClosed(PSECTION_OBJECT_POINTERS pointers, BOOLEAN delay);
NTKERNELAPI extern PVOID MmBadPointer;
}

namespace {

constexpr ULONG kSize = 0x20000;
constexpr ULONG kGranularity = 0x10000;

NTSTATUS NewSection(PVOID* section, ULONG protection = PAGE_READWRITE) {
  LARGE_INTEGER size{.QuadPart = kSize};
  return MmCreateSection(section, SECTION_ALL_ACCESS, nullptr, &size, protection, SEC_COMMIT, nullptr, nullptr);
}

NTSTATUS MapInto(PVOID section, PVOID* base) {
  SIZE_T size = 0;
  *base = nullptr;
  return MmMapViewOfSection(section, PsGetCurrentProcess(), base, 0, 0, nullptr, &size, ViewUnmap, 0, PAGE_READWRITE);
}

HANDLE NewFile() {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\section objects.dat");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  IO_STATUS_BLOCK io;
  HANDLE file = nullptr;
  const NTSTATUS status = ZwCreateFile(&file, GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE, &attributes, &io, nullptr, 0,
                                       FILE_SHARE_READ, FILE_SUPERSEDE, FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, nullptr, 0);
  if (!NT_SUCCESS(status)) return nullptr;
  FILE_END_OF_FILE_INFORMATION end = {{.QuadPart = kSize}};
  ZwSetInformationFile(file, &io, &end, sizeof end, FileEndOfFileInformation);
  return file;
}

}  // namespace

KTEST(ViewsOfOneSectionShareItsPages) {
  PVOID section = nullptr, user = nullptr, system = nullptr;
  EXPECT_EQ(NewSection(&section, 0), STATUS_INVALID_PAGE_PROTECTION);
  REQUIRE(NT_SUCCESS(NewSection(&section)));
  REQUIRE(NT_SUCCESS(MapInto(section, &user)));
  SIZE_T size = kGranularity;
  LARGE_INTEGER offset{.QuadPart = kGranularity};
  REQUIRE(NT_SUCCESS(MmMapViewInSystemSpaceEx(section, &system, &size, &offset, 0)));
  EXPECT_EQ(size, kGranularity);
  EXPECT((ULONG_PTR)system > (ULONG_PTR)MmSystemRangeStart);
  ((volatile UCHAR*)system)[5] = 0x5a;
  EXPECT_EQ(((volatile UCHAR*)user)[kGranularity + 5], 0x5a);
  EXPECT_EQ(MmUnmapViewInSystemSpace(system), STATUS_SUCCESS);
  EXPECT_EQ(MmUnmapViewOfSection(PsGetCurrentProcess(), user), STATUS_SUCCESS);
  EXPECT_EQ(MmUnmapViewOfSection(PsGetCurrentProcess(), user), STATUS_NOT_MAPPED_VIEW);
  ObDereferenceObject(section);
}

KTEST(MemoryIsCopiedBetweenProcesses) {
  PVOID section = nullptr, user = nullptr;
  REQUIRE(NT_SUCCESS(NewSection(&section)));
  REQUIRE(NT_SUCCESS(MapInto(section, &user)));
  char text[] = "copied", back[sizeof text] = {};
  SIZE_T copied = 0;
  PEPROCESS self = PsGetCurrentProcess();
  EXPECT_EQ(MmCopyVirtualMemory(self, text, self, user, sizeof text, KernelMode, &copied), STATUS_SUCCESS);
  EXPECT_EQ(copied, sizeof text);
  EXPECT_EQ(MmCopyVirtualMemory(self, user, self, back, sizeof back, KernelMode, &copied), STATUS_SUCCESS);
  EXPECT_EQ(RtlCompareMemory(text, back, sizeof text), sizeof text);
  // For a caller in user mode kernel memory is out of bounds; where the source ends the copy does.
  EXPECT_EQ(MmCopyVirtualMemory(self, text, self, user, sizeof text, UserMode, &copied), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(ZwFlushInstructionCache(ZwCurrentProcess(), user, PAGE_SIZE), STATUS_SUCCESS);
  EXPECT_EQ(ZwFlushInstructionCache((HANDLE)(ULONG_PTR)0x7ffc, nullptr, 0), STATUS_INVALID_HANDLE);
  EXPECT_EQ(MmUnmapViewOfSection(self, user), STATUS_SUCCESS);
  EXPECT_EQ(MmCopyVirtualMemory(self, user, self, back, sizeof back, KernelMode, &copied), STATUS_PARTIAL_COPY);
  EXPECT_EQ(copied, 0u);
  ObDereferenceObject(section);
}

KTEST(AFileSystemAsksWhoUsesItsFile) {
  HANDLE handle = NewFile();
  REQUIRE(handle != nullptr);
  PFILE_OBJECT file = nullptr;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID*)&file, nullptr)));
  PSECTION_OBJECT_POINTERS pointers = file->SectionObjectPointer;
  REQUIRE(pointers != nullptr);
  LARGE_INTEGER less{.QuadPart = 10}, more{.QuadPart = 2 * kSize};
  EXPECT(MmCanFileBeTruncated(pointers, &less));
  EXPECT(MmCanFileBeTruncated(pointers, nullptr));
  EXPECT_EQ(MmDoesFileHaveUserWritableReferences(pointers), 0u);
  EXPECT(MmFlushImageSection(pointers, MmFlushForDelete));

  PVOID section = nullptr, view = nullptr;
  REQUIRE(NT_SUCCESS(MmCreateSection(&section, SECTION_ALL_ACCESS, nullptr, nullptr, PAGE_READWRITE, SEC_COMMIT, nullptr, file)));
  REQUIRE(NT_SUCCESS(MapInto(section, &view)));
  *(volatile UCHAR*)view = 1;
  EXPECT_EQ(MmCanFileBeTruncated(pointers, &less), FALSE);
  EXPECT_EQ(MmCanFileBeTruncated(pointers, nullptr), FALSE);
  EXPECT(MmCanFileBeTruncated(pointers, &more));
  EXPECT(MmDoesFileHaveUserWritableReferences(pointers) > 0);
  EXPECT_EQ(MmFlushImageSection(pointers, MmFlushForDelete), FALSE);
  EXPECT(MmFlushImageSection(pointers, MmFlushForWrite));
  EXPECT_EQ(MmForceSectionClosed(pointers, FALSE), FALSE);

  EXPECT_EQ(MmUnmapViewOfSection(PsGetCurrentProcess(), view), STATUS_SUCCESS);
  ObDereferenceObject(section);
  EXPECT(MmCanFileBeTruncated(pointers, &less));
  EXPECT(MmForceSectionClosed(pointers, FALSE));
  ObDereferenceObject(file);
  ZwClose(handle);
}

KTEST(ABadPointerIsNeverValid) { EXPECT_EQ(MmIsAddressValid(MmBadPointer), FALSE); }
