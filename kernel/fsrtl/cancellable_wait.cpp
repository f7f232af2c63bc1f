// Waits that also end when the thread is told to end, or when the request they are made for is cancelled.
#include "kernel/api/api.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace {

constexpr ULONG kMostObjects = 63;  // of 64 one is the cancel event

PDRIVER_CANCEL SetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine) {
  PDRIVER_CANCEL const old = irp->CancelRoutine;
  irp->CancelRoutine = routine;
  return old;
}

/// A wait of a thread can be broken off in user mode's name only.
NTSTATUS StatusOf(NTSTATUS waited) { return waited == STATUS_USER_APC || waited == STATUS_ALERTED ? STATUS_THREAD_IS_TERMINATING : waited; }

/// Waits for one of the objects, or for the request's cancellation.
NTSTATUS WaitForAny(ULONG count, PVOID objects[], PLARGE_INTEGER timeout, PIRP irp) {
  PVOID all[kMostObjects + 1];
  KWAIT_BLOCK blocks[kMostObjects + 1];
  KEVENT cancelled;
  KeInitializeEvent(&cancelled, NotificationEvent, FALSE);
  for (ULONG i = 0; i < count; ++i) all[i] = objects[i];
  all[count] = &cancelled;
  if (irp != nullptr) {
    irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(&cancelled);
    SetCancelRoutine(irp, reinterpret_cast<PDRIVER_CANCEL>(nt::api::StubOf("FsRtlpCancelWait")));
    if (irp->Cancel != FALSE && SetCancelRoutine(irp, nullptr) != nullptr) return STATUS_CANCELLED;
  }
  const NTSTATUS status = KeWaitForMultipleObjects(count + 1, all, WaitAny, Executive, UserMode, FALSE, timeout, blocks);
  if (irp == nullptr) return StatusOf(status);
  // The routine may be on its way: it must not find the event gone.
  if (SetCancelRoutine(irp, nullptr) == nullptr) KeWaitForSingleObject(&cancelled, Executive, KernelMode, FALSE, nullptr);
  return status == static_cast<NTSTATUS>(count) ? STATUS_CANCELLED : StatusOf(status);
}

}  // namespace

extern "C" {

NTSTATUS FsRtlCancellableWaitForSingleObject(PVOID Object, PLARGE_INTEGER Timeout, PIRP Irp) {
  return WaitForAny(1, &Object, Timeout, Irp);
}

NTSTATUS FsRtlCancellableWaitForMultipleObjects(ULONG Count, PVOID ObjectArray[], WAIT_TYPE WaitType, PLARGE_INTEGER Timeout,
                                                PKWAIT_BLOCK WaitBlockArray, PIRP Irp) {
  if (Count == 0 || Count > kMostObjects) return STATUS_INVALID_PARAMETER;
  if (WaitType == WaitAny) return WaitForAny(Count, ObjectArray, Timeout, Irp);
  if (Irp != nullptr && Irp->Cancel != FALSE) return STATUS_CANCELLED;
  return StatusOf(KeWaitForMultipleObjects(Count, ObjectArray, WaitAll, Executive, UserMode, FALSE, Timeout, WaitBlockArray));
}

/// The cancel routine of a request whose thread waits. Called with the cancel spin lock held.
VOID FsRtlpCancelWait(PDEVICE_OBJECT, PIRP Irp) {
  auto* const event = reinterpret_cast<PKEVENT>(Irp->IoStatus.Information);
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  KeSetEvent(event, 0, FALSE);
}

}  // extern "C"
