// Memory descriptor lists: locking, mapping twice, parts, pages without an address; and what physical memory looks like.
#include "ktest.h"

using namespace ktest;

namespace {
constexpr ULONG kTag = ' ldM';

struct Block {
  explicit Block(SIZE_T size, POOL_FLAGS flags = POOL_FLAG_NON_PAGED) : bytes(static_cast<UCHAR*>(ExAllocatePool2(flags, size, kTag))) {}
  ~Block() {
    if (bytes) ExFreePoolWithTag(bytes, kTag);
  }
  UCHAR* bytes;
};

NTSTATUS Lock(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation) {
  __try {
    MmProbeAndLockPages(mdl, mode, operation);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}
}  // namespace

KTEST(MdlDescribesItsBuffer) {
  Block block(3 * PAGE_SIZE);
  PMDL mdl = IoAllocateMdl(block.bytes + 100, 5000, FALSE, FALSE, nullptr);
  REQUIRE(mdl != nullptr);
  EXPECT(MmGetMdlVirtualAddress(mdl) == block.bytes + 100);
  EXPECT_EQ(MmGetMdlByteCount(mdl), 5000);
  EXPECT_EQ(MmGetMdlByteOffset(mdl), 100);
  EXPECT(mdl->Next == nullptr);
  EXPECT_EQ(MmSizeOfMdl(block.bytes + 100, 5000), sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
  IoFreeMdl(mdl);
}

KTEST(NonPagedPoolNeedsNoLock) {
  Block block(2 * PAGE_SIZE);
  PMDL mdl = IoAllocateMdl(block.bytes, 2 * PAGE_SIZE, FALSE, FALSE, nullptr);
  REQUIRE(mdl != nullptr);
  MmBuildMdlForNonPagedPool(mdl);
  EXPECT(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
  EXPECT(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == block.bytes);
  EXPECT_EQ(MmGetMdlPfnArray(mdl)[0], MmGetPhysicalAddress(block.bytes).QuadPart >> PAGE_SHIFT);
  EXPECT_EQ(MmGetMdlPfnArray(mdl)[1], MmGetPhysicalAddress(block.bytes + PAGE_SIZE).QuadPart >> PAGE_SHIFT);
  IoFreeMdl(mdl);
}

KTEST(MappingShowsTheSamePages) {
  Block block(2 * PAGE_SIZE, POOL_FLAG_PAGED);
  PMDL mdl = IoAllocateMdl(block.bytes + 10, 5000, FALSE, FALSE, nullptr);
  REQUIRE(mdl != nullptr);
  REQUIRE(Lock(mdl, KernelMode, IoWriteAccess) == STATUS_SUCCESS);
  EXPECT(mdl->MdlFlags & MDL_PAGES_LOCKED);
  UCHAR* mapped = static_cast<UCHAR*>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute));
  REQUIRE(mapped != nullptr);
  EXPECT(mapped != block.bytes + 10);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(mapped) & (PAGE_SIZE - 1), MmGetMdlByteOffset(mdl));
  mapped[0] = 1;
  mapped[4999] = 2;
  EXPECT_EQ(block.bytes[10], 1);
  EXPECT_EQ(block.bytes[5009], 2);
  block.bytes[11] = 3;
  EXPECT_EQ(mapped[1], 3);
  EXPECT(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == mapped);
  EXPECT_EQ(MmGetPhysicalAddress(mapped).QuadPart, MmGetPhysicalAddress(block.bytes + 10).QuadPart);
  MmUnlockPages(mdl);
  EXPECT(!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA)));
  IoFreeMdl(mdl);
}

KTEST(BadUserBuffersRaise) {
  // The System process has no user memory.
  PMDL mdl = IoAllocateMdl(reinterpret_cast<PVOID>(0x10000), 100, FALSE, FALSE, nullptr);
  REQUIRE(mdl != nullptr);
  EXPECT_EQ(Lock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
  EXPECT(!(mdl->MdlFlags & MDL_PAGES_LOCKED));
  IoFreeMdl(mdl);
  Block block(100);
  mdl = IoAllocateMdl(block.bytes, 100, FALSE, FALSE, nullptr);
  REQUIRE(mdl != nullptr);
  EXPECT_EQ(Lock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
  IoFreeMdl(mdl);
}

KTEST(PartialMdlShowsAPart) {
  Block block(3 * PAGE_SIZE);
  PMDL whole = IoAllocateMdl(block.bytes, 3 * PAGE_SIZE, FALSE, FALSE, nullptr);
  PMDL part = IoAllocateMdl(block.bytes, 3 * PAGE_SIZE, FALSE, FALSE, nullptr);
  REQUIRE(whole != nullptr && part != nullptr);
  MmBuildMdlForNonPagedPool(whole);
  IoBuildPartialMdl(whole, part, block.bytes + PAGE_SIZE + 5, 20);
  EXPECT_EQ(MmGetMdlByteCount(part), 20);
  EXPECT_EQ(MmGetMdlByteOffset(part), 5);
  EXPECT(part->MdlFlags & MDL_PARTIAL);
  EXPECT_EQ(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(whole)[1]);
  UCHAR* mapped = static_cast<UCHAR*>(MmGetSystemAddressForMdlSafe(part, NormalPagePriority));
  REQUIRE(mapped != nullptr);
  mapped[0] = 77;
  EXPECT_EQ(block.bytes[PAGE_SIZE + 5], 77);
  MmPrepareMdlForReuse(part);
  IoBuildPartialMdl(whole, part, block.bytes + 8, 0);
  EXPECT_EQ(MmGetMdlByteCount(part), 3 * PAGE_SIZE - 8);
  MmPrepareMdlForReuse(part);
  IoFreeMdl(part);
  IoFreeMdl(whole);
}

KTEST(PagesOfNobodyAreZeroAndMappable) {
  PHYSICAL_ADDRESS low = {}, high = {}, skip = {};
  high.QuadPart = -1;
  PMDL mdl = MmAllocatePagesForMdlEx(low, high, skip, 3 * PAGE_SIZE, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
  REQUIRE(mdl != nullptr);
  EXPECT_EQ(MmGetMdlByteCount(mdl), 3 * PAGE_SIZE);
  UCHAR* mapped = static_cast<UCHAR*>(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority));
  REQUIRE(mapped != nullptr);
  bool zero = true;
  for (SIZE_T i = 0; i < 3 * PAGE_SIZE; i++) zero = zero && mapped[i] == 0;
  EXPECT(zero);
  RtlFillMemory(mapped, 3 * PAGE_SIZE, 0x55);
  EXPECT_EQ(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_SUCCESS);
  EXPECT_EQ(mapped[0], 0x55);
  EXPECT_EQ(MmProtectMdlSystemAddress(mdl, 0x12345), STATUS_INVALID_PAGE_PROTECTION);
  MmUnmapLockedPages(mapped, mdl);
  EXPECT_EQ(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
  MmFreePagesFromMdl(mdl);
  ExFreePool(mdl);
}

KTEST(ReservedAddressesTakeOneMdlAfterAnother) {
  EXPECT(MmAllocateMappingAddress(0, kTag) == nullptr);
  PVOID const reserved = MmAllocateMappingAddress(2 * PAGE_SIZE, kTag);
  REQUIRE(reserved != nullptr);
  EXPECT(!MmIsAddressValid(reserved));
  Block block(3 * PAGE_SIZE);
  for (int round = 0; round < 2; round++) {
    PMDL const mdl = IoAllocateMdl(block.bytes + 100 + round, PAGE_SIZE, FALSE, FALSE, nullptr);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    auto* const mapped = static_cast<UCHAR*>(MmMapLockedPagesWithReservedMapping(reserved, kTag, mdl, MmCached));
    REQUIRE(mapped != nullptr);
    EXPECT_EQ(mapped - static_cast<UCHAR*>(reserved), MmGetMdlByteOffset(mdl));
    EXPECT(mdl->MappedSystemVa == mapped);
    EXPECT(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    mapped[0] = static_cast<UCHAR>(42 + round);
    EXPECT_EQ(block.bytes[100 + round], 42 + round);
    MmUnmapReservedMapping(mapped, kTag, mdl);
    EXPECT(!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA));
    EXPECT(!MmIsAddressValid(reserved));
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
  PMDL const large = IoAllocateMdl(block.bytes, 3 * PAGE_SIZE, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(large, KernelMode, IoWriteAccess);
  EXPECT(MmMapLockedPagesWithReservedMapping(reserved, kTag, large, MmCached) == nullptr);
  MmUnlockPages(large);
  IoFreeMdl(large);
  MmFreeMappingAddress(reserved, kTag);
}

KTEST(MdlsAreChained) {
  Block block(64);
  IRP* irp = IoAllocateIrp(1, FALSE);
  REQUIRE(irp != nullptr);
  PMDL first = IoAllocateMdl(block.bytes, 16, FALSE, FALSE, irp);
  PMDL second = IoAllocateMdl(block.bytes + 16, 16, TRUE, FALSE, irp);
  EXPECT(irp->MdlAddress == first);
  EXPECT(first->Next == second);
  EXPECT(second->Next == nullptr);
  IoFreeMdl(second);
  IoFreeMdl(first);
  irp->MdlAddress = nullptr;
  IoFreeIrp(irp);
}

KTEST(ContiguousMemoryIsContiguous) {
  PHYSICAL_ADDRESS highest = {};
  highest.QuadPart = -1;
  UCHAR* memory = static_cast<UCHAR*>(MmAllocateContiguousMemory(4 * PAGE_SIZE, highest));
  REQUIRE(memory != nullptr);
  const LONG64 first = MmGetPhysicalAddress(memory).QuadPart;
  for (LONG64 page = 1; page < 4; page++) EXPECT_EQ(MmGetPhysicalAddress(memory + page * PAGE_SIZE).QuadPart, first + page * PAGE_SIZE);
  PHYSICAL_ADDRESS physical;
  physical.QuadPart = first;
  EXPECT(MmGetVirtualForPhysical(physical) == memory);
  memory[0] = 9;
  UCHAR* again = static_cast<UCHAR*>(MmMapIoSpace(physical, PAGE_SIZE, MmCached));
  REQUIRE(again != nullptr);
  EXPECT_EQ(again[0], 9);
  MmUnmapIoSpace(again, PAGE_SIZE);
  MmFreeContiguousMemory(memory);
}

KTEST(ContiguousMemoryKeepsItsBounds) {
  PHYSICAL_ADDRESS lowest = {}, highest = {}, boundary = {};
  lowest.QuadPart = 0x100000;
  highest.QuadPart = 0x7fffff;
  PVOID memory = MmAllocateContiguousMemorySpecifyCache(2 * PAGE_SIZE, lowest, highest, boundary, MmNonCached);
  REQUIRE(memory != nullptr);
  const LONG64 physical = MmGetPhysicalAddress(memory).QuadPart;
  EXPECT(physical >= lowest.QuadPart && physical + 2 * PAGE_SIZE - 1 <= highest.QuadPart);
  MmFreeContiguousMemorySpecifyCache(memory, 2 * PAGE_SIZE, MmNonCached);
  highest.QuadPart = PAGE_SIZE - 1;
  lowest.QuadPart = 0;
  EXPECT(MmAllocateContiguousMemorySpecifyCache(2 * PAGE_SIZE, lowest, highest, boundary, MmNonCached) == nullptr);
}

KTEST(AddressesAreValidOrNot) {
  Block block(16);
  EXPECT(MmIsAddressValid(block.bytes));
  EXPECT(!MmIsAddressValid(nullptr));
  EXPECT(!MmIsAddressValid(reinterpret_cast<PVOID>(0x8000000000000000ULL)));
  EXPECT_EQ(MmGetPhysicalAddress(nullptr).QuadPart, 0);
}

KTEST(CopyMemoryCountsWhatItCopied) {
  Block from(100), to(100);
  from.bytes[99] = 5;
  MM_COPY_ADDRESS source = {};
  source.VirtualAddress = from.bytes;
  SIZE_T copied = 0;
  EXPECT_EQ(MmCopyMemory(to.bytes, source, 100, MM_COPY_MEMORY_VIRTUAL, &copied), STATUS_SUCCESS);
  EXPECT_EQ(copied, 100);
  EXPECT_EQ(to.bytes[99], 5);
  source.PhysicalAddress = MmGetPhysicalAddress(from.bytes);
  to.bytes[99] = 0;
  EXPECT_EQ(MmCopyMemory(to.bytes, source, 100, MM_COPY_MEMORY_PHYSICAL, &copied), STATUS_SUCCESS);
  EXPECT_EQ(to.bytes[99], 5);
  EXPECT_EQ(MmCopyMemory(to.bytes, source, 100, 0, &copied), STATUS_INVALID_PARAMETER_4);
}

KTEST(RoutinesAreFoundByName) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"IoCreateDevice");
  EXPECT(MmGetSystemRoutineAddress(&name) == reinterpret_cast<PVOID>(IoCreateDevice));
  name = RTL_CONSTANT_STRING(L"KeStallExecutionProcessor");
  EXPECT(MmGetSystemRoutineAddress(&name) != nullptr);
  name = RTL_CONSTANT_STRING(L"NoSuchRoutine");
  EXPECT(MmGetSystemRoutineAddress(&name) == nullptr);
}

KTEST(LockedPagesOutliveTheirAddresses) {
  const ULONG kinds[] = {MEM_RELEASE, MEM_DECOMMIT};
  for (const ULONG kind : kinds) {
    PVOID base = nullptr;
    SIZE_T size = 3 * PAGE_SIZE;
    REQUIRE(NT_SUCCESS(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE)));
    volatile UCHAR* const bytes = static_cast<UCHAR*>(base);
    bytes[PAGE_SIZE] = 7;
    PMDL const mdl = IoAllocateMdl((PVOID)(bytes + PAGE_SIZE), PAGE_SIZE, FALSE, FALSE, nullptr);
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    SIZE_T freed = kind == MEM_RELEASE ? 0 : size;
    REQUIRE(NT_SUCCESS(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &freed, kind)));
    // The same addresses again are other, zeroed pages.
    PVOID again = base;
    const ULONG type = kind == MEM_RELEASE ? MEM_COMMIT | MEM_RESERVE : MEM_COMMIT;
    REQUIRE(NT_SUCCESS(ZwAllocateVirtualMemory(ZwCurrentProcess(), &again, 0, &size, type, PAGE_READWRITE)));
    EXPECT_EQ(bytes[PAGE_SIZE], 0);
    bytes[PAGE_SIZE] = 9;
    volatile UCHAR* const kept = static_cast<UCHAR*>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute));
    REQUIRE(kept != nullptr);
    EXPECT_EQ(kept[0], 7);
    EXPECT(MmGetPhysicalAddress((PVOID)kept).QuadPart != MmGetPhysicalAddress((PVOID)(bytes + PAGE_SIZE)).QuadPart);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    EXPECT_EQ(bytes[PAGE_SIZE], 9);
    freed = 0;
    EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &again, &freed, MEM_RELEASE), STATUS_SUCCESS);
  }
}

KTEST(LockedPagesOfASectionOutliveIt) {
  HANDLE section;
  LARGE_INTEGER size;
  size.QuadPart = PAGE_SIZE;
  REQUIRE(NT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, nullptr, &size, PAGE_READWRITE, SEC_COMMIT, nullptr)));
  PVOID base = nullptr;
  SIZE_T bytes = 0;
  REQUIRE(NT_SUCCESS(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, nullptr, &bytes, ViewUnmap, 0, PAGE_READWRITE)));
  *static_cast<volatile ULONG*>(base) = 0x1234;
  PMDL const mdl = IoAllocateMdl(base, PAGE_SIZE, FALSE, FALSE, nullptr);
  MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
  ZwUnmapViewOfSection(ZwCurrentProcess(), base);
  ZwClose(section);
  const auto* const kept = static_cast<volatile ULONG*>(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute));
  REQUIRE(kept != nullptr);
  EXPECT_EQ(*kept, 0x1234);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
}

KTEST(PagesOfAnotherProcessAreLocked) {
  PVOID base = nullptr;
  SIZE_T size = PAGE_SIZE;
  REQUIRE(NT_SUCCESS(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE)));
  PMDL const mdl = IoAllocateMdl(base, PAGE_SIZE, FALSE, FALSE, nullptr);
  MmProbeAndLockProcessPages(mdl, PsInitialSystemProcess, KernelMode, IoReadAccess);
  EXPECT(mdl->Process == PsInitialSystemProcess);
  MmUnlockPages(mdl);
  IoFreeMdl(mdl);
  size = 0;
  EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &size, MEM_RELEASE), STATUS_SUCCESS);
}
