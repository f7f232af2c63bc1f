// File objects: opening a device, cleanup at the last handle, close at the last reference.
#include <cstring>
#include <new>

#include "kernel/ex/ex.h"
#include "kernel/io/completion_port.h"
#include "kernel/io/device_security.h"
#include "kernel/io/file_systems.h"
#include "kernel/io/irp_lists.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/ki.h"
#include "kernel/se/se.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kNameTag = 'eNoI';

PFILE_OBJECT NewFile(PDEVICE_OBJECT device, const OpenPacket& packet, std::u16string_view name, ACCESS_MASK access) {
  PVOID object = nullptr;
  if (!NT_SUCCESS(ObCreateObject(KernelMode, Io().file_type, nullptr, KernelMode, nullptr, sizeof(FILE_OBJECT), 0, 0, &object)))
    return nullptr;
  auto* const file = new (object) FILE_OBJECT{};
  file->Type = IO_TYPE_FILE;
  file->Size = sizeof(FILE_OBJECT);
  file->DeviceObject = device;
  file->RelatedFileObject = packet.related;
  if ((packet.options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)) != 0) file->Flags |= FO_SYNCHRONOUS_IO;
  if ((packet.options & FILE_SYNCHRONOUS_IO_ALERT) != 0) file->Flags |= FO_ALERTABLE_IO;
  if ((packet.options & FILE_NO_INTERMEDIATE_BUFFERING) != 0) file->Flags |= FO_NO_INTERMEDIATE_BUFFERING;
  if ((packet.options & FILE_WRITE_THROUGH) != 0) file->Flags |= FO_WRITE_THROUGH;
  if ((packet.options & FILE_SEQUENTIAL_ONLY) != 0) file->Flags |= FO_SEQUENTIAL_ONLY;
  if ((packet.options & FILE_RANDOM_ACCESS) != 0) file->Flags |= FO_RANDOM_ACCESS;
  if ((packet.options & FILE_DELETE_ON_CLOSE) != 0) file->Flags |= FO_DELETE_ON_CLOSE;
  file->ReadAccess = (access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
  file->WriteAccess = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
  file->DeleteAccess = (access & DELETE_ACCESS) != 0;
  file->SharedRead = (packet.share_access & FILE_SHARE_READ) != 0;
  file->SharedWrite = (packet.share_access & FILE_SHARE_WRITE) != 0;
  file->SharedDelete = (packet.share_access & FILE_SHARE_DELETE) != 0;
  const SIZE_T bytes = name.size() * sizeof(WCHAR);
  if (bytes != 0) {
    file->FileName.Buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, bytes, kNameTag));
    std::memcpy(file->FileName.Buffer, name.data(), bytes);
    file->FileName.Length = file->FileName.MaximumLength = static_cast<USHORT>(bytes);
  }
  KeInitializeEvent(&file->Lock, SynchronizationEvent, FALSE);
  KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
  file->IrpList.Flink = file->IrpList.Blink = &file->IrpList;
  return file;
}

/// Sends an IRP made by `fill` and waits until it is completed.
template <class Fill>
IO_STATUS_BLOCK SendAndWait(PFILE_OBJECT file, PDEVICE_OBJECT device, UCHAR major, ULONG flags, Fill fill) {
  IO_STATUS_BLOCK result{};
  KEVENT done;
  KeInitializeEvent(&done, SynchronizationEvent, FALSE);
  PIRP const irp = NewIrp(device->StackSize);
  if (irp == nullptr) {
    result.Status = STATUS_INSUFFICIENT_RESOURCES;
    return result;
  }
  irp->Flags = flags | IRP_SYNCHRONOUS_API;
  irp->UserIosb = &result;
  irp->UserEvent = &done;
  irp->RequestorMode = KernelMode;
  irp->Tail.Overlay.Thread = ke::KiThread;
  irp->Tail.Overlay.OriginalFileObject = file;
  PIO_STACK_LOCATION const location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = major;
  location->FileObject = file;
  fill(irp, location);
  QueueToThread(irp);
  const NTSTATUS status = IofCallDriver(device, irp);
  if (status == STATUS_PENDING || done.Header.SignalState == 0) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  }
  Dequeue(irp);
  IoFreeIrp(irp);
  return result;
}

bool MayOpen(PDEVICE_OBJECT device, NTSTATUS* status) {
  if ((device->Flags & DO_DEVICE_INITIALIZING) != 0 ||
      (device->DeviceObjectExtension->ExtensionFlags & (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING)) != 0) {
    *status = STATUS_NO_SUCH_DEVICE;
    return false;
  }
  if ((device->Flags & DO_EXCLUSIVE) != 0 && device->ReferenceCount != 0) {
    *status = STATUS_ACCESS_DENIED;
    return false;
  }
  return true;
}

/// Keeps with a file object what a driver asked for when it opened it.
NTSTATUS KeepExtras(PFILE_OBJECT file, PDEVICE_OBJECT device, const CreateExtras& extras) {
  constexpr ULONG kMailslot = 0x200;  // FO_MAILSLOT
  if (extras.type == CreateFileTypeNamedPipe) file->Flags |= FO_NAMED_PIPE;
  if (extras.type == CreateFileTypeMailslot) file->Flags |= kMailslot;
  if (extras.device_hint == nullptr && extras.transaction == nullptr) return STATUS_SUCCESS;
  PDEVICE_OBJECT at = device;
  while (at != nullptr && at != extras.device_hint) at = at->AttachedDevice;
  if (extras.device_hint != nullptr && at == nullptr) return STATUS_INVALID_DEVICE_OBJECT_PARAMETER;
  FileExtension* const extension = MakeExtension(file);
  if (extension == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  extension->device_hint = extras.device_hint;
  extension->has_transaction = extras.transaction != nullptr;
  if (extension->has_transaction) extension->transaction = *extras.transaction;
  return STATUS_SUCCESS;
}

/// A driver has sent the opener elsewhere: the file object has the whole name to go on with.
void TakeNewName(const FILE_OBJECT* file, OpenPacket* packet, ob::ParseRequest* request) {
  std::u16string& name = Io().new_name;
  name.assign(file->FileName.Buffer, file->FileName.Length / sizeof(WCHAR));
  const auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  request->remaining = {bytes, bytes, name.data()};
  packet->related = nullptr;
}

/// Who asks no more than this of a device has it opened itself, not the volume it carries.
bool IsDirectOpen(const ob::ParseRequest& request) {
  constexpr ACCESS_MASK kOfDevice = SYNCHRONIZE | FILE_READ_ATTRIBUTES | READ_CONTROL | ACCESS_SYSTEM_SECURITY | WRITE_OWNER | WRITE_DAC;
  const auto* const packet = static_cast<const OpenPacket*>(request.context);
  return request.remaining.Length == 0 && packet->related == nullptr && (request.access & ~kOfDevice) == 0;
}

/// The mounted volume whose file system is to open a name on a device; null if the device's own driver is.
NTSTATUS FindVolume(PDEVICE_OBJECT device, const ob::ParseRequest& request, PVPB* vpb) {
  *vpb = nullptr;
  if (device->Vpb == nullptr || IsDirectOpen(request)) return STATUS_SUCCESS;
  const PFILE_OBJECT related = static_cast<const OpenPacket*>(request.context)->related;
  if (related != nullptr && related->Vpb != nullptr) {
    *vpb = related->Vpb;
    return STATUS_SUCCESS;
  }
  return MountVolume(device, request.remaining.Length == 0, vpb);
}

void UseVolume(PFILE_OBJECT file, PVPB vpb) {
  file->Vpb = vpb;
  if (vpb != nullptr) ++vpb->ReferenceCount;
}

/// A file object that was not opened: its driver hears nothing more of it.
void GiveUp(PFILE_OBJECT file, PDEVICE_OBJECT device, PVPB vpb) {
  if (vpb != nullptr) --vpb->ReferenceCount;
  file->Vpb = nullptr;
  file->DeviceObject = nullptr;
  --device->ReferenceCount;
  ReleaseDevice(device);
  ObfDereferenceObject(file);
}

/// Makes a file object for a device and has its driver, or its file system, open it.
NTSTATUS Open(PDEVICE_OBJECT device, ob::ParseRequest& request, PACCESS_STATE state, PVOID* object) {
  auto* const packet = static_cast<OpenPacket*>(request.context);
  const ACCESS_MASK access = state->PreviouslyGrantedAccess;
  PVPB vpb = nullptr;
  const NTSTATUS found = FindVolume(device, request, &vpb);
  if (!NT_SUCCESS(found)) return found;
  PDEVICE_OBJECT const base = vpb != nullptr ? vpb->DeviceObject : device;
  const std::u16string_view rest(request.remaining.Buffer, request.remaining.Length / sizeof(WCHAR));
  PFILE_OBJECT const file = NewFile(device, *packet, rest, access);
  if (file == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  if (device->Vpb != nullptr && IsDirectOpen(request)) file->Flags |= FO_DIRECT_DEVICE_OPEN;
  ++device->ReferenceCount;
  UseVolume(file, vpb);
  const NTSTATUS kept = packet->extras != nullptr ? KeepExtras(file, base, *packet->extras) : STATUS_SUCCESS;
  if (!NT_SUCCESS(kept)) {
    GiveUp(file, device, vpb);
    return kept;
  }
  IO_SECURITY_CONTEXT security{nullptr, state, access, packet->options};
  const CreateExtras extras = packet->extras != nullptr ? *packet->extras : CreateExtras{};
  const UCHAR major = extras.type == CreateFileTypeNamedPipe  ? IRP_MJ_CREATE_NAMED_PIPE
                      : extras.type == CreateFileTypeMailslot ? IRP_MJ_CREATE_MAILSLOT
                                                              : IRP_MJ_CREATE;
  PDEVICE_OBJECT const top = extras.device_hint != nullptr ? extras.device_hint : IoGetAttachedDevice(base);
  packet->status = SendAndWait(file, top, major, IRP_CREATE_OPERATION, [&](PIRP irp, PIO_STACK_LOCATION location) {
    irp->RequestorMode = request.mode;
    irp->AssociatedIrp.SystemBuffer = packet->ea_buffer;
    irp->Overlay.AllocationSize = packet->allocation_size;
    location->Parameters.Create.SecurityContext = &security;
    location->Parameters.Create.Options = (packet->disposition << 24) | (packet->options & 0xffffff);
    location->Parameters.Create.FileAttributes = packet->file_attributes;
    location->Parameters.Create.ShareAccess = packet->share_access;
    location->Parameters.Create.EaLength = packet->ea_length;
    irp->Tail.Overlay.AuxiliaryBuffer = static_cast<PCHAR>(extras.create_parameters);
    if (extras.parameters != nullptr) location->Parameters.Others.Argument4 = extras.parameters;
  });
  const NTSTATUS status = packet->status.Status;
  if (status == STATUS_REPARSE) TakeNewName(file, packet, &request);
  if (!NT_SUCCESS(status) || status == STATUS_REPARSE) {
    GiveUp(file, device, vpb);
    return status;
  }
  file->Flags |= FO_FILE_OPEN | FO_HANDLE_CREATED;
  packet->file = file;
  *object = file;
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS ParseDevice(ob::ParseRequest& request, PVOID* object) {
  auto* const device = static_cast<PDEVICE_OBJECT>(request.object);
  auto* const packet = static_cast<OpenPacket*>(request.context);
  if (packet == nullptr) {  // somebody wants the device object itself
    if (request.wanted != nullptr && request.wanted != Io().device_type) return STATUS_OBJECT_TYPE_MISMATCH;
    if (request.remaining.Length != 0) return STATUS_OBJECT_PATH_NOT_FOUND;
    ObfReferenceObject(device);
    *object = device;
    return STATUS_SUCCESS;
  }
  NTSTATUS status = STATUS_SUCCESS;
  if (!MayOpen(device, &status)) return status;
  ACCESS_STATE state{};
  SeCaptureSubjectContext(&state.SubjectSecurityContext);
  ACCESS_MASK access = 0;
  status = CheckDeviceAccess(device, request, &state.SubjectSecurityContext, &access);
  if (NT_SUCCESS(status)) {
    state.OriginalDesiredAccess = request.access;
    state.PreviouslyGrantedAccess = access;
    status = Open(device, request, &state, object);
  }
  SeReleaseSubjectContext(&state.SubjectSecurityContext);
  if (NT_SUCCESS(status)) request.access = access;
  return status;
}

NTSTATUS ParseFile(ob::ParseRequest& request, PVOID* object) {
  auto* const packet = static_cast<OpenPacket*>(request.context);
  auto* const file = static_cast<PFILE_OBJECT>(request.object);
  if (packet == nullptr) {
    if (request.remaining.Length != 0) return STATUS_OBJECT_TYPE_MISMATCH;
    ObfReferenceObject(file);
    *object = file;
    return STATUS_SUCCESS;
  }
  packet->related = file;
  ob::ParseRequest below = request;
  below.object = file->DeviceObject;
  const NTSTATUS status = ParseDevice(below, object);
  request.remaining = below.remaining;
  request.access = below.access;
  return status;
}

NTSTATUS SendFileRequest(PFILE_OBJECT file, UCHAR major, UCHAR minor) {
  PDEVICE_OBJECT const top = IoGetRelatedDeviceObject(file);
  return SendAndWait(file, top, major, IRP_CLOSE_OPERATION, [=](PIRP, PIO_STACK_LOCATION location) { location->MinorFunction = minor; })
      .Status;
}

NTSTATUS QueryFile(PFILE_OBJECT file, ULONG information_class, PVOID buffer, ULONG length, ULONG_PTR* returned) {
  PDEVICE_OBJECT const top = IoGetRelatedDeviceObject(file);
  const auto fill = [&](PIRP irp, PIO_STACK_LOCATION location) {
    irp->AssociatedIrp.SystemBuffer = buffer;
    location->Parameters.QueryFile.Length = length;
    location->Parameters.QueryFile.FileInformationClass = information_class;
  };
  const IO_STATUS_BLOCK result = SendAndWait(file, top, IRP_MJ_QUERY_INFORMATION, IRP_CLOSE_OPERATION, fill);
  if (returned != nullptr) *returned = result.Information;
  return result.Status;
}

void CloseFile(PEPROCESS /*process*/, PVOID object, ACCESS_MASK /*access*/, LONGLONG process_handles, LONGLONG system_handles) {
  auto* const file = static_cast<PFILE_OBJECT>(object);
  if (file->DeviceObject == nullptr) return;
  // A process's locks go with its last handle, though another process has one.
  if (process_handles == 1 && system_handles != 1 && file->LockOperation != FALSE)
    SendFileRequest(file, IRP_MJ_LOCK_CONTROL, IRP_MN_UNLOCK_ALL);
  if (system_handles != 1) return;
  CancelFileIrps(file);
  SendFileRequest(file, IRP_MJ_CLEANUP);
  file->Flags |= FO_CLEANUP_COMPLETE;
}

void DestroyFile(PVOID object) {
  auto* const file = static_cast<PFILE_OBJECT>(object);
  if (file->DeviceObject != nullptr) {
    PDEVICE_OBJECT const device = file->DeviceObject;
    if ((file->Flags & (FO_FILE_OPEN | FO_STREAM_FILE)) != 0) {
      if ((file->Flags & FO_CLEANUP_COMPLETE) == 0) SendFileRequest(file, IRP_MJ_CLEANUP);
      SendFileRequest(file, IRP_MJ_CLOSE);
    }
    PVPB const vpb = file->Vpb == nullptr && (file->Flags & FO_STREAM_FILE) != 0 ? device->Vpb : file->Vpb;
    if (vpb != nullptr) --vpb->ReferenceCount;
    --device->ReferenceCount;
    ReleaseDevice(device);
  }
  if (file->FileName.Buffer != nullptr) ex::FreePool(file->FileName.Buffer);
  if (file->FileObjectExtension != nullptr) ex::FreePool(file->FileObjectExtension);
  UnbindPort(file);
}

NTSTATUS QueryFileName(PVOID object, std::u16string* name) {
  const auto* const file = static_cast<PFILE_OBJECT>(object);
  if (file->DeviceObject == nullptr) return STATUS_OBJECT_PATH_INVALID;
  *name = ob::NameOf(file->DeviceObject);
  name->append(file->FileName.Buffer, file->FileName.Length / sizeof(WCHAR));
  return STATUS_SUCCESS;
}

NTSTATUS OpenImageFile(const UNICODE_STRING& path, HANDLE* handle) {
  constexpr ACCESS_MASK kAccess = FILE_EXECUTE | FILE_READ_DATA | SYNCHRONIZE;
  OBJECT_ATTRIBUTES object{sizeof object, nullptr, const_cast<PUNICODE_STRING>(&path), OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
                           nullptr,       nullptr};
  OpenPacket packet{};
  packet.disposition = FILE_OPEN;
  packet.options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE;
  packet.share_access = FILE_SHARE_READ | FILE_SHARE_DELETE;
  return ObOpenObjectByName(&object, nullptr, KernelMode, nullptr, kAccess, &packet, handle);
}

NTSTATUS OpenFile(PHANDLE handle, ACCESS_MASK access, std::u16string_view name, ULONG attributes, ULONG options) {
  UNICODE_STRING string{static_cast<USHORT>(name.size() * 2), static_cast<USHORT>(name.size() * 2), const_cast<PWSTR>(name.data())};
  OBJECT_ATTRIBUTES object{sizeof object, nullptr, &string, attributes, nullptr, nullptr};
  OpenPacket packet{};
  packet.disposition = FILE_OPEN;
  packet.options = options;
  packet.share_access = FILE_SHARE_READ | FILE_SHARE_WRITE;
  return ObOpenObjectByName(&object, nullptr, KernelMode, nullptr, access, &packet, handle);
}

}  // namespace nt::io

using namespace nt::io;

/// Takes an open back that the drivers below have granted, and a filter above refuses: they are sent cleanup and close. IRQL PASSIVE_LEVEL.
extern "C" VOID IoCancelFileOpen(PDEVICE_OBJECT DeviceObject, PFILE_OBJECT FileObject) {
  constexpr ULONG kCancelled = 0x200000;  // FO_FILE_OPEN_CANCELLED
  if ((FileObject->Flags & (FO_HANDLE_CREATED | kCancelled)) != 0) {
    nt::ke::BugCheck(INVALID_CANCEL_OF_FILE_OPEN, reinterpret_cast<ULONG_PTR>(FileObject), reinterpret_cast<ULONG_PTR>(DeviceObject), 0, 0,
                     "Only an open that has no handle yet can be cancelled, once.");
  }
  const auto nothing_more = [](PIRP, PIO_STACK_LOCATION) {};
  SendAndWait(FileObject, DeviceObject, IRP_MJ_CLEANUP, IRP_CLOSE_OPERATION, nothing_more);
  FileObject->Flags |= kCancelled;
  SendAndWait(FileObject, DeviceObject, IRP_MJ_CLOSE, IRP_CLOSE_OPERATION, nothing_more);
}
