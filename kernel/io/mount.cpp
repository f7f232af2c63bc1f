// Mounting: a device's volume belongs to the first of the registered file systems that knows it.
#include <algorithm>

#include "kernel/io/file_systems.h"
#include "kernel/io/registrations.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;

namespace nt::io {
namespace {

constexpr USHORT VPB_MOUNTED = 0x1, VPB_LOCKED = 0x2, VPB_REMOVE_PENDING = 0x8;
constexpr UCHAR IRP_MN_MOUNT_VOLUME = 1, IRP_MN_VERIFY_VOLUME = 2, IRP_MN_LOAD_FILE_SYSTEM = 3, SL_ALLOW_RAW_MOUNT = 1;

bool IsMounted(const VPB* vpb) { return (vpb->Flags & VPB_MOUNTED) != 0; }

/// What a file system is asked: to mount a device's volume, or to verify that it still is the one it mounted.
struct Control {
  UCHAR minor;
  PVPB vpb;
  PDEVICE_OBJECT device;
  bool raw;
};

NTSTATUS Send(PDEVICE_OBJECT top, CCHAR stacks, const Control& control) {
  KEVENT done;
  IO_STATUS_BLOCK result{};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP const irp = IoAllocateIrp(stacks, FALSE);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  irp->Flags = IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO;
  irp->UserIosb = &result;
  irp->UserEvent = &done;
  irp->RequestorMode = KernelMode;
  irp->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(ke::CurrentThread());
  PIO_STACK_LOCATION const location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_FILE_SYSTEM_CONTROL;
  location->MinorFunction = control.minor;
  location->Flags = control.raw ? SL_ALLOW_RAW_MOUNT : 0;
  location->Parameters.Others.Argument1 = control.vpb;
  location->Parameters.Others.Argument2 = control.device;
  if (IofCallDriver(top, irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return result.Status;
}

CCHAR StacksAbove(PDEVICE_OBJECT device) {
  CCHAR count = 0;
  for (; device->AttachedDevice != nullptr; device = device->AttachedDevice) ++count;
  return count;
}

NTSTATUS AskToMount(PDEVICE_OBJECT file_system, PDEVICE_OBJECT device, bool raw) {
  PDEVICE_OBJECT const top = IoGetAttachedDevice(device);
  const auto stacks = static_cast<CCHAR>(top->StackSize + 1 + StacksAbove(file_system));
  const NTSTATUS status = Send(IoGetAttachedDevice(file_system), stacks, {IRP_MN_MOUNT_VOLUME, device->Vpb, top, raw});
  if (NT_SUCCESS(status) && device->Vpb->DeviceObject != nullptr) {
    device->Vpb->Flags |= VPB_MOUNTED;
    device->Vpb->DeviceObject->StackSize = static_cast<CCHAR>(top->StackSize + 1);
    device->Vpb->DeviceObject->DeviceObjectExtension->Vpb = device->Vpb;
  }
  return status;
}

/// A recognizer has found a volume of a file system that is not there yet: it shall load it.
void LoadFileSystem(PDEVICE_OBJECT recognizer) {
  PDEVICE_OBJECT const top = IoGetAttachedDevice(recognizer);
  Send(top, top->StackSize, {IRP_MN_LOAD_FILE_SYSTEM, nullptr, nullptr, false});
}

bool IsUserInduced(NTSTATUS status) {
  return status == STATUS_DEVICE_NOT_READY || status == STATUS_IO_TIMEOUT || status == STATUS_MEDIA_WRITE_PROTECTED ||
         status == STATUS_NO_MEDIA_IN_DEVICE || status == STATUS_VERIFY_REQUIRED || status == STATUS_UNRECOGNIZED_MEDIA ||
         status == STATUS_WRONG_VOLUME;
}

/// The next file system of a type in the list, from `index` on; null at its end.
PDEVICE_OBJECT NextFileSystem(DEVICE_TYPE type, std::size_t* index) {
  const std::vector<PDEVICE_OBJECT>& all = Registered().file_systems;
  while (*index < all.size() && all[*index]->DeviceType != type) ++*index;
  return *index < all.size() ? all[(*index)++] : nullptr;
}

/// Asks one after the other. One that is recognized only has its file system loaded, and all are asked again.
NTSTATUS AskAll(PDEVICE_OBJECT device, bool raw) {
  std::size_t index = 0;
  while (PDEVICE_OBJECT const file_system = NextFileSystem(FileSystemTypeFor(device->DeviceType), &index)) {
    const NTSTATUS status = AskToMount(file_system, device, raw);
    if (status == STATUS_FS_DRIVER_REQUIRED) {
      LoadFileSystem(file_system);
      if (std::ranges::find(Registered().file_systems, file_system) != Registered().file_systems.end()) continue;
      index = 0;
    } else if (status != STATUS_UNRECOGNIZED_VOLUME) {
      return status;  // mounted, or known and damaged
    }
  }
  return STATUS_UNRECOGNIZED_VOLUME;
}

NTSTATUS MountLocked(PDEVICE_OBJECT device, bool raw) {
  if (IsMounted(device->Vpb)) return STATUS_SUCCESS;
  return (device->Vpb->Flags & VPB_REMOVE_PENDING) != 0 ? STATUS_NO_SUCH_DEVICE : AskAll(device, raw);
}

}  // namespace

DEVICE_TYPE FileSystemTypeFor(DEVICE_TYPE type) {
  switch (type) {
    case FILE_DEVICE_CD_ROM:
      return FILE_DEVICE_CD_ROM_FILE_SYSTEM;
    case FILE_DEVICE_TAPE:
      return FILE_DEVICE_TAPE_FILE_SYSTEM;
    default:
      return FILE_DEVICE_DISK_FILE_SYSTEM;
  }
}

NTSTATUS MountVolume(PDEVICE_OBJECT device, bool raw, PVPB* vpb) {
  NTSTATUS status = STATUS_SUCCESS;
  if (!IsMounted(device->Vpb)) {
    KeWaitForSingleObject(&device->DeviceLock, Executive, KernelMode, FALSE, nullptr);
    status = MountLocked(device, raw);
    KeSetEvent(&device->DeviceLock, 0, FALSE);
  }
  *vpb = IsMounted(device->Vpb) ? device->Vpb : nullptr;
  if (*vpb != nullptr) return ((*vpb)->Flags & VPB_LOCKED) != 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
  // There is no file system for raw volumes: their devices are opened themselves.
  return raw && (NT_SUCCESS(status) || !IsUserInduced(status)) ? STATUS_SUCCESS : status;
}

void TellFileSystemsOfShutdown() {
  const auto all = Registered().file_systems;
  for (PDEVICE_OBJECT const file_system : all) TellOfShutdown(file_system);
}

}  // namespace nt::io

extern "C" {

NTSTATUS IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount) {
  PDEVICE_OBJECT const device = DeviceObject;
  KeWaitForSingleObject(&device->DeviceLock, Executive, KernelMode, FALSE, nullptr);
  const bool mounted = IsMounted(device->Vpb);
  NTSTATUS status = STATUS_SUCCESS;
  if (mounted) {
    PDEVICE_OBJECT const volume = device->Vpb->DeviceObject;
    PDEVICE_OBJECT const top = IoGetAttachedDevice(volume);
    status = Send(top, top->StackSize, {IRP_MN_VERIFY_VOLUME, device->Vpb, volume, AllowRawMount != FALSE});
  }
  if (!mounted || status == STATUS_WRONG_VOLUME) {
    const NTSTATUS mounting = MountLocked(device, AllowRawMount != FALSE);
    if (!mounted) status = mounting;
    if (!NT_SUCCESS(mounting)) device->Flags &= ~DO_VERIFY_VOLUME;
  }
  KeSetEvent(&device->DeviceLock, 0, FALSE);
  return status;
}

/// The device that carries a file system's volume, referenced.
NTSTATUS IoGetDiskDeviceObject(PDEVICE_OBJECT FileSystemDeviceObject, PDEVICE_OBJECT* DiskDeviceObject) {
  const VPB* const vpb = FileSystemDeviceObject->DeviceObjectExtension->Vpb;
  if (FileSystemDeviceObject->Vpb != nullptr || vpb == nullptr) return STATUS_INVALID_PARAMETER;
  if (!IsMounted(vpb)) return STATUS_VOLUME_DISMOUNTED;
  ObfReferenceObject(vpb->RealDevice);
  *DiskDeviceObject = vpb->RealDevice;
  return STATUS_SUCCESS;
}

PDEVICE_OBJECT IoGetDeviceToVerify(PETHREAD Thread) { return static_cast<PDEVICE_OBJECT>(Thread->DeviceToVerify); }

VOID IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject) { Thread->DeviceToVerify = DeviceObject; }

VOID IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject) {
  if (Irp->Tail.Overlay.Thread != nullptr) Irp->Tail.Overlay.Thread->DeviceToVerify = DeviceObject;
}

}  // extern "C"
