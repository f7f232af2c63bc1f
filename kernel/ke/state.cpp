#include "kernel/ke/ki.h"
#include "nt/bugcodes.h"

extern "C" {
ULONG64 KiXsaveSize = 4096;
}

namespace nt::ke {

extern "C" {
Thread* KiThread = nullptr;
ProcessorBlock* KiPcr = nullptr;
volatile UCHAR KiPending = 0;
}

State* ki_state = nullptr;

void CreateState() { ki_state = new State; }

void DestroyState() {
  delete ki_state;
  ki_state = nullptr;
  KiThread = nullptr;
  KiPcr = nullptr;
  KiPending = 0;
}

KIRQL CurrentIrql() { return KiPcr != nullptr ? KiPcr->irql : PASSIVE_LEVEL; }

KIRQL RaiseIrql(KIRQL level) {
  const KIRQL old = KiPcr->irql;
  if (level < old) {
    BugCheck(IRQL_NOT_GREATER_OR_EQUAL, level, old, 0, 0, "KeRaiseIrql was asked for a level below the current IRQL.");
  }
  KiPcr->irql = level;
  return old;
}

void LowerIrql(KIRQL level) {
  if (level > KiPcr->irql) {
    BugCheck(IRQL_NOT_LESS_OR_EQUAL, level, KiPcr->irql, 0, 0, "KeLowerIrql was asked for a level above the current IRQL.");
  }
  KiPcr->irql = level;
  if ((KiPcr->software_interrupts >> 1 >> level) != 0) DeliverSoftwareInterrupts();
}

PKTHREAD CurrentThread() { return &KiThread->Tcb; }

PEPROCESS CurrentProcess() { return reinterpret_cast<PEPROCESS>(KiThread->Tcb.ApcState.Process); }

KPROCESSOR_MODE PreviousMode() { return KiThread != nullptr ? KiThread->Tcb.PreviousMode : KernelMode; }

ULONG ApcDisableCounts(PKTHREAD thread) {
  return static_cast<ULONG>(static_cast<USHORT>(KthreadSpecialApcDisable(thread))) << 16 |
         static_cast<USHORT>(KthreadKernelApcDisable(thread));
}

ULONG ProcessorCount() { return static_cast<ULONG>(Ki().processors.size()); }

bool IsVirtualTime() { return Ki().virtual_time; }

LONGLONG InterruptTime() {
  UpdateTime();
  return Ki().interrupt_time;
}

LONGLONG SystemTime() { return InterruptTime() + Ki().boot_system_time; }

}  // namespace nt::ke
