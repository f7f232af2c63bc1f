// Writes to a pool block that it has freed; the pool notices when it would give the block out again.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile UCHAR* const block = static_cast<volatile UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag));
  if (!block) return;
  ExFreePoolWithTag(const_cast<UCHAR*>(block), kTag);
  block[5] = 1;
  for (int i = 0; i < 1000; i++) {
    void* const other = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag);
    if (other) ExFreePoolWithTag(other, kTag);
  }
}
