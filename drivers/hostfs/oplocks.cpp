// Opportunistic locks.
#include "drivers/hostfs/volume.h"
#include "kernel/api/api.h"
#include "kernel/ke/ke.h"
#include "nt/fsrtl_oplock.h"
#include "nt/status.h"

extern "C" NTSTATUS IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                                       PSHARE_ACCESS ShareAccess, BOOLEAN Update);

namespace nt::hostfs {
namespace {

POPLOCK_WAIT_COMPLETE_ROUTINE ServeAgain() { return reinterpret_cast<POPLOCK_WAIT_COMPLETE_ROUTINE>(api::StubOf("HostFsOplockBroken")); }
POPLOCK_FS_PREPOST_IRP LockBuffer() { return reinterpret_cast<POPLOCK_FS_PREPOST_IRP>(api::StubOf("HostFsPrepareToWait")); }

}  // namespace

NTSTATUS BreakOplocks(PIRP irp, Node* node) {
  if (node->oplock == nullptr) return STATUS_SUCCESS;
  return FsRtlCheckOplock(&node->oplock, irp, nullptr, ServeAgain(), LockBuffer());
}

NTSTATUS BreakOplocksForCreate(PIRP irp, Node* node, ACCESS_MASK access, ULONG* information) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  // A batch oplock's holder may close its handle in answer, and then there is nothing to share.
  NTSTATUS status = FsRtlCurrentBatchOplock(&node->oplock) ? BreakOplocks(irp, node) : STATUS_SUCCESS;
  if (status != STATUS_SUCCESS && status != STATUS_OPLOCK_BREAK_IN_PROGRESS) return status;
  const NTSTATUS shared = IoCheckShareAccess(access, location->Parameters.Create.ShareAccess, location->FileObject, &node->share, FALSE);
  if (NT_SUCCESS(shared)) return status == STATUS_SUCCESS ? BreakOplocks(irp, node) : status;
  if (status == STATUS_SUCCESS) status = FsRtlOplockBreakH(&node->oplock, irp, 0, nullptr, ServeAgain(), LockBuffer());
  if (status == STATUS_OPLOCK_BREAK_IN_PROGRESS) *information = FILE_OPBATCH_BREAK_UNDERWAY;
  return status == STATUS_PENDING ? status : shared;
}

NTSTATUS FileSystemControl(PIRP irp, PIO_STACK_LOCATION location) {
  Node* const node = OpeningOf(location->FileObject)->node;
  switch (location->Parameters.DeviceIoControl.IoControlCode) {
    case FSCTL_REQUEST_OPLOCK_LEVEL_1:
    case FSCTL_REQUEST_OPLOCK_LEVEL_2:
    case FSCTL_REQUEST_BATCH_OPLOCK:
    case FSCTL_REQUEST_FILTER_OPLOCK:
    case FSCTL_REQUEST_OPLOCK:
    case FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
    case FSCTL_OPLOCK_BREAK_ACK_NO_2:
    case FSCTL_OPBATCH_ACK_CLOSE_PENDING:
    case FSCTL_OPLOCK_BREAK_NOTIFY:
      break;
    default:
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
  if (node->directory) return Complete(irp, STATUS_INVALID_PARAMETER);
  const ULONG count = FsRtlOplockIsSharedRequest(irp) ? FsRtlAreThereCurrentOrInProgressFileLocks(&node->locks) : node->handles;
  return FsRtlOplockFsctrl(&node->oplock, irp, count);
}

}  // namespace nt::hostfs

using namespace nt;
using namespace nt::hostfs;

extern "C" {

VOID HostFsOplockBroken(PVOID /*Context*/, PIRP Irp) {
  const NTSTATUS status = Irp->IoStatus.Status;
  if (NT_SUCCESS(status)) {
    Serve(Irp, IoGetCurrentIrpStackLocation(Irp));
  } else {
    Complete(Irp, status);
  }
}

/// A transfer that waits is served in any process: its buffer is locked.
VOID HostFsPrepareToWait(PVOID /*Context*/, PIRP Irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  const bool read = location->MajorFunction == IRP_MJ_READ;
  if ((!read && location->MajorFunction != IRP_MJ_WRITE) || Irp->MdlAddress != nullptr || location->Parameters.Read.Length == 0) return;
  PMDL const mdl = IoAllocateMdl(Irp->UserBuffer, location->Parameters.Read.Length, FALSE, FALSE, Irp);
  if (mdl == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  MmProbeAndLockPages(mdl, Irp->RequestorMode, read ? IoWriteAccess : IoReadAccess);
}

}  // extern "C"
