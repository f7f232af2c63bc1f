// Raises in a DPC that runs when its own __try block lowers the IRQL: the block is not the DPC's caller and cannot handle that.
#include "mistake.h"

static KDPC dpc;

static void Raise(PKDPC, PVOID, PVOID, PVOID) { ExRaiseStatus(STATUS_ACCESS_DENIED); }

void Mistake(PDRIVER_OBJECT) {
  KeInitializeDpc(&dpc, Raise, nullptr);
  __try {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    KeLowerIrql(old);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    DbgPrint("handled\n");
  }
}
