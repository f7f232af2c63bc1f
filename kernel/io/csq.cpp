// Cancel-safe IRP queues: the driver keeps the list and its lock, the races with cancellation are settled here.
#include "kernel/api/api.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace ke = nt::ke;

namespace {

/// An IRP in a queue keeps its context, or its queue, here: both start with a type.
PVOID& LinkOf(PIRP irp) { return irp->Tail.Overlay.DriverContext[3]; }

KIRQL Lock(PIO_CSQ csq) {
  KIRQL irql = 0;
  ke::Callout<void>(csq->CsqAcquireLock, csq, &irql);
  return irql;
}

void Unlock(PIO_CSQ csq, KIRQL irql) { ke::Callout<void>(csq->CsqReleaseLock, csq, irql); }

PDRIVER_CANCEL SetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine) {
  PDRIVER_CANCEL const old = irp->CancelRoutine;
  irp->CancelRoutine = routine;
  return old;
}

PIO_CSQ_IRP_CONTEXT ContextOf(PIRP irp) {
  auto* const context = static_cast<PIO_CSQ_IRP_CONTEXT>(LinkOf(irp));
  return context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? context : nullptr;
}

/// Takes an IRP off the queue; its cancel routine is cleared already, or runs.
void Remove(PIO_CSQ csq, PIRP irp) {
  ke::Callout<void>(csq->CsqRemoveIrp, csq, irp);
  if (PIO_CSQ_IRP_CONTEXT const context = ContextOf(irp); context != nullptr) context->Irp = nullptr;
  LinkOf(irp) = nullptr;
}

NTSTATUS CallInsert(PIO_CSQ csq, PIRP irp, PVOID insert_context) {
  csq->ReservePointer = nullptr;
  if (csq->Type == IO_TYPE_CSQ_EX) return ke::Callout<NTSTATUS>(csq->CsqInsertIrpEx, csq, irp, insert_context);
  ke::Callout<void>(csq->CsqInsertIrp, csq, irp);
  return STATUS_SUCCESS;
}

/// All but the insertion, which differs by type.
void Initialize(PIO_CSQ csq, PIO_CSQ_REMOVE_IRP remove, PIO_CSQ_PEEK_NEXT_IRP peek, PIO_CSQ_ACQUIRE_LOCK acquire,
                PIO_CSQ_RELEASE_LOCK release, PIO_CSQ_COMPLETE_CANCELED_IRP complete) {
  csq->CsqRemoveIrp = remove;
  csq->CsqPeekNextIrp = peek;
  csq->CsqAcquireLock = acquire;
  csq->CsqReleaseLock = release;
  csq->CsqCompleteCanceledIrp = complete;
  csq->ReservePointer = nullptr;
}

}  // namespace

extern "C" {

VOID IopCsqCancelRoutine(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  PIO_CSQ_IRP_CONTEXT const context = ContextOf(Irp);
  PIO_CSQ const csq = context != nullptr ? context->Csq : static_cast<PIO_CSQ>(LinkOf(Irp));
  const KIRQL irql = Lock(csq);
  Remove(csq, Irp);
  Unlock(csq, irql);
  ke::Callout<void>(csq->CsqCompleteCanceledIrp, csq, Irp);
}

NTSTATUS IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                         PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                         PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  Csq->Type = IO_TYPE_CSQ;
  Csq->CsqInsertIrp = CsqInsertIrp;
  Initialize(Csq, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
  return STATUS_SUCCESS;
}

NTSTATUS IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                           PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                           PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp) {
  Csq->Type = IO_TYPE_CSQ_EX;
  Csq->CsqInsertIrpEx = CsqInsertIrp;
  Initialize(Csq, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp);
  return STATUS_SUCCESS;
}

NTSTATUS IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext) {
  if (Context != nullptr) *Context = {IO_TYPE_CSQ_IRP_CONTEXT, Irp, Csq};
  LinkOf(Irp) = Context != nullptr ? static_cast<PVOID>(Context) : Csq;
  const KIRQL irql = Lock(Csq);
  const NTSTATUS status = CallInsert(Csq, Irp, InsertContext);
  if (!NT_SUCCESS(status)) {
    Unlock(Csq, irql);
    return status;
  }
  IoGetCurrentIrpStackLocation(Irp)->Control |= SL_PENDING_RETURNED;
  SetCancelRoutine(Irp, reinterpret_cast<PDRIVER_CANCEL>(nt::api::StubOf("IopCsqCancelRoutine")));
  // Canceled meanwhile: if IoCancelIrp did not take the routine it is the queue that ends the IRP.
  if (Irp->Cancel != 0 && SetCancelRoutine(Irp, nullptr) != nullptr) {
    Remove(Csq, Irp);
    Unlock(Csq, irql);
    ke::Callout<void>(Csq->CsqCompleteCanceledIrp, Csq, Irp);
    return status;
  }
  Unlock(Csq, irql);
  return status;
}

VOID IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context) { IoCsqInsertIrpEx(Csq, Irp, Context, nullptr); }

PIRP IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context) {
  const KIRQL irql = Lock(Csq);
  PIRP irp = Context->Irp;
  if (irp != nullptr) {
    if (SetCancelRoutine(irp, nullptr) != nullptr) {
      Remove(Csq, irp);
    } else {
      irp = nullptr;  // its cancel routine runs and will remove it
    }
  }
  Unlock(Csq, irql);
  return irp;
}

PIRP IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext) {
  const KIRQL irql = Lock(Csq);
  PIRP irp = nullptr;
  do {
    irp = ke::Callout<PIRP>(Csq->CsqPeekNextIrp, Csq, irp, PeekContext);
  } while (irp != nullptr && SetCancelRoutine(irp, nullptr) == nullptr);  // those without a routine are being canceled
  if (irp != nullptr) Remove(Csq, irp);
  Unlock(Csq, irql);
  return irp;
}

}  // extern "C"
