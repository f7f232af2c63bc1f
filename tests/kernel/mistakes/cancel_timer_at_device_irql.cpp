// Cancels a timer above DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  static KTIMER timer;
  KeInitializeTimer(&timer);
  KIRQL old;
  KeRaiseIrql(5, &old);
  KeCancelTimer(&timer);
  KeLowerIrql(old);
}
