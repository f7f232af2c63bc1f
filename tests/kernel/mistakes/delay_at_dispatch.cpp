// Sleeps at DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  LARGE_INTEGER millisecond;
  millisecond.QuadPart = -10000;
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  KeDelayExecutionThread(KernelMode, FALSE, &millisecond);
  KeLowerIrql(old);
}
