// Completion routines that keep their driver loaded until they returned.
#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace ke = nt::ke;
namespace ex = nt::ex;

namespace {

constexpr ULONG kContextTag = 'sUoI';

/// The routine a driver asked for, and the device that keeps the driver.
struct UnloadSafe {
  PDEVICE_OBJECT device;
  PIO_COMPLETION_ROUTINE routine;
  PVOID context;
};

}  // namespace

extern "C" {

NTSTATUS IopUnloadSafeCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context) {
  const UnloadSafe safe = *static_cast<UnloadSafe*>(Context);
  ex::FreePool(Context);
  const NTSTATUS status = ke::Callout<NTSTATUS>(safe.routine, DeviceObject, Irp, safe.context);
  ObfDereferenceObject(safe.device);
  return status;
}

NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                  BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) {
  auto* const safe = static_cast<UnloadSafe*>(ex::AllocatePool(NonPagedPoolNx, sizeof(UnloadSafe), kContextTag));
  if (safe == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *safe = {DeviceObject, CompletionRoutine, Context};
  ObfReferenceObject(DeviceObject);
  PIO_STACK_LOCATION const next = IoGetNextIrpStackLocation(Irp);
  next->CompletionRoutine = reinterpret_cast<PIO_COMPLETION_ROUTINE>(nt::api::StubOf("IopUnloadSafeCompletion"));
  next->Context = safe;
  next->Control = static_cast<UCHAR>((InvokeOnSuccess != 0 ? SL_INVOKE_ON_SUCCESS : 0) | (InvokeOnError != 0 ? SL_INVOKE_ON_ERROR : 0) |
                                     (InvokeOnCancel != 0 ? SL_INVOKE_ON_CANCEL : 0));
  return STATUS_SUCCESS;
}

}  // extern "C"
