// Acquires a spin lock that its processor holds.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  KeAcquireSpinLockAtDpcLevel(&lock);
  KeAcquireSpinLockAtDpcLevel(&lock);
  KeLowerIrql(old);
}
