// Memory at its edges: contiguous memory, device memory, system views, what drivers ask of the memory manager.
#include "ktest.h"

using namespace ktest;

namespace {
constexpr ULONG kTag = 'deMK';
PHYSICAL_ADDRESS Physical(ULONG64 value) {
  PHYSICAL_ADDRESS address;
  address.QuadPart = static_cast<LONGLONG>(value);
  return address;
}
}  // namespace

KTEST(ContiguousMemoryStaysWithinItsBounds) {
  const PHYSICAL_ADDRESS none = Physical(0), all = Physical(~0ull);
  EXPECT(MmAllocateContiguousMemory(0, all) == nullptr);
  EXPECT(MmAllocateContiguousMemory(PAGE_SIZE, Physical(PAGE_SIZE - 2)) == nullptr);
  EXPECT(MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, Physical(0x2000000), Physical(0x1000000), none, MmCached) == nullptr);
  PVOID const low = MmAllocateContiguousMemory(3 * PAGE_SIZE, Physical(0xffffff));
  REQUIRE(low);
  EXPECT_EQ(BYTE_OFFSET(low), 0);
  EXPECT(static_cast<ULONG64>(MmGetPhysicalAddress(low).QuadPart) + 3 * PAGE_SIZE - 1 <= 0xffffff);
  EXPECT_EQ(MmGetPhysicalAddress(static_cast<PUCHAR>(low) + 2 * PAGE_SIZE + 5).QuadPart,
            MmGetPhysicalAddress(low).QuadPart + 2 * PAGE_SIZE + 5);
  EXPECT(MmGetVirtualForPhysical(MmGetPhysicalAddress(low)) == low);
  EXPECT(MmIsAddressValid(low));
  MmFreeContiguousMemory(low);
  PVOID const within = MmAllocateContiguousMemorySpecifyCache(0x10000, Physical(0x1234), all, Physical(0x10000), MmNonCached);
  REQUIRE(within);
  const ULONG64 start = static_cast<ULONG64>(MmGetPhysicalAddress(within).QuadPart);
  EXPECT_EQ(start / 0x10000, (start + 0xffff) / 0x10000);
  MmFreeContiguousMemorySpecifyCache(within, 0x10000, MmNonCached);
  EXPECT(MmAllocateContiguousMemorySpecifyCache(0x20000, none, all, Physical(0x10000), MmCached) == nullptr);  // crosses any
}

KTEST(ContiguousMemoryOfANodeTakesAProtection) {
  const PHYSICAL_ADDRESS none = Physical(0), all = Physical(~0ull);
  PVOID const memory = MmAllocateContiguousNodeMemory(PAGE_SIZE, none, all, none, PAGE_READWRITE, MM_ANY_NODE_OK);
  REQUIRE(memory);
  *static_cast<ULONG*>(memory) = 1;
  MmFreeContiguousMemory(memory);
  PVOID const combined = MmAllocateContiguousNodeMemory(PAGE_SIZE, none, all, none, PAGE_READWRITE | PAGE_WRITECOMBINE, 0);
  EXPECT(combined != nullptr);
  if (combined) MmFreeContiguousMemory(combined);
  EXPECT(MmAllocateContiguousNodeMemory(PAGE_SIZE, none, all, none, PAGE_READONLY, MM_ANY_NODE_OK) == nullptr);
  EXPECT(MmAllocateContiguousNodeMemory(PAGE_SIZE, none, all, none, 0, MM_ANY_NODE_OK) == nullptr);
  EXPECT(MmAllocateContiguousNodeMemory(PAGE_SIZE, none, all, none, PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE, 0) == nullptr);
  PVOID const cached = MmAllocateContiguousMemorySpecifyCacheNode(PAGE_SIZE, none, all, none, MmCached, MM_ANY_NODE_OK);
  EXPECT(cached != nullptr);
  if (cached) MmFreeContiguousMemory(cached);
}

KTEST(NonCachedMemoryIsWholePages) {
  PVOID const memory = MmAllocateNonCachedMemory(PAGE_SIZE + 1);
  REQUIRE(memory);
  EXPECT_EQ(BYTE_OFFSET(memory), 0);
  RtlFillMemory(memory, 2 * PAGE_SIZE, 1);
  MmFreeNonCachedMemory(memory, PAGE_SIZE + 1);
  EXPECT(MmAllocateNonCachedMemory(0) == nullptr);
}

KTEST(DeviceMemoryIsMappedAnywhere) {
  const PHYSICAL_ADDRESS device = Physical(0xfed00010);
  EXPECT(MmMapIoSpaceEx(device, 16, 0x12345) == nullptr);
  EXPECT(MmMapIoSpaceEx(device, 16, PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE) == nullptr);
  PVOID const mapped = MmMapIoSpaceEx(device, 16, PAGE_READWRITE | PAGE_NOCACHE);
  EXPECT(mapped != nullptr);
  if (!mapped) return;
  EXPECT_EQ(BYTE_OFFSET(mapped), 0x10);
  MmUnmapIoSpace(mapped, 16);
}

KTEST(PhysicalMemoryIsListed) {
  PPHYSICAL_MEMORY_RANGE const ranges = MmGetPhysicalMemoryRanges();
  REQUIRE(ranges);
  LONGLONG last = 0;
  ULONG count = 0;
  for (; ranges[count].NumberOfBytes.QuadPart || ranges[count].BaseAddress.QuadPart; count++) {
    EXPECT(ranges[count].BaseAddress.QuadPart >= last);
    EXPECT_EQ(ranges[count].BaseAddress.QuadPart % PAGE_SIZE, 0);
    EXPECT_EQ(ranges[count].NumberOfBytes.QuadPart % PAGE_SIZE, 0);
    last = ranges[count].BaseAddress.QuadPart + ranges[count].NumberOfBytes.QuadPart;
  }
  EXPECT(count > 0);
  ExFreePool(ranges);
}

KTEST(FactsOfTheMemoryManager) {
  EXPECT_EQ(MmQuerySystemSize(), MmLargeSystem);
  EXPECT(!MmIsThisAnNtAsSystem());
  EXPECT(MmIsNonPagedSystemAddressValid(driver));
  EXPECT(!MmIsNonPagedSystemAddressValid(reinterpret_cast<PVOID>(0x10000)));
  EXPECT(!MmIsAddressValid(nullptr));
  EXPECT(MM_BAD_POINTER > MM_HIGHEST_USER_ADDRESS && !MmIsAddressValid(MM_BAD_POINTER));
  EXPECT_EQ(MmGetPhysicalAddress(nullptr).QuadPart, 0);
  ULONG flags = 7;
  MmIsVerifierEnabled(&flags);
  EXPECT_EQ(flags, 0);
  EXPECT(!MmIsDriverVerifying(driver));
  EXPECT(!MmIsDriverVerifyingByAddress(reinterpret_cast<PVOID>(MmIsAddressValid)));
  EXPECT(!MmIsDriverSuspectForVerifier(driver));
  EXPECT_EQ(MmAddVerifierThunks(&flags, sizeof flags), STATUS_NOT_SUPPORTED);
}

KTEST(SystemViewsOfSections) {
  HANDLE section;
  LARGE_INTEGER size;
  size.QuadPart = 3 * PAGE_SIZE;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  REQUIRE(NT_SUCCESS(ZwCreateSection(&section, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, nullptr)));
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(section, SECTION_ALL_ACCESS, *MmSectionObjectType, KernelMode, &object, nullptr)));
  ZwClose(section);
  PVOID first = nullptr, second = nullptr;
  SIZE_T view = 0;
  EXPECT_EQ(MmMapViewInSystemSpace(object, &first, &view), STATUS_SUCCESS);
  EXPECT_EQ(view, 3 * PAGE_SIZE);
  EXPECT(first > MM_HIGHEST_USER_ADDRESS);
  view = 1;
  EXPECT_EQ(MmMapViewInSystemSpace(object, &second, &view), STATUS_SUCCESS);
  EXPECT(second != first);
  static_cast<PUCHAR>(first)[9] = 5;
  EXPECT_EQ(static_cast<PUCHAR>(second)[9], 5);
  EXPECT_EQ(MmUnmapViewInSystemSpace(second), STATUS_SUCCESS);
  view = 4 * PAGE_SIZE;
  EXPECT_EQ(MmMapViewInSystemSpace(object, &second, &view), STATUS_INVALID_VIEW_SIZE);
  EXPECT_EQ(MmUnmapViewInSystemSpace(first), STATUS_SUCCESS);
  ObDereferenceObject(object);
}

KTEST(FlagsOfPool2) {
  struct {
    POOL_FLAGS flags;
    bool ok;
  } const cases[] = {{POOL_FLAG_NON_PAGED, true},
                     {POOL_FLAG_PAGED, true},
                     {POOL_FLAG_NON_PAGED_EXECUTE, true},
                     {0, false},
                     {POOL_FLAG_UNINITIALIZED, false},
                     {POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, false},
                     {POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE, false},
                     {POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED, true},
                     {POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, true},
                     {POOL_FLAG_PAGED | 0x80000000, false},
                     {POOL_FLAG_PAGED | 0x100000000ull, true}};
  for (const auto& one : cases) {
    PVOID const block = ExAllocatePool2(one.flags, 24, kTag);
    EXPECT_EQ(block != nullptr, one.ok);
    if (block) ExFreePoolWithTag(block, kTag);
  }
  PVOID const aligned = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, 100, kTag);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(aligned) % 64, 0);
  ExFreePool(aligned);
  NTSTATUS raised = STATUS_SUCCESS;
  __try {
    ExAllocatePool2(POOL_FLAG_RAISE_ON_FAILURE | POOL_FLAG_NON_PAGED | POOL_FLAG_PAGED, 24, kTag);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised = GetExceptionCode();
  }
  EXPECT(raised == STATUS_INVALID_PARAMETER || raised == STATUS_INVALID_PARAMETER_1);
}

KTEST(TheInlinesOfTheHeadersAllocate) {
#pragma warning(push)
#pragma warning(disable : 4996)
  PUCHAR block = static_cast<PUCHAR>(ExAllocatePoolZero(NonPagedPoolNx, 40, kTag));
  REQUIRE(block);
  EXPECT(block[0] == 0 && block[39] == 0);
  ExFreePoolWithTag(block, kTag);
  block = static_cast<PUCHAR>(ExAllocatePoolUninitialized(PagedPool, 40, kTag));
  REQUIRE(block);
  ExFreePoolWithTag(block, kTag);
  block = static_cast<PUCHAR>(ExAllocatePoolQuotaZero(PagedPool, 40, kTag));
  REQUIRE(block);
  EXPECT(block[7] == 0);
  ExFreePoolWithTag(block, kTag);
  block = static_cast<PUCHAR>(ExAllocatePoolPriorityZero(NonPagedPoolNx, 40, kTag, NormalPoolPriority));
  REQUIRE(block);
  ExFreePoolWithTag(block, kTag);
  block = static_cast<PUCHAR>(ExAllocatePool(NonPagedPool, 40));
  REQUIRE(block);
  ExFreePool(block);
  block = static_cast<PUCHAR>(ExAllocatePoolWithQuota(PagedPool, 40));
  REQUIRE(block);
  ExFreePool(block);
#pragma warning(pop)
}
