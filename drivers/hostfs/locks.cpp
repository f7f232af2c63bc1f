// Locks of byte ranges.
#include "drivers/hostfs/volume.h"
#include "nt/status.h"

namespace nt::hostfs {

bool MayTransfer(PIRP irp, LONGLONG first, LONGLONG length, ULONG key, bool write) {
  PFILE_OBJECT const file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  PFILE_LOCK const locks = &OpeningOf(file)->node->locks;
  LARGE_INTEGER start, size;
  start.QuadPart = first;
  size.QuadPart = length;
  const auto check = write ? FsRtlFastCheckLockForWrite : FsRtlFastCheckLockForRead;
  return check(locks, &start, &size, key, file, IoGetRequestorProcess(irp)) != FALSE;
}

NTSTATUS LockControl(PIRP irp, PIO_STACK_LOCATION location) {
  Node* const node = OpeningOf(location->FileObject)->node;
  if (node->directory) return Complete(irp, STATUS_INVALID_PARAMETER);
  return FsRtlProcessFileLock(&node->locks, irp, nullptr);
}

}  // namespace nt::hostfs
