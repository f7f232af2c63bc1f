// Sectors of a volume's device: what file systems answer when somebody asks for FileFsSectorSizeInformation.
#include <algorithm>

#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "nt/file_information.h"
#include "nt/status.h"

extern "C" PIRP IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer, ULONG InputBufferLength,
                                              PVOID OutputBuffer, ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                              PIO_STATUS_BLOCK IoStatusBlock);

namespace {

constexpr ULONG kQueryProperty = 0x2d1400;  // IOCTL_STORAGE_QUERY_PROPERTY
constexpr ULONG kAccessAlignment = 6, kSeekPenalty = 7, kTrim = 8;
constexpr ULONG kFlagAligned = 1, kFlagPartitionAligned = 2, kFlagNoSeekPenalty = 4, kFlagTrim = 8;
constexpr ULONG kOffsetUnknown = ~0u;

/// STORAGE_PROPERTY_QUERY; the query is the standard one.
struct Query {
  ULONG PropertyId;
  ULONG QueryType;
  ULONG AdditionalParameters;
};

/// STORAGE_ACCESS_ALIGNMENT_DESCRIPTOR.
struct Alignment {
  ULONG Version;
  ULONG Size;
  ULONG BytesPerCacheLine;
  ULONG BytesOffsetForCacheAlignment;
  ULONG BytesPerLogicalSector;
  ULONG BytesPerPhysicalSector;
  ULONG BytesOffsetForSectorAlignment;
};
NT_SIZE(Alignment, 0x1c);

/// DEVICE_SEEK_PENALTY_DESCRIPTOR and DEVICE_TRIM_DESCRIPTOR.
struct Answer {
  ULONG Version;
  ULONG Size;
  BOOLEAN Yes;
};

/// Asks the device for a property; false if it does not know all of it.
template <class T>
bool Ask(PDEVICE_OBJECT device, ULONG property, T* answer) {
  Query query{property, 0, 0};
  KEVENT done;
  IO_STATUS_BLOCK result{};
  KeInitializeEvent(&done, NotificationEvent, FALSE);
  PIRP const irp =
      IoBuildDeviceIoControlRequest(kQueryProperty, device, &query, sizeof query, answer, sizeof *answer, FALSE, &done, &result);
  if (irp == nullptr) return false;
  NTSTATUS status = IofCallDriver(device, irp);
  if (status == STATUS_PENDING) {
    KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
    status = result.Status;
  }
  return NT_SUCCESS(status) && result.Information >= sizeof *answer;
}

bool IsPowerOfTwo(ULONG value) { return value != 0 && (value & (value - 1)) == 0; }

}  // namespace

extern "C" {

/// The sizes of a device's sectors, as it tells them, or as its device object does. IRQL PASSIVE_LEVEL. STATUS_INVALID_PARAMETER if the
/// device object has no sector size.
NTSTATUS FsRtlGetSectorSizeInformation(PDEVICE_OBJECT DeviceObject, PVOID SectorSizeInfo) {
  if (!IsPowerOfTwo(DeviceObject->SectorSize)) return STATUS_INVALID_PARAMETER;
  auto* const sizes = static_cast<FILE_FS_SECTOR_SIZE_INFORMATION*>(SectorSizeInfo);
  const ULONG logical = DeviceObject->SectorSize;
  *sizes = {logical, logical, logical, logical, 0, kOffsetUnknown, kOffsetUnknown};
  Alignment alignment{};
  if (Ask(DeviceObject, kAccessAlignment, &alignment) && IsPowerOfTwo(alignment.BytesPerPhysicalSector)) {
    const ULONG physical = std::max(alignment.BytesPerPhysicalSector, logical);
    sizes->PhysicalBytesPerSectorForAtomicity = sizes->PhysicalBytesPerSectorForPerformance = physical;
    sizes->FileSystemEffectivePhysicalBytesPerSectorForAtomicity = std::min(physical, ULONG{PAGE_SIZE});
    sizes->ByteOffsetForSectorAlignment = alignment.BytesOffsetForSectorAlignment;
    sizes->ByteOffsetForPartitionAlignment = 0;
    sizes->Flags = kFlagPartitionAligned | (alignment.BytesOffsetForSectorAlignment == 0 ? kFlagAligned : 0);
  }
  Answer penalty{}, trim{};
  if (Ask(DeviceObject, kSeekPenalty, &penalty) && penalty.Yes == FALSE) sizes->Flags |= kFlagNoSeekPenalty;
  if (Ask(DeviceObject, kTrim, &trim) && trim.Yes != FALSE) sizes->Flags |= kFlagTrim;
  return STATUS_SUCCESS;
}

}  // extern "C"
