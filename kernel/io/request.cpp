#include "kernel/io/request.h"

#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/irp_lists.h"
#include "kernel/ke/ki.h"
#include "kernel/ps/ps.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kBufferTag = 'BfoI';

void ReleaseFileLock(PFILE_OBJECT file) {
  file->Busy = 0;
  if (file->Waiters != 0) KeSetEvent(&file->Lock, 0, FALSE);
}

}  // namespace

NTSTATUS ProbeIosb(PIO_STATUS_BLOCK iosb) {
  return FromUser() ? mm::ProbeUserWrite(iosb, sizeof *iosb, alignof(IO_STATUS_BLOCK)) : STATUS_SUCCESS;
}

NTSTATUS ProbeBuffer(PVOID address, SIZE_T length, bool write) {
  if (!FromUser() || length == 0) return STATUS_SUCCESS;
  return write ? mm::ProbeUserWrite(address, length, 1) : mm::ProbeUserRead(address, length, 1);
}

NTSTATUS Finish(PIO_STATUS_BLOCK iosb, NTSTATUS status, ULONG_PTR information) {
  IO_STATUS_BLOCK result{};
  result.Status = status;
  result.Information = information;
  const NTSTATUS stored = StoreBytes(iosb, &result, sizeof result);
  return NT_SUCCESS(stored) ? status : stored;
}

NTSTATUS FileOf(HANDLE handle, ACCESS_MASK access, PFILE_OBJECT* file) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(handle, access, Io().file_type, ke::PreviousMode(), &object, nullptr);
  *file = static_cast<PFILE_OBJECT>(object);
  return status;
}

NTSTATUS Request::Open(HANDLE file_handle, ACCESS_MASK access, Rights rights, HANDLE event, PIO_STATUS_BLOCK iosb) {
  NTSTATUS status = ProbeIosb(iosb);
  if (!NT_SUCCESS(status)) return status;
  PVOID object = nullptr;
  OBJECT_HANDLE_INFORMATION information{};
  status = ObReferenceObjectByHandle(file_handle, 0, Io().file_type, ke::PreviousMode(), &object, &information);
  if (!NT_SUCCESS(status)) return status;
  file_ = static_cast<PFILE_OBJECT>(object);
  granted_ = information.GrantedAccess;
  const ACCESS_MASK has = granted_ & access;
  if (FromUser() && access != 0 && (rights == Rights::All ? has != access : has == 0)) return Drop(STATUS_ACCESS_DENIED);
  if (event != nullptr) {
    PVOID event_object = nullptr;
    constexpr ACCESS_MASK kEventModifyState = 2;
    status = ObReferenceObjectByHandle(event, kEventModifyState, *api::Data<POBJECT_TYPE>("ExEventObjectType"), ke::PreviousMode(),
                                       &event_object, nullptr);
    if (!NT_SUCCESS(status)) return Drop(status);
    event_ = static_cast<PKEVENT>(event_object);
  }
  iosb_ = iosb;
  device_ = IoGetRelatedDeviceObject(file_);
  if (!synchronous()) return STATUS_SUCCESS;
  status = AcquireFileLock();
  return status == STATUS_SUCCESS ? status : Drop(status);
}

NTSTATUS Request::OpenFile(PFILE_OBJECT file) {
  ObfReferenceObject(file);
  file_ = file;
  device_ = IoGetRelatedDeviceObject(file);
  if (!synchronous()) return STATUS_SUCCESS;
  const NTSTATUS status = AcquireFileLock();
  return status == STATUS_SUCCESS ? status : Drop(status);
}

NTSTATUS Request::MakeIrp(UCHAR major, UCHAR minor) {
  if (event_ != nullptr) KeClearEvent(event_);
  KeClearEvent(&file_->Event);
  irp_ = NewIrp(device_->StackSize);
  if (irp_ == nullptr) return Fail(STATUS_INSUFFICIENT_RESOURCES);
  irp_->Tail.Overlay.OriginalFileObject = file_;
  irp_->Tail.Overlay.Thread = ke::KiThread;
  irp_->RequestorMode = ke::PreviousMode();
  irp_->UserIosb = iosb_;
  irp_->UserEvent = event_;
  location_ = IoGetNextIrpStackLocation(irp_);
  location_->MajorFunction = major;
  location_->MinorFunction = minor;
  location_->FileObject = file_;
  IO_COUNTERS& counters = ps::IoCountersOf(ke::CurrentProcess());
  ++(major == IRP_MJ_READ    ? counters.ReadOperationCount
     : major == IRP_MJ_WRITE ? counters.WriteOperationCount
                             : counters.OtherOperationCount);
  return STATUS_SUCCESS;
}

void Request::SetApc(PVOID routine, PVOID context) {
  irp_->Overlay.AsynchronousParameters.UserApcRoutine = routine;
  irp_->Overlay.AsynchronousParameters.UserApcContext = context;
}

NTSTATUS Request::Buffer(const void* source, SIZE_T input, PVOID destination, SIZE_T size) {
  if (size == 0) return STATUS_SUCCESS;
  PVOID const buffer = ex::AllocatePool(NonPagedPoolNx, size, kBufferTag);
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  irp_->AssociatedIrp.SystemBuffer = buffer;
  irp_->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  if (destination != nullptr) {
    irp_->UserBuffer = destination;
    irp_->Flags |= IRP_INPUT_OPERATION;
  }
  if (input == 0 || source == nullptr) return STATUS_SUCCESS;
  if (FromUser()) return mm::CopyFromUser(buffer, source, input);
  std::memcpy(buffer, source, input);
  return STATUS_SUCCESS;
}

NTSTATUS Request::Lock(PVOID address, ULONG length, LOCK_OPERATION operation) {
  if (length == 0 || address == nullptr) return STATUS_SUCCESS;
  PMDL const mdl = IoAllocateMdl(address, length, FALSE, TRUE, irp_);
  if (mdl == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  try {
    MmProbeAndLockPages(mdl, ke::PreviousMode(), operation);
  } catch (const ke::RaisedException& raised) {
    return raised.record.ExceptionCode;
  }
  return STATUS_SUCCESS;
}

NTSTATUS Request::AddRange(const Range& range, ULONG key) {
  auto* const length = static_cast<PLARGE_INTEGER>(ex::AllocatePool(NonPagedPoolNx, sizeof(LARGE_INTEGER), kBufferTag));
  if (length == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *length = range.length;
  irp_->AssociatedIrp.SystemBuffer = length;
  irp_->Flags |= IRP_DEALLOCATE_BUFFER | IRP_BUFFERED_IO;
  location_->Parameters.LockControl.Length = length;
  location_->Parameters.LockControl.Key = key;
  location_->Parameters.LockControl.ByteOffset = range.offset;
  return STATUS_SUCCESS;
}

void Request::Await(PKEVENT event, PIRP irp, bool alertable) {
  const NTSTATUS waited = KeWaitForSingleObject(event, Executive, ke::PreviousMode(), alertable ? TRUE : FALSE, nullptr);
  if (waited == STATUS_SUCCESS || event->Header.SignalState != 0) return;
  IoCancelIrp(irp);
  KeWaitForSingleObject(event, Executive, KernelMode, FALSE, nullptr);
}

NTSTATUS Request::Send() {
  // The completion frees the request: what is needed afterwards is kept.
  PFILE_OBJECT const file = file_;
  PIRP const irp = irp_;
  if (!synchronous()) {
    if (file->CompletionContext != nullptr) {
      QueueToFile(irp);
    } else {
      QueueToThread(irp);
    }
    return IofCallDriver(device_, irp);
  }
  ObfReferenceObject(file);
  QueueToThread(irp);
  NTSTATUS status = IofCallDriver(device_, irp);
  if (status == STATUS_PENDING) {
    Await(&file->Event, irp, (file->Flags & FO_ALERTABLE_IO) != 0);
    status = file->FinalStatus;
  }
  ReleaseFileLock(file);
  ObfDereferenceObject(file);
  return status;
}

NTSTATUS Request::SendForKernel(IO_STATUS_BLOCK* result) {
  KEVENT done;
  KeInitializeEvent(&done, SynchronizationEvent, FALSE);
  result->Status = STATUS_PENDING;
  PFILE_OBJECT const file = file_;
  PIRP const irp = irp_;
  irp->Flags |= IRP_SYNCHRONOUS_API;
  irp->UserEvent = &done;
  irp->UserIosb = result;
  ObfReferenceObject(file);
  QueueToThread(irp);
  NTSTATUS status = IofCallDriver(device_, irp);
  if (status == STATUS_PENDING) {
    Await(&done, irp, false);
    status = result->Status;
  }
  if ((file->Flags & FO_SYNCHRONOUS_IO) != 0) ReleaseFileLock(file);
  ObfDereferenceObject(file);
  return status;
}

NTSTATUS Request::SendAndWait() {
  if (synchronous()) return Send();
  PIO_STATUS_BLOCK const iosb = iosb_;
  IO_STATUS_BLOCK result{};
  const NTSTATUS status = SendForKernel(&result);
  return result.Status == STATUS_PENDING ? status : Finish(iosb, result.Status, result.Information);
}

NTSTATUS Request::FinishFast(const IO_STATUS_BLOCK& result, PVOID context) {
  const NTSTATUS stored = StoreBytes(iosb_, &result, sizeof result);
  if (event_ != nullptr && (file_->Flags & FO_SKIP_SET_FAST_IO) == 0) KeSetEvent(event_, 0, FALSE);
  PostToPort(file_, context, result, true);
  return Fail(NT_SUCCESS(stored) ? result.Status : stored);
}

NTSTATUS Request::Fail(NTSTATUS status) {
  if (irp_ != nullptr) {
    if ((irp_->Flags & IRP_DEALLOCATE_BUFFER) != 0) ex::FreePool(irp_->AssociatedIrp.SystemBuffer);
    if (irp_->Tail.Overlay.AuxiliaryBuffer != nullptr) ex::FreePool(irp_->Tail.Overlay.AuxiliaryBuffer);
    FreeMdls(irp_);
    IoFreeIrp(irp_);
  }
  if (synchronous()) ReleaseFileLock(file_);
  return Drop(status);
}

NTSTATUS Request::Drop(NTSTATUS status) {
  if (event_ != nullptr) ObfDereferenceObject(event_);
  ObfDereferenceObject(file_);
  return status;
}

NTSTATUS Request::AcquireFileLock() {
  while (file_->Busy != 0) {
    file_->Waiters = file_->Waiters + 1;
    const NTSTATUS status =
        KeWaitForSingleObject(&file_->Lock, Executive, ke::PreviousMode(), (file_->Flags & FO_ALERTABLE_IO) != 0, nullptr);
    file_->Waiters = file_->Waiters - 1;
    if (status != STATUS_SUCCESS) return status;
  }
  file_->Busy = 1;
  return STATUS_SUCCESS;
}

}  // namespace nt::io
