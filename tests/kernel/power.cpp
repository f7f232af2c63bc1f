// Power requests between drivers, states, settings; and the lock over volume parameter blocks.
#include "device.h"

using namespace ktest;

extern "C" VOID NTAPI IoAcquireVpbSpinLock(PKIRQL);
extern "C" VOID NTAPI IoReleaseVpbSpinLock(KIRQL);

namespace {
struct Ended {
  LONG calls;
  PDEVICE_OBJECT device;
  UCHAR minor;
  DEVICE_POWER_STATE state;
  NTSTATUS status;
};

void NTAPI OnEnd(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context, PIO_STATUS_BLOCK iosb) {
  Ended* const ended = static_cast<Ended*>(context);
  ended->calls++;
  ended->device = device;
  ended->minor = minor;
  ended->state = state.DeviceState;
  ended->status = iosb->Status;
}

PIRP kept;
}  // namespace

KTEST(PowerRequestsReachTheTopOfTheStack) {
  Device bottom, top;
  top.state()->lower = IoAttachDeviceToDeviceStack(top.object(), bottom.object());
  top.on(IRP_MJ_POWER) = [](PDEVICE_OBJECT device, PIRP irp) {
    PIO_STACK_LOCATION const location = IoGetCurrentIrpStackLocation(irp);
    EXPECT_EQ(location->MinorFunction, IRP_MN_SET_POWER);
    EXPECT_EQ(location->Parameters.Power.Type, DevicePowerState);
    EXPECT_EQ(location->Parameters.Power.State.DeviceState, PowerDeviceD3);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
    PoStartNextPowerIrp(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    return PoCallDriver(StateOf(device)->lower, irp);
  };
  bottom.on(IRP_MJ_POWER) = [](PDEVICE_OBJECT, PIRP irp) { return Complete(irp, STATUS_SUCCESS); };
  Ended ended = {};
  POWER_STATE state;
  state.DeviceState = PowerDeviceD3;
  EXPECT_EQ(PoRequestPowerIrp(bottom.object(), IRP_MN_SET_POWER, state, OnEnd, &ended, nullptr), STATUS_PENDING);
  EXPECT_EQ(ended.calls, 1);
  EXPECT(ended.device == bottom.object());
  EXPECT_EQ(ended.minor, IRP_MN_SET_POWER);
  EXPECT_EQ(ended.state, PowerDeviceD3);
  EXPECT_EQ(ended.status, STATUS_SUCCESS);
  EXPECT_EQ(top.calls(IRP_MJ_POWER), 1);
  EXPECT_EQ(bottom.calls(IRP_MJ_POWER), 1);
  IoDetachDevice(top.state()->lower);
}

KTEST(OnlyThreePowerFunctionsCanBeRequested) {
  Device device;
  POWER_STATE state;
  state.DeviceState = PowerDeviceD0;
  EXPECT_EQ(PoRequestPowerIrp(device.object(), IRP_MN_POWER_SEQUENCE, state, nullptr, nullptr, nullptr), STATUS_INVALID_PARAMETER_2);
  EXPECT_EQ(PoRequestPowerIrp(device.object(), IRP_MN_QUERY_POWER, state, nullptr, nullptr, nullptr), STATUS_PENDING);
  EXPECT_EQ(device.calls(IRP_MJ_POWER), 1);
}

KTEST(WaitWakeRequestsAreReturnedToBeCancelled) {
  Device device;
  device.on(IRP_MJ_POWER) = [](PDEVICE_OBJECT, PIRP irp) {
    IoMarkIrpPending(irp);
    kept = irp;
    return STATUS_PENDING;
  };
  Ended ended = {};
  POWER_STATE state;
  state.SystemState = PowerSystemSleeping3;
  PIRP irp = nullptr;
  EXPECT_EQ(PoRequestPowerIrp(device.object(), IRP_MN_WAIT_WAKE, state, OnEnd, &ended, &irp), STATUS_PENDING);
  EXPECT(irp != nullptr && irp == kept);
  EXPECT_EQ(ended.calls, 0);
  Complete(kept, STATUS_CANCELLED);
  EXPECT_EQ(ended.calls, 1);
  EXPECT_EQ(ended.status, STATUS_CANCELLED);
}

KTEST(StatesAreRemembered) {
  Device device;
  POWER_STATE state;
  state.DeviceState = PowerDeviceD0;
  EXPECT_EQ(PoSetPowerState(device.object(), DevicePowerState, state).DeviceState, PowerDeviceUnspecified);
  state.DeviceState = PowerDeviceD2;
  EXPECT_EQ(PoSetPowerState(device.object(), DevicePowerState, state).DeviceState, PowerDeviceD0);
  state.SystemState = PowerSystemWorking;
  EXPECT_EQ(PoSetPowerState(device.object(), SystemPowerState, state).SystemState, PowerSystemUnspecified);
  state.DeviceState = PowerDeviceD3;
  EXPECT_EQ(PoSetPowerState(device.object(), DevicePowerState, state).DeviceState, PowerDeviceD2);
}

namespace {
NTSTATUS NTAPI OnSetting(LPCGUID setting, PVOID value, ULONG length, PVOID context) {
  EXPECT(setting != nullptr);
  EXPECT_EQ(length, sizeof(ULONG));
  *static_cast<ULONG*>(context) = *static_cast<ULONG*>(value);
  return STATUS_SUCCESS;
}
}  // namespace

KTEST(SettingsAreToldWhenRegistered) {
  const GUID source = {0x5d3e9a59, 0xe9d5, 0x4b00, {0xa6, 0xbd, 0xff, 0x34, 0xff, 0x51, 0x65, 0x48}};
  const GUID unknown = {1, 2, 3, {}};
  ULONG value = 77;
  PVOID handle = nullptr;
  EXPECT_EQ(PoRegisterPowerSettingCallback(nullptr, &source, OnSetting, &value, &handle), STATUS_SUCCESS);
  EXPECT_EQ(value, 0);  // mains
  EXPECT_EQ(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
  value = 77;
  EXPECT_EQ(PoRegisterPowerSettingCallback(nullptr, &unknown, OnSetting, &value, &handle), STATUS_SUCCESS);
  EXPECT_EQ(value, 77);
  EXPECT_EQ(PoUnregisterPowerSettingCallback(handle), STATUS_SUCCESS);
  EXPECT_EQ(PoRegisterPowerSettingCallback(nullptr, nullptr, OnSetting, &value, &handle), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(PoUnregisterPowerSettingCallback(nullptr), STATUS_INVALID_PARAMETER);
}

KTEST(TheVpbLockRaisesIrql) {
  KIRQL irql = 0xff;
  IoAcquireVpbSpinLock(&irql);
  EXPECT_EQ(irql, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  IoReleaseVpbSpinLock(irql);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}
