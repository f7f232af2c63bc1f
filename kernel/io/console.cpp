// The built-in devices: \Device\Null and the console, \Device\ConDrv, whose consoles are streams of the host.
#include <unistd.h>

#include <cstring>
#include <map>

#include "kernel/api/api.h"
#include "kernel/hal/hal.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ps/ps.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr DEVICE_TYPE kFileDeviceNull = 0x15, kFileDeviceConsole = 0x50;

/// FILE_OBJECT.FsContext2 of a console file: which stream it is.
enum Stream : ULONG_PTR { kInput = 1, kOutput = 2, kError = 3 };

/// A console: host descriptors of its streams, and the reads that wait for input, oldest first.
struct Console {
  int descriptors[3];
  std::vector<PIRP> readers;
};

std::map<ULONG, Console>* consoles = nullptr;
ULONG last_console = 0;

/// FILE_OBJECT.FsContext of a console file: the console's number.
Console* ConsoleOf(const FILE_OBJECT* file) {
  const auto found = consoles->find(static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(file->FsContext)));
  return found == consoles->end() ? nullptr : &found->second;
}

void Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, 0);
}

std::u16string_view NameOf(const FILE_OBJECT* file) { return {file->FileName.Buffer, file->FileName.Length / sizeof(WCHAR)}; }

/// Reads what the host has for the oldest reader.
void OnInput(void* context) {
  Console& console = *static_cast<Console*>(context);
  if (console.readers.empty()) return;
  PIRP const irp = console.readers.front();
  console.readers.erase(console.readers.begin());
  const int input = console.descriptors[0];
  if (console.readers.empty()) hal::UnwatchDescriptor(input);
  const ssize_t length = read(input, irp->AssociatedIrp.SystemBuffer, IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length);
  if (length < 0) return Complete(irp, STATUS_UNSUCCESSFUL, 0);
  Complete(irp, STATUS_SUCCESS, static_cast<ULONG_PTR>(length));  // nothing at end of file, as a console reader sees CTRL+Z
}

void Route(PDRIVER_OBJECT driver, UCHAR major, const char* stub) {
  driver->MajorFunction[major] = reinterpret_cast<PDRIVER_DISPATCH>(api::StubOf(stub));
}

}  // namespace

void InitializeBuiltinDevices() {
  delete consoles;
  consoles = new std::map<ULONG, Console>{{0, {{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}, {}}}};
  last_console = 0;
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

ULONG AddConsole(const int descriptors[3]) {
  consoles->insert({++last_console, {{descriptors[0], descriptors[1], descriptors[2]}, {}}});
  return last_console;
}

void RemoveConsole(ULONG number) {
  const auto found = consoles->find(number);
  if (found == consoles->end()) return;
  const std::vector<PIRP> readers = std::move(found->second.readers);
  if (!readers.empty()) hal::UnwatchDescriptor(found->second.descriptors[0]);
  consoles->erase(found);
  for (PIRP const irp : readers) Complete(irp, STATUS_SUCCESS, 0);
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
  file->FsContext = reinterpret_cast<PVOID>(ULONG_PTR{nt::ps::ConsoleOf(nt::ke::CurrentProcess())});
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
  if (const Console* const console = ConsoleOf(location->FileObject)) {
    nt::hal::WriteConsole(console->descriptors[stream == kError ? 2 : 1], Irp->AssociatedIrp.SystemBuffer, length);
  }
  Complete(Irp, STATUS_SUCCESS, length);
  return STATUS_SUCCESS;
}

NTSTATUS ConsoleRead(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  PIO_STACK_LOCATION const location = IoGetCurrentIrpStackLocation(Irp);
  Console* const console = ConsoleOf(location->FileObject);
  const bool input = reinterpret_cast<ULONG_PTR>(location->FileObject->FsContext2) == kInput;
  if (location->Parameters.Read.Length == 0 || !input || console == nullptr) {
    const NTSTATUS status = input ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    Complete(Irp, status, 0);
    return status;
  }
  location->Control |= SL_PENDING_RETURNED;
  if (console->readers.empty()) nt::hal::WatchDescriptor(console->descriptors[0], &OnInput, console);
  console->readers.push_back(Irp);
  return STATUS_PENDING;
}

}  // extern "C"
