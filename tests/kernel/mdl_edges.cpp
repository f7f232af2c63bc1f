// MDLs at their edges: spans, flags, parts, what cannot be locked or mapped.
#include "device.h"

using namespace ktest;

namespace {

template <typename Body>
NTSTATUS Caught(Body body) {
  __try {
    body();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}

/// Memory of the process that is running, and its pages' protection.
class UserMemory {
 public:
  explicit UserMemory(SIZE_T size, ULONG protect = PAGE_READWRITE) {
    SIZE_T region = size;
    if (!NT_SUCCESS(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base_, 0, &region, MEM_COMMIT | MEM_RESERVE, protect))) base_ = nullptr;
  }
  ~UserMemory() { Free(); }
  UserMemory(const UserMemory&) = delete;
  UserMemory& operator=(const UserMemory&) = delete;
  void Free() {
    SIZE_T none = 0;
    if (base_) ZwFreeVirtualMemory(ZwCurrentProcess(), &base_, &none, MEM_RELEASE);
    base_ = nullptr;
  }
  PUCHAR base() const { return static_cast<PUCHAR>(base_); }

 private:
  PVOID base_ = nullptr;
};

}  // namespace

KTEST(SpansOfPages) {
  const auto at = [](ULONG_PTR offset) { return reinterpret_cast<PVOID>(0x100000 + offset); };
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(0), 0), 0);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(0), 1), 1);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(0), PAGE_SIZE), 1);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(0), PAGE_SIZE + 1), 2);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(1), PAGE_SIZE), 2);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(PAGE_SIZE - 1), 2), 2);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(PAGE_SIZE - 1), 1), 1);
  EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(PAGE_SIZE - 1), PAGE_SIZE + 2), 3);
  EXPECT_EQ(BYTES_TO_PAGES(0), 0);
  EXPECT_EQ(BYTES_TO_PAGES(4097), 2);
  EXPECT_EQ(ROUND_TO_PAGES(4097), 8192);
  EXPECT_EQ(BYTE_OFFSET(at(0x123)), 0x123);
  EXPECT(PAGE_ALIGN(at(0x123)) == at(0));
  EXPECT_EQ(MmSizeOfMdl(at(0), 0), sizeof(MDL));
  EXPECT_EQ(MmSizeOfMdl(at(1), PAGE_SIZE), sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
  EXPECT_EQ(MmSizeOfMdl(at(0), 100 * PAGE_SIZE), sizeof(MDL) + 100 * sizeof(PFN_NUMBER));
}

KTEST(SmallMdlsAreOfAFixedSize) {
  PVOID const base = reinterpret_cast<PVOID>(0x7ffe123ull);
  PMDL mdl = IoAllocateMdl(base, 100, FALSE, FALSE, nullptr);
  REQUIRE(mdl != nullptr);
  EXPECT(mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE);
  EXPECT_EQ(mdl->Size, sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(base, 100));
  EXPECT(mdl->Next == nullptr);
  EXPECT_EQ(MmGetMdlByteOffset(mdl), 0x123);
  EXPECT(MmGetMdlVirtualAddress(mdl) == base);
  EXPECT(MmGetMdlBaseVa(mdl) == PAGE_ALIGN(base));
  EXPECT_EQ(MmGetMdlByteCount(mdl), 100);
  IoFreeMdl(mdl);
  mdl = IoAllocateMdl(base, 64 * PAGE_SIZE, FALSE, FALSE, nullptr);
  REQUIRE(mdl != nullptr);
  EXPECT(!(mdl->MdlFlags & MDL_ALLOCATED_FIXED_SIZE));
  IoFreeMdl(mdl);
  mdl = IoAllocateMdl(base, 0, FALSE, FALSE, nullptr);
  REQUIRE(mdl != nullptr);
  EXPECT_EQ(MmGetMdlByteCount(mdl), 0);
  IoFreeMdl(mdl);
}

KTEST(LockingMarksTheMdl) {
  UserMemory user(3 * PAGE_SIZE);
  REQUIRE(user.base());
  PMDL const mdl = IoAllocateMdl(user.base() + 10, 2 * PAGE_SIZE, FALSE, FALSE, nullptr);
  EXPECT_EQ(Caught([&] { MmProbeAndLockPages(mdl, UserMode, IoReadAccess); }), STATUS_SUCCESS);
  EXPECT(mdl->MdlFlags & MDL_PAGES_LOCKED);
  EXPECT(!(mdl->MdlFlags & MDL_WRITE_OPERATION));
  EXPECT(mdl->Process == PsGetCurrentProcess());
  EXPECT(!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
  PUCHAR const system = static_cast<PUCHAR>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority));
  REQUIRE(system != nullptr);
  EXPECT_EQ(BYTE_OFFSET(system), 10);
  EXPECT(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
  EXPECT(mdl->MappedSystemVa == system);
  EXPECT(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == system);
  MmUnlockPages(mdl);  // unmaps, too
  EXPECT(!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA)));
  EXPECT_EQ(Caught([&] { MmProbeAndLockPages(mdl, UserMode, IoModifyAccess); }), STATUS_SUCCESS);
  EXPECT(mdl->MdlFlags & MDL_WRITE_OPERATION);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
}

KTEST(WhatCannotBeLockedRaises) {
  UserMemory read_only(PAGE_SIZE, PAGE_READONLY), free(2 * PAGE_SIZE), none(PAGE_SIZE, PAGE_NOACCESS);
  PVOID const pool = ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'ldMK');
  const auto lock = [](PVOID base, ULONG length, KPROCESSOR_MODE mode, LOCK_OPERATION operation) {
    PMDL const mdl = IoAllocateMdl(base, length, FALSE, FALSE, nullptr);
    const NTSTATUS status = Caught([&] { MmProbeAndLockPages(mdl, mode, operation); });
    EXPECT_EQ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0, NT_SUCCESS(status));
    if (NT_SUCCESS(status)) MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    return status;
  };
  EXPECT_EQ(lock(read_only.base(), 8, UserMode, IoReadAccess), STATUS_SUCCESS);
  EXPECT_EQ(lock(read_only.base(), 8, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(lock(read_only.base(), 8, KernelMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(lock(none.base(), 8, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(lock(pool, 8, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(lock(pool, 8, KernelMode, IoModifyAccess), STATUS_SUCCESS);
  PUCHAR const gone = free.base();
  SIZE_T page = PAGE_SIZE;
  PVOID second = gone + PAGE_SIZE;
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &second, &page, MEM_DECOMMIT), STATUS_SUCCESS);
  EXPECT_EQ(lock(gone, PAGE_SIZE, UserMode, IoReadAccess), STATUS_SUCCESS);
  EXPECT_EQ(lock(gone, PAGE_SIZE + 1, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(lock(nullptr, 1, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(lock(reinterpret_cast<PVOID>(0x7ffffffe0000ull), 0x20000, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
  ExFreePoolWithTag(pool, 'ldMK');
}

KTEST(PartsOfMdls) {
  PUCHAR const pool = static_cast<PUCHAR>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 4 * PAGE_SIZE, 'ldMK'));
  PMDL const whole = IoAllocateMdl(pool, 4 * PAGE_SIZE, FALSE, FALSE, nullptr);
  MmBuildMdlForNonPagedPool(whole);
  EXPECT(whole->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
  EXPECT(whole->MappedSystemVa == pool);
  PMDL const part = IoAllocateMdl(pool, 4 * PAGE_SIZE, FALSE, FALSE, nullptr);
  IoBuildPartialMdl(whole, part, pool + PAGE_SIZE + 5, 0);  // the rest
  EXPECT_EQ(MmGetMdlByteCount(part), 3 * PAGE_SIZE - 5);
  EXPECT_EQ(MmGetMdlByteOffset(part), 5);
  EXPECT(part->MdlFlags & MDL_PARTIAL);
  EXPECT(MmGetMdlVirtualAddress(part) == pool + PAGE_SIZE + 5);
  EXPECT_EQ(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(whole)[1]);
  EXPECT(MmGetSystemAddressForMdlSafe(part, LowPagePriority) == pool + PAGE_SIZE + 5);
  MmPrepareMdlForReuse(part);
  IoBuildPartialMdl(whole, part, pool + 3 * PAGE_SIZE, 7);
  EXPECT_EQ(MmGetMdlByteCount(part), 7);
  EXPECT_EQ(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(whole)[3]);
  IoFreeMdl(part);
  IoFreeMdl(whole);
  ExFreePoolWithTag(pool, 'ldMK');
}

KTEST(PartsOfLockedMdlsAreMappedByThemselves) {
  UserMemory user(4 * PAGE_SIZE);
  PMDL const whole = IoAllocateMdl(user.base(), 4 * PAGE_SIZE, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(whole, UserMode, IoWriteAccess);
  PMDL const part = IoAllocateMdl(user.base() + 2 * PAGE_SIZE, PAGE_SIZE, FALSE, FALSE, nullptr);
  IoBuildPartialMdl(whole, part, user.base() + 2 * PAGE_SIZE, PAGE_SIZE);
  EXPECT(!(part->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
  PUCHAR const system = static_cast<PUCHAR>(MmGetSystemAddressForMdlSafe(part, NormalPagePriority | MdlMappingNoExecute));
  REQUIRE(system);
  EXPECT(part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED);
  EXPECT(!(whole->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
  *system = 0x77;
  EXPECT_EQ(user.base()[2 * PAGE_SIZE], 0x77);
  MmPrepareMdlForReuse(part);
  EXPECT(!(part->MdlFlags & (MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_MAPPED_TO_SYSTEM_VA)));
  IoBuildPartialMdl(whole, part, user.base() + 2 * PAGE_SIZE + 3, 10);
  EXPECT(MmGetSystemAddressForMdlSafe(part, NormalPagePriority) != nullptr);
  IoFreeMdl(part);  // unmaps the part that was mapped
  MmUnlockPages(whole);
  IoFreeMdl(whole);
}

KTEST(SecondaryBuffersAreChained) {
  PIRP const irp = IoAllocateIrp(1, FALSE);
  char buffers[3][16];
  PMDL const first = IoAllocateMdl(buffers[0], 16, FALSE, FALSE, irp);
  EXPECT(irp->MdlAddress == first);
  PMDL const second = IoAllocateMdl(buffers[1], 16, TRUE, TRUE, irp);
  PMDL const third = IoAllocateMdl(buffers[2], 16, TRUE, FALSE, irp);
  EXPECT(irp->MdlAddress == first && first->Next == second && second->Next == third && !third->Next);
  for (PMDL mdl = irp->MdlAddress, next; mdl; mdl = next) {
    next = mdl->Next;
    IoFreeMdl(mdl);
  }
  irp->MdlAddress = nullptr;
  IoFreeIrp(irp);
}

KTEST(MappingForUsersRaisesWhatItCannot) {
  PUCHAR const pool = static_cast<PUCHAR>(ExAllocatePool2(POOL_FLAG_NON_PAGED, PAGE_SIZE, 'ldMK'));
  PMDL const mdl = IoAllocateMdl(pool, PAGE_SIZE, FALSE, FALSE, nullptr);
  MmBuildMdlForNonPagedPool(mdl);
  PVOID user = nullptr;
  EXPECT_EQ(Caught([&] {
              user = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, nullptr, FALSE, NormalPagePriority | MdlMappingNoExecute);
            }),
            STATUS_SUCCESS);
  REQUIRE(user != nullptr);
  EXPECT(user < MM_HIGHEST_USER_ADDRESS);
  PVOID twice = nullptr;
  EXPECT_EQ(Caught([&] { twice = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, user, FALSE, NormalPagePriority); }),
            STATUS_CONFLICTING_ADDRESSES);
  EXPECT(twice == nullptr);
  EXPECT_EQ(Caught([&] {
              twice = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, reinterpret_cast<PVOID>(0x1234567), FALSE, NormalPagePriority);
            }),
            STATUS_INVALID_ADDRESS);
  MmUnmapLockedPages(user, mdl);
  PVOID const kernel = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, HighPagePriority);
  EXPECT(kernel != nullptr && kernel != pool);
  MmUnmapLockedPages(kernel, mdl);
  IoFreeMdl(mdl);
  ExFreePoolWithTag(pool, 'ldMK');
}

KTEST(UserMappingsMayBeReadOnly) {
  PUCHAR const pool = static_cast<PUCHAR>(ExAllocatePool2(POOL_FLAG_NON_PAGED, PAGE_SIZE, 'ldMK'));
  PMDL const mdl = IoAllocateMdl(pool, PAGE_SIZE, FALSE, FALSE, nullptr);
  MmBuildMdlForNonPagedPool(mdl);
  volatile UCHAR* const user = static_cast<PUCHAR>(
      MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, nullptr, FALSE, NormalPagePriority | MdlMappingNoWrite | MdlMappingNoExecute));
  REQUIRE(user != nullptr);
  pool[3] = 9;
  EXPECT_EQ(user[3], 9);
  EXPECT_EQ(Caught([&] { user[3] = 1; }), STATUS_ACCESS_VIOLATION);
  MmUnmapLockedPages(const_cast<PUCHAR>(user), mdl);
  EXPECT_EQ(Caught([&] { pool[0] = user[3]; }), STATUS_ACCESS_VIOLATION);
  IoFreeMdl(mdl);
  ExFreePoolWithTag(pool, 'ldMK');
}

KTEST(SystemMappingsAreProtected) {
  UserMemory user(PAGE_SIZE);
  PMDL const mdl = IoAllocateMdl(user.base(), PAGE_SIZE, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
  EXPECT_EQ(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
  PUCHAR const system = static_cast<PUCHAR>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority));
  system[0] = 1;
  EXPECT_EQ(MmProtectMdlSystemAddress(mdl, 0x12345), STATUS_INVALID_PAGE_PROTECTION);
  EXPECT_EQ(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_SUCCESS);
  EXPECT_EQ(system[0], 1);
  EXPECT_EQ(MmProtectMdlSystemAddress(mdl, PAGE_READWRITE), STATUS_SUCCESS);
  system[0] = 2;
  EXPECT_EQ(user.base()[0], 2);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
}

KTEST(OldMappingsAreCached) {
  PUCHAR const pool = static_cast<PUCHAR>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 32, 'ldMK'));
  PMDL const mdl = IoAllocateMdl(pool, 32, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
#pragma warning(suppress : 4996)
  PUCHAR const mapped = static_cast<PUCHAR>(MmMapLockedPages(mdl, KernelMode));
  REQUIRE(mapped);
  mapped[1] = 4;
  EXPECT_EQ(pool[1], 4);
  MmUnmapLockedPages(mapped, mdl);
  EXPECT(!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  ExFreePoolWithTag(pool, 'ldMK');
}

KTEST(PagesForAnMdl) {
  PHYSICAL_ADDRESS low = {}, high, skip = {};
  high.QuadPart = ~0ull;
  PMDL mdl = MmAllocatePagesForMdlEx(low, high, skip, 3 * PAGE_SIZE + 1, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
  REQUIRE(mdl != nullptr);
  EXPECT_EQ(MmGetMdlByteCount(mdl), 4 * PAGE_SIZE);
  EXPECT_EQ(MmGetMdlByteOffset(mdl), 0);
  EXPECT(MmGetMdlVirtualAddress(mdl) == nullptr);
  EXPECT(mdl->MdlFlags & MDL_PAGES_LOCKED);
  PUCHAR const system = static_cast<PUCHAR>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority));
  REQUIRE(system);
  for (ULONG i = 0; i < 4 * PAGE_SIZE; i += 512) EXPECT_EQ(system[i], 0);
  MmUnmapLockedPages(system, mdl);
  MmFreePagesFromMdl(mdl);
  ExFreePool(mdl);
  mdl = MmAllocateNodePagesForMdlEx(low, high, skip, PAGE_SIZE, MmCached, 0, 0);
  REQUIRE(mdl != nullptr);
  MmFreePagesFromMdl(mdl);
  ExFreePool(mdl);
  EXPECT(MmAllocatePagesForMdlEx(low, high, skip, 0, MmCached, 0) == nullptr);
  EXPECT(MmAllocatePagesForMdl(low, high, skip, 0) == nullptr);
}

KTEST(PagesInARange) {
  PHYSICAL_ADDRESS low = {}, high, skip = {};
  // A range of four pages around a contiguous run that we had: whatever is free of it.
  PHYSICAL_ADDRESS any;
  any.QuadPart = ~0ull;
  PVOID const run = MmAllocateContiguousMemory(8 * PAGE_SIZE, any);
  REQUIRE(run);
  low = MmGetPhysicalAddress(run);
  MmFreeContiguousMemory(run);
  high.QuadPart = low.QuadPart + 4 * PAGE_SIZE - 1;
  PMDL const part = MmAllocatePagesForMdlEx(low, high, skip, 8 * PAGE_SIZE, MmCached, 0);
  REQUIRE(part != nullptr);
  EXPECT(MmGetMdlByteCount(part) <= 4 * PAGE_SIZE && MmGetMdlByteCount(part) > 0);
  for (ULONG i = 0; i < BYTES_TO_PAGES(MmGetMdlByteCount(part)); i++) {
    const ULONGLONG page = static_cast<ULONGLONG>(MmGetMdlPfnArray(part)[i]) << PAGE_SHIFT;
    EXPECT(page >= static_cast<ULONGLONG>(low.QuadPart) && page <= static_cast<ULONGLONG>(high.QuadPart));
  }
  EXPECT(MmAllocatePagesForMdlEx(low, high, skip, 8 * PAGE_SIZE, MmCached, MM_ALLOCATE_FULLY_REQUIRED) == nullptr);
  MmFreePagesFromMdl(part);
  ExFreePool(part);
  high.QuadPart = low.QuadPart - 1;
  EXPECT(MmAllocatePagesForMdlEx(low, high, skip, PAGE_SIZE, MmCached, 0) == nullptr);
}

KTEST(ContiguousChunksOfPages) {
  PHYSICAL_ADDRESS low = {}, high, chunk;
  high.QuadPart = ~0ull;
  chunk.QuadPart = 4 * PAGE_SIZE;
  PMDL const mdl = MmAllocatePagesForMdlEx(low, high, chunk, 12 * PAGE_SIZE, MmCached,
                                           MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS | MM_ALLOCATE_FULLY_REQUIRED | MM_DONT_ZERO_ALLOCATION);
  REQUIRE(mdl != nullptr);
  EXPECT_EQ(MmGetMdlByteCount(mdl), 12 * PAGE_SIZE);
  const PPFN_NUMBER pages = MmGetMdlPfnArray(mdl);
  for (ULONG i = 0; i < 12; i++)
    if (i % 4) EXPECT_EQ(pages[i], pages[i - 1] + 1);
  MmFreePagesFromMdl(mdl);
  ExFreePool(mdl);
  chunk.QuadPart = 3 * PAGE_SIZE;  // no power of two
  EXPECT(MmAllocatePagesForMdlEx(low, high, chunk, 12 * PAGE_SIZE, MmCached, MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS) == nullptr);
}
