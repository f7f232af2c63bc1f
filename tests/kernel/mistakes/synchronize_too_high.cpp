// Synchronizes with an interrupt from above its IRQL.
#include "mistake.h"

static BOOLEAN NTAPI ServeNothing(PKINTERRUPT, PVOID) { return FALSE; }
static BOOLEAN NTAPI Touch(PVOID) { return TRUE; }

void Mistake(PDRIVER_OBJECT) {
  PKINTERRUPT interrupt;
  if (!NT_SUCCESS(IoConnectInterrupt(&interrupt, ServeNothing, nullptr, nullptr, 0x51, 5, 5, LevelSensitive, FALSE, ~KAFFINITY{0}, FALSE)))
    return;
  KIRQL old;
  KeRaiseIrql(8, &old);
  KeSynchronizeExecution(interrupt, Touch, nullptr);
}
