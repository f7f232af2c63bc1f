// Touches paged pool in a DPC.
#include "mistake.h"

static KDPC dpc;

static void Touch(PKDPC, PVOID context, PVOID, PVOID) { *static_cast<volatile UCHAR*>(context) = 1; }

void Mistake(PDRIVER_OBJECT) {
  void* const block = ExAllocatePool2(POOL_FLAG_PAGED, 100, kTag);
  if (!block) return;
  KeInitializeDpc(&dpc, Touch, block);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
  ExFreePoolWithTag(block, kTag);
}
