// Events and semaphores.
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

using namespace nt::ke;

namespace {

void InitializeHeader(DISPATCHER_HEADER& header, UCHAR type, SIZE_T size, LONG state) {
  header.Lock = 0;
  header.Type = type;
  header.Size = static_cast<UCHAR>(size / sizeof(ULONG));
  header.SignalState = state;
  header.WaitListHead.Flink = header.WaitListHead.Blink = &header.WaitListHead;
}

}  // namespace

extern "C" {

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) {
  InitializeHeader(Event->Header, static_cast<UCHAR>(Type), sizeof(KEVENT), State != 0 ? 1 : 0);
}

LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN /*Wait*/) {
  CheckDispatcherIrql(Event);
  const LONG old = Event->Header.SignalState;
  Event->Header.SignalState = 1;
  if (old == 0 && Event->Header.WaitListHead.Flink != &Event->Header.WaitListHead) {
    WakeWaiters(&Event->Header, Increment);
    ExitDispatcher();
  }
  return old;
}

LONG KeResetEvent(PRKEVENT Event) {
  const LONG old = Event->Header.SignalState;
  Event->Header.SignalState = 0;
  return old;
}

VOID KeClearEvent(PRKEVENT Event) { Event->Header.SignalState = 0; }

LONG KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN /*Wait*/) {
  CheckDispatcherIrql(Event);
  const LONG old = Event->Header.SignalState;
  Event->Header.SignalState = 1;
  WakeWaiters(&Event->Header, Increment);
  Event->Header.SignalState = 0;
  ExitDispatcher();
  return old;
}

LONG KeReadStateEvent(PRKEVENT Event) { return Event->Header.SignalState; }

VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) {
  InitializeHeader(Semaphore->Header, SemaphoreObject, sizeof(KSEMAPHORE), Count);
  Semaphore->Limit = Limit;
}

LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN /*Wait*/) {
  CheckDispatcherIrql(Semaphore);
  const LONG old = Semaphore->Header.SignalState;
  const LONGLONG sum = static_cast<LONGLONG>(old) + Adjustment;
  if (sum > Semaphore->Limit || sum < old) RaiseStatus(STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  Semaphore->Header.SignalState = static_cast<LONG>(sum);
  if (old == 0) WakeWaiters(&Semaphore->Header, Increment);
  ExitDispatcher();
  return old;
}

LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore) { return Semaphore->Header.SignalState; }

}  // extern "C"
