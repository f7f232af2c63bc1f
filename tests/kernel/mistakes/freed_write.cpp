// Writes to a pool block that it has freed, and goes.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile UCHAR* const block = static_cast<volatile UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag));
  if (!block) return;
  ExFreePoolWithTag(const_cast<UCHAR*>(block), kTag);
  block[5] = 1;
}
