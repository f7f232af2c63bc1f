// Waits for more objects than a thread's own wait blocks can do.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KEVENT events[THREAD_WAIT_OBJECTS + 1];
  PVOID objects[THREAD_WAIT_OBJECTS + 1];
  for (ULONG i = 0; i <= THREAD_WAIT_OBJECTS; i++) {
    KeInitializeEvent(&events[i], NotificationEvent, TRUE);
    objects[i] = &events[i];
  }
  KeWaitForMultipleObjects(THREAD_WAIT_OBJECTS + 1, objects, WaitAll, Executive, KernelMode, FALSE, nullptr, nullptr);
}
