// The system services that read, write and control.
#include "kernel/io/completion_port.h"
#include "kernel/io/fast_io.h"
#include "kernel/io/request.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;

namespace {

constexpr ULONG kUsePosition = 0xfffffffe,
                kWriteToEnd = 0xffffffff;  // FILE_USE_FILE_POINTER_POSITION, FILE_WRITE_TO_END_OF_FILE: low parts

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

/// The first byte a transfer is about.
NTSTATUS TakeOffset(const Request& request, const LARGE_INTEGER* from, bool write, LARGE_INTEGER* offset) {
  const PFILE_OBJECT file = request.file();
  offset->QuadPart = 0;
  if (from != nullptr) {
    const NTSTATUS status = Load(from, offset);
    if (!NT_SUCCESS(status)) return status;
  } else if (!request.synchronous() && (file->Flags & (FO_NAMED_PIPE | FO_MAILSLOT)) == 0) {
    return STATUS_INVALID_PARAMETER;
  }
  const bool at_position = from == nullptr || (offset->HighPart == -1 && offset->LowPart == kUsePosition);
  if (at_position && request.synchronous()) *offset = file->CurrentByteOffset;
  // Who may only append does so, wherever it points to.
  if (write && (request.granted() & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA) offset->QuadPart = -1;
  const bool to_end = write && offset->HighPart == -1 && offset->LowPart == kWriteToEnd;
  return offset->QuadPart >= 0 || to_end ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/// Without buffering, a program's transfers are of whole sectors, into memory as the device wants it.
NTSTATUS CheckAlignment(const Request& request, const Transfer& transfer, const LARGE_INTEGER& offset) {
  if (!FromUser() || (request.file()->Flags & FO_NO_INTERMEDIATE_BUFFERING) == 0) return STATUS_SUCCESS;
  const PDEVICE_OBJECT device = request.device();
  const ULONG inside_sector = device->SectorSize != 0 ? device->SectorSize - 1u : 0u;
  const bool special = offset.HighPart == -1;
  const bool aligned = (transfer.length & inside_sector) == 0 && (special || (offset.LowPart & inside_sector) == 0) &&
                       (reinterpret_cast<ULONG_PTR>(transfer.buffer) & device->AlignmentRequirement) == 0;
  return aligned ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/// A cached file of a synchronous handle is read and written without an IRP, if its driver can; false if it cannot.
bool TransferFast(Request& request, const Transfer& transfer, LARGE_INTEGER offset, ULONG key, bool read, NTSTATUS* status) {
  if (!request.synchronous() || request.file()->PrivateCacheMap == nullptr) return false;
  FAST_IO_READ* const routine = FastRoutine(request.device(), read ? &FAST_IO_DISPATCH::FastIoRead : &FAST_IO_DISPATCH::FastIoWrite);
  IO_STATUS_BLOCK result{};
  constexpr BOOLEAN kMayWait = TRUE;
  if (!CallFast(routine, request.file(), &offset, transfer.length, kMayWait, key, transfer.buffer, &result, request.device())) return false;
  if (result.Status != STATUS_SUCCESS && result.Status != STATUS_BUFFER_OVERFLOW && result.Status != STATUS_END_OF_FILE) return false;
  *status = request.FinishFast(result, transfer.context);
  return true;
}

NTSTATUS AddTransferBuffer(Request& request, const Transfer& transfer, bool read) {
  const ULONG flags = request.device()->Flags;
  NTSTATUS status = STATUS_SUCCESS;
  if ((flags & DO_BUFFERED_IO) != 0) {
    status = read ? request.Buffer(nullptr, 0, transfer.buffer, transfer.length)
                  : request.Buffer(transfer.buffer, transfer.length, nullptr, transfer.length);
  } else if ((flags & DO_DIRECT_IO) != 0) {
    status = request.Lock(transfer.buffer, transfer.length, read ? IoWriteAccess : IoReadAccess);
  }
  request.irp()->UserBuffer = transfer.buffer;
  return status;
}

NTSTATUS ReadOrWrite(const Transfer& transfer, UCHAR major) {
  const bool read = major == IRP_MJ_READ;
  NTSTATUS status = ProbeBuffer(transfer.buffer, transfer.length, read);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status =
      request.Open(transfer.file, read ? FILE_READ_DATA : FILE_WRITE_DATA | FILE_APPEND_DATA, Rights::Any, transfer.event, transfer.iosb);
  if (!NT_SUCCESS(status)) return status;
  if (transfer.apc != nullptr && request.file()->CompletionContext != nullptr) return request.Fail(STATUS_INVALID_PARAMETER);
  LARGE_INTEGER offset;
  status = TakeOffset(request, transfer.offset, !read, &offset);
  ULONG key = 0;
  if (NT_SUCCESS(status) && transfer.key != nullptr) status = Load(transfer.key, &key);
  if (NT_SUCCESS(status)) status = CheckAlignment(request, transfer, offset);
  if (!NT_SUCCESS(status)) return request.Fail(status);
  if (TransferFast(request, transfer, offset, key, read, &status)) return status;
  status = request.MakeIrp(major);
  if (!NT_SUCCESS(status)) return status;
  request.SetApc(transfer.apc, transfer.context);
  request.irp()->Flags |= (read ? IRP_READ_OPERATION : IRP_WRITE_OPERATION) | IRP_DEFER_IO_COMPLETION;
  if ((request.file()->Flags & FO_NO_INTERMEDIATE_BUFFERING) != 0) request.irp()->Flags |= IRP_NOCACHE;
  PIO_STACK_LOCATION const location = request.location();
  if (!read && (request.file()->Flags & FO_WRITE_THROUGH) != 0) location->Flags |= SL_WRITE_THROUGH;
  location->Parameters.Read.Length = transfer.length;  // Write has the same layout
  location->Parameters.Read.ByteOffset = offset;
  location->Parameters.Read.Key = key;
  status = AddTransferBuffer(request, transfer, read);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
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
  ULONG method() const { return code & 3; }
  /// FILE_ANY_ACCESS, FILE_READ_ACCESS, FILE_WRITE_ACCESS or both: the rights of the same numbers.
  ACCESS_MASK access() const { return code >> 14 & 3; }
};

/// Checks what a program passes; a buffer that is not there has no length.
NTSTATUS ProbeControl(Control* control) {
  if (!FromUser() || control->method() == METHOD_NEITHER) return STATUS_SUCCESS;
  if (control->input == nullptr) control->input_length = 0;
  if (control->output == nullptr) control->output_length = 0;
  const NTSTATUS status = ProbeBuffer(control->input, control->input_length, false);
  if (!NT_SUCCESS(status) || control->method() != METHOD_BUFFERED) return status;
  return ProbeBuffer(control->output, control->output_length, true);
}

/// Whether the driver's fast I/O routine did it.
bool ControlFast(Request& request, const Control& control, NTSTATUS* status) {
  FAST_IO_DEVICE_CONTROL* const routine = FastRoutine(request.device(), &FAST_IO_DISPATCH::FastIoDeviceControl);
  if (routine == nullptr) return false;
  IO_STATUS_BLOCK result{};
  constexpr BOOLEAN kMayWait = TRUE;
  const bool done = CallFast(routine, request.file(), kMayWait, control.input, control.input_length, control.output, control.output_length,
                             control.code, &result, request.device());
  if (done) *status = request.FinishFast(result, control.context);
  return done;
}

NTSTATUS AddControlBuffers(Request& request, const Control& control) {
  const ULONG longer = control.input_length > control.output_length ? control.input_length : control.output_length;
  switch (control.method()) {
    case METHOD_BUFFERED:
      return request.Buffer(control.input, control.input_length, control.output_length != 0 ? control.output : nullptr, longer);
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT: {
      const NTSTATUS status = request.Buffer(control.input, control.input_length, nullptr, control.input_length);
      if (!NT_SUCCESS(status)) return status;
      return request.Lock(control.output, control.output_length, control.method() == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
    }
    default:
      request.irp()->UserBuffer = control.output;
      request.location()->Parameters.DeviceIoControl.Type3InputBuffer = control.input;
      return STATUS_SUCCESS;
  }
}

NTSTATUS DeviceControl(Control control, UCHAR major) {
  NTSTATUS status = ProbeControl(&control);
  if (!NT_SUCCESS(status)) return status;
  Request request;
  status = request.Open(control.file, control.access(), Rights::All, control.event, control.iosb);
  if (!NT_SUCCESS(status)) return status;
  if (control.apc != nullptr && request.file()->CompletionContext != nullptr) return request.Fail(STATUS_INVALID_PARAMETER);
  if (major == IRP_MJ_DEVICE_CONTROL && ControlFast(request, control, &status)) return status;
  status = request.MakeIrp(major, major == IRP_MJ_FILE_SYSTEM_CONTROL ? IRP_MN_USER_FS_REQUEST : UCHAR{0});
  if (!NT_SUCCESS(status)) return status;
  request.SetApc(control.apc, control.context);
  if (major == IRP_MJ_FILE_SYSTEM_CONTROL) request.irp()->Flags |= IRP_DEFER_IO_COMPLETION;
  PIO_STACK_LOCATION const location = request.location();
  location->Parameters.DeviceIoControl.OutputBufferLength = control.output_length;
  location->Parameters.DeviceIoControl.InputBufferLength = control.input_length;
  location->Parameters.DeviceIoControl.IoControlCode = control.code;
  status = AddControlBuffers(request, control);
  return NT_SUCCESS(status) ? request.Send() : request.Fail(status);
}

}  // namespace

extern "C" {

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
  NTSTATUS status = request.Open(FileHandle, FILE_WRITE_DATA | FILE_APPEND_DATA, Rights::Any, nullptr, IoStatusBlock);
  if (NT_SUCCESS(status)) status = request.MakeIrp(IRP_MJ_FLUSH_BUFFERS);
  return NT_SUCCESS(status) ? request.SendAndWait() : status;
}

}  // extern "C"
