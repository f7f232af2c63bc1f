// Acquires a reader-writer spin lock above DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  EX_SPIN_LOCK lock = 0;
  KIRQL old;
  KeRaiseIrql(5, &old);
  const KIRQL inner = ExAcquireSpinLockShared(&lock);
  ExReleaseSpinLockShared(&lock, inner);
  KeLowerIrql(old);
}
