// The dispatcher: 32 ready queues, standby threads, preemption, quantum, boosts and their decay (Windows Internals, chapter 4).
#include <algorithm>
#include <bit>

#include "kernel/ke/ki.h"
#include "kernel/ke/sched_trace.h"

namespace nt::ke {
namespace {

void PushTail(LIST_ENTRY& head, LIST_ENTRY& entry) {
  entry.Flink = &head;
  entry.Blink = head.Blink;
  head.Blink->Flink = &entry;
  head.Blink = &entry;
}

void PushHead(LIST_ENTRY& head, LIST_ENTRY& entry) {
  entry.Blink = &head;
  entry.Flink = head.Flink;
  head.Flink->Blink = &entry;
  head.Flink = &entry;
}

void Unlink(LIST_ENTRY& entry) {
  entry.Blink->Flink = entry.Flink;
  entry.Flink->Blink = entry.Blink;
}

Thread* FromReadyLink(LIST_ENTRY* link) {
  return reinterpret_cast<Thread*>(reinterpret_cast<char*>(link) - offsetof(ThreadHost, ready_link) - kThreadHostOffset);
}

bool MayRunOn(Thread* thread, ULONG processor) { return (thread->Tcb.Affinity >> processor & 1) != 0; }

void Enqueue(Thread* thread) {
  State& ki = Ki();
  const auto priority = static_cast<ULONG>(KthreadPriority(&thread->Tcb));
  KthreadState(&thread->Tcb) = Ready;
  if (thread->host.preempted) {
    PushHead(ki.ready[priority], thread->host.ready_link);
  } else {
    PushTail(ki.ready[priority], thread->host.ready_link);
  }
  thread->host.preempted = FALSE;
  ki.ready_summary |= 1u << priority;
}

void Dequeue(Thread* thread) {
  State& ki = Ki();
  const auto priority = static_cast<ULONG>(KthreadPriority(&thread->Tcb));
  Unlink(thread->host.ready_link);
  if (ki.ready[priority].Flink == &ki.ready[priority]) ki.ready_summary &= ~(1u << priority);
}

/// The best ready thread that may run on this processor with at least this priority, or null.
Thread* FindReady(ULONG processor, KPRIORITY at_least) {
  State& ki = Ki();
  ULONG summary = ki.ready_summary;
  while (summary != 0) {
    const auto priority = static_cast<KPRIORITY>(std::bit_width(summary)) - 1;
    if (priority < at_least) return nullptr;
    LIST_ENTRY& head = ki.ready[priority];
    for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink) {
      Thread* const thread = FromReadyLink(link);
      if (MayRunOn(thread, processor)) return thread;
    }
    summary &= ~(1u << priority);
  }
  return nullptr;
}

KPRIORITY ClaimedPriority(const Processor& processor) {
  Thread* const claimant = processor.next != nullptr ? processor.next : processor.current;
  return claimant->host.is_idle ? -1 : KthreadPriority(&claimant->Tcb);
}

void MakeStandby(Processor& processor, Thread* thread) {
  if (processor.next != nullptr) {
    Thread* const displaced = processor.next;
    displaced->host.preempted = TRUE;
    Enqueue(displaced);
  }
  processor.next = thread;
  processor.block->next_thread = &thread->Tcb;
  KthreadState(&thread->Tcb) = Standby;
  thread->host.processor = processor.block->number;
  RequestSoftwareInterrupt(processor, kDispatchBit);
}

/// An idle processor above PASSIVE_LEVEL is in the middle of a DPC or of an interrupt's service routine.
bool HasWork(const Processor& processor) {
  return !processor.current->host.is_idle || processor.next != nullptr || processor.block->software_interrupts != 0 ||
         processor.dpcs.head != nullptr || processor.block->irql != PASSIVE_LEVEL;
}

void Activate(ULONG index, Thread* thread) {
  State& ki = Ki();
  Processor& processor = ki.processors[index];
  const bool switched = processor.current != thread;
  processor.current = thread;
  processor.block->current_thread = &thread->Tcb;
  thread->host.processor = index;
  KthreadState(&thread->Tcb) = Running;
  KiThread = thread;
  KiPcr = processor.block;
  ki.current = index;
  hal::SetGsBase(processor.block);
  if (switched) TraceRunning(thread);
}

/// Takes what should run next on a processor whose thread cannot go on: the standby thread, the best ready one, or idle.
Thread* TakeNext(Processor& processor) {
  Thread* thread = processor.next;
  if (thread != nullptr) {
    processor.next = nullptr;
    processor.block->next_thread = nullptr;
    return thread;
  }
  thread = FindReady(processor.block->number, 0);
  if (thread != nullptr) {
    Dequeue(thread);
    return thread;
  }
  return processor.idle;
}

/// Another processor that has something to do, in turn after `from`; or `from` itself.
ULONG NextBusy(ULONG from) {
  State& ki = Ki();
  const auto count = static_cast<ULONG>(ki.processors.size());
  for (ULONG step = 1; step < count; ++step) {
    const ULONG candidate = (from + step) % count;
    if (HasWork(ki.processors[candidate])) return candidate;
  }
  return from;
}

/// The thread to resume when a processor gets its turn; an idle processor takes its standby thread at once, but in the middle of a DPC.
Thread* Resumed(Processor& processor) {
  const bool free = processor.dpcs.head == nullptr && processor.block->irql < DISPATCH_LEVEL;
  if (processor.current->host.is_idle && processor.next != nullptr && free) {
    return TakeNext(processor);
  }
  return processor.current;
}

void GrantQuantum(Thread* thread) { thread->host.quantum_left = kQuantumUnits; }

}  // namespace

void InitializeReadyQueues() {
  for (LIST_ENTRY& head : Ki().ready) head.Flink = head.Blink = &head;
}

void ReadyThread(Thread* thread) {
  TraceReady(thread);
  State& ki = Ki();
  const KPRIORITY priority = KthreadPriority(&thread->Tcb);
  const auto count = static_cast<ULONG>(ki.processors.size());
  // The processor it last ran on, then an idle one, then the one with the least to lose.
  Processor* best = nullptr;
  for (ULONG step = 0; step < count; ++step) {
    const ULONG index = (thread->host.processor + step) % count;
    if (!MayRunOn(thread, index)) continue;
    Processor& candidate = ki.processors[index];
    if (best == nullptr || ClaimedPriority(candidate) < ClaimedPriority(*best)) best = &candidate;
  }
  if (best != nullptr && priority > ClaimedPriority(*best)) {
    MakeStandby(*best, thread);
  } else {
    Enqueue(thread);
  }
}

void SwapContext() {
  State& ki = Ki();
  Processor& processor = CurrentProcessor();
  Thread* const from = processor.current;
  const KIRQL irql = processor.block->irql;
  Thread* to = TakeNext(processor);
  ULONG index = ki.current;
  if (to->host.is_idle) {
    // Nothing here: give the next busy processor its turn without a detour over the idle loop.
    processor.current = to;
    processor.block->current_thread = &to->Tcb;
    processor.block->irql = PASSIVE_LEVEL;
    if (from != to) TraceRunning(to);
    const ULONG busy = NextBusy(index);
    if (busy != index) {
      index = busy;
      to = Resumed(ki.processors[busy]);
    }
  } else {
    processor.block->irql = PASSIVE_LEVEL;
  }
  if (to == from) {  // readied again before it left, here or on another processor
    Activate(index, from);
    KiPcr->irql = irql;
    return;
  }
  ++to->host.context_switches;
  const bool dying = KthreadState(&from->Tcb) == Terminated;
  Activate(index, to);
  hal::SwitchFiber(from->host.fiber, to->host.fiber, dying);
  // Back again, perhaps on another processor, whose IRQL this thread brings with it.
  KiPcr->irql = irql;
  if (from->host.apc_on_resume) {
    from->host.apc_on_resume = false;
    RequestSoftwareInterrupt(CurrentProcessor(), kApcBit);
  }
}

void RotateProcessor() {
  State& ki = Ki();
  if (ki.stopped_by_bugcheck) return;  // the machine is frozen
  const ULONG busy = NextBusy(ki.current);
  if (busy == ki.current) return;
  Thread* const from = CurrentProcessor().current;
  Thread* const to = Resumed(ki.processors[busy]);
  Activate(busy, to);
  hal::SwitchFiber(from->host.fiber, to->host.fiber);
  DeliverDue();
}

void ExitDispatcher() {
  if (KiPcr->irql >= DISPATCH_LEVEL || CurrentProcessor().next == nullptr) return;
  DeliverSoftwareInterrupts();
}

/// Gives the processor to its standby thread; the running one, preempted, keeps its place at the head of its queue.
void Preempt() {
  Thread* const thread = CurrentProcessor().current;
  if (!thread->host.is_idle) {
    thread->host.preempted = TRUE;
    if (MayRunOn(thread, CurrentProcessor().block->number)) {
      Enqueue(thread);
    } else {
      ReadyThread(thread);
    }
  }
  SwapContext();
}

void QuantumEnd() {
  Processor& processor = CurrentProcessor();
  Thread* const thread = processor.current;
  processor.quantum_end = false;
  if (thread->host.is_idle) return;
  GrantQuantum(thread);
  const KPRIORITY priority = KthreadPriority(&thread->Tcb);
  if (priority < LOW_REALTIME_PRIORITY) {  // a boost decays one level a quantum
    KthreadPriority(&thread->Tcb) = static_cast<CCHAR>(std::max<KPRIORITY>(priority - 1, thread->Tcb.BasePriority));
  }
  if (!MayRunOn(thread, processor.block->number)) {
    ReadyThread(thread);
    SwapContext();
    return;
  }
  if (processor.next != nullptr) return;
  Thread* const other = FindReady(processor.block->number, KthreadPriority(&thread->Tcb));
  if (other == nullptr) return;
  Dequeue(other);
  processor.next = other;
  processor.block->next_thread = &other->Tcb;
  KthreadState(&other->Tcb) = Standby;
  thread->host.preempted = FALSE;  // it had its turn: to the tail
  Enqueue(thread);
  SwapContext();
}

void SetPriority(Thread* thread, KPRIORITY priority) {
  State& ki = Ki();
  const KPRIORITY old = KthreadPriority(&thread->Tcb);
  if (old == priority) return;
  switch (KthreadState(&thread->Tcb)) {
    case Ready:
      Dequeue(thread);
      KthreadPriority(&thread->Tcb) = static_cast<CCHAR>(priority);
      ReadyThread(thread);
      break;
    case Standby: {
      Processor& processor = ki.processors[thread->host.processor];
      processor.next = nullptr;
      processor.block->next_thread = nullptr;
      KthreadPriority(&thread->Tcb) = static_cast<CCHAR>(priority);
      ReadyThread(thread);
      break;
    }
    case Running: {
      KthreadPriority(&thread->Tcb) = static_cast<CCHAR>(priority);
      Processor& processor = ki.processors[thread->host.processor];
      if (priority >= old || processor.next != nullptr) break;
      Thread* const better = FindReady(processor.block->number, priority + 1);
      if (better != nullptr) {
        Dequeue(better);
        MakeStandby(processor, better);
      }
      break;
    }
    default:
      KthreadPriority(&thread->Tcb) = static_cast<CCHAR>(priority);
      break;
  }
}

void BoostThread(Thread* thread, KPRIORITY increment) {
  const KPRIORITY priority = KthreadPriority(&thread->Tcb);
  if (priority >= LOW_REALTIME_PRIORITY || increment <= 0 || thread->host.boost_disabled) return;
  KPRIORITY boosted = thread->Tcb.BasePriority + increment;
  if (boosted > LOW_REALTIME_PRIORITY - 1) boosted = LOW_REALTIME_PRIORITY - 1;
  if (boosted > priority) KthreadPriority(&thread->Tcb) = static_cast<CCHAR>(boosted);
}

void TerminateCurrentThread() {
  KthreadState(&KiThread->Tcb) = Terminated;
  TraceTerminated(KiThread);
  SwapContext();
  __builtin_unreachable();
}

/// Leaves the idle loop for a thread, if there is one for this processor.
bool IdleTakesThread() {
  Processor& processor = CurrentProcessor();
  if (processor.next == nullptr && FindReady(processor.block->number, 0) == nullptr) return false;
  SwapContext();
  return true;
}

bool IdleYieldsToBusy() {
  if (NextBusy(Ki().current) == Ki().current) return false;
  RotateProcessor();
  return true;
}

bool YieldToEqual() {
  Processor& processor = CurrentProcessor();
  Thread* const thread = processor.current;
  if (processor.next != nullptr) return false;
  Thread* const other = FindReady(processor.block->number, KthreadPriority(&thread->Tcb));
  if (other == nullptr) return false;
  Dequeue(other);
  processor.next = other;
  processor.block->next_thread = &other->Tcb;
  KthreadState(&other->Tcb) = Standby;
  Enqueue(thread);
  GrantQuantum(thread);
  SwapContext();
  return true;
}

void SetAffinity(Thread* thread, KAFFINITY affinity) {
  State& ki = Ki();
  thread->Tcb.Affinity = affinity;
  switch (KthreadState(&thread->Tcb)) {
    case Ready:
      Dequeue(thread);
      ReadyThread(thread);
      break;
    case Standby: {
      Processor& processor = ki.processors[thread->host.processor];
      processor.next = nullptr;
      processor.block->next_thread = nullptr;
      ReadyThread(thread);
      break;
    }
    case Running:
      if (MayRunOn(thread, thread->host.processor)) break;
      if (thread == KiThread && KiPcr->irql < DISPATCH_LEVEL) {
        ReadyThread(thread);
        SwapContext();
        break;
      }
      // It goes when its IRQL, or its processor's turn, allows.
      ki.processors[thread->host.processor].quantum_end = true;
      RequestSoftwareInterrupt(ki.processors[thread->host.processor], kDispatchBit);
      break;
    default:
      break;
  }
}

}  // namespace nt::ke
