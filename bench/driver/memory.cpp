// Pool and lookaside lists.
#include "figure.h"

static const ULONG PoolTag = 'hcnB';

static ULONG64 MeasurePool(ULONG Iterations, POOL_FLAGS Flags, SIZE_T Size) {
  bool failed = false;
  const ULONG64 ticks = Time(Iterations, [&] {
    void* const block = ExAllocatePool2(Flags, Size, PoolTag);
    if (!block) {
      failed = true;
      return;
    }
    ExFreePoolWithTag(block, PoolTag);
  });
  return failed ? 0 : ticks;
}

ULONG64 MeasurePool64(PDRIVER_OBJECT, ULONG Iterations) {
  return MeasurePool(Iterations, POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 64);
}

ULONG64 MeasurePool512(PDRIVER_OBJECT, ULONG Iterations) {
  return MeasurePool(Iterations, POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 512);
}

ULONG64 MeasurePool4096(PDRIVER_OBJECT, ULONG Iterations) {
  return MeasurePool(Iterations, POOL_FLAG_NON_PAGED | POOL_FLAG_UNINITIALIZED, 4096);
}

ULONG64 MeasurePoolZeroed(PDRIVER_OBJECT, ULONG Iterations) { return MeasurePool(Iterations, POOL_FLAG_NON_PAGED, 4096); }

ULONG64 MeasureLookaside(PDRIVER_OBJECT, ULONG Iterations) {
  static LOOKASIDE_LIST_EX list;
  if (!NT_SUCCESS(ExInitializeLookasideListEx(&list, nullptr, nullptr, NonPagedPoolNx, 0, 256, PoolTag, 0))) {
    return 0;
  }
  const ULONG64 ticks = Time(Iterations, [] { ExFreeToLookasideListEx(&list, ExAllocateFromLookasideListEx(&list)); });
  ExDeleteLookasideListEx(&list);
  return ticks;
}

ULONG64 MeasureLookasideOld(PDRIVER_OBJECT, ULONG Iterations) {
  static NPAGED_LOOKASIDE_LIST list;
  ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 256, PoolTag, 0);
  const ULONG64 ticks = Time(Iterations, [] { ExFreeToNPagedLookasideList(&list, ExAllocateFromNPagedLookasideList(&list)); });
  ExDeleteNPagedLookasideList(&list);
  return ticks;
}
