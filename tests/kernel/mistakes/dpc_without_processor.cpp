// Queues a DPC to a processor that is not there.
#include "mistake.h"

static void NTAPI Routine(PKDPC, PVOID, PVOID, PVOID) {}

void Mistake(PDRIVER_OBJECT) {
  static KDPC dpc;
  KeInitializeDpc(&dpc, Routine, nullptr);
  KeSetTargetProcessorDpc(&dpc, 63);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
}
