// Releases a spin lock that nobody holds.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  KeReleaseSpinLock(&lock, PASSIVE_LEVEL);
}
