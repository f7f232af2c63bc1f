// Acquires a fast mutex at DISPATCH_LEVEL, from where the IRQL cannot be raised to APC_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  ExAcquireFastMutex(&mutex);
  ExReleaseFastMutex(&mutex);
  KeLowerIrql(old);
}
