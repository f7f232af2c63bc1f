// Acquires a spin lock above DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  KIRQL old;
  KeRaiseIrql(5, &old);
  KIRQL inner;
  KeAcquireSpinLock(&lock, &inner);
  KeReleaseSpinLock(&lock, inner);
  KeLowerIrql(old);
}
