// The end of a completed request: its results reach the requestor in the thread that sent it, by a special kernel APC. There the
// requestor's memory is at hand, and the thread's list of requests is its own.
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/irp_lists.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "kernel/mm/mm.h"
#include "kernel/ps/ps.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, ULONG Environment, PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                     PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode, PVOID NormalContext);
BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment);
}

namespace nt::io {
namespace {

bool IsError(NTSTATUS status) { return static_cast<ULONG>(status) >> 30 == 3; }

bool HasFlag(const IRP* irp, ULONG flag) { return (irp->Flags & flag) != 0; }

void FreeSystemBuffer(PIRP irp) {
  if (HasFlag(irp, IRP_BUFFERED_IO) && HasFlag(irp, IRP_DEALLOCATE_BUFFER)) ex::FreePool(irp->AssociatedIrp.SystemBuffer);
}

/// Data read into a system buffer goes to the requestor.
void CopyBack(PIRP irp) {
  const NTSTATUS status = irp->IoStatus.Status;
  const bool wanted = HasFlag(irp, IRP_BUFFERED_IO) && HasFlag(irp, IRP_INPUT_OPERATION) && irp->UserBuffer != nullptr;
  if (!wanted || IsError(status) || status == STATUS_VERIFY_REQUIRED) return;
  const SIZE_T length = irp->IoStatus.Information;
  if (irp->RequestorMode == UserMode) {
    const NTSTATUS copied = mm::CopyToUser(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, length);
    if (!NT_SUCCESS(copied)) irp->IoStatus.Status = copied;
  } else {
    std::memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, length);
  }
}

void StoreStatus(PIRP irp) {
  if (irp->UserIosb == nullptr) return;
  if (irp->RequestorMode == UserMode && !HasFlag(irp, IRP_SYNCHRONOUS_API)) {
    mm::CopyToUser(irp->UserIosb, &irp->IoStatus, sizeof irp->IoStatus);
  } else {
    *irp->UserIosb = irp->IoStatus;
  }
}

/// The running thread sees this process's memory.
class InMemoryOf {
 public:
  explicit InMemoryOf(const ETHREAD* requestor) : previous_(current_) {
    if (requestor->Tcb.Process != nullptr) current_ = requestor->Tcb.Process;
  }
  ~InMemoryOf() { current_ = previous_; }
  InMemoryOf(const InMemoryOf&) = delete;
  InMemoryOf& operator=(const InMemoryOf&) = delete;

 private:
  PKPROCESS& current_ = ke::KiThread->Tcb.ApcState.Process;
  PKPROCESS const previous_;
};

/// The I/O manager referenced the event of a service's caller; those of its own and of drivers are theirs.
void ReleaseEvent(PIRP irp, const FILE_OBJECT* file) {
  if (file != nullptr && irp->UserEvent != nullptr && !HasFlag(irp, IRP_SYNCHRONOUS_API)) ObfDereferenceObject(irp->UserEvent);
}

/// Somebody waits for the end in the service that sent it.
bool IsSynchronous(const IRP* irp, const FILE_OBJECT* file) {
  return HasFlag(irp, IRP_SYNCHRONOUS_API) || (file != nullptr && (file->Flags & FO_SYNCHRONOUS_IO) != 0);
}

void SignalFile(PFILE_OBJECT file, NTSTATUS status) {
  file->FinalStatus = status;
  KeSetEvent(&file->Event, 0, FALSE);
}

/// Signals the request's event, or else the file's; a service that waits on a synchronous file waits for the file's.
void Signal(PIRP irp, PFILE_OBJECT file) {
  const NTSTATUS status = irp->IoStatus.Status;
  if (irp->UserEvent != nullptr) KeSetEvent(irp->UserEvent, 0, FALSE);
  if (file == nullptr) return;
  const bool synchronous = (file->Flags & FO_SYNCHRONOUS_IO) != 0;
  const bool nobodys = irp->UserEvent == nullptr && (file->Flags & FO_SKIP_SET_EVENT) == 0;
  if (synchronous || nobodys) SignalFile(file, status);
}

/// Queues the APC that the requestor asked for. The IRP carries it and goes when it runs; false if there is nobody to run it.
bool QueueRoutine(PIRP irp, PETHREAD thread) {
  constexpr KPRIORITY kBoost = 2;
  auto* const routine = reinterpret_cast<PKNORMAL_ROUTINE>(irp->Overlay.AsynchronousParameters.UserApcRoutine);
  if (routine == nullptr) return false;
  auto* const release = api::StubOf("IopFreeCompletionApc");
  PKAPC const apc = &irp->Tail.Apc;
  KeInitializeApc(apc, &thread->Tcb, 0, reinterpret_cast<PKKERNEL_ROUTINE>(release), reinterpret_cast<PKRUNDOWN_ROUTINE>(release), routine,
                  irp->RequestorMode, irp->Overlay.AsynchronousParameters.UserApcContext);
  return KeInsertQueueApc(apc, irp->UserIosb, nullptr, kBoost) != FALSE;
}

/// Gives the results to the requestor. True if the IRP lives on in the requestor's APC.
bool Report(PIRP irp, PFILE_OBJECT file, PETHREAD thread) {
  const NTSTATUS status = irp->IoStatus.Status;
  if (IsError(status) && irp->PendingReturned == 0) return false;  // came at once: the service returns it
  {
    const InMemoryOf requestor(thread);
    StoreStatus(irp);
  }
  if (IsError(status) && IsSynchronous(irp, file)) {  // whoever waits hears of it, and nobody else
    if (irp->UserEvent != nullptr && (file == nullptr || HasFlag(irp, IRP_SYNCHRONOUS_API))) {
      KeSetEvent(irp->UserEvent, 0, FALSE);
    } else if (file != nullptr) {
      SignalFile(file, status);
    }
    return false;
  }
  Signal(irp, file);
  if (file == nullptr) return false;
  PostToPort(file, irp->Overlay.AsynchronousParameters.UserApcContext, irp->IoStatus, irp->PendingReturned == 0);
  return QueueRoutine(irp, thread);
}

/// The second stage, for the requestor's thread or on its behalf.
/// Counts for its process what a request has moved.
void CountTransfer(const IRP* irp, PETHREAD thread) {
  IO_COUNTERS& counters = ps::IoCountersOf(reinterpret_cast<PEPROCESS>(thread->Tcb.Process));
  ULONGLONG& moved = HasFlag(irp, IRP_READ_OPERATION)    ? counters.ReadTransferCount
                     : HasFlag(irp, IRP_WRITE_OPERATION) ? counters.WriteTransferCount
                                                         : counters.OtherTransferCount;
  moved += irp->IoStatus.Information;
}

void TellRequestor(PIRP irp, PFILE_OBJECT file, PETHREAD thread) {
  if (NT_SUCCESS(irp->IoStatus.Status)) CountTransfer(irp, thread);
  {
    const InMemoryOf requestor(thread);
    CopyBack(irp);
  }
  FreeSystemBuffer(irp);
  Dequeue(irp);
  PKEVENT const event = file != nullptr && !HasFlag(irp, IRP_SYNCHRONOUS_API) ? irp->UserEvent : nullptr;
  const bool of_file = HasFlag(irp, kQueuedToFile);
  if (!Report(irp, file, thread)) IoFreeIrp(irp);
  if (event != nullptr) ObfDereferenceObject(event);
  if (of_file) ObfDereferenceObject(thread);
  if (file != nullptr) ObfDereferenceObject(file);
}

/// Ends a request whose thread is gone: nobody is told.
void Discard(PIRP irp, PFILE_OBJECT file) {
  FreeSystemBuffer(irp);
  ReleaseEvent(irp, file);
  IoFreeIrp(irp);
  if (file != nullptr) ObfDereferenceObject(file);
}

/// A special kernel APC to the running thread would be delivered at once.
bool ApcsAreOn() { return ke::CurrentIrql() < APC_LEVEL && KthreadSpecialApcDisable(&ke::KiThread->Tcb) == 0; }

}  // namespace

void FreeMdls(PIRP irp) {
  while (irp->MdlAddress != nullptr) {
    PMDL const mdl = irp->MdlAddress;
    irp->MdlAddress = mdl->Next;
    if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(mdl);
    IoFreeMdl(mdl);
  }
}

void FinishRequest(PIRP irp, CCHAR boost) {
  FreeMdls(irp);
  if (irp->Tail.Overlay.AuxiliaryBuffer != nullptr) ex::FreePool(irp->Tail.Overlay.AuxiliaryBuffer);
  PETHREAD const thread = irp->Tail.Overlay.Thread;
  PFILE_OBJECT const file = irp->Tail.Overlay.OriginalFileObject;
  if (thread == nullptr) return Discard(irp, file);
  // A service of the running thread that has not returned yet does the rest itself, APCs or not.
  const bool in_service = HasFlag(irp, IRP_DEFER_IO_COMPLETION) && irp->PendingReturned == 0;
  const bool here = thread == ke::KiThread && (in_service || ApcsAreOn());
  // What goes to a completion port needs no thread to be told.
  if (here || HasFlag(irp, kQueuedToFile)) return TellRequestor(irp, file, thread);
  PKAPC const apc = &irp->Tail.Apc;
  KeInitializeApc(apc, &thread->Tcb, 0, reinterpret_cast<PKKERNEL_ROUTINE>(api::StubOf("IopCompleteRequest")),
                  reinterpret_cast<PKRUNDOWN_ROUTINE>(api::StubOf("IopAbortRequest")), nullptr, KernelMode, nullptr);
  if (KeInsertQueueApc(apc, file, nullptr, boost) == FALSE) Discard(irp, file);
}

}  // namespace nt::io

using namespace nt::io;

extern "C" {

/// The kernel routine of a completed IRP's APC: in the requestor's thread, at APC_LEVEL. SystemArgument1 is the file object.
VOID IopCompleteRequest(PKAPC Apc, PVOID /*NormalRoutine*/, PVOID /*NormalContext*/, PVOID* SystemArgument1, PVOID /*SystemArgument2*/) {
  TellRequestor(CONTAINING_RECORD(Apc, IRP, Tail.Apc), static_cast<PFILE_OBJECT>(*SystemArgument1), nt::ke::KiThread);
}

/// Its rundown routine: the thread ends, and hears of the end all the same.
VOID IopAbortRequest(PKAPC Apc) {
  TellRequestor(CONTAINING_RECORD(Apc, IRP, Tail.Apc), static_cast<PFILE_OBJECT>(Apc->SystemArgument1), nt::ke::KiThread);
}

/// The kernel routine, and the rundown routine, of the APC that an IRP carries for its requestor.
VOID IopFreeCompletionApc(PKAPC Apc, PVOID /*NormalRoutine*/, PVOID /*NormalContext*/, PVOID /*SystemArgument1*/,
                          PVOID /*SystemArgument2*/) {
  IoFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

}  // extern "C"
