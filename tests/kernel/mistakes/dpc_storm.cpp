// A DPC that queues itself again each time: none is long, but together they leave the processor no time for anything else.
#include "mistake.h"

static void NTAPI Again(PKDPC dpc, PVOID, PVOID, PVOID) {
  KeStallExecutionProcessor(100);
  KeInsertQueueDpc(dpc, nullptr, nullptr);
}

void Mistake(PDRIVER_OBJECT) {
  static KDPC dpc;
  KeInitializeDpc(&dpc, Again, nullptr);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
}
