// Allocates from an empty lookaside list above DISPATCH_LEVEL.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  static NPAGED_LOOKASIDE_LIST list;
  ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 64, kTag, 0);
  KIRQL old;
  KeRaiseIrql(5, &old);
  (void)ExAllocateFromNPagedLookasideList(&list);
  KeLowerIrql(old);
}
