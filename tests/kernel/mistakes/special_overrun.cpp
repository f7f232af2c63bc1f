// Writes behind the end of a block of special non-paged pool: the write itself faults.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile UCHAR* const block = static_cast<volatile UCHAR*>(
      ExAllocatePoolWithTagPriority(NonPagedPoolNx, 64, kTag, static_cast<EX_POOL_PRIORITY>(NormalPoolPriority + 8)));
  if (block) block[64] = 1;
}
