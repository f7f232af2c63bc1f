// Programs find devices by their interfaces: setupapi and the configuration manager, and what is refused.
#include <windows.h>

#include <initguid.h>
#include <objbase.h>
#include <setupapi.h>
#include <shellapi.h>
#include <winioctl.h>

#include "drivers/lamp.h"
#include "show.h"

// mingw's headers do not know these.
extern "C" {
DWORD WINAPI CM_Get_Device_Interface_List_SizeW(PULONG length, GUID* class_guid, PWSTR device, ULONG flags);
DWORD WINAPI CM_Get_Device_Interface_ListW(GUID* class_guid, PWSTR device, PWCHAR buffer, ULONG length, ULONG flags);
}

namespace {

GUID lamp = GUID_DEVINTERFACE_LAMP;

union Detail {
  SP_DEVICE_INTERFACE_DETAIL_DATA_W wide;
  SP_DEVICE_INTERFACE_DETAIL_DATA_A narrow;
  char room[512];
};

DWORD Error(BOOL good) { return good ? 0 : GetLastError(); }

void OpenAndAsk(PCWSTR path) {
  HANDLE const device = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  DWORD brightness = 0, bytes = 0;
  const BOOL good = DeviceIoControl(device, IOCTL_LAMP_BRIGHTNESS, nullptr, 0, &brightness, sizeof brightness, &bytes, nullptr);
  Show("opened", {device != INVALID_HANDLE_VALUE, good, bytes, brightness});
  CloseHandle(device);
}

void Interfaces() {
  HDEVINFO const set = SetupDiGetClassDevsW(&lamp, nullptr, nullptr, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
  SP_DEVICE_INTERFACE_DATA data = {};
  Show("without a size", {Error(SetupDiEnumDeviceInterfaces(set, nullptr, &lamp, 0, &data))});
  data.cbSize = sizeof data;
  Show("first", {Error(SetupDiEnumDeviceInterfaces(set, nullptr, &lamp, 0, &data)), data.Flags == SPINT_ACTIVE,
                 IsEqualGUID(data.InterfaceClassGuid, lamp)});
  SP_DEVICE_INTERFACE_DATA none = {sizeof none};
  Show("second", {Error(SetupDiEnumDeviceInterfaces(set, nullptr, &lamp, 1, &none))});
  DWORD needed = 0;
  Show("how long", {Error(SetupDiGetDeviceInterfaceDetailW(set, &data, nullptr, 0, &needed, nullptr)), needed});
  Detail detail;
  detail.wide.cbSize = 6;
  Show("a wrong size", {Error(SetupDiGetDeviceInterfaceDetailW(set, &data, &detail.wide, sizeof detail, nullptr, nullptr))});
  detail.wide.cbSize = sizeof detail.wide;
  Show("a small one", {Error(SetupDiGetDeviceInterfaceDetailW(set, &data, &detail.wide, needed - 1, nullptr, nullptr))});
  SP_DEVINFO_DATA device = {sizeof device};
  Show("the path", {Error(SetupDiGetDeviceInterfaceDetailW(set, &data, &detail.wide, needed, nullptr, &device))});
  std::printf("%ls\n", detail.wide.DevicePath);
  OpenAndAsk(detail.wide.DevicePath);

  WCHAR path[256];
  lstrcpyW(path, detail.wide.DevicePath);
  SP_DEVICE_INTERFACE_DATA again = {sizeof again};
  HDEVINFO const empty = SetupDiCreateDeviceInfoList(nullptr, nullptr);
  Show("in an empty set", {Error(SetupDiOpenDeviceInterfaceW(empty, path, 0, &again)), again.Flags == SPINT_ACTIVE});
  Show("which is gone", {Error(SetupDiOpenDeviceInterfaceW(empty, L"\\\\?\\none", 0, nullptr)) == ERROR_NO_SUCH_DEVICE_INTERFACE});
  HKEY const key = SetupDiOpenDeviceInterfaceRegKey(empty, &again, 0, KEY_READ);
  DWORD brightness = 0, size = sizeof brightness;
  Show("its key", {RegQueryValueExW(key, L"Brightness", nullptr, nullptr, reinterpret_cast<PBYTE>(&brightness), &size), brightness});
  RegCloseKey(key);
  Show("removed",
       {Error(SetupDiDeleteDeviceInterfaceData(empty, &again)), Error(SetupDiEnumDeviceInterfaces(empty, nullptr, &lamp, 0, &again))});
  Show("destroyed", {Error(SetupDiDestroyDeviceInfoList(empty)), Error(SetupDiDestroyDeviceInfoList(INVALID_HANDLE_VALUE))});

  detail.narrow.cbSize = sizeof detail.narrow;
  Show("in ANSI", {Error(SetupDiGetDeviceInterfaceDetailA(set, &data, &detail.narrow, sizeof detail, &needed, nullptr)), needed});
  std::printf("%s\n", detail.narrow.DevicePath);
  SetupDiDestroyDeviceInfoList(set);
}

void Property(HDEVINFO set, SP_DEVINFO_DATA* device, const char* name, DWORD property) {
  WCHAR text[128] = {};
  char narrow[128] = {};
  DWORD type = 99, needed = 0;
  const DWORD error =
      Error(SetupDiGetDeviceRegistryPropertyW(set, device, property, &type, reinterpret_cast<PBYTE>(text), sizeof text, &needed));
  SetupDiGetDeviceRegistryPropertyA(set, device, property, nullptr, reinterpret_cast<PBYTE>(narrow), sizeof narrow, nullptr);
  std::printf("%s: error %lu, type %lu, %lu bytes, %ls %s\n", name, error, type, needed, type == REG_DWORD ? L"" : text,
              type == REG_DWORD ? "" : narrow);
}

void Devices() {
  HDEVINFO const set = SetupDiGetClassDevsW(nullptr, L"ROOT", nullptr, DIGCF_PRESENT | DIGCF_ALLCLASSES);
  SP_DEVINFO_DATA device = {sizeof device};
  Show("devices", {Error(SetupDiEnumDeviceInfo(set, 0, &device)), device.DevInst != 0});
  WCHAR instance[64];
  DWORD needed = 0;
  Show("an identifier", {Error(SetupDiGetDeviceInstanceIdW(set, &device, nullptr, 0, &needed)), needed});
  Show("an identifier", {Error(SetupDiGetDeviceInstanceIdW(set, &device, instance, 64, nullptr))});
  std::printf("%ls\n", instance);
  Property(set, &device, "description", SPDRP_DEVICEDESC);
  Property(set, &device, "hardware", SPDRP_HARDWAREID);
  Property(set, &device, "service", SPDRP_SERVICE);
  Property(set, &device, "class", SPDRP_CLASS);
  Property(set, &device, "flags", SPDRP_CONFIGFLAGS);
  Property(set, &device, "enumerator", SPDRP_ENUMERATOR_NAME);
  Property(set, &device, "friendly name", SPDRP_FRIENDLYNAME);
  Property(set, &device, "unknown", 0x77);
  Show("one byte short",
       {Error(SetupDiGetDeviceRegistryPropertyW(set, &device, SPDRP_SERVICE, nullptr, reinterpret_cast<PBYTE>(instance), 9, &needed)),
        needed});
  Show("no more", {Error(SetupDiEnumDeviceInfo(set, 1, &device))});
  SetupDiDestroyDeviceInfoList(set);
  Show("no class", {SetupDiGetClassDevsW(nullptr, nullptr, nullptr, DIGCF_PRESENT) == INVALID_HANDLE_VALUE, GetLastError()});
  HDEVINFO const narrow = SetupDiGetClassDevsA(nullptr, "NOBUS", nullptr, DIGCF_ALLCLASSES);
  Show("no bus", {Error(SetupDiEnumDeviceInfo(narrow, 0, &device))});
  SetupDiDestroyDeviceInfoList(narrow);
}

void Lists() {
  ULONG length = 0;
  WCHAR list[256];
  Show("list", {CM_Get_Device_Interface_List_SizeW(&length, &lamp, nullptr, 0), length});
  Show("too small", {CM_Get_Device_Interface_ListW(&lamp, nullptr, list, length - 1, 0)});
  Show("enough", {CM_Get_Device_Interface_ListW(&lamp, nullptr, list, length, 0)});
  std::printf("%ls\n", list);
  OpenAndAsk(list);
  Show("all", {CM_Get_Device_Interface_List_SizeW(&length, &lamp, nullptr, 1), length,
               CM_Get_Device_Interface_ListW(&lamp, nullptr, list, 256, 1)});
  for (PCWSTR at = list; *at; at += lstrlenW(at) + 1) std::printf("%ls\n", at);
  GUID none = {};
  Show("of no class", {CM_Get_Device_Interface_List_SizeW(&length, &none, nullptr, 0), length});
  Show("of no device", {CM_Get_Device_Interface_List_SizeW(&length, &lamp, const_cast<PWSTR>(L"ROOT\\NONE\\0000"), 0), length});
  Show("no pointer", {CM_Get_Device_Interface_List_SizeW(nullptr, &lamp, nullptr, 0)});
}

void Arguments(PCWSTR line) {
  int count = 0;
  LPWSTR* const arguments = CommandLineToArgvW(line, &count);
  std::printf("%d:", count);
  for (int i = 0; i < count; i++) std::printf(" [%ls]", arguments[i]);
  std::printf("\n");
  LocalFree(arguments);
}

}  // namespace

int main() {
  Interfaces();
  Devices();
  Lists();
  Arguments(L"a.exe one  \"two words\" \"\" a\\\\b \"c\\\\\" d\\\"e f\"\"g");
  Arguments(L"\"C:\\my dir\\a.exe\"b \"x\"\"y z");
  Arguments(L"");
  WCHAR text[39];
  Show("too short", {StringFromGUID2(lamp, text, 38)});
  Show("an identifier", {StringFromGUID2(lamp, text, 39)});
  std::printf("%ls\n", text);
}
