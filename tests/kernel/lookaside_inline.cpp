// Lookaside lists as drivers use them: the allocate and free functions of the headers are inline and call through the list.
#include "ktest.h"

KTEST(LookasideExHasDefaultFunctions) {
  LOOKASIDE_LIST_EX list;
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx, 0, 100, 'tseT', 0), STATUS_SUCCESS);
  void* const block = ExAllocateFromLookasideListEx(&list);
  EXPECT(block != nullptr);
  ExFreeToLookasideListEx(&list, block);
  EXPECT(ExAllocateFromLookasideListEx(&list) == block);
  EXPECT_EQ(list.L.TotalAllocates, 2u);
  EXPECT_EQ(list.L.AllocateMisses, 1u);
  ExFreeToLookasideListEx(&list, block);
  ExDeleteLookasideListEx(&list);
}

KTEST(LookasideExFreesWhatIsTooMuch) {
  LOOKASIDE_LIST_EX list;
  EXPECT_EQ(ExInitializeLookasideListEx(&list, nullptr, nullptr, PagedPool, 0, 100, 'tseT', 0), STATUS_SUCCESS);
  void* blocks[300];
  for (void*& block : blocks) block = ExAllocateFromLookasideListEx(&list);
  for (void* block : blocks) ExFreeToLookasideListEx(&list, block);
  EXPECT(list.L.FreeMisses > 0);
  ExDeleteLookasideListEx(&list);
}
