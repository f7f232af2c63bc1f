// Releases a mutex above DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr);
  KIRQL old;
  KeRaiseIrql(5, &old);
  KeReleaseMutex(&mutex, FALSE);
  KeLowerIrql(old);
}
