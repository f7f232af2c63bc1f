// Keys that belong to drivers and devices, and the places that run-time routines start from.
#include "ktest.h"

KTEST(DevicesThatNoBusReportedHaveNoKeys) {
  PDEVICE_OBJECT device;
  REQUIRE(NT_SUCCESS(IoCreateDevice(ktest::driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device)));
  HANDLE key = (HANDLE)1;
  EXPECT_EQ(IoOpenDeviceRegistryKey(device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key), STATUS_INVALID_DEVICE_REQUEST);
  EXPECT(key == nullptr);
  EXPECT_EQ(IoOpenDeviceRegistryKey(device, PLUGPLAY_REGKEY_DRIVER | PLUGPLAY_REGKEY_CURRENT_HWPROFILE, KEY_READ, &key),
            STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(IoOpenDeviceRegistryKey(device, PLUGPLAY_REGKEY_DEVICE | PLUGPLAY_REGKEY_DRIVER, KEY_READ, &key), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoOpenDeviceRegistryKey(device, 0, KEY_READ, &key), STATUS_INVALID_PARAMETER);
  IoDeleteDevice(device);
  UNICODE_STRING bad = RTL_CONSTANT_STRING(L"\\Device\\Null");
  UNICODE_STRING good = RTL_CONSTANT_STRING(L"\\??\\ROOT#TEST#0000#{11112222-3333-4444-0102-030405060708}");
  EXPECT_EQ(IoOpenDeviceInterfaceRegistryKey(&bad, KEY_READ, &key), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoOpenDeviceInterfaceRegistryKey(&good, KEY_READ, &key), STATUS_OBJECT_NAME_NOT_FOUND);
}

KTEST(ADriversKeys) {
  HANDLE key = (HANDLE)1;
  EXPECT_EQ(IoOpenDriverRegistryKey(ktest::driver, DriverRegKeyParameters, KEY_READ, 1, &key), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoOpenDriverRegistryKey(ktest::driver, DriverRegKeyPersistentState, KEY_ALL_ACCESS, 0, &key), STATUS_SUCCESS);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Kept");
  ULONG number = 4;
  EXPECT_EQ(ZwSetValueKey(key, &name, 0, REG_DWORD, &number, sizeof number), STATUS_SUCCESS);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(StringsGoIntoOneStringAfterTheOther) {
  wchar_t path[] = L"RingletPlaces", value[] = L"List";
  REQUIRE(NT_SUCCESS(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, path, value, REG_MULTI_SZ, (PVOID)L"one\0three\0", 22)));
  UNICODE_STRING strings[2] = {};
  RTL_QUERY_REGISTRY_TABLE table[2] = {};
  table[0].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_REQUIRED;
  table[0].Name = value;
  table[0].EntryContext = strings;
  EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, path, table, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(strings[0].Length, 3 * sizeof(WCHAR));
  EXPECT_EQ(strings[1].Length, 5 * sizeof(WCHAR));
  RtlFreeUnicodeString(&strings[0]);
  RtlFreeUnicodeString(&strings[1]);
  HANDLE key;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\RingletPlaces");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  REQUIRE(NT_SUCCESS(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes)));
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(AnEmptyValueOfTheDefaultsTypeIsNone) {
  wchar_t path[] = L"RingletPlaces", value[] = L"Empty", fallback[] = L"default";
  REQUIRE(NT_SUCCESS(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, path, value, REG_SZ, (PVOID)L"", 0)));
  UNICODE_STRING text = {};
  RTL_QUERY_REGISTRY_TABLE table[2] = {};
  table[0].Flags = RTL_QUERY_REGISTRY_DIRECT;
  table[0].Name = value;
  table[0].EntryContext = &text;
  table[0].DefaultType = REG_SZ;
  table[0].DefaultData = fallback;
  EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, path, table, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(text.Length, 7 * sizeof(WCHAR));
  RtlFreeUnicodeString(&text);
  table[0].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
  EXPECT_EQ(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, path, table, nullptr, nullptr), STATUS_OBJECT_NAME_NOT_FOUND);
  // Without a path it is the place itself.
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(RtlCheckRegistryKey(RTL_REGISTRY_MAXIMUM, path), STATUS_INVALID_PARAMETER);
  HANDLE key;
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\RingletPlaces");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  REQUIRE(NT_SUCCESS(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes)));
  ZwDeleteKey(key);
  ZwClose(key);
}
