// Power: what of it a machine has whose power never changes. Drivers may send each other power requests, and hear what the settings are.
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using namespace nt::io;
namespace ke = nt::ke;
namespace ex = nt::ex;

namespace {

constexpr ULONG kPowerTag = 'rwoP';
constexpr ULONG kDevicePowerState = 1;
constexpr UCHAR IRP_MN_WAIT_WAKE = 0, IRP_MN_SET_POWER = 2, IRP_MN_QUERY_POWER = 3;

/// IO_STACK_LOCATION::Parameters of IRP_MJ_POWER; WaitWake has its state in front.
struct PowerParameters {
  ULONG SystemContext;
  ULONG pad;
  ULONG Type;
  ULONG pad2;
  ULONG State;
  ULONG pad3;
  ULONG ShutdownType;
};
struct WaitWakeParameters {
  ULONG PowerState;
};

using RequestComplete = MSABI VOID(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, ULONG PowerState, PVOID Context,
                                   PIO_STATUS_BLOCK IoStatus);

/// Lies in the location that a power request has above the drivers'.
struct PowerRequest {
  PDEVICE_OBJECT device;
  RequestComplete* routine;
  PVOID context;
  ULONG state;
  UCHAR minor;
};

using SettingCallback = MSABI NTSTATUS(const GUID* SettingGuid, PVOID Value, ULONG ValueLength, PVOID Context);

struct Registration {
  SettingCallback* callback;
  PVOID context;
  PDEVICE_OBJECT device;
};

struct Setting {
  GUID id;
  ULONG value;
};
/// Mains, a display that is on, a system that is not idle, an open lid.
constexpr Setting kSettings[] = {
    {{0x5d3e9a59, 0xe9d5, 0x4b00, {0xa6, 0xbd, 0xff, 0x34, 0xff, 0x51, 0x65, 0x48}}, 0},  // GUID_ACDC_POWER_SOURCE
    {{0x02731015, 0x4510, 0x4526, {0x99, 0xe6, 0xe5, 0xa1, 0x7e, 0xbd, 0x1a, 0xea}}, 1},  // GUID_MONITOR_POWER_ON
    {{0x6fe69556, 0x704a, 0x47a0, {0x8f, 0x24, 0xc2, 0x8d, 0x93, 0x6f, 0xda, 0x47}}, 1},  // GUID_CONSOLE_DISPLAY_STATE
    {{0xba3e0f4d, 0xb817, 0x4094, {0xa2, 0xd1, 0xd5, 0x63, 0x79, 0xe6, 0xa0, 0xf3}}, 1},  // GUID_LIDSWITCH_STATE_CHANGE
};

const Setting* Find(const GUID& id) {
  for (const Setting& setting : kSettings) {
    if (std::memcmp(&setting.id, &id, sizeof id) == 0) return &setting;
  }
  return nullptr;
}

}  // namespace

extern "C" {

/// Since Windows Vista power IRPs need no turn to wait for.
VOID PoStartNextPowerIrp(PIRP /*Irp*/) {}

NTSTATUS PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return IofCallDriver(DeviceObject, Irp); }

/// The extension's PowerFlags hold the system's state in the lowest four bits, the device's in the next.
ULONG PoSetPowerState(PDEVICE_OBJECT DeviceObject, ULONG Type, ULONG State) {
  ULONG& flags = DeviceObject->DeviceObjectExtension->PowerFlags;
  const ULONG shift = Type == kDevicePowerState ? 4 : 0;
  const ULONG old = flags >> shift & 0xf;
  flags = (flags & ~(0xfu << shift)) | (State & 0xf) << shift;
  return old;
}

/// The completion routine of PoRequestPowerIrp's requests.
NTSTATUS PopRequestCompleted(PDEVICE_OBJECT /*DeviceObject*/, PIRP Irp, PVOID Context) {
  const PowerRequest request = *static_cast<PowerRequest*>(Context);
  ex::FreePool(Context);
  if (request.routine != nullptr)
    ke::Callout<void>(request.routine, request.device, request.minor, request.state, request.context, &Irp->IoStatus);
  IoFreeIrp(Irp);
  ObfDereferenceObject(request.device);
  return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, ULONG PowerState, PVOID CompletionFunction, PVOID Context,
                           PIRP* Irp) {
  if (MinorFunction != IRP_MN_WAIT_WAKE && MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER) {
    return STATUS_INVALID_PARAMETER_2;
  }
  PDEVICE_OBJECT const top = IoGetAttachedDevice(DeviceObject);
  auto* const request = static_cast<PowerRequest*>(ex::AllocatePool(NonPagedPoolNx, sizeof(PowerRequest), kPowerTag));
  PIRP const irp = request != nullptr ? NewIrp(top->StackSize) : nullptr;
  if (irp == nullptr) {
    if (request != nullptr) ex::FreePool(request);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  ObfReferenceObject(DeviceObject);
  *request = {DeviceObject, reinterpret_cast<RequestComplete*>(CompletionFunction), Context, PowerState, MinorFunction};
  irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
  PIO_STACK_LOCATION const location = IoGetNextIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_POWER;
  location->MinorFunction = MinorFunction;
  if (MinorFunction == IRP_MN_WAIT_WAKE) {
    reinterpret_cast<WaitWakeParameters*>(&location->Parameters)->PowerState = PowerState;
  } else {
    auto* const parameters = reinterpret_cast<PowerParameters*>(&location->Parameters);
    parameters->Type = kDevicePowerState;
    parameters->State = PowerState;
  }
  location->CompletionRoutine = reinterpret_cast<PIO_COMPLETION_ROUTINE>(nt::api::StubOf("PopRequestCompleted"));
  location->Context = request;
  location->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
  if (Irp != nullptr) *Irp = irp;  // before it is sent: only a wait/wake IRP may be touched afterwards, to cancel it
  IofCallDriver(top, irp);
  return STATUS_PENDING;
}

NTSTATUS PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, const GUID* SettingGuid, PVOID Callback, PVOID Context,
                                        PVOID* Handle) {
  if (SettingGuid == nullptr || Callback == nullptr) return STATUS_INVALID_PARAMETER;
  auto* const registration = static_cast<Registration*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Registration), kPowerTag));
  if (registration == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *registration = {reinterpret_cast<SettingCallback*>(Callback), Context, DeviceObject};
  if (DeviceObject != nullptr) ObfReferenceObject(DeviceObject);
  ex::Track("power setting callback", registration);
  if (Handle != nullptr) *Handle = registration;
  // A registration is told the value of today.
  if (const Setting* const setting = Find(*SettingGuid)) {
    ULONG value = setting->value;
    ke::Callout<NTSTATUS>(registration->callback, SettingGuid, &value, ULONG{sizeof value}, Context);
  }
  return STATUS_SUCCESS;
}

NTSTATUS PoUnregisterPowerSettingCallback(PVOID Handle) {
  if (Handle == nullptr) return STATUS_INVALID_PARAMETER;
  auto* const registration = static_cast<Registration*>(Handle);
  ex::Untrack(registration);
  if (registration->device != nullptr) ObfDereferenceObject(registration->device);
  ex::FreePool(registration);
  return STATUS_SUCCESS;
}

}  // extern "C"
