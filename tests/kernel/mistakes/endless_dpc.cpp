// A DPC that never comes back.
#include "mistake.h"

static void NTAPI Spin(PKDPC, PVOID, PVOID, PVOID) {
  volatile bool forever = true;
  while (forever) {
  }
}

void Mistake(PDRIVER_OBJECT) {
  static KDPC dpc;
  KeInitializeDpc(&dpc, Spin, nullptr);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
}
