// User memory that a driver allocates in the System process.
#include "ktest.h"

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
