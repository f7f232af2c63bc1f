// Waits for more objects than a thread has wait blocks, without an array of them.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, TRUE);
  PVOID objects[THREAD_WAIT_OBJECTS + 1] = {&event, &event, &event, &event};
  KeWaitForMultipleObjects(THREAD_WAIT_OBJECTS + 1, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr);
}
