// Queues a work item above DISPATCH_LEVEL, as an interrupt service routine must not.
#include "mistake.h"

static VOID NTAPI Work(PVOID) {}

void Mistake(PDRIVER_OBJECT) {
  static WORK_QUEUE_ITEM item;
  ExInitializeWorkItem(&item, Work, nullptr);
  KIRQL old;
  KeRaiseIrql(5, &old);
  ExQueueWorkItem(&item, DelayedWorkQueue);
  KeLowerIrql(old);
}
