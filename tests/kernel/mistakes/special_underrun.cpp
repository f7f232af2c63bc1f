// Writes before the start of a block that was asked for in special pool, on its page: found when it is freed.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile UCHAR* const block = static_cast<volatile UCHAR*>(
      ExAllocatePoolWithTagPriority(NonPagedPoolNx, 64, kTag, static_cast<EX_POOL_PRIORITY>(NormalPoolPriority + 8)));
  if (!block) return;
  block[-1] = 1;
  ExFreePoolWithTag(const_cast<UCHAR*>(block), kTag);
}
