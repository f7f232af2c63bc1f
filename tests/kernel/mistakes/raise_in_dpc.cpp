// Raises an exception in a DPC that nobody handles.
#include "mistake.h"

static KDPC dpc;

static void Raise(PKDPC, PVOID, PVOID, PVOID) { ExRaiseStatus(STATUS_ACCESS_DENIED); }

void Mistake(PDRIVER_OBJECT) {
  KeInitializeDpc(&dpc, Raise, nullptr);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
}
