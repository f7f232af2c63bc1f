// Reading and writing.
#include <algorithm>
#include <cerrno>

#include "drivers/hostfs/volume.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

constexpr LONG kSpecialHigh = -1;
constexpr ULONG kWriteToEnd = 0xffffffff, kUsePosition = 0xfffffffe;

/// The first byte a transfer is about.
NTSTATUS OffsetOf(const PFILE_OBJECT file, const LARGE_INTEGER& asked, bool write, LONGLONG* offset) {
  *offset = asked.QuadPart;
  if (asked.HighPart == kSpecialHigh && asked.LowPart == kUsePosition) *offset = file->CurrentByteOffset.QuadPart;
  const bool at_end = write && ((asked.HighPart == kSpecialHigh && asked.LowPart == kWriteToEnd) || OpeningOf(file)->append_only);
  if (at_end) {
    hal::HostFile facts;
    const int error = hal::QueryHostFile(OpeningOf(file)->node->descriptor, &facts);
    if (error != 0) return StatusOf(error);
    *offset = facts.size;
  }
  return *offset < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

void MovePosition(PFILE_OBJECT file, LONGLONG to) {
  if ((file->Flags & FO_SYNCHRONOUS_IO) != 0) file->CurrentByteOffset.QuadPart = to;
}

}  // namespace

PVOID BufferOf(PIRP irp) {
  if (irp->MdlAddress != nullptr) return MmMapLockedPagesSpecifyCache(irp->MdlAddress, KernelMode, MmCached, nullptr, FALSE, 16);
  return irp->AssociatedIrp.SystemBuffer != nullptr ? irp->AssociatedIrp.SystemBuffer : irp->UserBuffer;
}

NTSTATUS Read(PIRP irp, PIO_STACK_LOCATION location) {
  PFILE_OBJECT const file = location->FileObject;
  Node* const node = OpeningOf(file)->node;
  const auto& parameters = location->Parameters.Read;
  if (node->directory) return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  LONGLONG offset = 0;
  const NTSTATUS status = OffsetOf(file, parameters.ByteOffset, false, &offset);
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  if (parameters.Length == 0) return Complete(irp, STATUS_SUCCESS);
  if (!MayTransfer(irp, offset, parameters.Length, parameters.Key, false)) return Complete(irp, STATUS_FILE_LOCK_CONFLICT);
  const std::int64_t done = hal::ReadHostFile(node->descriptor, BufferOf(irp), parameters.Length, offset);
  if (done == 0) return Complete(irp, STATUS_END_OF_FILE);
  if (done < 0) return Complete(irp, StatusOf(static_cast<int>(done)));
  MovePosition(file, offset + done);
  return Complete(irp, STATUS_SUCCESS, static_cast<ULONG_PTR>(done));
}

NTSTATUS Write(PIRP irp, PIO_STACK_LOCATION location) {
  PFILE_OBJECT const file = location->FileObject;
  Node* const node = OpeningOf(file)->node;
  const auto& parameters = location->Parameters.Write;
  if (node->directory) return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  LONGLONG offset = 0;
  const NTSTATUS status = OffsetOf(file, parameters.ByteOffset, true, &offset);
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  if (parameters.Length == 0) return Complete(irp, STATUS_SUCCESS);
  if (!MayTransfer(irp, offset, parameters.Length, parameters.Key, true)) return Complete(irp, STATUS_FILE_LOCK_CONFLICT);
  const std::int64_t done = hal::WriteHostFile(node->descriptor, BufferOf(irp), parameters.Length, offset);
  if (done < 0) return Complete(irp, done == -EBADF ? STATUS_ACCESS_DENIED : StatusOf(static_cast<int>(done)));
  MovePosition(file, offset + done);
  if (!node->changed) {
    node->changed = true;
    Notify(node->path, FILE_ACTION_MODIFIED, FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE);
  }
  return Complete(irp, STATUS_SUCCESS, static_cast<ULONG_PTR>(done));
}

NTSTATUS Flush(PIRP irp, PIO_STACK_LOCATION location) {
  const Node* const node = OpeningOf(location->FileObject)->node;
  return Complete(irp, node->directory ? STATUS_SUCCESS : StatusOf(hal::FlushHostFile(node->descriptor)));
}

}  // namespace nt::hostfs
