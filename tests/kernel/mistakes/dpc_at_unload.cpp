// Goes with a DPC of low importance queued: no mistake, as those that wait are run first.
#include "mistake.h"

static KDPC busy, low;
static ULONG runs;

static void Count(PKDPC, PVOID context, PVOID, PVOID) { ++*static_cast<PULONG>(context); }
static void Late(PKDPC, PVOID, PVOID, PVOID) { DbgPrint("the last one ran\n"); }

static void UnloadWithDpc(PDRIVER_OBJECT) {
  // Where DPCs are many, one of low importance waits.
  KeInitializeDpc(&busy, Count, &runs);
  const ULONGLONG end = KeQueryInterruptTime() + 50'000;
  while (KeQueryInterruptTime() < end) KeInsertQueueDpc(&busy, nullptr, nullptr);
  KeInitializeDpc(&low, Late, nullptr);
  KeSetImportanceDpc(&low, LowImportance);
  KeInsertQueueDpc(&low, nullptr, nullptr);
}

void Mistake(PDRIVER_OBJECT driver) { driver->DriverUnload = UnloadWithDpc; }
