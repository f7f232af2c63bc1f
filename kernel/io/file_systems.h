// File systems that drivers have registered, and the volumes they mount. Private.
#pragma once

#include "kernel/io/state.h"

using PDRIVER_FS_NOTIFICATION = VOID (*)(PDEVICE_OBJECT DeviceObject, BOOLEAN FsActive);

namespace nt::io {

struct FsNotification {
  PDRIVER_OBJECT driver;  ///< with a reference
  PDRIVER_FS_NOTIFICATION routine;
};

/// The type of file system that mounts volumes of a device of this type.
DEVICE_TYPE FileSystemTypeFor(DEVICE_TYPE type);

/// Has a registered file system mount what a device carries, unless that is done. `raw`: who opens the device as a whole needs none: then
/// `*vpb` may become null. STATUS_UNRECOGNIZED_VOLUME if no file system knows the volume, or the error of the one that does. Waits.
NTSTATUS MountVolume(PDEVICE_OBJECT device, bool raw, PVPB* vpb);

/// Sends all file systems IRP_MJ_SHUTDOWN.
void TellFileSystemsOfShutdown();

}  // namespace nt::io
