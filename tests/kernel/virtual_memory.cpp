// User memory that a driver allocates in the System process.
#include "ktest.h"

extern "C" {
NTSYSAPI NTSTATUS NTAPI ZwQueryVirtualMemory(HANDLE, PVOID, ULONG, PVOID, SIZE_T, PSIZE_T);
NTSYSAPI NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE, PVOID*, PSIZE_T, ULONG, PULONG);
}

// What the headers for drivers lack.
#define MEM_WRITE_WATCH 0x200000
#define MEM_PHYSICAL 0x400000
#define MEM_RESET_UNDO 0x1000000

using namespace ktest;

namespace {
constexpr SIZE_T kPage = PAGE_SIZE;

NTSTATUS Allocate(PVOID* base, SIZE_T size, ULONG type, ULONG protection) {
  return ZwAllocateVirtualMemory(ZwCurrentProcess(), base, 0, &size, type, protection);
}

NTSTATUS Release(PVOID base) {
  SIZE_T size = 0;
  return ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &size, MEM_RELEASE);
}

bool Faults(volatile UCHAR* address) {
  bool faulted = false;
  __try {
    *address = 1;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    faulted = true;
  }
  return faulted;
}
}  // namespace

KTEST(MemoryIsZeroedUserMemory) {
  PVOID base = nullptr;
  SIZE_T size = 100;
  REQUIRE(NT_SUCCESS(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE)));
  EXPECT_EQ(size, kPage);
  EXPECT_EQ((ULONG_PTR)base & 0xffff, 0);
  EXPECT(base <= MmHighestUserAddress);
  auto* const bytes = (volatile UCHAR*)base;
  EXPECT_EQ(bytes[kPage - 1], 0);
  bytes[kPage - 1] = 5;
  EXPECT_EQ(bytes[kPage - 1], 5);
  size = 0;
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &size, MEM_RELEASE), STATUS_SUCCESS);
  EXPECT_EQ(size, kPage);
  EXPECT(Faults(bytes));
}

KTEST(ReserveThenCommit) {
  PVOID base = nullptr;
  REQUIRE(NT_SUCCESS(Allocate(&base, 16 * kPage, MEM_RESERVE, PAGE_READWRITE)));
  auto* const bytes = (volatile UCHAR*)base;
  EXPECT(Faults(bytes));
  PVOID second = (PVOID)(bytes + kPage);
  EXPECT_EQ(Allocate(&second, kPage, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
  EXPECT(!Faults(bytes + kPage));
  EXPECT(Faults(bytes + 2 * kPage));
  SIZE_T size = kPage;
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &second, &size, MEM_DECOMMIT), STATUS_SUCCESS);
  EXPECT(Faults(bytes + kPage));
  EXPECT_EQ(Release(base), STATUS_SUCCESS);
  EXPECT_EQ(Release(base), STATUS_MEMORY_NOT_ALLOCATED);
}

KTEST(MistakesAreRefused) {
  PVOID base = nullptr;
  EXPECT_EQ(Allocate(&base, kPage, MEM_COMMIT, 0), STATUS_INVALID_PAGE_PROTECTION);
  EXPECT_EQ(Allocate(&base, kPage, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(Allocate(&base, 0, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
  base = MmSystemRangeStart;
  EXPECT_EQ(Allocate(&base, kPage, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2);
}

KTEST(ItBelongsToTheSystemProcess) {
  PVOID base = nullptr;
  REQUIRE(NT_SUCCESS(Allocate(&base, kPage, MEM_COMMIT, PAGE_READWRITE)));
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE process;
  REQUIRE(NT_SUCCESS(
      ObOpenObjectByPointer(PsInitialSystemProcess, OBJ_KERNEL_HANDLE, nullptr, PROCESS_ALL_ACCESS, *PsProcessType, KernelMode, &process)));
  SIZE_T size = 0;
  EXPECT_EQ(ZwFreeVirtualMemory(process, &base, &size, MEM_RELEASE), STATUS_SUCCESS);
  ZwClose(process);
}

KTEST(AnMdlMapsIntoIt) {
  auto* const pool = (volatile ULONG*)ExAllocatePoolWithTag(NonPagedPoolNx, kPage, 'mvtk');
  REQUIRE(pool != nullptr);
  pool[0] = 0x1234;
  PMDL const mdl = IoAllocateMdl((PVOID)pool, kPage, FALSE, FALSE, nullptr);
  MmBuildMdlForNonPagedPool(mdl);
  PVOID mapped = nullptr;
  __try {
    mapped = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, nullptr, FALSE, NormalPagePriority);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
  }
  EXPECT(mapped != nullptr && mapped <= MmHighestUserAddress);
  if (mapped != nullptr) {
    EXPECT_EQ(*(volatile ULONG*)mapped, 0x1234);
    *(volatile ULONG*)mapped = 0x5678;
    EXPECT_EQ(pool[0], 0x5678);
    MmUnmapLockedPages(mapped, mdl);
  }
  IoFreeMdl(mdl);
  ExFreePoolWithTag((PVOID)pool, 'mvtk');
}

KTEST(SecuredMemoryStays) {
  PVOID base = nullptr;
  REQUIRE(NT_SUCCESS(Allocate(&base, 4 * kPage, MEM_COMMIT, PAGE_READWRITE)));
  PVOID const inside = (UCHAR*)base + kPage + 10;
  HANDLE const secure = MmSecureVirtualMemory(inside, 100, PAGE_READWRITE);
  REQUIRE(secure != nullptr);
  PVOID at = base;
  SIZE_T size = 4 * kPage;
  ULONG old;
  EXPECT_EQ(ZwProtectVirtualMemory(ZwCurrentProcess(), &at, &size, PAGE_READONLY, &old), STATUS_INVALID_PAGE_PROTECTION);
  EXPECT_EQ(Release(base), STATUS_INVALID_PAGE_PROTECTION);
  at = inside;
  size = 1;
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &at, &size, MEM_DECOMMIT), STATUS_INVALID_PAGE_PROTECTION);
  at = base;
  size = kPage;
  EXPECT_EQ(ZwProtectVirtualMemory(ZwCurrentProcess(), &at, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
  EXPECT_EQ((ULONG_PTR)MmSecureVirtualMemory(base, 10, PAGE_READWRITE), 0);
  HANDLE const other = MmSecureVirtualMemory(base, 10, PAGE_READONLY);
  EXPECT(other != nullptr);
  MmUnsecureVirtualMemory(other);
  MmUnsecureVirtualMemory(secure);
  EXPECT_EQ(Release(base), STATUS_SUCCESS);
}

KTEST(KindsOfAllocation) {
  PVOID base = nullptr;
  EXPECT_EQ(Allocate(&base, kPage, MEM_RESET | MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(Allocate(&base, kPage, MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(Allocate(&base, kPage, MEM_COMMIT | MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(Allocate(&base, kPage, MEM_RESERVE | MEM_PHYSICAL, PAGE_READONLY), STATUS_INVALID_PARAMETER_6);
  EXPECT_EQ(Allocate(&base, kPage, MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(Allocate(&base, kPage, MEM_COMMIT | MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
  REQUIRE(NT_SUCCESS(Allocate(&base, 2 << 20, MEM_COMMIT | MEM_RESERVE | MEM_LARGE_PAGES, PAGE_READWRITE)));
  EXPECT_EQ((ULONG_PTR)base & ((2 << 20) - 1), 0);
  EXPECT_EQ(Release(base), STATUS_SUCCESS);
  base = nullptr;
  REQUIRE(NT_SUCCESS(Allocate(&base, kPage, MEM_RESERVE | MEM_PHYSICAL, PAGE_READWRITE)));
  EXPECT_EQ(Allocate(&base, kPage, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
  EXPECT_EQ(Release(base), STATUS_SUCCESS);
  base = nullptr;
  REQUIRE(NT_SUCCESS(Allocate(&base, kPage, MEM_COMMIT | MEM_TOP_DOWN, PAGE_READWRITE)));
  EXPECT_EQ(Allocate(&base, kPage, MEM_RESET, PAGE_READWRITE), STATUS_SUCCESS);
  EXPECT_EQ(Allocate(&base, kPage, MEM_RESET_UNDO, PAGE_READWRITE), STATUS_SUCCESS);
  EXPECT_EQ(Release(base), STATUS_SUCCESS);
}

KTEST(KernelCodeMeetsGuardPages) {
  PVOID base = nullptr;
  REQUIRE(NT_SUCCESS(Allocate(&base, kPage, MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD)));
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    *(volatile UCHAR*)base = 1;
  } __except (status = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
  }
  EXPECT_EQ(status, STATUS_GUARD_PAGE_VIOLATION);
  EXPECT(!Faults((volatile UCHAR*)base));
  EXPECT_EQ(Release(base), STATUS_SUCCESS);
}

KTEST(AReservationIsDescribed) {
  struct {
    PVOID base;
    ULONG protect, type;
    SIZE_T size, committed;
  } region = {};
  PVOID base = nullptr;
  REQUIRE(NT_SUCCESS(Allocate(&base, 16 * kPage, MEM_RESERVE, PAGE_READWRITE)));
  PVOID second = (UCHAR*)base + kPage;
  EXPECT_EQ(Allocate(&second, kPage, MEM_COMMIT, PAGE_READONLY), STATUS_SUCCESS);
  SIZE_T told = 0;
  EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), second, 3, &region, sizeof region, &told), STATUS_SUCCESS);
  EXPECT(region.base == base);
  EXPECT_EQ(region.type, 1);
  EXPECT_EQ(region.size, 16 * kPage);
  EXPECT_EQ(region.committed, kPage);
  struct {
    PVOID address;
    ULONG_PTR attributes;
  } page = {second, 0};
  EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), nullptr, 4, &page, sizeof page, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(page.attributes & 1, 1);
  EXPECT_EQ(page.attributes >> 4 & 0x7ff, PAGE_READONLY);
  EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), base, 2, &region, sizeof region, nullptr), STATUS_INVALID_ADDRESS);
  EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), base, 99, &region, sizeof region, nullptr), STATUS_INVALID_INFO_CLASS);
  EXPECT_EQ(Release(base), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), base, 3, &region, sizeof region, nullptr), STATUS_INVALID_ADDRESS);
}
