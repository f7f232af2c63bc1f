// Sending a request on and waiting for the drivers below.
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

extern "C" {

/// The completion routine of a forwarded IRP; it belongs to the driver again.
NTSTATUS IopForwarded(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp, PVOID Context) {
  if (Irp->PendingReturned != FALSE) KeSetEvent(static_cast<PKEVENT>(Context), 0, FALSE);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

/// Sends an IRP whose next location its sender has filled; returns what it was completed with.
NTSTATUS IoSynchronousCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  KEVENT done;
  KeInitializeEvent(&done, SynchronizationEvent, FALSE);
  PIO_STACK_LOCATION const next = IoGetNextIrpStackLocation(Irp);
  next->CompletionRoutine = reinterpret_cast<PIO_COMPLETION_ROUTINE>(nt::api::StubOf("IopForwarded"));
  next->Context = &done;
  next->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
  if (IofCallDriver(DeviceObject, Irp) == STATUS_PENDING) KeWaitForSingleObject(&done, Executive, KernelMode, FALSE, nullptr);
  return Irp->IoStatus.Status;
}

BOOLEAN IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  if (Irp->CurrentLocation <= 1) return FALSE;
  std::memcpy(static_cast<void*>(IoGetNextIrpStackLocation(Irp)), IoGetCurrentIrpStackLocation(Irp),
              offsetof(IO_STACK_LOCATION, CompletionRoutine));
  IoSynchronousCallDriver(DeviceObject, Irp);
  return TRUE;
}

}  // extern "C"
