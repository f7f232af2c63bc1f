// Asynchronous procedure calls of kernel mode: queued to a thread, delivered when it runs below APC_LEVEL.
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

extern "C" VOID ExFreePool(PVOID P);

namespace nt::ke {
namespace {

constexpr UCHAR kNormalInProgress = 1;

PKAPC TakeFirst(LIST_ENTRY& head) {
  PKAPC const apc = CONTAINING_RECORD(head.Flink, KAPC, ApcListEntry);
  head.Flink = apc->ApcListEntry.Flink;
  head.Flink->Blink = &head;
  apc->Inserted = FALSE;
  return apc;
}

[[noreturn]] void WrongIrql(const void* routine, KIRQL expected) {
  BugCheck(IRQL_UNEXPECTED_VALUE, KiPcr->irql, expected, reinterpret_cast<ULONG_PTR>(routine), 0,
           "An APC's routine must return at the IRQL at which it was called.");
}

/// Runs the kernel routine at APC_LEVEL; it may free the APC, and replace the normal routine and its arguments.
UserApc RunKernelRoutine(PKAPC apc) {
  UserApc call{apc->NormalRoutine, apc->NormalContext, apc->SystemArgument1, apc->SystemArgument2};
  PKKERNEL_ROUTINE const routine = apc->KernelRoutine;
  KiPcr->irql = APC_LEVEL;
  Callout<void>(routine, apc, &call.routine, &call.context, &call.argument1, &call.argument2);
  if (KiPcr->irql != APC_LEVEL) WrongIrql(reinterpret_cast<const void*>(routine), APC_LEVEL);
  LowerIrql(PASSIVE_LEVEL);
  return call;
}

void DeliverOne(Thread* thread, PKAPC apc) {
  const UserApc call = RunKernelRoutine(apc);
  if (call.routine == nullptr) return;
  thread->Tcb.ApcState.InProgressFlags |= kNormalInProgress;
  Callout<void>(call.routine, call.context, call.argument1, call.argument2);
  thread->Tcb.ApcState.InProgressFlags &= static_cast<UCHAR>(~kNormalInProgress);
  if (KiPcr->irql != PASSIVE_LEVEL) WrongIrql(reinterpret_cast<const void*>(call.routine), PASSIVE_LEVEL);
}

bool IsEmpty(const LIST_ENTRY& head) { return head.Flink == &head; }

/// Whether a kernel APC of this kind could run now if its thread did.
bool Enabled(Thread* thread, bool normal) {
  if (KthreadSpecialApcDisable(&thread->Tcb) != 0) return false;
  return !normal || (KthreadKernelApcDisable(&thread->Tcb) == 0 && (thread->Tcb.ApcState.InProgressFlags & kNormalInProgress) == 0);
}

/// Special APCs go before normal ones, each kind in the order it came.
void Enqueue(LIST_ENTRY& head, PKAPC apc) {
  LIST_ENTRY* before = &head;
  if (apc->NormalRoutine == nullptr) {
    before = head.Flink;
    while (before != &head && CONTAINING_RECORD(before, KAPC, ApcListEntry)->NormalRoutine == nullptr) before = before->Flink;
  }
  apc->ApcListEntry = {before, before->Blink};
  before->Blink->Flink = &apc->ApcListEntry;
  before->Blink = &apc->ApcListEntry;
  apc->Inserted = TRUE;
}

/// A kernel APC interrupts a thread that runs at PASSIVE_LEVEL, and a wait at PASSIVE_LEVEL, which goes on afterwards.
void InterruptForKernelApc(Thread* thread, bool normal, KPRIORITY increment) {
  thread->Tcb.ApcState.KernelApcPending = TRUE;
  if (thread == KiThread) {
    RequestSoftwareInterrupt(CurrentProcessor(), kApcBit);
    DeliverDue();
    return;
  }
  thread->host.apc_on_resume = true;
  if (KthreadState(&thread->Tcb) == Running) RequestSoftwareInterrupt(Ki().processors[thread->host.processor], kApcBit);
  if (KthreadState(&thread->Tcb) == Waiting && KthreadWaitIrql(&thread->Tcb) == PASSIVE_LEVEL && Enabled(thread, normal)) {
    BoostThread(thread, increment);
    CancelWait(thread, kStatusKernelApc);
    ExitDispatcher();
  }
}

void InterruptForUserApc(Thread* thread, KPRIORITY increment) {
  if (KthreadState(&thread->Tcb) != Waiting || !thread->host.wait_alertable || KthreadWaitMode(&thread->Tcb) != UserMode) return;
  thread->Tcb.ApcState.UserApcPending = TRUE;
  BoostThread(thread, increment);
  CancelWait(thread, STATUS_USER_APC);
  ExitDispatcher();
}

/// An APC that will never run: its rundown routine is told; without one it is taken to be a pool block.
void GiveUp(PKAPC apc) {
  if (apc->RundownRoutine != nullptr) {
    Callout<void>(apc->RundownRoutine, apc);
  } else {
    ExFreePool(apc);
  }
}

}  // namespace

void DeliverApcs() {
  Thread* const thread = KiThread;
  KiPcr->software_interrupts &= ~kApcBit;
  LIST_ENTRY& head = thread->Tcb.ApcState.ApcListHead[0];
  while (!IsEmpty(head)) {
    if (!Enabled(thread, CONTAINING_RECORD(head.Flink, KAPC, ApcListEntry)->NormalRoutine != nullptr)) return;
    DeliverOne(thread, TakeFirst(head));
  }
  thread->Tcb.ApcState.KernelApcPending = FALSE;
}

void ResumeApcs() {
  if (IsEmpty(KiThread->Tcb.ApcState.ApcListHead[0])) return;
  RequestSoftwareInterrupt(CurrentProcessor(), kApcBit);
  DeliverDue();
}

void PrepareUserApc() {
  Thread* const thread = KiThread;
  LIST_ENTRY& head = thread->Tcb.ApcState.ApcListHead[1];
  while (thread->Tcb.ApcState.UserApcPending != 0) {
    if (IsEmpty(head)) {
      thread->Tcb.ApcState.UserApcPending = FALSE;
      return;
    }
    thread->host.user_apc = RunKernelRoutine(TakeFirst(head));
    if (thread->host.user_apc.routine == nullptr) continue;  // the kernel routine said so
    // The next one comes when this one has returned, not in a system service that it calls.
    thread->Tcb.ApcState.UserApcPending = FALSE;
    thread->host.user_apc_ready = TRUE;
    return;
  }
}

void RundownApcs() {
  Thread* const thread = KiThread;
  thread->host.apc_queueable = false;
  for (LIST_ENTRY& head : thread->Tcb.ApcState.ApcListHead) {
    while (!IsEmpty(head)) GiveUp(TakeFirst(head));
  }
}

/// In user mode, on the way back from a system service: calls the APCs one after another, as ntdll's KiUserApcDispatcher and NtContinue do.
extern "C" void KiUserApcDispatch() {
  Thread* const thread = KiThread;
  while (thread->host.user_apc_ready != 0) {
    thread->host.user_apc_ready = FALSE;
    const UserApc call = thread->host.user_apc;
    Callout<void>(call.routine, call.context, call.argument1, call.argument2);
    KiRunOnKernelStack([] {
      BeforeUserMode();
      KiThread->Tcb.ApcState.UserApcPending = TRUE;  // NtContinue tests for more
      PrepareUserApc();
    });
  }
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, LONG Environment, PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                     PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode, PVOID NormalContext) {
  *Apc = KAPC{};
  Apc->Type = ApcObject;
  Apc->Size = sizeof(KAPC);
  Apc->Thread = Thread;
  Apc->ApcStateIndex = static_cast<CCHAR>(Environment == 2 ? 0 : Environment);
  Apc->KernelRoutine = KernelRoutine;
  Apc->RundownRoutine = RundownRoutine;
  Apc->NormalRoutine = NormalRoutine;
  Apc->ApcMode = NormalRoutine != nullptr ? ApcMode : KernelMode;
  Apc->NormalContext = NormalRoutine != nullptr ? NormalContext : nullptr;
}

BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment) {
  Thread* const thread = ThreadOf(Apc->Thread);
  if (Apc->Inserted != 0 || !thread->host.apc_queueable) return FALSE;
  Apc->SystemArgument1 = SystemArgument1;
  Apc->SystemArgument2 = SystemArgument2;
  const bool user = Apc->ApcMode != KernelMode;
  const bool normal = Apc->NormalRoutine != nullptr;
  Enqueue(thread->Tcb.ApcState.ApcListHead[user ? 1 : 0], Apc);
  if (user) {
    InterruptForUserApc(thread, Increment);
  } else {
    InterruptForKernelApc(thread, normal, Increment);
  }
  return TRUE;
}

BOOLEAN KeRemoveQueueApc(PRKAPC Apc) {
  if (Apc->Inserted == 0) return FALSE;
  Apc->ApcListEntry.Blink->Flink = Apc->ApcListEntry.Flink;
  Apc->ApcListEntry.Flink->Blink = Apc->ApcListEntry.Blink;
  Apc->Inserted = FALSE;
  return TRUE;
}

BOOLEAN KeTestAlertThread(KPROCESSOR_MODE AlertMode) {
  KTHREAD& tcb = KiThread->Tcb;
  BOOLEAN& alerted = tcb.Alerted[static_cast<int>(AlertMode)];
  const BOOLEAN was = alerted;
  alerted = FALSE;
  if (was == 0 && AlertMode != KernelMode && !IsEmpty(tcb.ApcState.ApcListHead[1])) tcb.ApcState.UserApcPending = TRUE;
  return was;
}

}  // extern "C"
