// What drivers do to a thread besides giving it a priority: where it may run, alerts, and what time it has taken.
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

/// Where a driver's use of further registers begins (wdm.h).
struct XSTATE_SAVE {
  XSTATE_SAVE* Prev;
  PKTHREAD Thread;
  UCHAR Level;
  ULONG64 Mask;
  ULONG Length;
  ULONG Reserved1;
  PVOID Area;
  PVOID Buffer;
};
using PXSTATE_SAVE = XSTATE_SAVE*;
NT_SIZE(XSTATE_SAVE, 0x38);
NT_OFFSET(XSTATE_SAVE, Mask, 0x18);

using namespace nt::ke;

extern "C" {

ULONG64 RtlGetEnabledExtendedFeatures(ULONG64 FeatureMask);

KAFFINITY KeSetAffinityThread(PKTHREAD Thread, KAFFINITY Affinity) {
  const KAFFINITY all = (KAFFINITY{1} << ProcessorCount()) - 1;
  if (Affinity == 0 || (Affinity & ~all) != 0) {
    BugCheck(INVALID_AFFINITY_SET, 0, 0, 0, 0, "A thread was to run on no processor, or on one that the machine does not have.");
  }
  const KAFFINITY old = Thread->Affinity;
  SetAffinity(ThreadOf(Thread), Affinity);
  return old;
}

KPRIORITY KeSetActualBasePriorityThread(PKTHREAD Thread, KPRIORITY Priority) {
  const KPRIORITY old = Thread->BasePriority;
  SetBasePriority(Thread, Priority);
  return old;
}

ULONG KeQueryRuntimeThread(PKTHREAD Thread, PULONG UserTime) {
  constexpr LONGLONG kTick = 156'250;
  *UserTime = static_cast<ULONG>(ThreadOf(Thread)->host.user_time / kTick);
  return static_cast<ULONG>(ThreadOf(Thread)->host.kernel_time / kTick);
}

BOOLEAN KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode) {
  const BOOLEAN was = Thread->Alerted[static_cast<int>(AlertMode)];
  AlertThread(ThreadOf(Thread), AlertMode);
  ExitDispatcher();
  return was;
}

BOOLEAN KeIsAttachedProcess() { return KiThread->Tcb.ApcState.Process != KiThread->Tcb.Process ? TRUE : FALSE; }

// All registers are a thread's own, and saved with it: there is nothing that a driver would have to save before it uses them.

NTSTATUS KeSaveFloatingPointState(PVOID) { return STATUS_SUCCESS; }
NTSTATUS KeRestoreFloatingPointState(PVOID) { return STATUS_SUCCESS; }

NTSTATUS KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave) {
  *XStateSave = {nullptr, &KiThread->Tcb, KiPcr->irql, Mask & RtlGetEnabledExtendedFeatures(~ULONG64{0}), 0, 0, nullptr, nullptr};
  return STATUS_SUCCESS;
}
VOID KeRestoreExtendedProcessorState(PXSTATE_SAVE) {}

ULONG64 RtlGetEnabledExtendedFeatures(ULONG64 FeatureMask) {
  constexpr ULONG64 kKnown = 7;  // x87, SSE and AVX: what every machine is taken to have
  ULONG low = 0, high = 0;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return FeatureMask & kKnown & low;
}

BOOLEAN KeInvalidateAllCaches() { return TRUE; }
VOID KeInvalidateRangeAllCaches(PVOID, ULONG) {}

}  // extern "C"
