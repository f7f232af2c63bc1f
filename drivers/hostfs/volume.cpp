// The volume: its device, its names, and the way of a request to what serves it.
#include "drivers/hostfs/volume.h"

#include <algorithm>

#include "drivers/hostfs/hostfs.h"
#include "kernel/api/api.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

extern "C" VOID IoReleaseCancelSpinLock(KIRQL Irql);

namespace nt::hostfs {
namespace {

Volume* volume = nullptr;

constexpr DEVICE_TYPE kDiskFileSystem = 8;
constexpr UCHAR kServed[] = {IRP_MJ_CREATE,
                             IRP_MJ_CLEANUP,
                             IRP_MJ_CLOSE,
                             IRP_MJ_READ,
                             IRP_MJ_WRITE,
                             IRP_MJ_FLUSH_BUFFERS,
                             IRP_MJ_QUERY_INFORMATION,
                             IRP_MJ_SET_INFORMATION,
                             IRP_MJ_QUERY_VOLUME_INFORMATION,
                             IRP_MJ_DIRECTORY_CONTROL,
                             IRP_MJ_LOCK_CONTROL,
                             IRP_MJ_FILE_SYSTEM_CONTROL,
                             IRP_MJ_QUERY_SECURITY,
                             IRP_MJ_SET_SECURITY};

/// Whether a request may have to wait for the holders of oplocks.
bool BreaksOplocks(UCHAR major) {
  return major == IRP_MJ_READ || major == IRP_MJ_WRITE || major == IRP_MJ_FLUSH_BUFFERS || major == IRP_MJ_SET_INFORMATION ||
         major == IRP_MJ_LOCK_CONTROL;
}

/// Why a request to the volume itself, which has neither sectors nor entries, is refused.
NTSTATUS RefusalOfVolume(UCHAR major) {
  switch (major) {
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
      return STATUS_SUCCESS;
    case IRP_MJ_DIRECTORY_CONTROL:
    case IRP_MJ_QUERY_INFORMATION:
    case IRP_MJ_SET_INFORMATION:
    case IRP_MJ_LOCK_CONTROL:
      return STATUS_INVALID_PARAMETER;
    default:
      return STATUS_INVALID_DEVICE_REQUEST;
  }
}

}  // namespace

NTSTATUS Serve(PIRP irp, PIO_STACK_LOCATION location) {
  if (location->MajorFunction != IRP_MJ_CREATE && OpeningOf(location->FileObject)->node->volume) {
    const NTSTATUS refusal = RefusalOfVolume(location->MajorFunction);
    if (refusal != STATUS_SUCCESS) return Complete(irp, refusal);
  }
  if (BreaksOplocks(location->MajorFunction)) {
    const NTSTATUS status = BreakOplocks(irp, OpeningOf(location->FileObject)->node);
    if (status != STATUS_SUCCESS) return status == STATUS_PENDING ? status : Complete(irp, status);
  }
  switch (location->MajorFunction) {
    case IRP_MJ_CREATE:
      return Create(irp, location);
    case IRP_MJ_CLEANUP:
      return Cleanup(irp, location);
    case IRP_MJ_CLOSE:
      return Close(irp, location);
    case IRP_MJ_READ:
      return Read(irp, location);
    case IRP_MJ_WRITE:
      return Write(irp, location);
    case IRP_MJ_FLUSH_BUFFERS:
      return Flush(irp, location);
    case IRP_MJ_QUERY_INFORMATION:
      return QueryInformation(irp, location);
    case IRP_MJ_SET_INFORMATION:
      return SetInformation(irp, location);
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
      return QueryVolume(irp, location);
    case IRP_MJ_DIRECTORY_CONTROL:
      return DirectoryControl(irp, location);
    case IRP_MJ_LOCK_CONTROL:
      return LockControl(irp, location);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
      return FileSystemControl(irp, location);
    case IRP_MJ_QUERY_SECURITY:
      return QuerySecurity(irp, location);
    case IRP_MJ_SET_SECURITY:
      return SetSecurity(irp, location);
    default:
      return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  }
}

Volume& TheVolume() { return *volume; }

NTSTATUS Complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, 0);
  return status;
}

NTSTATUS Pend(PIRP irp, std::vector<PIRP>* queue) {
  IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
  SetCancelRoutine(irp, reinterpret_cast<PDRIVER_CANCEL>(api::StubOf("HostFsCancel")));
  if (irp->Cancel != 0 && SetCancelRoutine(irp, nullptr) != nullptr) {
    Complete(irp, STATUS_CANCELLED);
    return STATUS_PENDING;
  }
  queue->push_back(irp);
  return STATUS_PENDING;
}

hal::HostSpace SpaceOfVolume() {
  constexpr std::int64_t kGibibyte = std::int64_t{1} << 30;
  // How full the host's disk is must not show in a run that is to be repeated.
  return ke::IsVirtualTime() ? hal::HostSpace{64 * kGibibyte, 32 * kGibibyte} : volume->folder.Space();
}

void Initialize(const std::string& directory) {
  volume = new Volume;
  volume->folder = hal::HostFolder(directory);
  PDRIVER_OBJECT const driver = io::CreateBuiltinDriver(u"HostFs");
  for (const UCHAR major : kServed) driver->MajorFunction[major] = reinterpret_cast<PDRIVER_DISPATCH>(api::StubOf("HostFsDispatch"));
  ServeSections();
  volume->device = io::CreateBuiltinDevice(driver, u"\\Device\\HarddiskVolume1", kDiskFileSystem, 0);
  ob::CreateSymbolicLink(u"\\GLOBAL\?\?\\C:", u"\\Device\\HarddiskVolume1", true);
  ob::CreateSymbolicLink(u"\\SystemRoot", u"\\Device\\HarddiskVolume1\\Windows", true);
}

void Shutdown() {
  if (volume == nullptr) return;
  for (const auto& [path, node] : volume->nodes) {
    if (node->descriptor >= 0) hal::CloseHostFile(node->descriptor);
  }
  delete volume;
  volume = nullptr;
}

}  // namespace nt::hostfs

using namespace nt::hostfs;

extern "C" {

NTSTATUS HostFsDispatch(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  PIO_STACK_LOCATION const location = IoGetCurrentIrpStackLocation(Irp);
  return Serve(Irp, location);
}

VOID HostFsCancel(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp) {
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  Opening* const opening = OpeningOf(IoGetCurrentIrpStackLocation(Irp)->FileObject);
  std::erase(opening->notify_irps, Irp);
  Complete(Irp, STATUS_CANCELLED);
}

}  // extern "C"
