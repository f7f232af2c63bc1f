// Sections that a driver makes and maps: shared pages, protections, names.
#include "ktest.h"

using namespace ktest;

namespace {
NTSTATUS Create(HANDLE* section, LONGLONG size, ULONG protection, PUNICODE_STRING name = nullptr, ULONG attributes = SEC_COMMIT) {
  OBJECT_ATTRIBUTES object;
  InitializeObjectAttributes(&object, name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  LARGE_INTEGER maximum;
  maximum.QuadPart = size;
  return ZwCreateSection(section, SECTION_ALL_ACCESS, &object, &maximum, protection, attributes, nullptr);
}

NTSTATUS Map(HANDLE section, PVOID* base, SIZE_T* size, ULONG protection, LONGLONG from = 0) {
  LARGE_INTEGER offset;
  offset.QuadPart = from;
  return ZwMapViewOfSection(section, ZwCurrentProcess(), base, 0, 0, &offset, size, ViewUnmap, 0, protection);
}

bool WriteFaults(volatile ULONG* address) {
  bool faulted = false;
  __try {
    *address = 1;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    faulted = true;
  }
  return faulted;
}
}  // namespace

KTEST(TwoViewsShareTheirPages) {
  HANDLE section;
  REQUIRE(NT_SUCCESS(Create(&section, 3 * PAGE_SIZE, PAGE_READWRITE)));
  PVOID first = nullptr, second = nullptr;
  SIZE_T first_size = 0, second_size = 0;
  REQUIRE(NT_SUCCESS(Map(section, &first, &first_size, PAGE_READWRITE)));
  EXPECT_EQ(first_size, 3 * PAGE_SIZE);
  REQUIRE(NT_SUCCESS(Map(section, &second, &second_size, PAGE_READONLY)));
  EXPECT(first != second);
  auto* const here = (volatile ULONG*)first;
  auto* const there = (volatile ULONG*)second;
  EXPECT_EQ(here[0], 0);
  here[5] = 0xabcd;
  EXPECT_EQ(there[5], 0xabcd);
  EXPECT(WriteFaults(there));
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), second), STATUS_SUCCESS);
  // The view keeps the section.
  ZwClose(section);
  EXPECT_EQ(here[5], 0xabcd);
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), first), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), first), STATUS_NOT_MAPPED_VIEW);
  EXPECT(WriteFaults(here));
}

KTEST(AViewMayStartInTheMiddle) {
  HANDLE section;
  REQUIRE(NT_SUCCESS(Create(&section, 0x20000, PAGE_READWRITE)));
  PVOID whole = nullptr, part = nullptr;
  SIZE_T size = 0, rest = PAGE_SIZE;
  REQUIRE(NT_SUCCESS(Map(section, &whole, &size, PAGE_READWRITE)));
  REQUIRE(NT_SUCCESS(Map(section, &part, &rest, PAGE_READWRITE, 0x10000)));
  EXPECT_EQ(rest, PAGE_SIZE);
  *(volatile ULONG*)part = 77;
  EXPECT_EQ(((volatile ULONG*)whole)[0x10000 / 4], 77);
  ZwUnmapViewOfSection(ZwCurrentProcess(), part);
  ZwUnmapViewOfSection(ZwCurrentProcess(), whole);
  ZwClose(section);
}

KTEST(AViewCannotExceedTheSectionsProtection) {
  HANDLE section;
  REQUIRE(NT_SUCCESS(Create(&section, PAGE_SIZE, PAGE_READONLY)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  EXPECT_EQ(Map(section, &base, &size, PAGE_READWRITE), STATUS_SECTION_PROTECTION);
  EXPECT_EQ(Map(section, &base, &size, PAGE_READONLY), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), base), STATUS_SUCCESS);
  base = nullptr;
  size = 2 * PAGE_SIZE;
  EXPECT_EQ(Map(section, &base, &size, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
  ZwClose(section);
}

KTEST(MistakesAtCreation) {
  HANDLE section;
  EXPECT_EQ(Create(&section, PAGE_SIZE, PAGE_READWRITE, nullptr, 0), STATUS_INVALID_PARAMETER_6);
  EXPECT_EQ(Create(&section, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
  EXPECT_EQ(Create(&section, -1, PAGE_READWRITE), STATUS_SECTION_TOO_BIG);
  EXPECT_EQ(Create(&section, PAGE_SIZE, 0), STATUS_INVALID_PAGE_PROTECTION);
}

KTEST(AnAttachedProcessSeesTheSameView) {
  HANDLE section;
  REQUIRE(NT_SUCCESS(Create(&section, PAGE_SIZE, PAGE_READWRITE)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  KAPC_STATE apc;
  KeStackAttachProcess((PKPROCESS)PsInitialSystemProcess, &apc);
  EXPECT_EQ(Map(section, &base, &size, PAGE_READWRITE), STATUS_SUCCESS);
  *(volatile ULONG*)base = 3;
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), base), STATUS_SUCCESS);
  KeUnstackDetachProcess(&apc);
  ZwClose(section);
}

KTEST(NamedSectionsAreOpened) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\RingletKernelTestSection");
  HANDLE first, second;
  REQUIRE(NT_SUCCESS(Create(&first, PAGE_SIZE, PAGE_READWRITE, &name)));
  EXPECT_EQ(Create(&second, PAGE_SIZE, PAGE_READWRITE, &name), STATUS_OBJECT_NAME_COLLISION);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  REQUIRE(NT_SUCCESS(ZwOpenSection(&second, SECTION_MAP_READ, &attributes)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  EXPECT_EQ(Map(second, &base, &size, PAGE_READONLY), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), base), STATUS_SUCCESS);
  ZwClose(second);
  ZwClose(first);
  EXPECT_EQ(ZwOpenSection(&second, SECTION_MAP_READ, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
}

extern "C" NTSYSAPI NTSTATUS NTAPI ZwQueryVirtualMemory(HANDLE, PVOID, ULONG, PVOID, SIZE_T, PSIZE_T);

KTEST(AWriteToACopyOnWriteViewIsItsOwn) {
  HANDLE section;
  LARGE_INTEGER size;
  size.QuadPart = 0x20000;
  REQUIRE(NT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, nullptr, &size, PAGE_READWRITE, SEC_COMMIT, nullptr)));
  PVOID shared = nullptr, own = nullptr;
  SIZE_T bytes = 0, own_bytes = 0;
  REQUIRE(NT_SUCCESS(ZwMapViewOfSection(section, ZwCurrentProcess(), &shared, 0, 0, nullptr, &bytes, ViewUnmap, 0, PAGE_READWRITE)));
  REQUIRE(NT_SUCCESS(ZwMapViewOfSection(section, ZwCurrentProcess(), &own, 0, 0, nullptr, &own_bytes, ViewUnmap, 0, PAGE_WRITECOPY)));
  auto original = static_cast<volatile ULONG*>(shared), copy = static_cast<volatile ULONG*>(own);
  original[0] = 1;
  original[1024] = 2;
  EXPECT_EQ(copy[0], 1);
  copy[1] = 7;
  EXPECT_EQ(copy[0], 1);
  EXPECT_EQ(original[1], 0);
  original[0] = 3;
  EXPECT_EQ(copy[0], 1);
  original[1024] = 4;
  EXPECT_EQ(copy[1024], 4);
  MEMORY_BASIC_INFORMATION information;
  EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), own, 0, &information, sizeof information, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(information.Protect, PAGE_READWRITE);
  EXPECT_EQ(information.RegionSize, PAGE_SIZE);
  EXPECT_EQ(information.AllocationProtect, PAGE_WRITECOPY);
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), own), STATUS_SUCCESS);
  EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), shared), STATUS_SUCCESS);
  ZwClose(section);
}

KTEST(ReservedSectionsAreCommittedInAllViews) {
  HANDLE section;
  LARGE_INTEGER size;
  size.QuadPart = 0x20000;
  EXPECT_EQ(ZwCreateSection(&section, SECTION_ALL_ACCESS, nullptr, &size, PAGE_READWRITE, SEC_RESERVE | SEC_COMMIT, nullptr),
            STATUS_INVALID_PARAMETER_6);
  REQUIRE(NT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, nullptr, &size, PAGE_READWRITE, SEC_RESERVE, nullptr)));
  PVOID one = nullptr, two = nullptr;
  SIZE_T bytes = 0;
  REQUIRE(NT_SUCCESS(ZwMapViewOfSection(section, ZwCurrentProcess(), &one, 0, 0, nullptr, &bytes, ViewUnmap, 0, PAGE_READWRITE)));
  REQUIRE(NT_SUCCESS(ZwMapViewOfSection(section, ZwCurrentProcess(), &two, 0, 0, nullptr, &bytes, ViewUnmap, 0, PAGE_READWRITE)));
  MEMORY_BASIC_INFORMATION information;
  ZwQueryVirtualMemory(ZwCurrentProcess(), one, 0, &information, sizeof information, nullptr);
  EXPECT_EQ(information.State, MEM_RESERVE);
  PVOID base = static_cast<char*>(one) + PAGE_SIZE;
  SIZE_T length = PAGE_SIZE;
  EXPECT_EQ(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &length, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
  static_cast<volatile char*>(one)[PAGE_SIZE] = 5;
  EXPECT_EQ(static_cast<volatile char*>(two)[PAGE_SIZE], 5);
  EXPECT(!MmIsAddressValid(two));
  base = one;
  length = PAGE_SIZE;
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &length, MEM_DECOMMIT), STATUS_UNABLE_TO_DECOMMIT_VM);
  ZwUnmapViewOfSection(ZwCurrentProcess(), one);
  ZwUnmapViewOfSection(ZwCurrentProcess(), two);
  ZwClose(section);
}

extern "C" {
NTKERNELAPI NTSTATUS NTAPI MmMapViewInSystemSpace(PVOID Section, PVOID* MappedBase, PSIZE_T ViewSize);
NTKERNELAPI NTSTATUS NTAPI MmUnmapViewInSystemSpace(PVOID MappedBase);
NTSYSAPI NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE, PVOID*, PSIZE_T, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwQuerySection(HANDLE, ULONG, PVOID, SIZE_T, PSIZE_T);
}

KTEST(TheKernelHasViewsOfItsOwn) {
  HANDLE section;
  LARGE_INTEGER size;
  size.QuadPart = 100000;
  REQUIRE(NT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, nullptr, &size, PAGE_READWRITE, SEC_COMMIT, nullptr)));
  struct {
    PVOID base;
    ULONG attributes;
    LARGE_INTEGER size;
  } basic;
  SIZE_T returned = 0;
  EXPECT_EQ(ZwQuerySection(section, 0, &basic, sizeof basic, &returned), STATUS_SUCCESS);
  EXPECT_EQ(returned, sizeof basic);
  EXPECT_EQ(basic.size.QuadPart, 102400);
  char image[0x40];
  EXPECT_EQ(ZwQuerySection(section, 1, image, sizeof image, nullptr), STATUS_SECTION_NOT_IMAGE);
  EXPECT_EQ(ZwQuerySection(section, 9, &basic, sizeof basic, nullptr), STATUS_INVALID_INFO_CLASS);
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(section, SECTION_MAP_READ, nullptr, KernelMode, &object, nullptr)));
  PVOID view = nullptr, process_view = nullptr;
  SIZE_T bytes = 0, process_bytes = 0;
  REQUIRE(NT_SUCCESS(MmMapViewInSystemSpace(object, &view, &bytes)));
  EXPECT_EQ(bytes, 102400);
  EXPECT(view > (PVOID)MmHighestUserAddress);
  REQUIRE(NT_SUCCESS(
      ZwMapViewOfSection(section, ZwCurrentProcess(), &process_view, 0, 0, nullptr, &process_bytes, ViewUnmap, 0, PAGE_READWRITE)));
  static_cast<volatile char*>(process_view)[5000] = 9;
  EXPECT_EQ(static_cast<volatile char*>(view)[5000], 9);
  SIZE_T too_much = 1 << 20;
  PVOID none;
  EXPECT_EQ(MmMapViewInSystemSpace(object, &none, &too_much), STATUS_INVALID_VIEW_SIZE);
  ZwUnmapViewOfSection(ZwCurrentProcess(), process_view);
  ZwClose(section);
  ObDereferenceObject(object);
  EXPECT_EQ(static_cast<volatile char*>(view)[5000], 9);
  EXPECT_EQ(MmUnmapViewInSystemSpace(view), STATUS_SUCCESS);
}

KTEST(ProtectionsOfViewsAndSections) {
  struct {
    ULONG section;
    ULONG allowed;
  } rules[] = {
      {PAGE_READONLY, PAGE_NOACCESS | PAGE_READONLY | PAGE_WRITECOPY},
      {PAGE_READWRITE, PAGE_NOACCESS | PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY},
      {PAGE_WRITECOPY, PAGE_NOACCESS | PAGE_READONLY | PAGE_WRITECOPY},
      {PAGE_EXECUTE, PAGE_NOACCESS | PAGE_EXECUTE},
      {PAGE_EXECUTE_READ, PAGE_NOACCESS | PAGE_READONLY | PAGE_WRITECOPY | PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_WRITECOPY},
      {PAGE_EXECUTE_READWRITE, 0xff}};
  for (const auto& rule : rules) {
    HANDLE section;
    REQUIRE(NT_SUCCESS(Create(&section, PAGE_SIZE, rule.section)));
    for (ULONG protection = PAGE_NOACCESS; protection <= PAGE_EXECUTE_WRITECOPY; protection <<= 1) {
      PVOID base = nullptr;
      SIZE_T size = 0;
      const NTSTATUS status = Map(section, &base, &size, protection);
      EXPECT_EQ(status, (rule.allowed & protection) ? STATUS_SUCCESS : STATUS_SECTION_PROTECTION);
      if (NT_SUCCESS(status)) ZwUnmapViewOfSection(ZwCurrentProcess(), base);
    }
    ZwClose(section);
  }
}

KTEST(AViewsProtectionStaysWithinWhatItWasMappedWith) {
  HANDLE section;
  REQUIRE(NT_SUCCESS(Create(&section, PAGE_SIZE, PAGE_READWRITE)));
  PVOID base = nullptr;
  SIZE_T size = 0;
  ULONG old;
  REQUIRE(NT_SUCCESS(Map(section, &base, &size, PAGE_READONLY)));
  EXPECT_EQ(ZwProtectVirtualMemory(ZwCurrentProcess(), &base, &size, PAGE_READWRITE, &old), STATUS_SECTION_PROTECTION);
  ZwUnmapViewOfSection(ZwCurrentProcess(), base);
  base = nullptr;
  size = 0;
  REQUIRE(NT_SUCCESS(Map(section, &base, &size, PAGE_READWRITE)));
  EXPECT_EQ(ZwProtectVirtualMemory(ZwCurrentProcess(), &base, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
  EXPECT_EQ(old, PAGE_READWRITE);
  EXPECT(WriteFaults((volatile ULONG*)base));
  EXPECT_EQ(ZwProtectVirtualMemory(ZwCurrentProcess(), &base, &size, PAGE_READWRITE, &old), STATUS_SUCCESS);
  EXPECT(!WriteFaults((volatile ULONG*)base));
  ZwUnmapViewOfSection(ZwCurrentProcess(), base);
  EXPECT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, nullptr, &size, (SECTION_INHERIT)3, 0, PAGE_READONLY),
            STATUS_INVALID_PARAMETER_8);
  EXPECT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, nullptr, &size, ViewUnmap, MEM_COMMIT, PAGE_READONLY),
            STATUS_INVALID_PARAMETER_9);
  EXPECT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, nullptr, &size, ViewUnmap, 0, 0), STATUS_INVALID_PAGE_PROTECTION);
  ZwClose(section);
}
