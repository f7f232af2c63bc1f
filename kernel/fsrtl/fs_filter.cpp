// Operations of file systems that are no requests: filters that registered see them before and after the file system's own routine.
#include "kernel/ex/ex.h"
#include "kernel/fsrtl/fsrtl.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "nt/fast_io.h"
#include "nt/fcb.h"
#include "nt/status.h"

extern "C" {
NTSTATUS IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress, ULONG DriverObjectExtensionSize,
                                         PVOID* DriverObjectExtension);
PVOID IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress);
}

struct FS_FILTER_CALLBACK_DATA {
  ULONG SizeOfFsFilterCallbackData;
  UCHAR Operation;
  UCHAR Reserved;
  PDEVICE_OBJECT DeviceObject;
  PFILE_OBJECT FileObject;
  PVOID Parameters[5];
};
NT_SIZE(FS_FILTER_CALLBACK_DATA, 0x40);

using FS_FILTER_CALLBACK = NTSTATUS (*)(FS_FILTER_CALLBACK_DATA* Data, PVOID* CompletionContext);
using FS_FILTER_COMPLETION_CALLBACK = VOID (*)(FS_FILTER_CALLBACK_DATA* Data, NTSTATUS OperationStatus, PVOID CompletionContext);

struct FS_FILTER_CALLBACKS {
  ULONG SizeOfFsFilterCallbacks;
  ULONG Reserved;
  struct {
    FS_FILTER_CALLBACK pre;
    FS_FILTER_COMPLETION_CALLBACK post;
  } operations[6];
};
using PFS_FILTER_CALLBACKS = FS_FILTER_CALLBACKS*;
NT_SIZE(FS_FILTER_CALLBACKS, 0x68);

namespace nt::fsrtl {
namespace {

/// Operations, by their place in the table.
enum : ULONG { kAcquireForCcFlush = 2, kReleaseForCcFlush = 3 };
constexpr SIZE_T kMostFilters = 16;
char callbacks_of_driver;  ///< its address names the driver object extension that keeps them

/// A filter whose routine was called before the operation.
struct Called {
  FS_FILTER_COMPLETION_CALLBACK post;
  PDEVICE_OBJECT device;
  PVOID context;
};

PDEVICE_OBJECT Below(PDEVICE_OBJECT device) { return device->DeviceObjectExtension->AttachedTo; }

/// The file system's own part: its fast I/O routine, or the resources of the file's control block.
NTSTATUS CallFileSystem(PFILE_OBJECT file, PDEVICE_OBJECT device, bool acquire) {
  const FAST_IO_DISPATCH* const fast = device->DriverObject->FastIoDispatch;
  if (fast != nullptr && fast->SizeOfFastIoDispatch >= sizeof *fast) {
    PVOID const routine = acquire ? fast->AcquireForCcFlush : fast->ReleaseForCcFlush;
    const NTSTATUS status = routine != nullptr ? ke::Callout<NTSTATUS>(routine, file, device) : STATUS_INVALID_DEVICE_REQUEST;
    if (status != STATUS_INVALID_DEVICE_REQUEST) return status;
  }
  const auto* const header = static_cast<const FSRTL_COMMON_FCB_HEADER*>(file->FsContext);
  if (header == nullptr) return STATUS_SUCCESS;
  if (acquire) {
    if (header->Resource != nullptr) ExAcquireResourceSharedLite(header->Resource, TRUE);
    if (header->PagingIoResource != nullptr) ExAcquireResourceSharedLite(header->PagingIoResource, TRUE);
  } else {
    if (header->PagingIoResource != nullptr) ExReleaseResourceLite(header->PagingIoResource);
    if (header->Resource != nullptr) ExReleaseResourceLite(header->Resource);
  }
  return STATUS_SUCCESS;
}

NTSTATUS Perform(PFILE_OBJECT file, ULONG operation) {
  Called called[kMostFilters];
  SIZE_T count = 0;
  FS_FILTER_CALLBACK_DATA data{sizeof data, static_cast<UCHAR>(-3 - static_cast<int>(operation)), 0, nullptr, file, {}};
  NTSTATUS status = STATUS_SUCCESS;
  PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
  for (; Below(device) != nullptr && status == STATUS_SUCCESS; device = Below(device)) {
    const auto* const callbacks = static_cast<PFS_FILTER_CALLBACKS>(IoGetDriverObjectExtension(device->DriverObject, &callbacks_of_driver));
    if (callbacks == nullptr || count == kMostFilters) continue;
    const auto [pre, post] = callbacks->operations[operation];
    called[count] = {post, device, nullptr};
    data.DeviceObject = device;
    if (pre != nullptr) status = ke::Callout<NTSTATUS>(pre, &data, &called[count].context);
    ++count;
  }
  if (status == STATUS_SUCCESS) status = CallFileSystem(file, device, operation == kAcquireForCcFlush);
  if (status == STATUS_FSFILTER_OP_COMPLETED_SUCCESSFULLY) status = STATUS_SUCCESS;
  while (count-- != 0) {
    data.DeviceObject = called[count].device;
    if (called[count].post != nullptr) ke::Callout<void>(called[count].post, &data, status, called[count].context);
  }
  return status;
}

}  // namespace

NTSTATUS AcquireForFlush(PFILE_OBJECT file) { return Perform(file, kAcquireForCcFlush); }
void ReleaseForFlush(PFILE_OBJECT file) { Perform(file, kReleaseForCcFlush); }

}  // namespace nt::fsrtl

using namespace nt::fsrtl;

extern "C" NTSTATUS FsRtlRegisterFileSystemFilterCallbacks(PDRIVER_OBJECT FilterDriverObject, PFS_FILTER_CALLBACKS Callbacks) {
  if (FilterDriverObject == nullptr || Callbacks == nullptr) return STATUS_INVALID_PARAMETER;
  PVOID kept = IoGetDriverObjectExtension(FilterDriverObject, &callbacks_of_driver);
  if (kept == nullptr) {
    const NTSTATUS status = IoAllocateDriverObjectExtension(FilterDriverObject, &callbacks_of_driver, sizeof(FS_FILTER_CALLBACKS), &kept);
    if (!NT_SUCCESS(status)) return status;
  }
  *static_cast<PFS_FILTER_CALLBACKS>(kept) = *Callbacks;
  return STATUS_SUCCESS;
}
