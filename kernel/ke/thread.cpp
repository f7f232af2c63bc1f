// Threads' priorities, affinity, APC regions, and the queries about processors.
#include <algorithm>

#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

using namespace nt::ke;

namespace {

KAFFINITY AllProcessors() { return (KAFFINITY{1} << ProcessorCount()) - 1; }

/// Whether a thread can have this affinity.
bool IsValid(const GROUP_AFFINITY& affinity) {
  return affinity.Group == 0 && affinity.Reserved[0] == 0 && affinity.Reserved[1] == 0 && affinity.Reserved[2] == 0 &&
         (affinity.Mask & AllProcessors()) != 0;
}

PKAPC_STATE StateOf(PKTHREAD thread) { return &thread->ApcState; }

/// A DPC runs in the address space of whoever it interrupted, and must leave it alone.
void CheckAttach(PRKPROCESS process, bool allowed) {
  if (allowed && !CurrentProcessor().dpc_active) return;
  BugCheck(
      INVALID_PROCESS_ATTACH_ATTEMPT, reinterpret_cast<ULONG_PTR>(process), reinterpret_cast<ULONG_PTR>(KiThread->Tcb.ApcState.Process),
      KiThread->Tcb.ApcState.Process != KiThread->Tcb.Process ? 1 : 0, CurrentProcessor().dpc_active ? 1 : 0,
      "A thread that is attached to a process, or a DPC, may not attach to another one; KeStackAttachProcess nests, but not in a DPC.");
}

}  // namespace

namespace nt::ke {

void SetBasePriority(PKTHREAD thread, KPRIORITY priority) {
  thread->BasePriority = static_cast<CCHAR>(priority);
  SetPriority(ThreadOf(thread), priority);
  ExitDispatcher();
}

}  // namespace nt::ke

extern "C" {

KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) {
  if (Priority < 0 || Priority >= MAXIMUM_PRIORITY) {
    BugCheck(IRQL_UNEXPECTED_VALUE, static_cast<ULONG_PTR>(Priority), 0, 0, 0, "KeSetPriorityThread takes priorities from 1 to 31.");
  }
  const KPRIORITY old = KthreadPriority(Thread);
  ThreadOf(Thread)->host.quantum_left = kQuantumUnits;
  // The base priority stays: to it the thread comes back by its quanta. Priority 0 is only the zero page thread's.
  SetPriority(ThreadOf(Thread), std::max(Priority, 1));
  ExitDispatcher();
  return old;
}

KPRIORITY KeQueryPriorityThread(PKTHREAD Thread) { return KthreadPriority(Thread); }

LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment) {
  constexpr KPRIORITY kProcessBase = 8;
  const LONG old = Thread->BasePriority - kProcessBase;
  KPRIORITY base = std::clamp<KPRIORITY>(kProcessBase + Increment, 1, LOW_REALTIME_PRIORITY - 1);
  if (Increment <= -15) base = 1;
  if (Increment >= 15) base = LOW_REALTIME_PRIORITY - 1;
  SetBasePriority(Thread, base);
  return old;
}

LONG KeQueryBasePriorityThread(PKTHREAD Thread) { return Thread->BasePriority - 8; }

KAFFINITY KeSetSystemAffinityThreadEx(KAFFINITY Affinity) {
  const KAFFINITY old = KiThread->Tcb.Affinity;
  if ((Affinity & AllProcessors()) == 0) return 0;
  const KAFFINITY previous = ThreadOf(&KiThread->Tcb)->host.system_affinity ? old : 0;
  if (previous == 0) KiThread->host.user_affinity = old;
  KiThread->host.system_affinity = true;
  SetAffinity(KiThread, Affinity & AllProcessors());
  return previous;
}

VOID KeSetSystemAffinityThread(KAFFINITY Affinity) { KeSetSystemAffinityThreadEx(Affinity); }

VOID KeRevertToUserAffinityThreadEx(KAFFINITY Affinity) {
  if (Affinity != 0) {
    SetAffinity(KiThread, Affinity);
    return;
  }
  if (!KiThread->host.system_affinity) return;
  KiThread->host.system_affinity = false;
  SetAffinity(KiThread, KiThread->host.user_affinity);
}

VOID KeRevertToUserAffinityThread() { KeRevertToUserAffinityThreadEx(0); }

VOID KeSetSystemGroupAffinityThread(PGROUP_AFFINITY Affinity, PGROUP_AFFINITY PreviousAffinity) {
  if (PreviousAffinity != nullptr) *PreviousAffinity = {};
  if (!IsValid(*Affinity)) return;
  const KAFFINITY previous = KeSetSystemAffinityThreadEx(Affinity->Mask);
  if (PreviousAffinity != nullptr) PreviousAffinity->Mask = previous;
}

VOID KeRevertToUserGroupAffinityThread(PGROUP_AFFINITY PreviousAffinity) {
  if (PreviousAffinity->Mask == 0 || IsValid(*PreviousAffinity)) KeRevertToUserAffinityThreadEx(PreviousAffinity->Mask);
}

VOID KeEnterCriticalRegion() { --KthreadKernelApcDisable(&KiThread->Tcb); }

VOID KeLeaveCriticalRegion() {
  if (++KthreadKernelApcDisable(&KiThread->Tcb) > 0) {
    BugCheck(APC_INDEX_MISMATCH, 0, 0, 1, 0, "KeLeaveCriticalRegion was called more often than KeEnterCriticalRegion.");
  }
  ResumeApcs();
}

VOID KeEnterGuardedRegion() { --KthreadSpecialApcDisable(&KiThread->Tcb); }

VOID KeLeaveGuardedRegion() {
  if (++KthreadSpecialApcDisable(&KiThread->Tcb) > 0) {
    BugCheck(APC_INDEX_MISMATCH, 0, 0, 1, 0, "KeLeaveGuardedRegion was called more often than KeEnterGuardedRegion.");
  }
  ResumeApcs();
}

BOOLEAN KeAreApcsDisabled() {
  return KthreadKernelApcDisable(&KiThread->Tcb) != 0 || KthreadSpecialApcDisable(&KiThread->Tcb) != 0 ? TRUE : FALSE;
}

BOOLEAN KeAreAllApcsDisabled() { return KthreadSpecialApcDisable(&KiThread->Tcb) != 0 || KiPcr->irql >= APC_LEVEL ? TRUE : FALSE; }

ULONG KeQueryActiveProcessorCount(KAFFINITY* ActiveProcessors) {
  if (ActiveProcessors != nullptr) *ActiveProcessors = AllProcessors();
  return ProcessorCount();
}

ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) { return GroupNumber == 0 || GroupNumber == 0xffff ? ProcessorCount() : 0; }

ULONG KeQueryMaximumProcessorCount() { return ProcessorCount(); }
ULONG KeQueryMaximumProcessorCountEx(USHORT GroupNumber) { return KeQueryActiveProcessorCountEx(GroupNumber); }
USHORT KeQueryActiveGroupCount() { return 1; }
KAFFINITY KeQueryActiveProcessors() { return AllProcessors(); }
ULONG KeGetRecommendedSharedDataAlignment() { return 64; }

ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) {
  if (ProcNumber != nullptr) *ProcNumber = {0, static_cast<UCHAR>(Ki().current), 0};
  return Ki().current;
}

NTSTATUS KeGetProcessorNumberFromIndex(ULONG ProcIndex, PPROCESSOR_NUMBER ProcNumber) {
  if (ProcIndex >= ProcessorCount()) return STATUS_INVALID_PARAMETER;
  *ProcNumber = {0, static_cast<UCHAR>(ProcIndex), 0};
  return STATUS_SUCCESS;
}

ULONG KeGetProcessorIndexFromNumber(PPROCESSOR_NUMBER ProcNumber) {
  constexpr ULONG kInvalidProcessorIndex = 0xffffffff;
  return ProcNumber->Group == 0 && ProcNumber->Reserved == 0 && ProcNumber->Number < ProcessorCount() ? ProcNumber->Number
                                                                                                      : kInvalidProcessorIndex;
}

VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState) {
  CheckAttach(Process, true);
  PKAPC_STATE const current = StateOf(&KiThread->Tcb);
  if (current->Process == Process) {
    ApcState->Process = reinterpret_cast<PKPROCESS>(ULONG_PTR{1});  // nothing to undo
    return;
  }
  ApcState->Process = current->Process;
  current->Process = Process;
}

VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState) {
  if (ApcState->Process == reinterpret_cast<PKPROCESS>(ULONG_PTR{1})) return;
  StateOf(&KiThread->Tcb)->Process = ApcState->Process;
}

VOID KeAttachProcess(PRKPROCESS Process) {
  PKAPC_STATE const current = StateOf(&KiThread->Tcb);
  if (current->Process == Process) return;
  CheckAttach(Process, current->Process == KiThread->Tcb.Process);
  current->Process = Process;
}
VOID KeDetachProcess() { StateOf(&KiThread->Tcb)->Process = KiThread->Tcb.Process; }

NTSTATUS NtYieldExecution() { return YieldToEqual() ? STATUS_SUCCESS : STATUS_NO_YIELD_PERFORMED; }

}  // extern "C"
