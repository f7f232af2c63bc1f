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
