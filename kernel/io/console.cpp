// The built-in devices: \Device\Null and the console, \Device\ConDrv, which is the host's standard streams.
#include <unistd.h>

#include <cstring>

#include "kernel/api/api.h"
#include "kernel/hal/hal.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr DEVICE_TYPE kFileDeviceNull = 0x15, kFileDeviceConsole = 0x50;

/// FILE_OBJECT.FsContext2 of a console file: which stream it is.
enum Stream : ULONG_PTR { kInput = 1, kOutput = 2, kError = 3 };

std::vector<PIRP>* readers = nullptr;  // reads that wait for input, oldest first

void Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, 0);
}

std::u16string_view NameOf(const FILE_OBJECT* file) { return {file->FileName.Buffer, file->FileName.Length / sizeof(WCHAR)}; }

/// Reads what the host has for the oldest reader.
void OnInput(void*) {
  if (readers->empty()) return;
  PIRP const irp = readers->front();
  readers->erase(readers->begin());
  if (readers->empty()) hal::UnwatchDescriptor(STDIN_FILENO);
  const ssize_t length = read(STDIN_FILENO, irp->AssociatedIrp.SystemBuffer, IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
  if (length < 0) return Complete(irp, STATUS_UNSUCCESSFUL, 0);
  Complete(irp, STATUS_SUCCESS, static_cast<ULONG_PTR>(length));  // nothing at end of file, as a console reader sees CTRL+Z
}

void Route(PDRIVER_OBJECT driver, UCHAR major, const char* stub) {
  driver->MajorFunction[major] = reinterpret_cast<PDRIVER_DISPATCH>(api::StubOf(stub));
}

}  // namespace

void InitializeBuiltinDevices() {
  delete readers;
  readers = new std::vector<PIRP>;
  PDRIVER_OBJECT const null = CreateBuiltinDriver(u"Null");
  for (const UCHAR major : {IRP_MJ_CREATE, IRP_MJ_CLOSE, IRP_MJ_CLEANUP, IRP_MJ_READ, IRP_MJ_WRITE}) Route(null, major, "NullDispatch");
  CreateBuiltinDevice(null, u"\\Device\\Null", kFileDeviceNull, 0);
  ob::CreateSymbolicLink(u"\\GLOBAL\?\?\\NUL", u"\\Device\\Null", true);

  PDRIVER_OBJECT const console = CreateBuiltinDriver(u"ConDrv");
  Route(console, IRP_MJ_CREATE, "ConsoleCreate");
  Route(console, IRP_MJ_CLEANUP, "ConsoleClose");
  Route(console, IRP_MJ_CLOSE, "ConsoleClose");
  Route(console, IRP_MJ_READ, "ConsoleRead");
  Route(console, IRP_MJ_WRITE, "ConsoleWrite");
  Route(console, IRP_MJ_FLUSH_BUFFERS, "ConsoleClose");
  CreateBuiltinDevice(console, u"\\Device\\ConDrv", kFileDeviceConsole, DO_BUFFERED_IO);
  ob::CreateSymbolicLink(u"\\GLOBAL\?\?\\CON", u"\\Device\\ConDrv\\CurrentOut", true);
  ob::CreateSymbolicLink(u"\\GLOBAL\?\?\\CONIN$", u"\\Device\\ConDrv\\CurrentIn", true);
  ob::CreateSymbolicLink(u"\\GLOBAL\?\?\\CONOUT$", u"\\Device\\ConDrv\\CurrentOut", true);
}

}  // namespace nt::io

using namespace nt::io;

extern "C" {

NTSTATUS NullDispatch(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  const IO_STACK_LOCATION* const location = IoGetCurrentIrpStackLocation(Irp);
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
  if (location->MajorFunction == IRP_MJ_READ) status = STATUS_END_OF_FILE;
  if (location->MajorFunction == IRP_MJ_WRITE) information = location->Parameters.Write.Length;
  Complete(Irp, status, information);
  return status;
}

NTSTATUS ConsoleCreate(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  PFILE_OBJECT const file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  const std::u16string_view name = NameOf(file);
  ULONG_PTR stream = 0;
  if (name == u"\\CurrentIn" || name == u"\\Input") stream = kInput;
  if (name == u"\\CurrentOut" || name == u"\\Output") stream = kOutput;
  if (name == u"\\CurrentError") stream = kError;
  file->FsContext2 = reinterpret_cast<PVOID>(stream);
  const NTSTATUS status = stream != 0 ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
  Complete(Irp, status, FILE_OPENED);
  return status;
}

NTSTATUS ConsoleClose(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  Complete(Irp, STATUS_SUCCESS, 0);
  return STATUS_SUCCESS;
}

NTSTATUS ConsoleWrite(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  const IO_STACK_LOCATION* const location = IoGetCurrentIrpStackLocation(Irp);
  const auto stream = reinterpret_cast<ULONG_PTR>(location->FileObject->FsContext2);
  const ULONG length = location->Parameters.Write.Length;
  if (stream == kInput) {
    Complete(Irp, STATUS_INVALID_HANDLE, 0);
    return STATUS_INVALID_HANDLE;
  }
  nt::hal::WriteConsole(stream == kError ? STDERR_FILENO : STDOUT_FILENO, Irp->AssociatedIrp.SystemBuffer, length);
  Complete(Irp, STATUS_SUCCESS, length);
  return STATUS_SUCCESS;
}

NTSTATUS ConsoleRead(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  PIO_STACK_LOCATION const location = IoGetCurrentIrpStackLocation(Irp);
  if (location->Parameters.Read.Length == 0 || reinterpret_cast<ULONG_PTR>(location->FileObject->FsContext2) != kInput) {
    const NTSTATUS status = location->Parameters.Read.Length == 0 ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    Complete(Irp, status, 0);
    return status;
  }
  location->Control |= SL_PENDING_RETURNED;
  if (readers->empty()) nt::hal::WatchDescriptor(STDIN_FILENO, &OnInput, nullptr);
  readers->push_back(Irp);
  return STATUS_PENDING;
}

}  // extern "C"
