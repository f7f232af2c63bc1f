// Frees a pool block twice.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  void* const block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag);
  if (!block) return;
  ExFreePoolWithTag(block, kTag);
  ExFreePoolWithTag(block, kTag);
}
