// SetupDi…: sets of devices and of their interfaces.
#include <cstring>

#include "subsystem/setupapi/device_set.h"

using namespace nt::win32;
using namespace nt::setup;

namespace {

/// SP_DEVICE_INTERFACE_DETAIL_DATA_W and _A: a size, and the path behind it.
constexpr DWORD kDetailSize = 8, kPathOffset = 4;

/// Gives a text, with its terminator, to a buffer of `room` characters: ERROR_INSUFFICIENT_BUFFER.
template <class Character>
BOOL Give(PCWSTR text, Character* buffer, DWORD room, PDWORD required) {
  const auto length = static_cast<DWORD>(std::u16string_view(text).size() + 1);
  if (required) *required = length;
  if (!buffer || room < length) return Fail(ERROR_INSUFFICIENT_BUFFER);
  for (DWORD i = 0; i < length; i++) buffer[i] = static_cast<Character>(text[i]);
  return TRUE;
}

/// The path by which CreateFile opens an interface; setupapi gives it in lower case.
void PathOf(const Interface& interface, WCHAR (&path)[kNameRoom]) {
  for (ULONG i = 0; i < kNameRoom; i++) {
    const WCHAR c = interface.name[i];
    path[i] = c >= u'A' && c <= u'Z' ? static_cast<WCHAR>(c + 32) : c;
  }
}

template <class Character>
BOOL GiveDetail(HDEVINFO handle, PSP_DEVICE_INTERFACE_DATA data, UCHAR* detail, DWORD size, PDWORD required, PSP_DEVINFO_DATA device) {
  DeviceSet* const set = SetOf(handle);
  const Interface* const interface = set ? InterfaceOf(*set, data) : nullptr;
  if (!interface) return FALSE;
  DWORD stated = 0;
  if (detail) std::memcpy(&stated, detail, sizeof stated);
  if (detail ? size < kDetailSize || stated != kDetailSize : size != 0) return Fail(ERROR_INVALID_USER_BUFFER);
  if (device && device->cbSize != sizeof *device) return Fail(ERROR_INVALID_USER_BUFFER);
  WCHAR path[kNameRoom];
  PathOf(*interface, path);
  const auto length = static_cast<DWORD>(std::u16string_view(path).size() + 1);
  const DWORD needed = kPathOffset + length * static_cast<DWORD>(sizeof(Character));
  if (required) *required = needed;
  if (device) Fill(*interface->device, device);
  if (size < needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
  return Give(path, reinterpret_cast<Character*>(detail + kPathOffset), length, nullptr);
}

/// The value of a device's key that holds a property; null for one that is computed, or unknown.
PCWSTR ValueOf(DWORD property) {
  static constexpr PCWSTR kNames[] = {
      u"DeviceDesc", u"HardwareID",   u"CompatibleIDs", nullptr,         u"Service",     nullptr,         nullptr,
      u"Class",      u"ClassGUID",    u"Driver",        u"ConfigFlags",  u"Mfg",         u"FriendlyName", u"LocationInformation",
      nullptr,       u"Capabilities", nullptr,          u"UpperFilters", u"LowerFilters"};
  return property < std::size(kNames) ? kNames[property] : nullptr;
}

constexpr DWORD kEnumeratorName = 0x16, kPropertyCount = 0x25;

/// A property of a device as its key has it: ERROR_INVALID_DATA if it has none, ERROR_INVALID_REG_PROPERTY if there is no such property.
DWORD ReadProperty(const Device& device, DWORD property, PDWORD type, PVOID data, DWORD* size) {
  if (property >= kPropertyCount) return ERROR_INVALID_REG_PROPERTY;
  if (property == kEnumeratorName) {
    const std::u16string_view instance(device.instance);
    const auto length = static_cast<DWORD>(instance.find(u'\\') * sizeof(WCHAR));
    const bool fits = data && *size >= length + sizeof(WCHAR);
    if (fits) std::memcpy(data, device.instance, length);
    if (fits) std::memset(static_cast<char*>(data) + length, 0, sizeof(WCHAR));
    *size = static_cast<DWORD>(length + sizeof(WCHAR));
    *type = REG_SZ;
    return fits ? ERROR_SUCCESS : ERROR_INSUFFICIENT_BUFFER;
  }
  PCWSTR const value = ValueOf(property);
  HKEY const key = value ? OpenDevice(device.instance) : nullptr;
  if (!key) return ERROR_INVALID_DATA;
  const LONG error = QueryValue(key, value, type, data, size);
  RegCloseKey(key);
  if (error == static_cast<LONG>(ERROR_FILE_NOT_FOUND)) return ERROR_INVALID_DATA;
  return error == static_cast<LONG>(ERROR_MORE_DATA) || (!error && !data) ? ERROR_INSUFFICIENT_BUFFER : static_cast<DWORD>(error);
}

bool IsText(DWORD type) { return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ; }

}  // namespace

extern "C" {

/// An empty set; the class and the window are of no use to it. INVALID_HANDLE_VALUE: ERROR_NOT_ENOUGH_MEMORY. (SetupDiCreateDeviceInfoList)
HDEVINFO SetupDiCreateDeviceInfoList(const GUID* /*ClassGuid*/, HANDLE /*hwndParent*/) {
  DeviceSet* const set = NewSet();
  return set ? set : INVALID_HANDLE_VALUE;
}

/// Frees a set. FALSE: ERROR_INVALID_HANDLE. (SetupDiDestroyDeviceInfoList)
BOOL SetupDiDestroyDeviceInfoList(HDEVINFO DeviceInfoSet) {
  DeviceSet* const set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  FreeSet(set);
  return TRUE;
}

/// Adds to a set, or to a new one, the devices of a setup class, or the interfaces of an interface class with their devices.
/// `ClassGuid`: needed without DIGCF_ALLCLASSES. `Enumerator`: "ROOT"; an instance where interfaces are meant. Another machine than this
/// one cannot be asked. INVALID_HANDLE_VALUE: ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE. (SetupDiGetClassDevsExW)
HDEVINFO SetupDiGetClassDevsExW(const GUID* ClassGuid, PCWSTR Enumerator, HANDLE /*hwndParent*/, DWORD Flags, HDEVINFO DeviceInfoSet,
                                PCWSTR MachineName, PVOID /*Reserved*/) {
  const bool all = (Flags & kAllClasses) != 0;
  if (MachineName || (!ClassGuid && !all)) return SetError(ERROR_INVALID_PARAMETER), INVALID_HANDLE_VALUE;
  DeviceSet* const set = DeviceInfoSet ? SetOf(DeviceInfoSet) : NewSet();
  if (!set) return INVALID_HANDLE_VALUE;
  Wanted wanted;
  wanted.class_guid = all ? nullptr : ClassGuid;
  wanted.enumerator = Enumerator && *Enumerator ? Enumerator : nullptr;
  wanted.present_only = (Flags & kPresent) != 0;
  if ((Flags & kDeviceInterface) != 0 ? AddInterfaces(set, wanted) : AddDevices(set, wanted)) return set;
  if (!DeviceInfoSet) FreeSet(set);
  return INVALID_HANDLE_VALUE;
}

HDEVINFO SetupDiGetClassDevsW(const GUID* ClassGuid, PCWSTR Enumerator, HANDLE hwndParent, DWORD Flags) {
  return SetupDiGetClassDevsExW(ClassGuid, Enumerator, hwndParent, Flags, nullptr, nullptr, nullptr);
}

HDEVINFO SetupDiGetClassDevsA(const GUID* ClassGuid, PCSTR Enumerator, HANDLE hwndParent, DWORD Flags) {
  const WideName enumerator(Enumerator);
  return SetupDiGetClassDevsW(ClassGuid, enumerator.c_str(), hwndParent, Flags);
}

/// A device of a set by its index. FALSE: ERROR_NO_MORE_ITEMS, ERROR_INVALID_USER_BUFFER, ERROR_INVALID_HANDLE. (SetupDiEnumDeviceInfo)
BOOL SetupDiEnumDeviceInfo(HDEVINFO DeviceInfoSet, DWORD MemberIndex, PSP_DEVINFO_DATA DeviceInfoData) {
  const DeviceSet* const set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  if (!DeviceInfoData) return Fail(ERROR_INVALID_PARAMETER);
  if (DeviceInfoData->cbSize != sizeof *DeviceInfoData) return Fail(ERROR_INVALID_USER_BUFFER);
  const Device* device = set->devices;
  while (device && MemberIndex-- != 0) device = device->next;
  if (!device) return Fail(ERROR_NO_MORE_ITEMS);
  Fill(*device, DeviceInfoData);
  return TRUE;
}

/// An interface of a class in a set, of one device if it is given, by its index. FALSE: as above. (SetupDiEnumDeviceInterfaces)
BOOL SetupDiEnumDeviceInterfaces(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, const GUID* InterfaceClassGuid, DWORD MemberIndex,
                                 PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData) {
  const DeviceSet* const set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  if (!DeviceInterfaceData || !InterfaceClassGuid) return Fail(ERROR_INVALID_PARAMETER);
  if (DeviceInterfaceData->cbSize != sizeof *DeviceInterfaceData) return Fail(ERROR_INVALID_USER_BUFFER);
  const Device* const device = DeviceInfoData ? DeviceOf(*set, DeviceInfoData) : nullptr;
  if (DeviceInfoData && !device) return FALSE;
  for (const Interface* interface = set->interfaces; interface; interface = interface->next) {
    if (!SameGuid(interface->class_guid, *InterfaceClassGuid) || (device && interface->device != device) || MemberIndex-- != 0) continue;
    Fill(*interface, DeviceInterfaceData);
    return TRUE;
  }
  return Fail(ERROR_NO_MORE_ITEMS);
}

/// The path of an interface, and its device. FALSE: ERROR_INSUFFICIENT_BUFFER (then *RequiredSize tells how many bytes),
/// ERROR_INVALID_USER_BUFFER (a wrong cbSize), ERROR_INVALID_PARAMETER, ERROR_INVALID_HANDLE. (SetupDiGetDeviceInterfaceDetailW)
BOOL SetupDiGetDeviceInterfaceDetailW(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
                                      PVOID DeviceInterfaceDetailData, DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize,
                                      PSP_DEVINFO_DATA DeviceInfoData) {
  return GiveDetail<WCHAR>(DeviceInfoSet, DeviceInterfaceData, static_cast<UCHAR*>(DeviceInterfaceDetailData),
                           DeviceInterfaceDetailDataSize, RequiredSize, DeviceInfoData);
}

BOOL SetupDiGetDeviceInterfaceDetailA(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
                                      PVOID DeviceInterfaceDetailData, DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize,
                                      PSP_DEVINFO_DATA DeviceInfoData) {
  return GiveDetail<CHAR>(DeviceInfoSet, DeviceInterfaceData, static_cast<UCHAR*>(DeviceInterfaceDetailData), DeviceInterfaceDetailDataSize,
                          RequiredSize, DeviceInfoData);
}

/// A device's instance identifier; sizes are in characters. FALSE: ERROR_INSUFFICIENT_BUFFER. (SetupDiGetDeviceInstanceIdW)
BOOL SetupDiGetDeviceInstanceIdW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PWSTR DeviceInstanceId,
                                 DWORD DeviceInstanceIdSize, PDWORD RequiredSize) {
  const DeviceSet* const set = SetOf(DeviceInfoSet);
  const Device* const device = set ? DeviceOf(*set, DeviceInfoData) : nullptr;
  return device ? Give(device->instance, DeviceInstanceId, DeviceInstanceIdSize, RequiredSize) : FALSE;
}

BOOL SetupDiGetDeviceInstanceIdA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSTR DeviceInstanceId, DWORD DeviceInstanceIdSize,
                                 PDWORD RequiredSize) {
  const DeviceSet* const set = SetOf(DeviceInfoSet);
  const Device* const device = set ? DeviceOf(*set, DeviceInfoData) : nullptr;
  return device ? Give(device->instance, DeviceInstanceId, DeviceInstanceIdSize, RequiredSize) : FALSE;
}

/// A property (SPDRP_…) of a device. FALSE: ERROR_INVALID_DATA (it has none), ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_REG_PROPERTY.
/// (SetupDiGetDeviceRegistryPropertyW)
BOOL SetupDiGetDeviceRegistryPropertyW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Property, PDWORD PropertyRegDataType,
                                       PUCHAR PropertyBuffer, DWORD PropertyBufferSize, PDWORD RequiredSize) {
  const DeviceSet* const set = SetOf(DeviceInfoSet);
  const Device* const device = set ? DeviceOf(*set, DeviceInfoData) : nullptr;
  if (!device) return FALSE;
  DWORD type = 0, size = PropertyBuffer ? PropertyBufferSize : 0;
  const DWORD error = ReadProperty(*device, Property, &type, PropertyBuffer, &size);
  const bool known = error == ERROR_SUCCESS || error == ERROR_INSUFFICIENT_BUFFER;
  if (known && RequiredSize) *RequiredSize = size;
  if (known && PropertyRegDataType) *PropertyRegDataType = type;
  return error == ERROR_SUCCESS || Fail(error);
}

BOOL SetupDiGetDeviceRegistryPropertyA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Property, PDWORD PropertyRegDataType,
                                       PUCHAR PropertyBuffer, DWORD PropertyBufferSize, PDWORD RequiredSize) {
  const DeviceSet* const set = SetOf(DeviceInfoSet);
  const Device* const device = set ? DeviceOf(*set, DeviceInfoData) : nullptr;
  if (!device) return FALSE;
  WCHAR text[2 * kNameRoom];
  DWORD type = 0, size = sizeof text;
  const DWORD error = ReadProperty(*device, Property, &type, text, &size);
  if (error != ERROR_SUCCESS) return Fail(error);
  const DWORD needed = IsText(type) ? size / static_cast<DWORD>(sizeof(WCHAR)) : size;
  if (RequiredSize) *RequiredSize = needed;
  if (PropertyRegDataType) *PropertyRegDataType = type;
  if (!PropertyBuffer || PropertyBufferSize < needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
  for (DWORD i = 0; IsText(type) && i < needed; i++) PropertyBuffer[i] = static_cast<UCHAR>(text[i]);
  if (!IsText(type)) std::memcpy(PropertyBuffer, text, needed);
  return TRUE;
}

/// Adds an interface to a set by its path, in any case. FALSE: ERROR_NO_SUCH_DEVICE_INTERFACE. (SetupDiOpenDeviceInterfaceW)
BOOL SetupDiOpenDeviceInterfaceW(HDEVINFO DeviceInfoSet, PCWSTR DevicePath, DWORD /*OpenFlags*/,
                                 PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData) {
  DeviceSet* const set = SetOf(DeviceInfoSet);
  if (!set) return FALSE;
  if (!DevicePath) return Fail(ERROR_INVALID_PARAMETER);
  if (DeviceInterfaceData && DeviceInterfaceData->cbSize != sizeof *DeviceInterfaceData) return Fail(ERROR_INVALID_USER_BUFFER);
  const Interface* const interface = AddInterface(set, DevicePath);
  if (!interface) return FALSE;
  if (DeviceInterfaceData) Fill(*interface, DeviceInterfaceData);
  return TRUE;
}

/// Takes an interface out of a set. (SetupDiDeleteDeviceInterfaceData)
BOOL SetupDiDeleteDeviceInterfaceData(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData) {
  DeviceSet* const set = SetOf(DeviceInfoSet);
  Interface* const interface = set ? InterfaceOf(*set, DeviceInterfaceData) : nullptr;
  if (!interface) return FALSE;
  Remove(set, interface);
  return TRUE;
}

/// Opens the key with an interface's parameters, for RegCloseKey. INVALID_HANDLE_VALUE: ERROR_FILE_NOT_FOUND if its driver has made none.
/// (SetupDiOpenDeviceInterfaceRegKey)
HKEY SetupDiOpenDeviceInterfaceRegKey(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData, DWORD Reserved,
                                      ACCESS_MASK samDesired) {
  const DeviceSet* const set = SetOf(DeviceInfoSet);
  const Interface* const interface = set ? InterfaceOf(*set, DeviceInterfaceData) : nullptr;
  if (!interface) return INVALID_HANDLE_VALUE;
  if (Reserved) return SetError(ERROR_INVALID_PARAMETER), INVALID_HANDLE_VALUE;
  HKEY const key = OpenInterface(*interface, samDesired, u"Device Parameters");
  return key ? key : (SetError(ERROR_FILE_NOT_FOUND), INVALID_HANDLE_VALUE);
}

}  // extern "C"
