// Mutexes (mutants): owned, recursive, abandoned when their owner dies.
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {

NTSTATUS AcquireMutant(KMUTANT* mutant, Thread* thread) {
  if (mutant->Header.SignalState == (-0x7fffffff - 1)) RaiseStatus(STATUS_MUTANT_LIMIT_EXCEEDED);
  if (--mutant->Header.SignalState != 0) return STATUS_SUCCESS;
  mutant->OwnerThread = &thread->Tcb;
  KthreadKernelApcDisable(&thread->Tcb) = static_cast<SHORT>(KthreadKernelApcDisable(&thread->Tcb) - mutant->ApcDisable);
  LIST_ENTRY& head = thread->host.mutants;
  mutant->MutantListEntry.Flink = &head;
  mutant->MutantListEntry.Blink = head.Blink;
  head.Blink->Flink = &mutant->MutantListEntry;
  head.Blink = &mutant->MutantListEntry;
  if (mutant->Abandoned == 0) return STATUS_SUCCESS;
  mutant->Abandoned = FALSE;
  return STATUS_ABANDONED;
}

namespace {

void Disown(KMUTANT* mutant) {
  mutant->MutantListEntry.Blink->Flink = mutant->MutantListEntry.Flink;
  mutant->MutantListEntry.Flink->Blink = mutant->MutantListEntry.Blink;
  mutant->OwnerThread = nullptr;
}

}  // namespace

void AbandonMutants(Thread* thread) {
  LIST_ENTRY& head = thread->host.mutants;
  while (head.Flink != &head) {
    KMUTANT* const mutant = CONTAINING_RECORD(head.Flink, KMUTANT, MutantListEntry);
    if (mutant->ApcDisable != 0) {
      BugCheck(THREAD_TERMINATE_HELD_MUTEX, reinterpret_cast<ULONG_PTR>(thread), reinterpret_cast<ULONG_PTR>(mutant), 0, 0,
               "A thread ended while it owned a kernel mutex; release it with KeReleaseMutex first.");
    }
    Disown(mutant);
    mutant->Abandoned = TRUE;
    mutant->Header.SignalState = 1;
    WakeWaiters(&mutant->Header, 1);
  }
}

LONG ReleaseMutant(PRKMUTANT mutant, KPRIORITY increment, bool abandon) {
  CheckDispatcherIrql(mutant);
  Thread* const thread = KiThread;
  const LONG old = mutant->Header.SignalState;
  if (!abandon) {
    if (mutant->OwnerThread != &thread->Tcb) {
      RaiseStatus(mutant->Abandoned != 0 ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED);
    }
    ++mutant->Header.SignalState;
  } else {
    mutant->Abandoned = TRUE;
    mutant->Header.SignalState = 1;
  }
  if (mutant->Header.SignalState == 1) {
    if (mutant->OwnerThread != nullptr) {
      KTHREAD* const owner = mutant->OwnerThread;
      KthreadKernelApcDisable(owner) = static_cast<SHORT>(KthreadKernelApcDisable(owner) + mutant->ApcDisable);
      Disown(mutant);
    }
    WakeWaiters(&mutant->Header, increment);
    ExitDispatcher();
    ResumeApcs();
  }
  return old;
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner) {
  *Mutant = KMUTANT{};
  Mutant->Header.Type = MutantObject;
  Mutant->Header.Size = sizeof(KMUTANT) / sizeof(ULONG);
  Mutant->Header.SignalState = 1;
  Mutant->Header.WaitListHead.Flink = Mutant->Header.WaitListHead.Blink = &Mutant->Header.WaitListHead;
  if (InitialOwner != 0) AcquireMutant(Mutant, KiThread);
}

VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG /*Level*/) {
  KeInitializeMutant(Mutex, FALSE);
  Mutex->ApcDisable = 1;
}

LONG KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN /*Wait*/) {
  return ReleaseMutant(Mutant, Increment, Abandoned != 0);
}

LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN /*Wait*/) { return ReleaseMutant(Mutex, 1, false); }

VOID KeQueryOwnerMutant(PKMUTANT Mutant, PCLIENT_ID ClientId) {
  *ClientId = Mutant->OwnerThread != nullptr ? ThreadOf(Mutant->OwnerThread)->Cid : CLIENT_ID{};
}

LONG KeReadStateMutant(PRKMUTANT Mutant) { return Mutant->Header.SignalState; }

LONG KeReadStateMutex(PRKMUTEX Mutex) { return Mutex->Header.SignalState; }

}  // extern "C"
