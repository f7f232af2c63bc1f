// Never comes back at DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  volatile bool forever = true;
  while (forever) {
  }
  KeLowerIrql(old);
}
