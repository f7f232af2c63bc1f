// Deferred procedure calls and the software interrupts that run them.
#include "kernel/ke/ki.h"
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

constexpr USHORT kTargeted = 0x500;  // KDPC.Number of a DPC with a target: number + 0x500 (MAXIMUM_PROCESSORS offset, as NT)

ULONG TargetOf(const KDPC* dpc) { return dpc->Number >= kTargeted ? dpc->Number - kTargeted : Ki().current; }

PKDPC FromLink(SINGLE_LIST_ENTRY* link) { return CONTAINING_RECORD(link, KDPC, DpcListEntry); }

}  // namespace

void RequestSoftwareInterrupt(Processor& processor, UCHAR bit) { processor.block->software_interrupts |= bit; }

void RetireDpcs() {
  Processor* processor = &CurrentProcessor();
  while (processor->dpc_head != nullptr) {
    PKDPC const dpc = FromLink(processor->dpc_head);
    processor->dpc_head = dpc->DpcListEntry.Next;
    if (processor->dpc_head == nullptr) processor->dpc_tail = nullptr;
    --processor->dpc_depth;
    dpc->DpcData = nullptr;
    // The routine may free or requeue its DPC: nothing of it is read after the call.
    processor->dpc_active = true;
    processor->running_dpc = dpc;
    Callout<void>(dpc->DeferredRoutine, dpc, dpc->DeferredContext, dpc->SystemArgument1, dpc->SystemArgument2);
    processor->dpc_active = false;
    processor->running_dpc = nullptr;
    if (KiPcr->irql != DISPATCH_LEVEL) {
      BugCheck(IRQL_UNEXPECTED_VALUE, KiPcr->irql, DISPATCH_LEVEL, 0, 0,
               "A DPC routine must return at DISPATCH_LEVEL, the IRQL at which it was called.");
    }
  }
}

void DeliverSoftwareInterrupts() {
  const KIRQL irql = KiPcr->irql;
  while (irql < DISPATCH_LEVEL && (KiPcr->software_interrupts & kDispatchBit) != 0) {
    KiPcr->software_interrupts &= static_cast<UCHAR>(~kDispatchBit);
    KiPcr->irql = DISPATCH_LEVEL;
    RetireDpcs();
    Processor& processor = CurrentProcessor();
    if (processor.next != nullptr && !processor.current->host.is_idle) {
      Preempt();
    } else if (processor.quantum_end) {
      QuantumEnd();
    }
    KiPcr->irql = irql;
  }
  if (irql < APC_LEVEL && (KiPcr->software_interrupts & kApcBit) != 0) DeliverApcs();
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
  if (Dpc->Importance == HighImportance) {
    Dpc->DpcListEntry.Next = processor.dpc_head;
    processor.dpc_head = &Dpc->DpcListEntry;
    if (processor.dpc_tail == nullptr) processor.dpc_tail = processor.dpc_head;
  } else {
    Dpc->DpcListEntry.Next = nullptr;
    if (processor.dpc_tail != nullptr) {
      processor.dpc_tail->Next = &Dpc->DpcListEntry;
    } else {
      processor.dpc_head = &Dpc->DpcListEntry;
    }
    processor.dpc_tail = &Dpc->DpcListEntry;
  }
  ++processor.dpc_depth;
  RequestSoftwareInterrupt(processor, kDispatchBit);
  if (KiPcr->irql < DISPATCH_LEVEL) DeliverSoftwareInterrupts();
  return TRUE;
}

BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) {
  if (Dpc->DpcData == nullptr) return FALSE;
  for (Processor& processor : Ki().processors) {
    SINGLE_LIST_ENTRY* previous = nullptr;
    for (SINGLE_LIST_ENTRY* link = processor.dpc_head; link != nullptr; previous = link, link = link->Next) {
      if (link != &Dpc->DpcListEntry) continue;
      (previous != nullptr ? previous->Next : processor.dpc_head) = link->Next;
      if (processor.dpc_tail == link) processor.dpc_tail = previous;
      --processor.dpc_depth;
      Dpc->DpcData = nullptr;
      return TRUE;
    }
  }
  return FALSE;
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
  for (;;) {
    bool busy = false;
    for (const Processor& processor : Ki().processors) busy |= processor.dpc_head != nullptr || processor.dpc_active;
    if (!busy) return;
    RotateProcessor();
    if ((KiPcr->software_interrupts & kDispatchBit) != 0) DeliverSoftwareInterrupts();
  }
}

LOGICAL KeIsExecutingDpc() { return CurrentProcessor().dpc_active ? 1u : 0u; }

}  // extern "C"
