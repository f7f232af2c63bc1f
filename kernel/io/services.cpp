// The system services about files: create, read, write, control, query.
#include <cstring>
#include <vector>

#include "kernel/ex/ex.h"
#include "kernel/io/completion_port.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;
namespace ex = nt::ex;
namespace mm = nt::mm;
namespace ob = nt::ob;

namespace {

constexpr ULONG kBufferTag = 'BfoI';

bool FromUser() { return ke::PreviousMode() == UserMode; }

template <class T>
NTSTATUS Load(const T* from, T* value) {
  if (FromUser()) return mm::ReadUser(from, value);
  *value = *from;
  return STATUS_SUCCESS;
}

NTSTATUS CopyOut(PVOID to, const void* from, SIZE_T size) {
  if (FromUser()) return mm::CopyToUser(to, from, size);
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

NTSTATUS ProbeIosb(PIO_STATUS_BLOCK iosb) {
  return FromUser() ? mm::ProbeUserWrite(iosb, sizeof *iosb, alignof(IO_STATUS_BLOCK)) : STATUS_SUCCESS;
}

/// A range of bytes that a caller names.
struct Range {
  LARGE_INTEGER offset;
  LARGE_INTEGER length;
  NTSTATUS Take(const LARGE_INTEGER* from_offset, const LARGE_INTEGER* from_length) {
    const NTSTATUS status = Load(from_offset, &offset);
    return NT_SUCCESS(status) ? Load(from_length, &length) : status;
  }
};

/// One request on its way from a service to a driver.
class Request {
 public:
  /// References file and event, and takes the file's lock if it is synchronous.
  NTSTATUS Open(HANDLE file_handle, ACCESS_MASK access, HANDLE event, PIO_STATUS_BLOCK iosb) {
    NTSTATUS status = ProbeIosb(iosb);
    if (!NT_SUCCESS(status)) return status;
    PVOID object = nullptr;
    OBJECT_HANDLE_INFORMATION information{};
    status = ObReferenceObjectByHandle(file_handle, 0, Io().file_type, ke::PreviousMode(), &object, &information);
    if (!NT_SUCCESS(status)) return status;
    file_ = static_cast<PFILE_OBJECT>(object);
    // One of the rights is enough: append or write.
    if (access != 0 && FromUser() && (information.GrantedAccess & access) == 0) return Drop(STATUS_ACCESS_DENIED);
    if (event != nullptr) {
      PVOID event_object = nullptr;
      status = ObReferenceObjectByHandle(event, 2, nullptr, ke::PreviousMode(), &event_object, nullptr);
      if (!NT_SUCCESS(status)) return Drop(status);
      event_ = static_cast<PKEVENT>(event_object);
      KeClearEvent(event_);
    }
    iosb_ = iosb;
    device_ = IoGetRelatedDeviceObject(file_);
    if (Synchronous()) {
      status = AcquireFileLock();
      if (!NT_SUCCESS(status)) return Drop(status);
    }
    KeClearEvent(&file_->Event);
    irp_ = NewIrp(device_->StackSize);
    if (irp_ == nullptr) return Fail(STATUS_INSUFFICIENT_RESOURCES);
    irp_->Tail.Overlay.OriginalFileObject = file_;
    irp_->Tail.Overlay.Thread = ke::KiThread;
    irp_->RequestorMode = ke::PreviousMode();
    irp_->UserIosb = iosb;
    irp_->UserEvent = event_;
    location_ = IoGetNextIrpStackLocation(irp_);
    location_->FileObject = file_;
    return STATUS_SUCCESS;
  }

  PFILE_OBJECT file() const { return file_; }
  PDEVICE_OBJECT device() const { return device_; }
  PIRP irp() const { return irp_; }
  PIO_STACK_LOCATION location() const { return location_; }
  void SetApc(PVOID routine, PVOID context) {
    irp_->Overlay.AsynchronousParameters.UserApcRoutine = routine;
    irp_->Overlay.AsynchronousParameters.UserApcContext = context;
  }

  /// A system buffer; `input` bytes are taken from the caller.
  NTSTATUS Buffer(const void* source, SIZE_T input, PVOID destination, SIZE_T size) {
    if (size == 0) return STATUS_SUCCESS;
    PVOID const buffer = ex::AllocatePool(NonPagedPoolNx, size, kBufferTag);
    if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    irp_->AssociatedIrp.SystemBuffer = buffer;
    irp_->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (destination != nullptr) {
      irp_->UserBuffer = destination;
      irp_->Flags |= IRP_INPUT_OPERATION;
    }
    if (input == 0) return STATUS_SUCCESS;
    if (FromUser()) return mm::CopyFromUser(buffer, source, input);
    std::memcpy(buffer, source, input);
    return STATUS_SUCCESS;
  }

  /// An MDL over the caller's memory, locked for the driver.
  NTSTATUS Lock(PVOID address, ULONG length, LOCK_OPERATION operation) {
    if (length == 0) return STATUS_SUCCESS;
    PMDL const mdl = IoAllocateMdl(address, length, FALSE, TRUE, irp_);
    if (mdl == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    try {
      MmProbeAndLockPages(mdl, ke::PreviousMode(), operation);
    } catch (const ke::RaisedException& raised) {
      return raised.record.ExceptionCode;
    }
    return STATUS_SUCCESS;
  }

  /// What a lock or an unlock is about; the length lives as long as the request.
  NTSTATUS AddRange(const Range& range, ULONG key) {
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

  /// Sends it, and waits if the file is synchronous.
  NTSTATUS Send() {
    // The completion frees the request: what is needed afterwards is kept.
    PFILE_OBJECT const file = file_;
    const bool synchronous = Synchronous();
    ObfReferenceObject(file);
    QueueToThread(irp_);
    PIRP const irp = irp_;
    NTSTATUS status = IofCallDriver(device_, irp);
    if (synchronous) {
      if (status == STATUS_PENDING) {
        const bool alertable = (file->Flags & FO_ALERTABLE_IO) != 0;
        const NTSTATUS waited = KeWaitForSingleObject(&file->Event, Executive, ke::PreviousMode(), alertable ? TRUE : FALSE, nullptr);
        if (waited != STATUS_SUCCESS && file->Event.Header.SignalState == 0) {
          // Alerted, or told to end: the request is given up, and its end awaited all the same.
          IoCancelIrp(irp);
          KeWaitForSingleObject(&file->Event, Executive, KernelMode, FALSE, nullptr);
        }
        status = file->FinalStatus;
      }
      ReleaseFileLock(file);
    }
    ObfDereferenceObject(file);
    return status;
  }

  /// Gives everything up before anything was sent.
  NTSTATUS Fail(NTSTATUS status) {
    if (irp_ != nullptr) {
      if ((irp_->Flags & IRP_DEALLOCATE_BUFFER) != 0) ex::FreePool(irp_->AssociatedIrp.SystemBuffer);
      while (irp_->MdlAddress != nullptr) {
        PMDL const mdl = irp_->MdlAddress;
        irp_->MdlAddress = mdl->Next;
        if ((mdl->MdlFlags & MDL_PAGES_LOCKED) != 0) MmUnlockPages(mdl);
        IoFreeMdl(mdl);
      }
      IoFreeIrp(irp_);
    }
    if (Synchronous()) ReleaseFileLock(file_);
    return Drop(status);
  }

 private:
  bool Synchronous() const { return (file_->Flags & FO_SYNCHRONOUS_IO) != 0; }

  NTSTATUS Drop(NTSTATUS status) {
    if (event_ != nullptr) ObfDereferenceObject(event_);
    ObfDereferenceObject(file_);
    return status;
  }

  NTSTATUS AcquireFileLock() {
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

  static void ReleaseFileLock(PFILE_OBJECT file) {
    file->Busy = 0;
    if (file->Waiters != 0) KeSetEvent(&file->Lock, 0, FALSE);
  }

  PFILE_OBJECT file_ = nullptr;
  PKEVENT event_ = nullptr;
  PDEVICE_OBJECT device_ = nullptr;
  PIRP irp_ = nullptr;
  PIO_STACK_LOCATION location_ = nullptr;
  PIO_STATUS_BLOCK iosb_ = nullptr;
};

NTSTATUS ProbeBuffer(PVOID address, SIZE_T length, bool write) {
  if (!FromUser() || length == 0) return STATUS_SUCCESS;
  return write ? mm::ProbeUserWrite(address, length, 1) : mm::ProbeUserRead(address, length, 1);
}

constexpr LONGLONG kUseFilePosition = 0xfffffffe;  // FILE_USE_FILE_POINTER_POSITION, low part; high part is -1

NTSTATUS TakeOffset(PFILE_OBJECT file, PLARGE_INTEGER from, LARGE_INTEGER* offset) {
  offset->QuadPart = 0;
  if (from != nullptr) {
    const NTSTATUS status = Load(from, offset);
    if (!NT_SUCCESS(status)) return status;
    const bool current = offset->HighPart == -1 && offset->LowPart == kUseFilePosition;
    if (current && (file->Flags & FO_SYNCHRONOUS_IO) != 0) *offset = file->CurrentByteOffset;
    return STATUS_SUCCESS;
  }
  if ((file->Flags & FO_SYNCHRONOUS_IO) == 0) return STATUS_INVALID_PARAMETER;
  *offset = file->CurrentByteOffset;
  return STATUS_SUCCESS;
}

struct Transfer {
  HANDLE file;
  HANDLE event;
  PVOID apc;
  PVOID context;
  PIO_STATUS_BLOCK iosb;
  PVOID buffer;
  ULONG length;
  PLARGE_INTEGER offset;
  PULONG key;
};

NTSTATUS ReadOrWrite(const Transfer& transfer, UCHAR major) {
  const bool read = major == IRP_MJ_READ;
  NTSTATUS status = ProbeBuffer(transfer.buffer, transfer.length, read);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(transfer.file, read ? FILE_READ_DATA : FILE_WRITE_DATA | FILE_APPEND_DATA, transfer.event, transfer.iosb);
  if (!NT_SUCCESS(status)) return status;
  LARGE_INTEGER offset;
  status = TakeOffset(request.file(), transfer.offset, &offset);
  ULONG key = 0;
  if (NT_SUCCESS(status) && transfer.key != nullptr) status = Load(transfer.key, &key);
  if (!NT_SUCCESS(status)) return request.Fail(status);
  if (transfer.apc != nullptr && request.file()->CompletionContext != nullptr) return request.Fail(STATUS_INVALID_PARAMETER);
  request.SetApc(transfer.apc, transfer.context);
  PIRP const irp = request.irp();
  irp->Flags |= read ? IRP_READ_OPERATION : IRP_WRITE_OPERATION;
  PIO_STACK_LOCATION const location = request.location();
  location->MajorFunction = major;
  location->Parameters.Read.Length = transfer.length;  // Write has the same layout
  location->Parameters.Read.ByteOffset = offset;
  location->Parameters.Read.Key = key;
  if ((request.device()->Flags & DO_BUFFERED_IO) != 0) {
    status = read ? request.Buffer(nullptr, 0, transfer.buffer, transfer.length)
                  : request.Buffer(transfer.buffer, transfer.length, nullptr, transfer.length);
  } else if ((request.device()->Flags & DO_DIRECT_IO) != 0) {
    status = request.Lock(transfer.buffer, transfer.length, read ? IoWriteAccess : IoReadAccess);
  }
  if (!NT_SUCCESS(status)) return request.Fail(status);
  irp->UserBuffer = transfer.buffer;
  return request.Send();
}

struct Control {
  HANDLE file;
  HANDLE event;
  PVOID apc;
  PVOID context;
  PIO_STATUS_BLOCK iosb;
  ULONG code;
  PVOID input;
  ULONG input_length;
  PVOID output;
  ULONG output_length;
};

NTSTATUS DeviceControl(const Control& control, UCHAR major) {
  const ULONG method = control.code & 3;
  const ULONG access = control.code >> 14 & 3;  // FILE_ANY_ACCESS, FILE_READ_ACCESS, FILE_WRITE_ACCESS
  NTSTATUS status = STATUS_SUCCESS;
  if (method != METHOD_NEITHER) {
    status = ProbeBuffer(control.input, control.input_length, false);
    if (NT_SUCCESS(status) && method != METHOD_IN_DIRECT) status = ProbeBuffer(control.output, control.output_length, true);
    if (NT_SUCCESS(status) && method == METHOD_IN_DIRECT) status = ProbeBuffer(control.output, control.output_length, false);
    if (!NT_SUCCESS(status)) return status;
  }
  Request request;
  status = request.Open(control.file, access, control.event, control.iosb);
  if (!NT_SUCCESS(status)) return status;
  if (control.apc != nullptr && request.file()->CompletionContext != nullptr) return request.Fail(STATUS_INVALID_PARAMETER);
  request.SetApc(control.apc, control.context);
  PIO_STACK_LOCATION const location = request.location();
  location->MajorFunction = major;
  location->Parameters.DeviceIoControl.OutputBufferLength = control.output_length;
  location->Parameters.DeviceIoControl.InputBufferLength = control.input_length;
  location->Parameters.DeviceIoControl.IoControlCode = control.code;
  switch (method) {
    case METHOD_BUFFERED:
      status = request.Buffer(control.input, control.input_length, control.output_length != 0 ? control.output : nullptr,
                              control.input_length > control.output_length ? control.input_length : control.output_length);
      break;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
      status = request.Buffer(control.input, control.input_length, nullptr, control.input_length);
      if (NT_SUCCESS(status))
        status = request.Lock(control.output, control.output_length, method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
      break;
    default:
      request.irp()->UserBuffer = control.output;
      location->Parameters.DeviceIoControl.Type3InputBuffer = control.input;
      break;
  }
  if (!NT_SUCCESS(status)) return request.Fail(status);
  return request.Send();
}

/// Queries and sets that go to the driver, through a system buffer.
NTSTATUS QueryOrSet(HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length, ULONG information_class, UCHAR major) {
  const bool query = major == IRP_MJ_QUERY_INFORMATION || major == IRP_MJ_QUERY_VOLUME_INFORMATION;
  Request request;
  NTSTATUS status = request.Open(handle, 0, nullptr, iosb);
  if (!NT_SUCCESS(status)) return status;
  PIO_STACK_LOCATION const location = request.location();
  location->MajorFunction = major;
  location->Parameters.QueryFile.Length = length;
  location->Parameters.QueryFile.FileInformationClass = information_class;
  status = query ? request.Buffer(nullptr, 0, buffer, length) : request.Buffer(buffer, length, nullptr, length);
  if (!NT_SUCCESS(status)) return request.Fail(status);
  return request.Send();
}

NTSTATUS Finish(PIO_STATUS_BLOCK iosb, NTSTATUS status, ULONG_PTR information) {
  IO_STATUS_BLOCK result{};
  result.Status = status;
  result.Information = information;
  const NTSTATUS stored = CopyOut(iosb, &result, sizeof result);
  return NT_SUCCESS(stored) ? status : stored;
}

/// A file object behind a handle, for what the I/O manager answers itself.
NTSTATUS FileOf(HANDLE handle, PFILE_OBJECT* file) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(handle, 0, Io().file_type, ke::PreviousMode(), &object, nullptr);
  *file = static_cast<PFILE_OBJECT>(object);
  return status;
}

NTSTATUS SetCompletion(PFILE_OBJECT file, PVOID information, ULONG length) {
  FILE_COMPLETION_INFORMATION completion;
  if (length < sizeof completion) return STATUS_INFO_LENGTH_MISMATCH;
  const NTSTATUS status = Load(static_cast<FILE_COMPLETION_INFORMATION*>(information), &completion);
  return NT_SUCCESS(status) ? BindPort(file, completion.Port, completion.Key) : status;
}

NTSTATUS CancelIrps(HANDLE handle, PIO_STATUS_BLOCK only, bool any_thread, PIO_STATUS_BLOCK iosb) {
  PFILE_OBJECT file = nullptr;
  NTSTATUS status = FileOf(handle, &file);
  if (!NT_SUCCESS(status)) return status;
  // Cancelling may complete IRPs and run other threads: what is to be cancelled is collected first, and each looked up again.
  std::vector<PIRP> irps;
  const auto collect = [&](PETHREAD thread) {
    for (LIST_ENTRY* at = thread->IrpList.Flink; at != &thread->IrpList; at = at->Flink) {
      PIRP const irp = CONTAINING_RECORD(at, IRP, ThreadListEntry);
      if (irp->Tail.Overlay.OriginalFileObject == file && (only == nullptr || irp->UserIosb == only)) irps.push_back(irp);
    }
  };
  collect(ke::KiThread);
  LIST_ENTRY& threads = ke::CurrentProcess()->ThreadListHead;
  for (LIST_ENTRY* link = threads.Flink; any_thread && link != &threads; link = link->Flink) {
    PETHREAD const thread = CONTAINING_RECORD(link, ETHREAD, ThreadListEntry);
    if (thread != ke::KiThread) collect(thread);
  }
  const bool found = !irps.empty();
  for (PIRP irp : irps) {
    if (irp->Type == IO_TYPE_IRP && irp->Tail.Overlay.OriginalFileObject == file) IoCancelIrp(irp);
  }
  ObfDereferenceObject(file);
  status = found || only == nullptr ? STATUS_SUCCESS : STATUS_NOT_FOUND;
  return Finish(iosb, status, 0);
}

/// Cancels the requests of one thread that somebody waits for inside the kernel, or only that with this status block.
bool CancelSynchronous(PETHREAD thread, PIO_STATUS_BLOCK only) {
  std::vector<PIRP> irps;
  for (LIST_ENTRY* at = thread->IrpList.Flink; at != &thread->IrpList; at = at->Flink) {
    PIRP const irp = CONTAINING_RECORD(at, IRP, ThreadListEntry);
    const FILE_OBJECT* const file = irp->Tail.Overlay.OriginalFileObject;
    const bool waits = (irp->Flags & IRP_SYNCHRONOUS_API) != 0 || (file != nullptr && (file->Flags & FO_SYNCHRONOUS_IO) != 0);
    if (waits && (only == nullptr || irp->UserIosb == only)) irps.push_back(irp);
  }
  for (PIRP irp : irps) {
    if (irp->Type == IO_TYPE_IRP && irp->Tail.Overlay.Thread == thread) IoCancelIrp(irp);
  }
  return !irps.empty();
}

/// A caller's file name pattern in the kernel's memory, as long as the request takes.
class Pattern {
 public:
  ~Pattern() {
    if (string_.Buffer != nullptr) ex::FreePool(string_.Buffer);
  }
  NTSTATUS Take(const UNICODE_STRING* from) {
    if (from == nullptr) return STATUS_SUCCESS;
    UNICODE_STRING caller;
    NTSTATUS status = Load(from, &caller);
    if (!NT_SUCCESS(status) || caller.Length == 0) return status;
    string_.Buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, caller.Length, kBufferTag));
    if (string_.Buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    string_.Length = string_.MaximumLength = caller.Length;
    if (FromUser()) return mm::CopyFromUser(string_.Buffer, caller.Buffer, caller.Length);
    std::memcpy(string_.Buffer, caller.Buffer, caller.Length);
    return STATUS_SUCCESS;
  }
  PUNICODE_STRING string() { return string_.Length != 0 ? &string_ : nullptr; }

 private:
  UNICODE_STRING string_{};
};

/// Size and times of a file by its name, without data access.
NTSTATUS QueryByName(POBJECT_ATTRIBUTES attributes, FILE_NETWORK_OPEN_INFORMATION* information) {
  OpenPacket packet{};
  packet.disposition = FILE_OPEN;
  packet.options = FILE_SYNCHRONOUS_IO_NONALERT;
  packet.share_access = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE handle = nullptr;
  NTSTATUS status =
      ObOpenObjectByName(attributes, nullptr, ke::PreviousMode(), nullptr, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &packet, &handle);
  if (!NT_SUCCESS(status)) return status;
  CCHAR& mode = ke::CurrentThread()->PreviousMode;
  const CCHAR previous = mode;
  mode = KernelMode;  // the buffer is ours
  IO_STATUS_BLOCK result{};
  status = QueryOrSet(handle, &result, information, sizeof *information, FileNetworkOpenInformation, IRP_MJ_QUERY_INFORMATION);
  mode = previous;
  ObCloseHandle(handle, previous);
  return status;
}

}  // namespace

extern "C" {

NTSTATUS NtCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                      PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
                      PVOID EaBuffer, ULONG EaLength) {
  if (CreateDisposition > FILE_OVERWRITE_IF || (ShareAccess & ~7u) != 0 || EaLength != 0) return STATUS_INVALID_PARAMETER;
  constexpr ULONG kSynchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
  if ((CreateOptions & kSynchronous) == kSynchronous) return STATUS_INVALID_PARAMETER;
  if ((CreateOptions & kSynchronous) != 0 &&
      (DesiredAccess & (SYNCHRONIZE | GENERIC_ALL | GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE)) == 0) {
    return STATUS_INVALID_PARAMETER;
  }
  NTSTATUS status = ProbeIosb(IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  OpenPacket packet{};
  if (AllocationSize != nullptr) {
    status = Load(AllocationSize, &packet.allocation_size);
    if (!NT_SUCCESS(status)) return status;
  }
  packet.disposition = CreateDisposition;
  packet.options = CreateOptions;
  packet.file_attributes = static_cast<USHORT>(FileAttributes);
  packet.share_access = static_cast<USHORT>(ShareAccess);
  packet.ea_buffer = EaBuffer;
  HANDLE handle = nullptr;
  status = ObOpenObjectByName(ObjectAttributes, nullptr, ke::PreviousMode(), nullptr, DesiredAccess, &packet, &handle);
  if (NT_SUCCESS(status) && packet.file == nullptr) {  // the name led to something that is no file
    ObCloseHandle(handle, ke::PreviousMode());
    return STATUS_OBJECT_TYPE_MISMATCH;
  }
  if (!NT_SUCCESS(status)) return status;
  status = CopyOut(FileHandle, &handle, sizeof handle);
  if (!NT_SUCCESS(status)) {
    ObCloseHandle(handle, ke::PreviousMode());
    return status;
  }
  return Finish(IoStatusBlock, packet.status.Status, packet.status.Information);
}

NTSTATUS NtOpenFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                    ULONG ShareAccess, ULONG OpenOptions) {
  return NtCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, nullptr, 0, ShareAccess, FILE_OPEN, OpenOptions, nullptr,
                      0);
}

NTSTATUS NtReadFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                    ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
  return ReadOrWrite({FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key}, IRP_MJ_READ);
}

NTSTATUS NtWriteFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer,
                     ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key) {
  return ReadOrWrite({FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key}, IRP_MJ_WRITE);
}

NTSTATUS NtDeviceIoControlFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                               ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                               ULONG OutputBufferLength) {
  return DeviceControl({FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, IoControlCode, InputBuffer, InputBufferLength,
                        OutputBuffer, OutputBufferLength},
                       IRP_MJ_DEVICE_CONTROL);
}

NTSTATUS NtFsControlFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                         ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength) {
  return DeviceControl({FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FsControlCode, InputBuffer, InputBufferLength,
                        OutputBuffer, OutputBufferLength},
                       IRP_MJ_FILE_SYSTEM_CONTROL);
}

NTSTATUS NtFlushBuffersFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) {
  Request request;
  const NTSTATUS status = request.Open(FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA, nullptr, IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  request.location()->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
  return request.Send();
}

NTSTATUS NtQueryInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                                ULONG FileInformationClass) {
  PFILE_OBJECT file = nullptr;
  NTSTATUS status = FileOf(FileHandle, &file);
  if (!NT_SUCCESS(status)) return status;
  if (FileInformationClass == FilePositionInformation || FileInformationClass == FileModeInformation) {
    const LARGE_INTEGER position = file->CurrentByteOffset;
    const ULONG mode = (file->Flags & FO_SYNCHRONOUS_IO) != 0 ? FILE_SYNCHRONOUS_IO_NONALERT : 0;
    const bool is_position = FileInformationClass == FilePositionInformation;
    const SIZE_T size = is_position ? sizeof position : sizeof mode;
    status = Length < size ? STATUS_INFO_LENGTH_MISMATCH
                           : CopyOut(FileInformation, is_position ? static_cast<const void*>(&position) : &mode, size);
    ObfDereferenceObject(file);
    return NT_SUCCESS(status) ? Finish(IoStatusBlock, status, size) : status;
  }
  ObfDereferenceObject(file);
  return QueryOrSet(FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass, IRP_MJ_QUERY_INFORMATION);
}

NTSTATUS NtSetInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
                              ULONG FileInformationClass) {
  PFILE_OBJECT file = nullptr;
  NTSTATUS status = FileOf(FileHandle, &file);
  if (!NT_SUCCESS(status)) return status;
  if (FileInformationClass == FileCompletionInformation) {
    status = SetCompletion(file, FileInformation, Length);
  } else if (FileInformationClass == FilePositionInformation) {
    LARGE_INTEGER position{};
    status = Length < sizeof position ? STATUS_INFO_LENGTH_MISMATCH : Load(static_cast<PLARGE_INTEGER>(FileInformation), &position);
    if (NT_SUCCESS(status)) file->CurrentByteOffset = position;
  } else if (FileInformationClass == FileIoCompletionNotificationInformation) {
    ULONG flags = 0;
    status = Length < sizeof flags ? STATUS_INFO_LENGTH_MISMATCH : Load(static_cast<PULONG>(FileInformation), &flags);
    if (NT_SUCCESS(status) && (flags & 1) != 0) file->Flags |= FO_SKIP_COMPLETION_PORT;
    if (NT_SUCCESS(status) && (flags & 2) != 0) file->Flags |= FO_SKIP_SET_EVENT;
  } else {
    ObfDereferenceObject(file);
    return QueryOrSet(FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass, IRP_MJ_SET_INFORMATION);
  }
  ObfDereferenceObject(file);
  return NT_SUCCESS(status) ? Finish(IoStatusBlock, status, 0) : status;
}

NTSTATUS NtQueryVolumeInformationFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
                                      ULONG FsInformationClass) {
  constexpr ULONG kFileFsDeviceInformation = 4;
  if (FsInformationClass != kFileFsDeviceInformation) {
    return QueryOrSet(FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass, IRP_MJ_QUERY_VOLUME_INFORMATION);
  }
  PFILE_OBJECT file = nullptr;
  NTSTATUS status = FileOf(FileHandle, &file);
  if (!NT_SUCCESS(status)) return status;
  const ULONG information[2] = {file->DeviceObject->DeviceType, file->DeviceObject->Characteristics};
  ObfDereferenceObject(file);
  if (Length < sizeof information) return STATUS_INFO_LENGTH_MISMATCH;
  status = CopyOut(FsInformation, information, sizeof information);
  return NT_SUCCESS(status) ? Finish(IoStatusBlock, status, sizeof information) : status;
}

NTSTATUS NtCancelIoFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock) { return CancelIrps(FileHandle, nullptr, false, IoStatusBlock); }

NTSTATUS NtCancelIoFileEx(HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock) {
  return CancelIrps(FileHandle, IoRequestToCancel, true, IoStatusBlock);
}

NTSTATUS NtCancelSynchronousIoFile(HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock) {
  constexpr ACCESS_MASK kThreadTerminate = 1;
  NTSTATUS status = ProbeIosb(IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  PVOID object = nullptr;
  status = ObReferenceObjectByHandle(ThreadHandle, kThreadTerminate, ob::TypeOf(ke::CurrentThread()), ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  const bool found = CancelSynchronous(static_cast<PETHREAD>(object), IoRequestToCancel);
  ObfDereferenceObject(object);
  return Finish(IoStatusBlock, found ? STATUS_SUCCESS : STATUS_NOT_FOUND, 0);
}

NTSTATUS NtQueryDirectoryFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                              PVOID FileInformation, ULONG Length, ULONG FileInformationClass, BOOLEAN ReturnSingleEntry,
                              PUNICODE_STRING FileName, BOOLEAN RestartScan) {
  NTSTATUS status = ProbeBuffer(FileInformation, Length, true);
  if (!NT_SUCCESS(status)) return status;
  Pattern pattern;
  status = pattern.Take(FileName);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(FileHandle, FILE_READ_DATA, Event, IoStatusBlock);  // FILE_LIST_DIRECTORY
  if (!NT_SUCCESS(status)) return status;
  request.SetApc(ApcRoutine, ApcContext);
  PIO_STACK_LOCATION const location = request.location();
  location->MajorFunction = IRP_MJ_DIRECTORY_CONTROL;
  location->MinorFunction = IRP_MN_QUERY_DIRECTORY;
  if (RestartScan != 0) location->Flags |= SL_RESTART_SCAN;
  if (ReturnSingleEntry != 0) location->Flags |= SL_RETURN_SINGLE_ENTRY;
  location->Parameters.QueryDirectory.Length = Length;
  location->Parameters.QueryDirectory.FileName = pattern.string();
  location->Parameters.QueryDirectory.FileInformationClass = FileInformationClass;
  status = request.Buffer(nullptr, 0, FileInformation, Length);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
}

NTSTATUS NtNotifyChangeDirectoryFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                                     PVOID Buffer, ULONG Length, ULONG CompletionFilter, BOOLEAN WatchTree) {
  constexpr ULONG kValidFilter = 0xfff;
  if ((CompletionFilter & ~kValidFilter) != 0 || CompletionFilter == 0) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = ProbeBuffer(Buffer, Length, true);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(FileHandle, FILE_READ_DATA, Event, IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  request.SetApc(ApcRoutine, ApcContext);
  PIO_STACK_LOCATION const location = request.location();
  location->MajorFunction = IRP_MJ_DIRECTORY_CONTROL;
  location->MinorFunction = IRP_MN_NOTIFY_CHANGE_DIRECTORY;
  if (WatchTree != 0) location->Flags |= SL_WATCH_TREE;
  location->Parameters.NotifyDirectory.Length = Length;
  location->Parameters.NotifyDirectory.CompletionFilter = CompletionFilter;
  status = request.Buffer(nullptr, 0, Buffer, Length);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
}

NTSTATUS NtLockFile(HANDLE FileHandle, HANDLE Event, PVOID ApcRoutine, PVOID ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
                    PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock) {
  Range range;
  NTSTATUS status = range.Take(ByteOffset, Length);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(FileHandle, FILE_READ_DATA | FILE_WRITE_DATA, Event, IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  request.SetApc(ApcRoutine, ApcContext);
  PIO_STACK_LOCATION const location = request.location();
  location->MajorFunction = IRP_MJ_LOCK_CONTROL;
  location->MinorFunction = IRP_MN_LOCK;
  if (FailImmediately != 0) location->Flags |= SL_FAIL_IMMEDIATELY;
  if (ExclusiveLock != 0) location->Flags |= SL_EXCLUSIVE_LOCK;
  status = request.AddRange(range, Key);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
}

NTSTATUS NtUnlockFile(HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key) {
  Range range;
  NTSTATUS status = range.Take(ByteOffset, Length);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(FileHandle, FILE_READ_DATA | FILE_WRITE_DATA, nullptr, IoStatusBlock);
  if (!NT_SUCCESS(status)) return status;
  PIO_STACK_LOCATION const location = request.location();
  location->MajorFunction = IRP_MJ_LOCK_CONTROL;
  location->MinorFunction = IRP_MN_UNLOCK_SINGLE;
  status = request.AddRange(range, Key);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
}

NTSTATUS NtQueryFullAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PVOID FileInformation) {
  NTSTATUS status = ProbeBuffer(FileInformation, sizeof(FILE_NETWORK_OPEN_INFORMATION), true);
  if (!NT_SUCCESS(status)) return status;
  FILE_NETWORK_OPEN_INFORMATION information{};
  status = QueryByName(ObjectAttributes, &information);
  return NT_SUCCESS(status) ? CopyOut(FileInformation, &information, sizeof information) : status;
}

NTSTATUS NtQueryAttributesFile(POBJECT_ATTRIBUTES ObjectAttributes, PVOID FileInformation) {
  NTSTATUS status = ProbeBuffer(FileInformation, sizeof(FILE_BASIC_INFORMATION), true);
  if (!NT_SUCCESS(status)) return status;
  FILE_NETWORK_OPEN_INFORMATION open{};
  status = QueryByName(ObjectAttributes, &open);
  if (!NT_SUCCESS(status)) return status;
  const FILE_BASIC_INFORMATION basic{open.CreationTime, open.LastAccessTime, open.LastWriteTime, open.ChangeTime, open.FileAttributes};
  return CopyOut(FileInformation, &basic, sizeof basic);
}

NTSTATUS NtDeleteFile(POBJECT_ATTRIBUTES ObjectAttributes) {
  OpenPacket packet{};
  packet.disposition = FILE_OPEN;
  packet.options = FILE_DELETE_ON_CLOSE;
  packet.share_access = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  HANDLE handle = nullptr;
  const NTSTATUS status = ObOpenObjectByName(ObjectAttributes, nullptr, ke::PreviousMode(), nullptr, DELETE_ACCESS, &packet, &handle);
  if (!NT_SUCCESS(status)) return status;
  return ObCloseHandle(handle, ke::PreviousMode());
}

}  // extern "C"
