// Raises at DISPATCH_LEVEL, but in a thread: its first frame handles that, whatever the IRQL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  ExRaiseStatus(STATUS_ACCESS_DENIED);
}
