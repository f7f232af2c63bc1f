// Asynchronous procedure calls of kernel mode: queued to a thread, delivered when it runs below APC_LEVEL.
#include "kernel/ke/scheduler.h"

namespace nt::ke {
namespace {

PKAPC TakeFirst(LIST_ENTRY& head) {
  PKAPC const apc = CONTAINING_RECORD(head.Flink, KAPC, ApcListEntry);
  head.Flink = apc->ApcListEntry.Flink;
  head.Flink->Blink = &head;
  apc->Inserted = FALSE;
  return apc;
}

/// Runs one APC's kernel routine at APC_LEVEL, then its normal routine at PASSIVE_LEVEL.
void DeliverOne(Thread* thread, PKAPC apc) {
  PKNORMAL_ROUTINE normal = apc->NormalRoutine;
  PVOID context = apc->NormalContext;
  PVOID argument1 = apc->SystemArgument1;
  PVOID argument2 = apc->SystemArgument2;
  KiPcr->irql = APC_LEVEL;
  Callout<void>(apc->KernelRoutine, apc, &normal, &context, &argument1, &argument2);
  KiPcr->irql = PASSIVE_LEVEL;
  if (normal == nullptr) return;
  thread->Tcb.ApcState.InProgressFlags |= 1;
  Callout<void>(normal, context, argument1, argument2);
  thread->Tcb.ApcState.InProgressFlags &= static_cast<UCHAR>(~1);
}

}  // namespace

void DeliverApcs() {
  Thread* const thread = KiThread;
  KiPcr->software_interrupts &= static_cast<UCHAR>(~kApcBit);
  LIST_ENTRY& head = thread->Tcb.ApcState.ApcListHead[0];
  while (head.Flink != &head && KthreadSpecialApcDisable(&thread->Tcb) == 0) {
    PKAPC const first = CONTAINING_RECORD(head.Flink, KAPC, ApcListEntry);
    const bool normal = first->NormalRoutine != nullptr;
    const bool blocked = KthreadKernelApcDisable(&thread->Tcb) != 0 || (thread->Tcb.ApcState.InProgressFlags & 1) != 0;
    if (normal && blocked) return;
    DeliverOne(thread, TakeFirst(head));
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
  if (Apc->Inserted != 0 || KthreadState(&thread->Tcb) == Terminated) return FALSE;
  Apc->SystemArgument1 = SystemArgument1;
  Apc->SystemArgument2 = SystemArgument2;
  Apc->Inserted = TRUE;
  LIST_ENTRY& head = thread->Tcb.ApcState.ApcListHead[Apc->ApcMode == KernelMode ? 0 : 1];
  LIST_ENTRY* before = &head;
  if (Apc->NormalRoutine == nullptr) {  // special APCs come before normal ones
    before = head.Flink;
    while (before != &head && CONTAINING_RECORD(before, KAPC, ApcListEntry)->NormalRoutine == nullptr) before = before->Flink;
  }
  Apc->ApcListEntry.Flink = before;
  Apc->ApcListEntry.Blink = before->Blink;
  before->Blink->Flink = &Apc->ApcListEntry;
  before->Blink = &Apc->ApcListEntry;
  if (Apc->ApcMode != KernelMode) {
    if (KthreadState(&thread->Tcb) == Waiting && thread->host.wait_alertable && KthreadWaitMode(&thread->Tcb) == UserMode) {
      thread->Tcb.ApcState.UserApcPending = TRUE;
      CancelWait(thread, STATUS_USER_APC);
      BoostThread(thread, Increment);
    }
    ExitDispatcher();
    return TRUE;
  }
  thread->Tcb.ApcState.KernelApcPending = TRUE;
  if (thread == KiThread) {
    KiPcr->software_interrupts |= kApcBit;
    DeliverDue();
  } else {
    thread->host.apc_on_resume = true;
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
  BOOLEAN& alerted = KiThread->Tcb.Alerted[static_cast<int>(AlertMode)];
  const BOOLEAN was = alerted;
  alerted = FALSE;
  return was;
}

}  // extern "C"
