// A driver's own keys, and those of devices.
#include <string>

#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "nt/io.h"
#include "nt/status.h"

using namespace nt::cm;

namespace {

NTSTATUS Open(std::u16string* path, ACCESS_MASK access, bool create, PHANDLE key) {
  const auto length = static_cast<USHORT>(path->size() * sizeof(WCHAR));
  UNICODE_STRING name{length, length, path->data()};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr};
  Walk walk;
  walk.create = create;
  return OpenKey(&attributes, KernelMode, access, &walk, key);
}

/// An interface's name is \\?\ or \??\, a device, and the class in braces.
bool IsInterfaceName(const UNICODE_STRING* name) {
  if (name == nullptr || name->Buffer == nullptr) return false;
  const std::u16string_view text(name->Buffer, name->Length / sizeof(WCHAR));
  const auto open = text.find(u'{'), close = text.find(u'}');
  return (text.starts_with(u"\\\\?\\") || text.starts_with(u"\\??\\")) && open != text.npos && close == open + 37;
}

}  // namespace

extern "C" {

/// Opens the key with a driver's parameters, or the one where it keeps its state, which is made if need be. The handle is the kernel's.
/// PASSIVE_LEVEL. STATUS_OBJECT_NAME_NOT_FOUND (no parameters), STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED (state that is shared).
/// (IoOpenDriverRegistryKey)
NTSTATUS IoOpenDriverRegistryKey(DRIVER_OBJECT* DriverObject, DRIVER_REGKEY_TYPE RegKeyType, ACCESS_MASK DesiredAccess, ULONG Flags,
                                 PHANDLE DriverRegKey) {
  if (DriverObject == nullptr || DriverObject->DriverExtension == nullptr || DriverRegKey == nullptr || Flags != 0)
    return STATUS_INVALID_PARAMETER;
  *DriverRegKey = nullptr;
  if (RegKeyType != DriverRegKeyParameters && RegKeyType != DriverRegKeyPersistentState) return STATUS_NOT_SUPPORTED;
  const UNICODE_STRING& service = DriverObject->DriverExtension->ServiceKeyName;
  std::u16string path = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
  path.append(service.Buffer, service.Length / sizeof(WCHAR));
  path += RegKeyType == DriverRegKeyParameters ? u"\\Parameters" : u"\\State";
  return Open(&path, DesiredAccess, RegKeyType == DriverRegKeyPersistentState, DriverRegKey);
}

/// Opens the key of a device, or of its driver's instance. No bus has reported a device here, so none has such a key.
/// PASSIVE_LEVEL. STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_REQUEST (no physical device object). (IoOpenDeviceRegistryKey)
NTSTATUS IoOpenDeviceRegistryKey(DEVICE_OBJECT* DeviceObject, ULONG DevInstKeyType, ACCESS_MASK /*DesiredAccess*/, PHANDLE DevInstRegKey) {
  constexpr ULONG kDevice = 1, kDriver = 2, kCurrentHardwareProfile = 4;
  *DevInstRegKey = nullptr;
  const ULONG which = DevInstKeyType & ~kCurrentHardwareProfile;
  if (DeviceObject == nullptr || (which != kDevice && which != kDriver)) return STATUS_INVALID_PARAMETER;
  return STATUS_INVALID_DEVICE_REQUEST;
}

/// Opens the key of a device interface, of which there are none without devices.
/// PASSIVE_LEVEL. STATUS_INVALID_PARAMETER (no interface's name), STATUS_OBJECT_NAME_NOT_FOUND. (IoOpenDeviceInterfaceRegistryKey)
NTSTATUS IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName, ACCESS_MASK /*DesiredAccess*/, PHANDLE DeviceInterfaceRegKey) {
  *DeviceInterfaceRegKey = nullptr;
  return IsInterfaceName(SymbolicLinkName) ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_INVALID_PARAMETER;
}

}  // extern "C"
