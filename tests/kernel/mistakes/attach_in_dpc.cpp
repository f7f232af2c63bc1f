// Attaches to a process in a DPC, which runs in the address space of whoever it interrupted.
#include "mistake.h"

extern "C" {
NTKERNELAPI VOID NTAPI KeStackAttachProcess(PKPROCESS Process, PVOID ApcState);
NTKERNELAPI VOID NTAPI KeUnstackDetachProcess(PVOID ApcState);
}

static void NTAPI Attach(PKDPC, PVOID context, PVOID, PVOID) {
  ULONG_PTR state[8] = {};
  KeStackAttachProcess(static_cast<PKPROCESS>(context), state);
  KeUnstackDetachProcess(state);
}

void Mistake(PDRIVER_OBJECT) {
  static KDPC dpc;
  KeInitializeDpc(&dpc, Attach, PsGetCurrentProcess());
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
}
