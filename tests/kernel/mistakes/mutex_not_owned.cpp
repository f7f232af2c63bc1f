// Releases a mutex that it does not own.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  KeReleaseMutex(&mutex, FALSE);
}
