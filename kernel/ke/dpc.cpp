// Deferred procedure calls and the software interrupts that run them.
#include "kernel/ke/ki.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/processor_time.h"
#include "kernel/ke/sched_trace.h"
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

/// DPCs a tick below which even one of low importance runs at once, and below which waiting ones make the queue's limit smaller (NT's).
constexpr ULONG kMinimumDpcRate = 3, kIdealDpcRate = 20;
/// NT's limit of the queue's depth, to which a processor's own returns, and the ticks for each step.
constexpr ULONG kMaximumDpcQueueDepth = 4, kAdjustDpcThreshold = 20;

constexpr USHORT kTargeted = 0x500;  // KDPC.Number of a DPC with a target: number + 0x500 (MAXIMUM_PROCESSORS offset, as NT)

ULONG TargetOf(const KDPC* dpc) {
  const ULONG target = dpc->Number >= kTargeted ? dpc->Number - kTargeted : Ki().current;
  if (target >= ProcessorCount()) {
    BugCheck(IRQL_NOT_LESS_OR_EQUAL, reinterpret_cast<ULONG_PTR>(dpc), HIGH_LEVEL, 0, reinterpret_cast<ULONG_PTR>(CallerAddress()),
             "A DPC was queued to a processor that the machine does not have.");
  }
  return target;
}

PKDPC FromLink(SINGLE_LIST_ENTRY* link) { return CONTAINING_RECORD(link, KDPC, DpcListEntry); }

void Push(DpcQueue& queue, PKDPC dpc) {
  SINGLE_LIST_ENTRY* const link = &dpc->DpcListEntry;
  ++queue.depth;
  if (dpc->Importance == HighImportance) {
    link->Next = queue.head;
    queue.head = link;
    if (queue.tail == nullptr) queue.tail = link;
    return;
  }
  link->Next = nullptr;
  (queue.tail != nullptr ? queue.tail->Next : queue.head) = link;
  queue.tail = link;
}

PKDPC Pop(DpcQueue& queue) {
  PKDPC const dpc = FromLink(queue.head);
  queue.head = queue.head->Next;
  if (queue.head == nullptr) queue.tail = nullptr;
  --queue.depth;
  dpc->DpcData = nullptr;
  return dpc;
}

bool Unlink(DpcQueue& queue, PKDPC dpc) {
  SINGLE_LIST_ENTRY* previous = nullptr;
  for (SINGLE_LIST_ENTRY* link = queue.head; link != nullptr; previous = link, link = link->Next) {
    if (link != &dpc->DpcListEntry) continue;
    (previous != nullptr ? previous->Next : queue.head) = link->Next;
    if (queue.tail == link) queue.tail = previous;
    --queue.depth;
    dpc->DpcData = nullptr;
    return true;
  }
  return false;
}

/// Whether a DPC that was just queued interrupts its processor, or waits for the next one that does, for the tick or for idleness.
bool Interrupts(const Processor& target, KDPC_IMPORTANCE importance) {
  if (target.dpcs.depth >= target.deferral.maximum_depth) return true;
  if (&target == &CurrentProcessor()) return importance != LowImportance || target.deferral.request_rate < kMinimumDpcRate;
  const bool idle = target.current->host.is_idle && target.next == nullptr;
  return importance == HighImportance || importance == MediumHighImportance || idle;
}

/// Calls a DPC's routine. The routine may free or requeue its DPC: nothing of it is read after the call.
void Run(PKDPC dpc, KIRQL irql) {
  TraceDpc(dpc);
  const auto value = [](auto pointer) { return reinterpret_cast<ULONG_PTR>(pointer); };
  const ULONG_PTR arguments[8] = {value(dpc), value(dpc->DeferredContext), value(dpc->SystemArgument1), value(dpc->SystemArgument2)};
  CallInterruptRoutine(reinterpret_cast<const void*>(dpc->DeferredRoutine), arguments);
  if (KiPcr->irql != irql) {
    BugCheck(IRQL_UNEXPECTED_VALUE, KiPcr->irql, irql, 0, 0, "A DPC routine must return at the IRQL at which it was called.");
  }
}

/// A processor's thread for threaded DPCs, of the highest priority.
void RunThreadedDpcs(void* context) {
  Processor& processor = Ki().processors[reinterpret_cast<ULONG_PTR>(context)];
  for (;;) {
    KeWaitForSingleObject(&processor.dpc_thread_event, Executive, KernelMode, FALSE, nullptr);
    while (processor.threaded_dpcs.head != nullptr) {
      processor.running_threaded = Pop(processor.threaded_dpcs);
      Run(processor.running_threaded, PASSIVE_LEVEL);
    }
    processor.running_threaded = nullptr;
  }
}

void WakeDpcThread(Processor& processor) {
  if (processor.dpc_thread == nullptr) {
    KeInitializeEvent(&processor.dpc_thread_event, SynchronizationEvent, FALSE);
    const ULONG number = processor.block->number;
    processor.dpc_thread = CreateHostThread(&RunThreadedDpcs, reinterpret_cast<void*>(ULONG_PTR{number}), HIGH_PRIORITY);
    SetAffinity(processor.dpc_thread, KAFFINITY{1} << number);
  }
  // Any IRQL may queue a DPC, but not set an event.
  processor.dpc_thread_event.Header.SignalState = 1;
  WakeWaiters(&processor.dpc_thread_event.Header, 0);
  ExitDispatcher();
}

bool IsRunning(const KDPC* dpc) {
  for (const Processor& processor : Ki().processors) {
    if (processor.running_dpc == dpc || processor.running_threaded == dpc) return true;
  }
  return false;
}

bool AnyDpcLeft() {
  for (const Processor& processor : Ki().processors) {
    if (processor.dpcs.head != nullptr || processor.dpc_active) return true;
    if (processor.threaded_dpcs.head != nullptr || processor.running_threaded != nullptr) return true;
  }
  return false;
}

}  // namespace

void RequestSoftwareInterrupt(Processor& processor, ULONG bit) { processor.block->software_interrupts |= bit; }

void RetireDpcs() {
  Processor& processor = CurrentProcessor();
  if (processor.dpcs.head == nullptr) return;
  const Charge outer = ChargeProcessor(processor, Charge::Dpc);
  while (processor.dpcs.head != nullptr) {
    PKDPC const dpc = Pop(processor.dpcs);
    processor.dpc_active = true;
    processor.running_dpc = dpc;
    processor.dpc_spent = 0;
    Run(dpc, DISPATCH_LEVEL);
    processor.dpc_active = false;
    processor.running_dpc = nullptr;
    if (InterruptIsDue()) ServiceDevices();
  }
  ChargeProcessor(processor, outer);
}

void RequestDeferredDpcs(Processor& processor) {
  if (processor.dpcs.head != nullptr) RequestSoftwareInterrupt(processor, kDispatchBit);
}

void DpcTick(Processor& processor, LONGLONG ticks) {
  DpcDeferral& deferral = processor.deferral;
  for (LONGLONG tick = 0; tick < ticks && (deferral.request_rate != 0 || deferral.count != deferral.last_count); ++tick) {
    deferral.request_rate = (deferral.count - deferral.last_count + deferral.request_rate) / 2;
    deferral.last_count = deferral.count;
  }
  if (processor.dpcs.head != nullptr && !processor.dpc_active && (processor.block->software_interrupts & kDispatchBit) == 0) {
    RequestSoftwareInterrupt(processor, kDispatchBit);
    deferral.adjust_threshold = kAdjustDpcThreshold;
    if (deferral.request_rate < kIdealDpcRate && deferral.maximum_depth > 1) --deferral.maximum_depth;
  } else if (--deferral.adjust_threshold == 0) {
    deferral.adjust_threshold = kAdjustDpcThreshold;
    if (deferral.maximum_depth < kMaximumDpcQueueDepth) ++deferral.maximum_depth;
  }
}

void DeliverSoftwareInterrupts() {
  ServiceDevices();
  const KIRQL irql = KiPcr->irql;
  while (irql < DISPATCH_LEVEL && (KiPcr->software_interrupts & kDispatchBit) != 0) {
    KiPcr->software_interrupts &= ~kDispatchBit;
    KiPcr->irql = DISPATCH_LEVEL;
    RetireDpcs();
    Processor& processor = CurrentProcessor();
    if (processor.next != nullptr && !processor.current->host.is_idle) {
      Preempt();
    } else if (processor.quantum_end) {
      QuantumEnd();
    }
    KiPcr->irql = irql;
    ServiceDevices();
  }
  if (irql < APC_LEVEL && (KiPcr->software_interrupts & kApcBit) != 0) DeliverApcs();
}

void QueueDpcLater(PKDPC dpc) {
  if (dpc->DpcData != nullptr) return;
  Processor& processor = CurrentProcessor();
  dpc->DpcData = processor.block;
  Push(processor.dpcs, dpc);
  RequestSoftwareInterrupt(processor, kDispatchBit);
  KiPending = 1;
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  *Dpc = KDPC{};
  Dpc->Type = DpcObject;
  Dpc->Importance = MediumImportance;
  Dpc->DeferredRoutine = DeferredRoutine;
  Dpc->DeferredContext = DeferredContext;
}

VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) {
  KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext);
  Dpc->Type = ThreadedDpcObject;
}

BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) {
  if (Dpc->DpcData != nullptr) return FALSE;
  Processor& processor = Ki().processors[TargetOf(Dpc)];
  Dpc->SystemArgument1 = SystemArgument1;
  Dpc->SystemArgument2 = SystemArgument2;
  Dpc->DpcData = processor.block;
  if (Dpc->Type == ThreadedDpcObject) {
    Push(processor.threaded_dpcs, Dpc);
    WakeDpcThread(processor);
    return TRUE;
  }
  Push(processor.dpcs, Dpc);
  ++processor.deferral.count;
  if (!Interrupts(processor, static_cast<KDPC_IMPORTANCE>(Dpc->Importance))) return TRUE;
  RequestSoftwareInterrupt(processor, kDispatchBit);
  if (KiPcr->irql < DISPATCH_LEVEL) DeliverSoftwareInterrupts();
  return TRUE;
}

BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) {
  if (Dpc->DpcData == nullptr) return FALSE;
  for (Processor& processor : Ki().processors) {
    if (Unlink(processor.dpcs, Dpc) || Unlink(processor.threaded_dpcs, Dpc)) return TRUE;
  }
  return FALSE;
}

BOOLEAN KeRemoveQueueDpcEx(PRKDPC Dpc, BOOLEAN WaitIfActive) {
  const BOOLEAN removed = KeRemoveQueueDpc(Dpc);
  while (WaitIfActive && IsRunning(Dpc)) RotateProcessor();
  return removed;
}

VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance) { Dpc->Importance = static_cast<UCHAR>(Importance); }

VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number) { Dpc->Number = static_cast<USHORT>(kTargeted + Number); }

NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber) {
  if (ProcNumber->Group != 0 || ProcNumber->Reserved != 0 || ProcNumber->Number >= ProcessorCount()) {
    return STATUS_INVALID_PARAMETER;
  }
  Dpc->Number = static_cast<USHORT>(kTargeted + ProcNumber->Number);
  return STATUS_SUCCESS;
}

VOID KeFlushQueuedDpcs() {
  // Every processor gets turns until nothing that was queued is left, nor running.
  while (AnyDpcLeft()) {
    for (Processor& processor : Ki().processors) RequestDeferredDpcs(processor);
    RotateProcessor();
    if ((KiPcr->software_interrupts & kDispatchBit) != 0) DeliverSoftwareInterrupts();
  }
}

LOGICAL KeIsExecutingDpc() { return CurrentProcessor().dpc_active ? 1u : 0u; }

}  // extern "C"
