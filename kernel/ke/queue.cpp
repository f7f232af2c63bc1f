// Kernel queues (KQUEUE): entries for threads, of which no more than so many run at a time.
#include "kernel/ke/queue.h"

#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

bool IsEmpty(const LIST_ENTRY& head) { return head.Flink == &head; }

void InsertBefore(LIST_ENTRY* place, LIST_ENTRY* entry) {
  *entry = {place, place->Blink};
  place->Blink->Flink = entry;
  place->Blink = entry;
}

void Remove(LIST_ENTRY* entry) {
  entry->Blink->Flink = entry->Flink;
  entry->Flink->Blink = entry->Blink;
}

/// Takes the oldest entry; drivers see by its Flink that it is in no list.
PLIST_ENTRY TakeEntry(PKQUEUE queue) {
  PLIST_ENTRY const entry = queue->EntryListHead.Flink;
  Remove(entry);
  entry->Flink = nullptr;
  --queue->Header.SignalState;
  return entry;
}

/// Hands an entry to the thread that began to wait last: what it used is still in the processor's cache.
void HandOver(PKQUEUE queue, PLIST_ENTRY entry) {
  Thread* const thread = ThreadOf(CONTAINING_RECORD(queue->Header.WaitListHead.Blink, KWAIT_BLOCK, WaitListEntry)->Thread);
  UnwaitThread(thread, STATUS_SUCCESS, 0);  // counts it as running
  thread->Tcb.WaitStatus = reinterpret_cast<ULONGLONG>(entry);
}

bool MayWake(PKQUEUE queue) { return !IsEmpty(queue->Header.WaitListHead) && queue->CurrentCount < queue->MaximumCount; }

LONG Insert(PKQUEUE queue, PLIST_ENTRY entry, bool at_head) {
  CheckDispatcherIrql(queue);
  const LONG old = queue->Header.SignalState;
  // A thread that serves the queue will soon come back for the entry itself: no other is woken for it.
  const bool own = QueueOf(KiThread) == queue && KiThread->host.wait_reason == WrQueue;
  if (old == 0 && !own && MayWake(queue)) {
    entry->Flink = nullptr;
    HandOver(queue, entry);
    ExitDispatcher();
    return old;
  }
  InsertBefore(at_head ? queue->EntryListHead.Flink : &queue->EntryListHead, entry);
  ++queue->Header.SignalState;
  return old;
}

/// The current thread asks for an entry: from now on it serves this queue, and does not count as running.
void Associate(Thread* thread, PKQUEUE queue) {
  if (QueueOf(thread) == queue) {
    --queue->CurrentCount;
    return;
  }
  if (QueueOf(thread) != nullptr) {
    PKQUEUE const former = QueueOf(thread);
    DissociateFromQueue(thread);
    LeaveQueueSlot(former);
  }
  thread->Tcb.Queue = queue;
  InsertBefore(&queue->ThreadListHead, &thread->host.queue_link);
}

/// An entry, or a status.
ULONG_PTR RemoveOrWait(PKQUEUE queue, KPROCESSOR_MODE mode, bool alertable, PLARGE_INTEGER timeout) {
  Thread* const thread = KiThread;
  CheckWaitAllowed(queue, timeout);
  const QueueWait wait{queue, mode, alertable, timeout};
  const LONGLONG due = DueTime(timeout);
  for (;;) {
    Associate(thread, queue);
    if (!IsEmpty(queue->EntryListHead) && queue->CurrentCount < queue->MaximumCount) {
      ++queue->CurrentCount;
      return reinterpret_cast<ULONG_PTR>(TakeEntry(queue));
    }
    const ULONG_PTR result = BlockOnQueue(wait, due);
    if (result != static_cast<ULONG_PTR>(kStatusKernelApc)) return result;
  }
}

/// A negative one is not an address either: the end of the thread.
bool IsStatus(ULONG_PTR result) { return result <= 0xffff || static_cast<LONGLONG>(result) < 0; }

}  // namespace

void LeaveQueueSlot(PKQUEUE queue) {
  --queue->CurrentCount;
  if (!IsEmpty(queue->EntryListHead) && MayWake(queue)) HandOver(queue, TakeEntry(queue));
}

void RundownQueue() {
  PKQUEUE const queue = QueueOf(KiThread);
  if (queue == nullptr) return;
  DissociateFromQueue(KiThread);
  LeaveQueueSlot(queue);
}

void DissociateFromQueue(Thread* thread) {
  thread->Tcb.Queue = nullptr;
  Remove(&thread->host.queue_link);
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KeInitializeQueue(PRKQUEUE Queue, ULONG Count) {
  *Queue = KQUEUE{};
  Queue->Header.Type = QueueObject;
  Queue->Header.Size = sizeof(KQUEUE) / sizeof(ULONG);
  Queue->Header.WaitListHead = {&Queue->Header.WaitListHead, &Queue->Header.WaitListHead};
  Queue->EntryListHead = {&Queue->EntryListHead, &Queue->EntryListHead};
  Queue->ThreadListHead = {&Queue->ThreadListHead, &Queue->ThreadListHead};
  Queue->MaximumCount = Count != 0 ? Count : ProcessorCount();
}

LONG KeReadStateQueue(PRKQUEUE Queue) { return Queue->Header.SignalState; }

LONG KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry) { return Insert(Queue, Entry, false); }

LONG KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry) { return Insert(Queue, Entry, true); }

PLIST_ENTRY KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout) {
  return reinterpret_cast<PLIST_ENTRY>(RemoveOrWait(Queue, WaitMode, false, Timeout));
}

ULONG KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PLIST_ENTRY* EntryArray,
                      ULONG Count) {
  const ULONG_PTR first = RemoveOrWait(Queue, WaitMode, Alertable != 0, Timeout);
  EntryArray[0] = reinterpret_cast<PLIST_ENTRY>(first);
  ULONG taken = 1;
  while (!IsStatus(first) && taken < Count && !IsEmpty(Queue->EntryListHead)) EntryArray[taken++] = TakeEntry(Queue);
  return taken;
}

PLIST_ENTRY KeRundownQueue(PRKQUEUE Queue) {
  PLIST_ENTRY first = nullptr;
  if (!IsEmpty(Queue->EntryListHead)) {
    first = Queue->EntryListHead.Flink;
    Remove(&Queue->EntryListHead);
    Queue->EntryListHead = {&Queue->EntryListHead, &Queue->EntryListHead};
    Queue->Header.SignalState = 0;
  }
  while (!IsEmpty(Queue->Header.WaitListHead)) {
    CancelWait(ThreadOf(CONTAINING_RECORD(Queue->Header.WaitListHead.Flink, KWAIT_BLOCK, WaitListEntry)->Thread), STATUS_ABANDONED);
  }
  while (!IsEmpty(Queue->ThreadListHead)) {
    DissociateFromQueue(reinterpret_cast<Thread*>(reinterpret_cast<char*>(Queue->ThreadListHead.Flink) - offsetof(ThreadHost, queue_link) -
                                                  kThreadHostOffset));
  }
  Queue->CurrentCount = 0;
  ExitDispatcher();
  return first;
}

}  // extern "C"
