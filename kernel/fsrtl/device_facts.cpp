// What file systems ask about devices, files and the system.
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "nt/fcb.h"
#include "nt/status.h"

extern "C" {

PIRP IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer, ULONG InputBufferLength,
                                   PVOID OutputBuffer, ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                   PIO_STATUS_BLOCK IoStatusBlock);

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

/// Asks a mirrored volume's driver to read from either disk; its answer.
NTSTATUS FsRtlBalanceReads(PDEVICE_OBJECT TargetDevice) {
  constexpr ULONG kBalancedReadMode = 0x66001b;  // FT_BALANCED_READ_MODE
  KEVENT done;
  IO_STATUS_BLOCK result{};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP const irp = IoBuildDeviceIoControlRequest(kBalancedReadMode, TargetDevice, nullptr, 0, nullptr, 0, FALSE, &done, &result);
  if (irp == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const NTSTATUS status = IofCallDriver(TargetDevice, irp);
  if (status != STATUS_PENDING) return status;
  KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return result.Status;
}

BOOLEAN FsRtlIsMobileOS() { return FALSE; }

BOOLEAN FsRtlAreVolumeStartupApplicationsComplete() { return TRUE; }

/// No reparse tag of build 22000 is for directories that hold something, but those of directory placeholders and of layered images.
BOOLEAN FsRtlIsNonEmptyDirectoryReparsePointAllowed(ULONG ReparseTag) {
  constexpr ULONG kDirectoryBit = 0x10000000;  // of a tag: IsReparseTagDirectory
  return (ReparseTag & kDirectoryBit) != 0 ? TRUE : FALSE;
}

}  // extern "C"
