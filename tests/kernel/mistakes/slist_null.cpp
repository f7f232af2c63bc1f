// Gives a bad pointer to an export that runs as part of its caller: the fault is the driver's.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  PSLIST_HEADER volatile head = nullptr;
  InterlockedPopEntrySList(head);
}
