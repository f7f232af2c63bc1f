// Sets a timer above DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  static KTIMER timer;
  KeInitializeTimer(&timer);
  LARGE_INTEGER due;
  due.QuadPart = -10000;
  KIRQL old;
  KeRaiseIrql(5, &old);
  KeSetTimer(&timer, due, nullptr);
  KeLowerIrql(old);
}
