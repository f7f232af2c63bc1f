// Sets an event above DISPATCH_LEVEL, as an interrupt service routine must not.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KIRQL old;
  KeRaiseIrql(5, &old);
  KeSetEvent(&event, 0, FALSE);
  KeLowerIrql(old);
}
