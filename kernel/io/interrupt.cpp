// Connecting drivers' service routines with interrupts.
#include "kernel/ke/interrupt.h"

#include "kernel/ex/ex.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace ke = nt::ke;
namespace ex = nt::ex;

namespace {

constexpr ULONG kInterruptTag = 'tnIK';
constexpr ULONG kNewestVersion = CONNECT_MESSAGE_BASED_PASSIVE;

NTSTATUS Connect(const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS& wanted) {
  if (wanted.InterruptObject == nullptr || wanted.ServiceRoutine == nullptr) return STATUS_INVALID_PARAMETER;
  *wanted.InterruptObject = nullptr;
  // What a service routine does with floating-point registers is its own affair on x64: nothing is saved for it.
  if (wanted.FloatingSave != 0) return STATUS_INVALID_PARAMETER;
  auto* const interrupt = static_cast<PKINTERRUPT>(ex::AllocatePool(NonPagedPoolNx, sizeof(KINTERRUPT), kInterruptTag));
  if (interrupt == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *interrupt = KINTERRUPT{InterruptObject,
                          sizeof(KINTERRUPT),
                          wanted.ShareVector,
                          TRUE,
                          wanted.Irql,
                          wanted.SynchronizeIrql,
                          wanted.InterruptMode,
                          wanted.Vector,
                          wanted.ProcessorEnableMask,
                          wanted.ServiceRoutine,
                          wanted.ServiceContext,
                          wanted.SpinLock != nullptr ? wanted.SpinLock : &interrupt->SpinLock,
                          0,
                          wanted.SynchronizeIrql == PASSIVE_LEVEL,
                          {}};
  KeInitializeEvent(&interrupt->PassiveLock, SynchronizationEvent, TRUE);
  if (!ke::ConnectInterrupt(interrupt)) {
    ex::FreePool(interrupt);
    return STATUS_INVALID_PARAMETER;
  }
  *wanted.InterruptObject = interrupt;
  return STATUS_SUCCESS;
}

/// No device of this machine has interrupts among its resources: they are asked for in full.
NTSTATUS FindLine(PDEVICE_OBJECT device, PKINTERRUPT* object, const void* routine) {
  return device == nullptr || object == nullptr || routine == nullptr ? STATUS_INVALID_PARAMETER : STATUS_NOT_FOUND;
}

}  // namespace

extern "C" {

NTSTATUS IoConnectInterrupt(PKINTERRUPT* InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                            ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                            KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave) {
  if (SynchronizeIrql < Irql) return STATUS_INVALID_PARAMETER;
  return Connect({nullptr, InterruptObject, ServiceRoutine, ServiceContext, SpinLock, SynchronizeIrql, FloatingSave, ShareVector, Vector,
                  Irql, InterruptMode, ProcessorEnableMask, 0});
}

VOID IoDisconnectInterrupt(PKINTERRUPT InterruptObject) {
  ke::DisconnectInterrupt(InterruptObject);
  ex::FreePool(InterruptObject);
}

NTSTATUS IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters) {
  switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
      return Connect(Parameters->FullySpecified);
    case CONNECT_FULLY_SPECIFIED_GROUP:
      return Parameters->FullySpecified.Group == 0 ? Connect(Parameters->FullySpecified) : STATUS_INVALID_PARAMETER;
    case CONNECT_LINE_BASED:
      return FindLine(Parameters->LineBased.PhysicalDeviceObject, Parameters->LineBased.InterruptObject,
                      reinterpret_cast<const void*>(Parameters->LineBased.ServiceRoutine));
    case CONNECT_MESSAGE_BASED:
    case CONNECT_MESSAGE_BASED_PASSIVE:
      return FindLine(Parameters->MessageBased.PhysicalDeviceObject, Parameters->MessageBased.ConnectionContext.InterruptObject,
                      reinterpret_cast<const void*>(Parameters->MessageBased.MessageServiceRoutine));
    default:
      Parameters->Version = kNewestVersion;
      return STATUS_NOT_SUPPORTED;
  }
}

VOID IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters) {
  IoDisconnectInterrupt(Parameters->ConnectionContext.InterruptObject);
}

VOID IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters) {
  Parameters->ConnectionContext.InterruptObject->Active = TRUE;
}

VOID IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters) {
  Parameters->ConnectionContext.InterruptObject->Active = FALSE;
}

}  // extern "C"
