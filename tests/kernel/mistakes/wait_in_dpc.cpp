// Waits in a DPC.
#include "mistake.h"

static KEVENT event;

static void NTAPI Wait(PKDPC, PVOID, PVOID, PVOID) { KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr); }

void Mistake(PDRIVER_OBJECT) {
  static KDPC dpc;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KeInitializeDpc(&dpc, Wait, nullptr);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
}
