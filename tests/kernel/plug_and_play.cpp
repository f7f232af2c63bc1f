// Plug and play and WMI where no device is ever enumerated: what registers, what is refused.
#include "device.h"

using namespace ktest;

namespace {
const GUID kClass = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

NTSTATUS NTAPI OnChange(PVOID, PVOID) {
  Fail(__FILE__, __LINE__, "nothing changes");
  return STATUS_SUCCESS;
}
}  // namespace

KTEST(DriversMayAskToBeTold) {
  PVOID entry = nullptr;
  EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES,
                                           const_cast<GUID*>(&kClass), driver, OnChange, nullptr, &entry),
            STATUS_SUCCESS);
  REQUIRE(entry != nullptr);
  EXPECT_EQ(IoUnregisterPlugPlayNotification(entry), STATUS_SUCCESS);
  EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, nullptr, driver, OnChange, nullptr, &entry),
            STATUS_SUCCESS);
  EXPECT_EQ(IoUnregisterPlugPlayNotification(entry), STATUS_SUCCESS);
  EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, nullptr, driver, OnChange, nullptr, &entry),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryReserved, 0, nullptr, driver, OnChange, nullptr, &entry), STATUS_INVALID_PARAMETER);
}

KTEST(OnlyPhysicalDevicesHaveInterfaces) {
  Device device;
  UNICODE_STRING link = {};
  EXPECT_EQ(IoRegisterDeviceInterface(device.object(), &kClass, nullptr, &link), STATUS_INVALID_DEVICE_REQUEST);
  UNICODE_STRING nobody = RTL_CONSTANT_STRING(L"\\??\\ROOT#SAMPLE#0000#{12345678-0001-0002-0304-05060708090a}");
  EXPECT_EQ(IoSetDeviceInterfaceState(&nobody, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_INVALID_PARAMETER);
  PWSTR list = nullptr;
  EXPECT_EQ(IoGetDeviceInterfaces(&kClass, nullptr, 0, &list), STATUS_SUCCESS);
  REQUIRE(list != nullptr);
  EXPECT_EQ(*list, 0);
  ExFreePool(list);
  ULONG length = 77;
  UCHAR buffer[16];
  EXPECT_EQ(IoGetDeviceProperty(device.object(), DevicePropertyHardwareID, sizeof buffer, buffer, &length), STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(length, 0);
}

KTEST(ProvidersRegisterOnce) {
  Device device;
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_DEREGISTER), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_REGISTER), STATUS_SUCCESS);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_REGISTER), STATUS_OBJECT_NAME_EXISTS);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_REREGISTER), STATUS_SUCCESS);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), 99), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoWMIRegistrationControl(device.object(), WMIREG_ACTION_DEREGISTER), STATUS_SUCCESS);
  PVOID const event = ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'tsTK');
  REQUIRE(event != nullptr);
  EXPECT_EQ(IoWMIWriteEvent(event), STATUS_SUCCESS);  // the event is the system's now
}
