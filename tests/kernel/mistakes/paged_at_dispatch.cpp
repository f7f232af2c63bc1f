// Touches paged pool while its IRQL forbids page faults.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  volatile UCHAR* const block = static_cast<volatile UCHAR*>(ExAllocatePool2(POOL_FLAG_PAGED, 100, kTag));
  if (!block) return;
  block[5] = 1;
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  block[5] = 2;
  KeLowerIrql(old);
  ExFreePoolWithTag(const_cast<UCHAR*>(block), kTag);
}
