// Plug and play without hardware: reported devices, their properties and interfaces, who is told.
#include "device.h"

#include <initguid.h>
#include <wdmguid.h>

using namespace ktest;

namespace {
const GUID kClass = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};

/// A device that the driver reports, with a stack of one device of the test's on it.
struct Reported {
  PDEVICE_OBJECT pdo = nullptr;
  Device device;
  Reported() {
    EXPECT_EQ(IoReportDetectedDevice(driver, InterfaceTypeUndefined, static_cast<ULONG>(-1), static_cast<ULONG>(-1), nullptr, nullptr,
                                     FALSE, &pdo),
              STATUS_SUCCESS);
    EXPECT(IoAttachDeviceToDeviceStack(device.object(), pdo) == pdo);
  }
  ~Reported() { IoDetachDevice(pdo); }
};

struct Told {
  LONG arrivals, removals;
  KEVENT heard;
} told;

NTSTATUS NTAPI OnInterface(PVOID structure, PVOID context) {
  const auto* const change = static_cast<PDEVICE_INTERFACE_CHANGE_NOTIFICATION>(structure);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT(context == &told);
  EXPECT_EQ(change->Version, 1);
  EXPECT_EQ(change->Size, sizeof *change);
  EXPECT(change->InterfaceClassGuid == kClass);
  EXPECT(change->SymbolicLinkName->Length != 0);
  if (change->Event == GUID_DEVICE_INTERFACE_ARRIVAL) told.arrivals++;
  if (change->Event == GUID_DEVICE_INTERFACE_REMOVAL) told.removals++;
  KeSetEvent(&told.heard, 0, FALSE);
  return STATUS_SUCCESS;
}

PVOID Listen(ULONG flags) {
  told = {};
  KeInitializeEvent(&told.heard, SynchronizationEvent, FALSE);
  PVOID entry = nullptr;
  EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, flags, const_cast<GUID*>(&kClass), driver, OnInterface,
                                           &told, &entry),
            STATUS_SUCCESS);
  return entry;
}

bool Equal(const UNICODE_STRING& text, PCWSTR expected) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, expected);
  return RtlEqualUnicodeString(&text, &string, FALSE);
}
}  // namespace

KTEST(CategoriesAreChecked) {
  PVOID entry = nullptr;
  EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryHardwareProfileChange, 0, nullptr, driver, OnInterface, nullptr, &entry),
            STATUS_SUCCESS);
  EXPECT_EQ(IoUnregisterPlugPlayNotification(entry), STATUS_SUCCESS);
  EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryDeviceInterfaceChange, 0, nullptr, driver, OnInterface, nullptr, &entry),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoRegisterPlugPlayNotification(EventCategoryReserved, 0, nullptr, driver, OnInterface, nullptr, &entry),
            STATUS_INVALID_PARAMETER);
}

KTEST(OnlyPhysicalDevicesHaveInterfacesAndProperties) {
  Device device;
  UNICODE_STRING link = {};
  EXPECT_EQ(IoRegisterDeviceInterface(device.object(), &kClass, nullptr, &link), STATUS_INVALID_DEVICE_REQUEST);
  UNICODE_STRING nobody = RTL_CONSTANT_STRING(L"\\??\\ROOT#SAMPLE#0000#{12345678-0001-0002-0304-05060708090a}");
  EXPECT_EQ(IoSetDeviceInterfaceState(&nobody, TRUE), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_INVALID_PARAMETER);
  ULONG length = 77;
  UCHAR buffer[16];
  EXPECT_EQ(IoGetDeviceProperty(device.object(), DevicePropertyHardwareID, sizeof buffer, buffer, &length), STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(length, 0);
}

KTEST(ReportedDevicesHaveProperties) {
  Reported reported;
  EXPECT((reported.pdo->Flags & DO_BUS_ENUMERATED_DEVICE) != 0);
  WCHAR text[64];
  ULONG length = 0;
  EXPECT_EQ(IoGetDeviceProperty(reported.pdo, DevicePropertyEnumeratorName, sizeof text, text, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 10);
  EXPECT(text[0] == L'R' && text[4] == 0);
  EXPECT_EQ(IoGetDeviceProperty(reported.pdo, DevicePropertyPhysicalDeviceObjectName, 4, text, &length), STATUS_BUFFER_TOO_SMALL);
  EXPECT(length > 16);
  EXPECT_EQ(IoGetDeviceProperty(reported.pdo, DevicePropertyPhysicalDeviceObjectName, sizeof text, text, &length), STATUS_SUCCESS);
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, text);
  PFILE_OBJECT file = nullptr;
  PDEVICE_OBJECT top = nullptr;
  EXPECT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_ATTRIBUTES, &file, &top), STATUS_SUCCESS);
  EXPECT(top == reported.device.object());
  ObDereferenceObject(file);
  ULONG number = 77;
  EXPECT_EQ(IoGetDeviceProperty(reported.pdo, DevicePropertyInstallState, sizeof number, &number, &length), STATUS_SUCCESS);
  EXPECT_EQ(number, 0);
  EXPECT_EQ(IoGetDeviceProperty(reported.pdo, DevicePropertyFriendlyName, sizeof text, text, &length), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(InterfacesLeadToTheirDevice) {
  Reported reported;
  UNICODE_STRING link = {}, again = {}, with = {};
  UNICODE_STRING reference = RTL_CONSTANT_STRING(L"part");
  REQUIRE(NT_SUCCESS(IoRegisterDeviceInterface(reported.pdo, &kClass, nullptr, &link)));
  EXPECT_EQ(IoRegisterDeviceInterface(reported.pdo, &kClass, nullptr, &again), STATUS_SUCCESS);
  EXPECT(RtlEqualUnicodeString(&link, &again, FALSE));
  EXPECT_EQ(IoRegisterDeviceInterface(reported.pdo, &kClass, &reference, &with), STATUS_SUCCESS);
  EXPECT_EQ(with.Length, link.Length + 10);
  EXPECT(File(link.Buffer).status() != STATUS_SUCCESS);  // not enabled yet
  PWSTR list = nullptr;
  EXPECT_EQ(IoGetDeviceInterfaces(&kClass, nullptr, 0, &list), STATUS_SUCCESS);
  EXPECT_EQ(*list, 0);
  ExFreePool(list);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, FALSE), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_OBJECT_NAME_EXISTS);
  EXPECT_EQ(IoSetDeviceInterfaceState(&with, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(IoGetDeviceInterfaces(&kClass, reported.pdo, 0, &list), STATUS_SUCCESS);
  UNICODE_STRING first;
  RtlInitUnicodeString(&first, list);
  EXPECT(RtlEqualUnicodeString(&first, &link, FALSE));
  ExFreePool(list);
  EXPECT_EQ(File(link.Buffer).status(), STATUS_SUCCESS);
  EXPECT_EQ(reported.device.calls(IRP_MJ_CREATE), 1);
  reported.device.on(IRP_MJ_CREATE) = [](PDEVICE_OBJECT, PIRP irp) {
    EXPECT(Equal(IoGetCurrentIrpStackLocation(irp)->FileObject->FileName, L"\\part"));
    return Complete(irp, STATUS_SUCCESS);
  };
  EXPECT_EQ(File(with.Buffer).status(), STATUS_SUCCESS);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(File(with.Buffer).status(), STATUS_SUCCESS);  // the other one keeps the link
  EXPECT_EQ(IoSetDeviceInterfaceState(&with, FALSE), STATUS_SUCCESS);
  EXPECT(File(with.Buffer).status() != STATUS_SUCCESS);
  RtlFreeUnicodeString(&link);
  RtlFreeUnicodeString(&again);
  RtlFreeUnicodeString(&with);
}

KTEST(WhoAskedHearsOfInterfaces) {
  Reported reported;
  UNICODE_STRING link = {};
  REQUIRE(NT_SUCCESS(IoRegisterDeviceInterface(reported.pdo, &kClass, nullptr, &link)));
  PVOID entry = Listen(0);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&told.heard, 1000), STATUS_SUCCESS);
  EXPECT_EQ(told.arrivals, 1);
  EXPECT_EQ(IoUnregisterPlugPlayNotification(entry), STATUS_SUCCESS);
  entry = Listen(PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES);
  EXPECT_EQ(told.arrivals, 1);
  KeClearEvent(&told.heard);
  EXPECT_EQ(IoSetDeviceInterfaceState(&link, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&told.heard, 1000), STATUS_SUCCESS);
  EXPECT_EQ(told.removals, 1);
  EXPECT_EQ(IoUnregisterPlugPlayNotificationEx(entry), STATUS_SUCCESS);
  RtlFreeUnicodeString(&link);
}

KTEST(AChangedStateIsAskedFor) {
  Reported reported;
  static KEVENT asked;
  KeInitializeEvent(&asked, NotificationEvent, FALSE);
  reported.device.on(IRP_MJ_PNP) = [](PDEVICE_OBJECT, PIRP irp) {
    if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_QUERY_PNP_DEVICE_STATE) KeSetEvent(&asked, 0, FALSE);
    return Complete(irp, STATUS_SUCCESS);
  };
  IoInvalidateDeviceState(reported.pdo);
  EXPECT_EQ(WaitFor(&asked, 1000), STATUS_SUCCESS);
  Sleep(5);  // until the request has ended
}

KTEST(DevicesAndInterfacesHaveKeys) {
  Reported reported;
  HANDLE key = nullptr;
  UNICODE_STRING value = RTL_CONSTANT_STRING(L"Colour"), link = {};
  ULONG colour = 7, length = 0;
  struct {
    KEY_VALUE_PARTIAL_INFORMATION head;
    ULONG rest;
  } read = {};
  const ULONG kinds[] = {PLUGPLAY_REGKEY_DEVICE, PLUGPLAY_REGKEY_DRIVER, PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_CURRENT_HWPROFILE};
  for (ULONG kind : kinds) {
    EXPECT_EQ(IoOpenDeviceRegistryKey(reported.pdo, kind, KEY_ALL_ACCESS, &key), STATUS_SUCCESS);
    EXPECT_EQ(ZwSetValueKey(key, &value, 0, REG_DWORD, &colour, sizeof colour), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
  }
  EXPECT_EQ(IoOpenDeviceRegistryKey(reported.pdo, 3, KEY_READ, &key), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoOpenDeviceRegistryKey(reported.device.object(), PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key), STATUS_INVALID_DEVICE_REQUEST);
  EXPECT(key == nullptr);

  WCHAR text[64];
  EXPECT_EQ(IoGetDeviceProperty(reported.pdo, DevicePropertyClassName, sizeof text, text, &length), STATUS_SUCCESS);
  EXPECT_EQ(IoGetDeviceProperty(reported.pdo, DevicePropertyDriverKeyName, sizeof text, text, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, sizeof L"{4d36e97d-e325-11ce-bfc1-08002be10318}\\0000");

  EXPECT_EQ(IoRegisterDeviceInterface(reported.pdo, &kClass, nullptr, &link), STATUS_SUCCESS);
  EXPECT_EQ(IoOpenDeviceInterfaceRegistryKey(&link, KEY_ALL_ACCESS, &key), STATUS_SUCCESS);
  EXPECT_EQ(ZwSetValueKey(key, &value, 0, REG_DWORD, &colour, sizeof colour), STATUS_SUCCESS);
  EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
  EXPECT_EQ(IoOpenDeviceInterfaceRegistryKey(&link, KEY_READ, &key), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryValueKey(key, &value, KeyValuePartialInformation, &read, sizeof read, &length), STATUS_SUCCESS);
  EXPECT_EQ(ZwClose(key), STATUS_SUCCESS);
  RtlFreeUnicodeString(&link);
}
