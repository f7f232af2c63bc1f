// Waits at DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, TRUE);
  LARGE_INTEGER time = {};
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  // A zero timeout is allowed.
  DbgPrint("looked: %x\n", KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &time));
  time.QuadPart = -1;
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &time);
}
