// Lookaside lists of both APIs: what they reuse, whose functions they call, how their depth follows demand.
#include "ktest.h"

using namespace ktest;

namespace {
constexpr ULONG kTag = 'kooL';
LONG allocated, freed;

PVOID Allocate(POOL_TYPE type, SIZE_T size, ULONG tag) {
  allocated++;
  return ExAllocatePoolWithTag(type, size, tag);
}
VOID Free(PVOID block) {
  freed++;
  ExFreePool(block);
}

struct Extended {
  LOOKASIDE_LIST_EX list;
  LONG allocated, freed;
};
PVOID AllocateEx(POOL_TYPE type, SIZE_T size, ULONG tag, PLOOKASIDE_LIST_EX list) {
  CONTAINING_RECORD(list, Extended, list)->allocated++;
  return ExAllocatePoolWithTag(type, size, tag);
}
VOID FreeEx(PVOID block, PLOOKASIDE_LIST_EX list) {
  CONTAINING_RECORD(list, Extended, list)->freed++;
  ExFreePool(block);
}
}  // namespace

KTEST(NonPagedListReusesWhatWasFreed) {
  static NPAGED_LOOKASIDE_LIST list;
  ExInitializeNPagedLookasideList(&list, nullptr, nullptr, POOL_NX_ALLOCATION, 100, kTag, 0);
  EXPECT_EQ(list.L.Size, 100);
  EXPECT_EQ(list.L.Tag, kTag);
  PVOID first = ExAllocateFromNPagedLookasideList(&list);
  REQUIRE(first != nullptr);
  ExFreeToNPagedLookasideList(&list, first);
  EXPECT(ExAllocateFromNPagedLookasideList(&list) == first);
  EXPECT_EQ(list.L.TotalAllocates, 2);
  EXPECT_EQ(list.L.AllocateMisses, 1);
  ExFreeToNPagedLookasideList(&list, first);
  EXPECT_EQ(list.L.TotalFrees, 2);
  ExDeleteNPagedLookasideList(&list);
}

KTEST(PagedListWorks) {
  static PAGED_LOOKASIDE_LIST list;
  ExInitializePagedLookasideList(&list, nullptr, nullptr, 0, 64, kTag, 0);
  PVOID blocks[8];
  for (PVOID& block : blocks) {
    block = ExAllocateFromPagedLookasideList(&list);
    REQUIRE(block != nullptr);
  }
  for (PVOID block : blocks) ExFreeToPagedLookasideList(&list, block);
  ExDeletePagedLookasideList(&list);
}

KTEST(OwnFunctionsAreCalled) {
  static NPAGED_LOOKASIDE_LIST list;
  allocated = freed = 0;
  ExInitializeNPagedLookasideList(&list, Allocate, Free, 0, 48, kTag, 0);
  PVOID block = ExAllocateFromNPagedLookasideList(&list);
  REQUIRE(block != nullptr);
  EXPECT_EQ(allocated, 1);
  ExFreeToNPagedLookasideList(&list, block);
  EXPECT_EQ(freed, 0);
  ExDeleteNPagedLookasideList(&list);
  EXPECT_EQ(freed, 1);
}

KTEST(ExtendedListPassesItself) {
  static Extended extended;
  extended = {};
  REQUIRE(NT_SUCCESS(ExInitializeLookasideListEx(&extended.list, AllocateEx, FreeEx, PagedPool, 0, 80, kTag, 0)));
  PVOID block = ExAllocateFromLookasideListEx(&extended.list);
  REQUIRE(block != nullptr);
  EXPECT_EQ(extended.allocated, 1);
  ExFreeToLookasideListEx(&extended.list, block);
  EXPECT_EQ(extended.freed, 0);
  ExFlushLookasideListEx(&extended.list);
  EXPECT_EQ(extended.freed, 1);
  block = ExAllocateFromLookasideListEx(&extended.list);
  EXPECT_EQ(extended.allocated, 2);
  ExFreeToLookasideListEx(&extended.list, block);
  ExDeleteLookasideListEx(&extended.list);
  EXPECT_EQ(extended.freed, 2);
}

KTEST(ExtendedListChecksItsFlags) {
  static LOOKASIDE_LIST_EX list;
  constexpr ULONG kBoth = EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE;
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx, kBoth, 80, kTag, 0), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx, 0x80, 80, kTag, 0), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx, 0, 80, kTag, 1), STATUS_INVALID_PARAMETER_8);
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, MaxPoolType, 0, 80, kTag, 0), STATUS_INVALID_PARAMETER_4);
  REQUIRE(NT_SUCCESS(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx, 0, 80, kTag, 0)));
  PVOID block = ExAllocateFromLookasideListEx(&list);
  REQUIRE(block != nullptr);
  ExFreeToLookasideListEx(&list, block);
  ExDeleteLookasideListEx(&list);
}

KTEST(RaisingListRaises) {
  static LOOKASIDE_LIST_EX list;
  REQUIRE(NT_SUCCESS(
      ExInitializeLookasideListEx(&list, nullptr, nullptr, PagedPool, EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL, SIZE_T{1} << 31, kTag, 0)));
  volatile NTSTATUS raised = STATUS_SUCCESS;
  PVOID blocks[64] = {};
  __try {
    for (PVOID& block : blocks) block = ExAllocateFromLookasideListEx(&list);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    raised = GetExceptionCode();
  }
  EXPECT_EQ(raised, STATUS_INSUFFICIENT_RESOURCES);
  for (PVOID block : blocks) {
    if (block) ExFreePool(block);
  }
  ExDeleteLookasideListEx(&list);
}

KTEST(DepthFollowsDemand) {
  static NPAGED_LOOKASIDE_LIST list;
  ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 32, kTag, 0);
  const USHORT before = list.L.Depth;
  static PVOID blocks[64];
  for (int second = 0; second < 3; second++) {
    for (int round = 0; round < 20; round++) {
      for (PVOID& block : blocks) block = ExAllocateFromNPagedLookasideList(&list);
      for (PVOID block : blocks) ExFreeToNPagedLookasideList(&list, block);
    }
    Sleep(500);
  }
  // Past the second that saw the last of them.
  Sleep(1100);
  const USHORT busy = list.L.Depth;
  EXPECT(busy > before);
  EXPECT(busy <= list.L.MaximumDepth);
  Sleep(2500);
  EXPECT(list.L.Depth < busy);
  ExDeleteNPagedLookasideList(&list);
}
