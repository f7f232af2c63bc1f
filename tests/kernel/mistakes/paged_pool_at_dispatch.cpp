// Allocates paged pool at DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  (void)ExAllocatePool2(POOL_FLAG_PAGED, 64, kTag);
  KeLowerIrql(old);
}
