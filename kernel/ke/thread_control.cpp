// What drivers do to a thread besides giving it a priority: where it may run, alerts, and what time it has taken.
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

using namespace nt::ke;

extern "C" {

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

// Floating-point registers are a thread's own: there is nothing that a driver would have to save.

NTSTATUS KeSaveFloatingPointState(PVOID) { return STATUS_SUCCESS; }
NTSTATUS KeRestoreFloatingPointState(PVOID) { return STATUS_SUCCESS; }

BOOLEAN KeInvalidateAllCaches() { return TRUE; }

}  // extern "C"
