// Writes to a freed block of special pool: the write itself faults.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile UCHAR* const block = static_cast<volatile UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, kTag));
  if (!block) return;
  ExFreePoolWithTag(const_cast<UCHAR*>(block), kTag);
  block[5] = 1;
}
