// Queues a work item that is queued.
#include "mistake.h"

static VOID NTAPI Work(PVOID) {}

void Mistake(PDRIVER_OBJECT) {
  static WORK_QUEUE_ITEM item;
  ExInitializeWorkItem(&item, Work, nullptr);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  ExQueueWorkItem(&item, DelayedWorkQueue);
  ExQueueWorkItem(&item, DelayedWorkQueue);
  KeLowerIrql(old);
}
