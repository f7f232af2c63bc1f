// Waiting for dispatcher objects, and waking those who wait.
#include <limits>

#include "kernel/ke/queue.h"
#include "kernel/ke/sched_trace.h"
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

void InsertTail(LIST_ENTRY& head, LIST_ENTRY& entry) {
  entry.Flink = &head;
  entry.Blink = head.Blink;
  head.Blink->Flink = &entry;
  head.Blink = &entry;
}

void Remove(LIST_ENTRY& entry) {
  entry.Blink->Flink = entry.Flink;
  entry.Flink->Blink = entry.Blink;
}

/// Objects that executive objects embed elsewhere than at their start say so by their type's DefaultObject; here everything is a dispatcher
/// header.
DISPATCHER_HEADER* HeaderOf(PVOID object) { return static_cast<DISPATCHER_HEADER*>(object); }

bool IsMutant(const DISPATCHER_HEADER* object) { return (object->Type & 0x7f) == MutantObject; }

bool IsSignaledFor(DISPATCHER_HEADER* object, Thread* thread) {
  if (object->SignalState > 0) return true;
  return IsMutant(object) && reinterpret_cast<KMUTANT*>(object)->OwnerThread == &thread->Tcb;
}

/// Takes what a satisfied wait takes; STATUS_ABANDONED for an abandoned mutant.
NTSTATUS Satisfy(DISPATCHER_HEADER* object, Thread* thread) {
  switch (object->Type & 0x7f) {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
      object->SignalState = 0;
      return STATUS_SUCCESS;
    case SemaphoreObject:
      --object->SignalState;
      return STATUS_SUCCESS;
    case MutantObject:
      return AcquireMutant(reinterpret_cast<KMUTANT*>(object), thread);
    default:
      return STATUS_SUCCESS;
  }
}

constexpr LONGLONG kNever = std::numeric_limits<LONGLONG>::max();

/// How a thread is going to wait.
struct Manner {
  KWAIT_REASON reason;
  KPROCESSOR_MODE mode;
  bool alertable;
  LONGLONG due;  ///< interrupt time, or kNever
};

/// The thread gives up its processor until somebody unwaits it.
NTSTATUS Block(Thread* thread, const Manner& manner) {
  KTHREAD& tcb = thread->Tcb;
  KthreadState(&tcb) = Waiting;
  KthreadWaitIrql(&tcb) = KiPcr->irql;
  KthreadWaitMode(&tcb) = manner.mode;
  thread->host.wait_alertable = manner.alertable;
  thread->host.wait_reason = manner.reason;
  if (manner.due != kNever) {
    InsertTail(tcb.Timer.Header.WaitListHead, tcb.WaitBlock[3].WaitListEntry);
    InsertTimer(&tcb.Timer, manner.due);
  }
  TraceWaiting(thread);
  if (tcb.Queue != nullptr && manner.reason != WrQueue) LeaveQueueSlot(QueueOf(thread));
  SwapContext();
  DeliverDue();
  return static_cast<NTSTATUS>(tcb.WaitStatus);
}

void PrepareTimerBlock(Thread* thread) {
  KTHREAD& tcb = thread->Tcb;
  KWAIT_BLOCK& block = tcb.WaitBlock[3];
  block.WaitType = WaitAny;
  block.WaitKey = static_cast<USHORT>(STATUS_TIMEOUT);
  block.Thread = &tcb;
  block.Object = &tcb.Timer;
  block.BlockState = 0;
  tcb.Timer.Header.SignalState = 0;
  tcb.Timer.Header.WaitListHead.Flink = tcb.Timer.Header.WaitListHead.Blink = &tcb.Timer.Header.WaitListHead;
  block.WaitListEntry.Flink = block.WaitListEntry.Blink = &block.WaitListEntry;
}

bool TakeAlert(KTHREAD& tcb, KPROCESSOR_MODE mode) {
  BOOLEAN& alerted = tcb.Alerted[static_cast<int>(mode)];
  const bool was = alerted != FALSE;
  alerted = FALSE;
  return was;
}

/// True if a wait that is not over yet must end at once, even one that only looks, with the status to return: an alert of its mode, a user
/// APC, an alert of the kernel's, in this order. A user APC that is due ends every wait of user mode.
bool AlertedAlready(Thread* thread, KPROCESSOR_MODE mode, bool alertable, NTSTATUS* status) {
  KTHREAD& tcb = thread->Tcb;
  if (!alertable) {
    *status = STATUS_USER_APC;
    return mode != KernelMode && tcb.ApcState.UserApcPending != 0;
  }
  *status = STATUS_ALERTED;
  if (TakeAlert(tcb, mode)) return true;
  if (mode != KernelMode && tcb.ApcState.ApcListHead[1].Flink != &tcb.ApcState.ApcListHead[1]) {
    tcb.ApcState.UserApcPending = TRUE;
    *status = STATUS_USER_APC;
    return true;
  }
  return TakeAlert(tcb, KernelMode);
}

struct Waited {
  PVOID* objects;
  ULONG count;
  WAIT_TYPE type;
  PKWAIT_BLOCK blocks;
};

bool AllSignaled(Thread* thread, const Waited& waited) {
  for (ULONG i = 0; i < waited.count; ++i) {
    if (!IsSignaledFor(HeaderOf(waited.objects[i]), thread)) return false;
  }
  return true;
}

/// Takes what is there already; false if the thread has to wait.
bool TakeAtOnce(Thread* thread, const Waited& waited, NTSTATUS* status) {
  *status = STATUS_SUCCESS;
  if (waited.type == WaitAll) {
    if (!AllSignaled(thread, waited)) return false;
    for (ULONG i = 0; i < waited.count; ++i) {
      if (Satisfy(HeaderOf(waited.objects[i]), thread) == STATUS_ABANDONED) *status = STATUS_ABANDONED;
    }
    return true;
  }
  for (ULONG i = 0; i < waited.count; ++i) {
    if (!IsSignaledFor(HeaderOf(waited.objects[i]), thread)) continue;
    *status = static_cast<NTSTATUS>(i);
    if (Satisfy(HeaderOf(waited.objects[i]), thread) == STATUS_ABANDONED) *status += STATUS_ABANDONED;
    return true;
  }
  return false;
}

void LinkWaitBlocks(Thread* thread, const Waited& waited) {
  for (ULONG i = 0; i < waited.count; ++i) {
    KWAIT_BLOCK& block = waited.blocks[i];
    block.WaitType = static_cast<UCHAR>(waited.type);
    block.WaitKey = static_cast<USHORT>(i);
    block.BlockState = 0;
    block.Thread = &thread->Tcb;
    block.Object = waited.objects[i];
    InsertTail(HeaderOf(waited.objects[i])->WaitListHead, block.WaitListEntry);
  }
  thread->Tcb.WaitBlockList = waited.blocks;
  thread->host.wait_count = waited.count;
  thread->host.delaying = false;
}

/// Ends a wait-all if all objects are signaled now.
bool TrySatisfyAll(Thread* thread, KPRIORITY increment) {
  PKWAIT_BLOCK const blocks = thread->Tcb.WaitBlockList;
  const ULONG count = thread->host.wait_count;
  for (ULONG i = 0; i < count; ++i) {
    if (!IsSignaledFor(static_cast<DISPATCHER_HEADER*>(blocks[i].Object), thread)) return false;
  }
  NTSTATUS status = STATUS_SUCCESS;
  for (ULONG i = 0; i < count; ++i) {
    if (Satisfy(static_cast<DISPATCHER_HEADER*>(blocks[i].Object), thread) == STATUS_ABANDONED) status = STATUS_ABANDONED;
  }
  UnwaitThread(thread, status, increment);
  return true;
}

}  // namespace

void CheckWaitAllowed(PVOID object, PLARGE_INTEGER timeout) {
  if (KiPcr->irql < DISPATCH_LEVEL || (timeout != nullptr && timeout->QuadPart == 0)) return;
  const auto caller = reinterpret_cast<ULONG_PTR>(CallerAddress());
  if (CurrentProcessor().dpc_active) {
    BugCheck(ATTEMPTED_SWITCH_FROM_DPC, reinterpret_cast<ULONG_PTR>(KiThread), reinterpret_cast<ULONG_PTR>(object), caller, 0,
             "A DPC routine may not wait: nothing can be scheduled while it runs. Only a zero timeout is allowed.");
  }
  BugCheck(IRQL_NOT_LESS_OR_EQUAL, reinterpret_cast<ULONG_PTR>(object), KiPcr->irql, 0, caller,
           "A thread may not wait at DISPATCH_LEVEL or above (a spin lock held, perhaps): the scheduler cannot run. Only a zero timeout is "
           "allowed.");
}

LONGLONG DueTime(const LARGE_INTEGER* timeout) {
  if (timeout == nullptr) return kNever;
  if (timeout->QuadPart <= 0) {
    LONGLONG due = 0;
    return __builtin_sub_overflow(InterruptTime(), timeout->QuadPart, &due) ? kNever : due;
  }
  return timeout->QuadPart - Ki().boot_system_time;  // absolute system time
}

void TooHighForDispatcher(const void* object) {
  BugCheck(IRQL_NOT_LESS_OR_EQUAL, reinterpret_cast<ULONG_PTR>(object), KiPcr->irql, 1, reinterpret_cast<ULONG_PTR>(CallerAddress()),
           "Dispatcher objects may not be touched above DISPATCH_LEVEL; queue a DPC from an interrupt service routine instead.");
}

void DeliverDue() {
  if (InterruptIsDue()) DeliverSoftwareInterrupts();
}

ULONG_PTR BlockOnQueue(const QueueWait& wait, LONGLONG due) {
  Thread* const thread = KiThread;
  NTSTATUS status = STATUS_SUCCESS;
  const bool no_wait = wait.timeout != nullptr && wait.timeout->QuadPart == 0;
  const bool alerted = AlertedAlready(thread, wait.mode, wait.alertable, &status);
  if (alerted || no_wait) {
    ++wait.queue->CurrentCount;
    return static_cast<ULONG>(alerted ? status : STATUS_TIMEOUT);
  }
  PVOID object = wait.queue;
  LinkWaitBlocks(thread, {&object, 1, WaitAny, thread->Tcb.WaitBlock});
  if (due != kNever) PrepareTimerBlock(thread);
  Block(thread, {WrQueue, wait.mode, wait.alertable, due});
  return thread->Tcb.WaitStatus;
}

void UnwaitThread(Thread* thread, NTSTATUS status, KPRIORITY increment) {
  KTHREAD& tcb = thread->Tcb;
  for (ULONG i = 0; i < thread->host.wait_count; ++i) Remove(tcb.WaitBlockList[i].WaitListEntry);
  thread->host.wait_count = 0;
  RemoveTimer(&tcb.Timer);
  if (tcb.Queue != nullptr) ++QueueOf(thread)->CurrentCount;
  tcb.WaitStatus = static_cast<ULONGLONG>(static_cast<LONGLONG>(status));
  BoostThread(thread, increment);
  ReadyThread(thread);
}

void WakeWaiters(DISPATCHER_HEADER* object, KPRIORITY increment) {
  // A waiter of a wait-all that cannot be satisfied stays; so the walk restarts only where a wake changed the list.
  LIST_ENTRY* link = object->WaitListHead.Flink;
  while (link != &object->WaitListHead && object->SignalState > 0) {
    PKWAIT_BLOCK const block = CONTAINING_RECORD(link, KWAIT_BLOCK, WaitListEntry);
    link = link->Flink;
    Thread* const thread = ThreadOf(block->Thread);
    if (block->WaitType == WaitAll) {
      if (TrySatisfyAll(thread, increment)) link = object->WaitListHead.Flink;
      continue;
    }
    NTSTATUS status = static_cast<NTSTATUS>(block->WaitKey);
    if (Satisfy(object, thread) == STATUS_ABANDONED) status += STATUS_ABANDONED;
    UnwaitThread(thread, status, increment);
    link = object->WaitListHead.Flink;  // the woken thread may have waited for this object more than once
  }
}

void WakeTimerWait(PKTIMER timer) {
  // A thread's own timer: its wait has timed out.
  LIST_ENTRY* const link = timer->Header.WaitListHead.Flink;
  PKWAIT_BLOCK const block = CONTAINING_RECORD(link, KWAIT_BLOCK, WaitListEntry);
  Thread* const thread = ThreadOf(block->Thread);
  Remove(block->WaitListEntry);
  UnwaitThread(thread, thread->host.delaying ? STATUS_SUCCESS : STATUS_TIMEOUT, 0);
}

void AlertThread(Thread* thread, KPROCESSOR_MODE mode) {
  KTHREAD& tcb = thread->Tcb;
  if (KthreadState(&tcb) == Waiting && thread->host.wait_alertable && KthreadWaitMode(&tcb) >= mode) {
    CancelWait(thread, STATUS_ALERTED);
  } else {
    tcb.Alerted[static_cast<int>(mode)] = TRUE;
  }
}

void CancelWait(Thread* thread, NTSTATUS status) {
  if (thread->Tcb.Timer.Header.Reserved1 != 0) Remove(thread->Tcb.WaitBlock[3].WaitListEntry);
  UnwaitThread(thread, status, 0);
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                  BOOLEAN Alertable, PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray) {
  Thread* const thread = KiThread;
  if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS || (WaitBlockArray == nullptr && Count > THREAD_WAIT_OBJECTS)) {
    BugCheck(MAXIMUM_WAIT_OBJECTS_EXCEEDED, 0, 0, 0, 0,
             "KeWaitForMultipleObjects takes at most 3 objects without a wait block array and 64 with one.");
  }
  CheckWaitAllowed(Object, Timeout);
  const Waited waited{Object, Count, WaitType, WaitBlockArray != nullptr ? WaitBlockArray : thread->Tcb.WaitBlock};
  const bool no_wait = Timeout != nullptr && Timeout->QuadPart == 0;
  const Manner manner{WaitReason, WaitMode, Alertable != 0, no_wait ? 0 : DueTime(Timeout)};
  NTSTATUS status = STATUS_SUCCESS;
  do {
    if (TakeAtOnce(thread, waited, &status)) return status;
    if (AlertedAlready(thread, WaitMode, manner.alertable, &status)) return status;
    if (no_wait) return STATUS_TIMEOUT;
    LinkWaitBlocks(thread, waited);
    if (manner.due != kNever) PrepareTimerBlock(thread);
    status = Block(thread, manner);
  } while (status == kStatusKernelApc);
  return status;
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout) {
  return KeWaitForMultipleObjects(1, &Object, WaitAny, WaitReason, WaitMode, Alertable, Timeout, nullptr);
}

}  // extern "C"

namespace nt::ke {

void WaitForLock(PVOID object, KWAIT_REASON reason, const void* lock) {
  Thread* const thread = KiThread;
  thread->host.lock = lock;
  KeWaitForSingleObject(object, reason, KernelMode, FALSE, nullptr);
  thread->host.lock = nullptr;
}

}  // namespace nt::ke

extern "C" {

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval) {
  Thread* const thread = KiThread;
  NTSTATUS status = STATUS_SUCCESS;
  if (KiPcr->irql > APC_LEVEL) CheckWaitAllowed(thread, nullptr);
  const Manner manner{DelayExecution, WaitMode, Alertable != 0, DueTime(Interval)};
  do {
    if (AlertedAlready(thread, WaitMode, manner.alertable, &status)) return status;
    if (Interval->QuadPart == 0) {
      YieldToEqual();
      return STATUS_SUCCESS;
    }
    PrepareTimerBlock(thread);
    thread->Tcb.WaitBlockList = &thread->Tcb.WaitBlock[3];
    thread->host.wait_count = 0;
    thread->host.delaying = true;
    status = Block(thread, manner);
  } while (status == kStatusKernelApc);
  return status;
}

}  // extern "C"
