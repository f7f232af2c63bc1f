// Returns from a work item inside a critical region.
#include "mistake.h"

static WORK_QUEUE_ITEM item;

static void NTAPI Work(PVOID) { KeEnterCriticalRegion(); }

void Mistake(PDRIVER_OBJECT) {
  ExInitializeWorkItem(&item, Work, nullptr);
  ExQueueWorkItem(&item, DelayedWorkQueue);
  LARGE_INTEGER second;
  second.QuadPart = -10000000;
  KeDelayExecutionThread(KernelMode, FALSE, &second);
}
