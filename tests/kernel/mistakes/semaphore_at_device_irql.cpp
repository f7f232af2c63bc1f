// Releases a semaphore above DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KSEMAPHORE semaphore;
  KeInitializeSemaphore(&semaphore, 0, 1);
  KIRQL old;
  KeRaiseIrql(5, &old);
  KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE);
  KeLowerIrql(old);
}
