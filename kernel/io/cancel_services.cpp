// The system services that give requests up.
#include "kernel/io/irp_lists.h"
#include "kernel/io/request.h"
#include "kernel/ke/ki.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;
namespace ob = nt::ob;

namespace {

/// The process whose thread sent a request.
PKPROCESS SenderOf(const IRP* irp) { return irp->Tail.Overlay.Thread->Tcb.Process; }

/// Cancels a file's requests of the current process, of all its threads, or only that with this status block.
bool CancelOfProcess(PFILE_OBJECT file, PIO_STATUS_BLOCK only) {
  PEPROCESS const process = ke::CurrentProcess();
  const auto wanted = [=](PIRP irp) { return irp->Tail.Overlay.OriginalFileObject == file && (only == nullptr || irp->UserIosb == only); };
  bool found = CancelOn(file->IrpList, [=](PIRP irp) { return wanted(irp) && SenderOf(irp) == &process->Pcb; });
  LIST_ENTRY& threads = process->ThreadListHead;
  for (LIST_ENTRY* link = threads.Flink; link != &threads; link = link->Flink) {
    if (CancelOn(CONTAINING_RECORD(link, ETHREAD, ThreadListEntry)->IrpList, wanted)) found = true;
  }
  return found;
}

/// Cancels the requests on a file that this thread sent, and waits until they have ended.
void CancelOfThread(PFILE_OBJECT file) {
  PETHREAD const thread = ke::KiThread;
  const auto wanted = [=](PIRP irp) { return irp->Tail.Overlay.OriginalFileObject == file && irp->Tail.Overlay.Thread == thread; };
  CancelOn(thread->IrpList, wanted);
  CancelOn(file->IrpList, wanted);
  LARGE_INTEGER interval;
  interval.QuadPart = -100'000;
  while (IsOn(thread->IrpList, wanted) || IsOn(file->IrpList, wanted)) KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

/// Somebody waits for it inside the kernel.
bool IsSynchronous(const IRP* irp) {
  const FILE_OBJECT* const file = irp->Tail.Overlay.OriginalFileObject;
  return (irp->Flags & IRP_SYNCHRONOUS_API) != 0 || (file != nullptr && (file->Flags & FO_SYNCHRONOUS_IO) != 0);
}

}  // namespace

extern "C" {

NTSTATUS NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
  NTSTATUS status = ProbeIosb(IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  PFILE_OBJECT file = nullptr;
  status = FileOf(FileHandle, 0, &file);
  if (!NT_SUCCESS(status)) return status;
  CancelOfThread(file);
  ObfDereferenceObject(file);
  return Finish(IoStatusBlock, STATUS_SUCCESS, 0);
}

NTSTATUS NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock) {
  NTSTATUS status = ProbeIosb(IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  PFILE_OBJECT file = nullptr;
  status = FileOf(FileHandle, 0, &file);
  if (!NT_SUCCESS(status)) return status;
  const bool found = CancelOfProcess(file, IoRequestToCancel);
  ObfDereferenceObject(file);
  return Finish(IoStatusBlock, found ? STATUS_SUCCESS : STATUS_NOT_FOUND, 0);
}

NTSTATUS NtCancelSynchronousIoFile(HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock) {
  constexpr ACCESS_MASK kThreadTerminate = 1;
  NTSTATUS status = ProbeIosb(IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  PVOID object = nullptr;
  status = ObReferenceObjectByHandle(ThreadHandle, kThreadTerminate, ob::TypeOf(ke::CurrentThread()), ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  PIO_STATUS_BLOCK const only = IoRequestToCancel;
  const bool found = CancelOn(static_cast<PETHREAD>(object)->IrpList,
                              [=](PIRP irp) { return IsSynchronous(irp) && (only == nullptr || irp->UserIosb == only); });
  ObfDereferenceObject(object);
  return Finish(IoStatusBlock, found ? STATUS_SUCCESS : STATUS_NOT_FOUND, 0);
}

}  // extern "C"
