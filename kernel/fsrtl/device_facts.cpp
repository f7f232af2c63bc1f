// What file systems ask about devices, files and the system.
#include "kernel/io/io.h"
#include "nt/fcb.h"
#include "nt/status.h"

extern "C" {

/// Whether an error tells that the whole device has failed, not a part of its data.
BOOLEAN FsRtlIsTotalDeviceFailure(NTSTATUS Status) {
  if (NT_SUCCESS(Status)) return FALSE;
  switch (Status) {
    case STATUS_CRC_ERROR:
    case STATUS_DEVICE_DATA_ERROR:
      return FALSE;
    default:
      return TRUE;
  }
}

ULONG FsRtlIsPagingFile(PFILE_OBJECT FileObject) {
  const auto* const header = static_cast<const FSRTL_COMMON_FCB_HEADER*>(FileObject->FsContext);
  return header != nullptr && (header->Flags2 & FSRTL_FLAG2_IS_PAGING_FILE) != 0;
}

BOOLEAN FsRtlIsMobileOS() { return FALSE; }

BOOLEAN FsRtlAreVolumeStartupApplicationsComplete() { return TRUE; }

/// No reparse tag of build 22000 is for directories that hold something, but those of directory placeholders and of layered images.
BOOLEAN FsRtlIsNonEmptyDirectoryReparsePointAllowed(ULONG ReparseTag) {
  constexpr ULONG kDirectoryBit = 0x10000000;  // of a tag: IsReparseTagDirectory
  return (ReparseTag & kDirectoryBit) != 0 ? TRUE : FALSE;
}

}  // extern "C"
