// Waits for the end of a rundown at DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  EX_RUNDOWN_REF reference;
  ExInitializeRundownProtection(&reference);
  (void)ExAcquireRundownProtection(&reference);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  ExWaitForRundownProtectionRelease(&reference);
  KeLowerIrql(old);
}
