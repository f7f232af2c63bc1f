// Which file systems there are, and who hears of them.
#include "kernel/io/file_systems.h"

#include <algorithm>

#include "kernel/io/registrations.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;

namespace {

constexpr ULONG DO_LOW_PRIORITY_FILESYSTEM = 0x10000;

bool IsFileSystem(DEVICE_TYPE type) {
  return type == FILE_DEVICE_DISK_FILE_SYSTEM || type == FILE_DEVICE_CD_ROM_FILE_SYSTEM || type == FILE_DEVICE_TAPE_FILE_SYSTEM ||
         type == FILE_DEVICE_NETWORK_FILE_SYSTEM;
}

/// Tells all who asked, in the order they did. Each may change the list.
void TellAll(PDEVICE_OBJECT file_system, BOOLEAN active) {
  const auto notifications = new std::vector<FsNotification>(Registered().fs_notifications);
  for (std::size_t i = 0; i < notifications->size(); ++i) ke::Callout<void>((*notifications)[i].routine, file_system, active);
  delete notifications;
}

auto FindNotification(PDRIVER_OBJECT driver, PDRIVER_FS_NOTIFICATION routine) {
  return std::ranges::find_if(Registered().fs_notifications,
                              [=](const FsNotification& other) { return other.driver == driver && other.routine == routine; });
}

}  // namespace

extern "C" {

VOID IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject) {
  std::vector<PDEVICE_OBJECT>& all = Registered().file_systems;
  DeviceObject->Flags &= ~DO_DEVICE_INITIALIZING;
  ++DeviceObject->ReferenceCount;
  if (IsFileSystem(DeviceObject->DeviceType)) {
    const bool last = (DeviceObject->Flags & DO_LOW_PRIORITY_FILESYSTEM) != 0;
    all.insert(last ? all.end() : all.begin(), DeviceObject);
  }
  TellAll(DeviceObject, TRUE);
}

VOID IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject) {
  std::erase(Registered().file_systems, DeviceObject);
  TellAll(DeviceObject, FALSE);
  --DeviceObject->ReferenceCount;
  ReleaseDevice(DeviceObject);
}

NTSTATUS IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
  if (FindNotification(DriverObject, DriverNotificationRoutine) != Registered().fs_notifications.end())
    return STATUS_DEVICE_ALREADY_ATTACHED;
  ObfReferenceObject(DriverObject);
  Registered().fs_notifications.push_back({DriverObject, DriverNotificationRoutine});
  const auto there = new std::vector<PDEVICE_OBJECT>(Registered().file_systems);
  for (std::size_t i = 0; i < there->size(); ++i) ke::Callout<void>(DriverNotificationRoutine, (*there)[i], TRUE);
  delete there;
  return STATUS_SUCCESS;
}

NTSTATUS IoRegisterFsRegistrationChangeMountAware(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine,
                                                  BOOLEAN /*SynchronizeWithMounts*/) {
  return IoRegisterFsRegistrationChange(DriverObject, DriverNotificationRoutine);
}

VOID IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject, PDRIVER_FS_NOTIFICATION DriverNotificationRoutine) {
  const auto found = FindNotification(DriverObject, DriverNotificationRoutine);
  if (found == Registered().fs_notifications.end()) return;
  Registered().fs_notifications.erase(found);
  ObfDereferenceObject(DriverObject);
}

/// The drivers that asked to hear of file systems, in the order they did, each with a reference.
NTSTATUS IoEnumerateRegisteredFiltersList(PDRIVER_OBJECT* DriverObjectList, ULONG DriverObjectListSize, PULONG ActualNumberDriverObjects) {
  const std::vector<FsNotification>& all = Registered().fs_notifications;
  const std::size_t room = DriverObjectListSize / sizeof(PDRIVER_OBJECT);
  *ActualNumberDriverObjects = static_cast<ULONG>(all.size());
  for (std::size_t i = 0; i < std::min(room, all.size()); ++i) {
    ObfReferenceObject(all[i].driver);
    DriverObjectList[i] = all[i].driver;
  }
  return room < all.size() ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

/// The device of the file system that a file is of, without the filters above; the file's own device if no volume is mounted.
PDEVICE_OBJECT IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject) {
  if (FileObject->Vpb != nullptr && FileObject->Vpb->DeviceObject != nullptr) return FileObject->Vpb->DeviceObject;
  const VPB* const vpb = (FileObject->Flags & FO_DIRECT_DEVICE_OPEN) == 0 ? FileObject->DeviceObject->Vpb : nullptr;
  return vpb != nullptr && vpb->DeviceObject != nullptr ? vpb->DeviceObject : FileObject->DeviceObject;
}

}  // extern "C"
