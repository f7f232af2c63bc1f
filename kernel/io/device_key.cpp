// Keys of devices and of their interfaces.
#include "kernel/cm/cm.h"
#include "kernel/io/pnp.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr char16_t kControl[] = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\";

/// The key that a class keeps for each of its devices' drivers; empty if the device was given none.
std::u16string DriverKey(const DeviceNode& node) {
  const auto driver = cm::ReadString(KeyOf(node), u"Driver");
  return driver ? std::u16string(kControl) + u"Class\\" + *driver : std::u16string();
}

/// An interface's name is \\?\ or \??\, a device, the class in braces, and perhaps a backslash and a reference.
bool IsInterfaceName(std::u16string_view name) {
  const auto open = name.find(u'{'), close = name.find(u'}');
  if (!name.starts_with(u"\\\\?\\") && !name.starts_with(u"\\\?\?\\")) return false;
  return open != name.npos && close == open + 37 && (close + 1 == name.size() || name[close + 1] == u'\\');
}

}  // namespace

std::u16string KeyOf(const DeviceNode& node) { return u"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\" + node.instance; }

std::u16string InterfaceLinkKey(std::u16string_view name) {
  const auto open = name.find(u'{'), close = name.find(u'}');
  std::u16string key = std::u16string(kControl) + u"DeviceClasses\\";
  return key.append(name.substr(open, 38)).append(u"\\##?#").append(name.substr(4, close + 1 - 4));
}

std::u16string InterfaceKey(std::u16string_view name) {
  const auto close = name.find(u'}');
  std::u16string key = InterfaceLinkKey(name) + u"\\#";
  if (close + 2 < name.size()) key.append(name.substr(close + 2));
  return key;
}

}  // namespace nt::io

using namespace nt::io;
namespace cm = nt::cm;

extern "C" {

/// Opens a device's own key, or that of its driver's instance; made if need be. The handle is the kernel's.
/// PASSIVE_LEVEL. STATUS_INVALID_PARAMETER, STATUS_INVALID_DEVICE_REQUEST (no physical device object), STATUS_OBJECT_NAME_NOT_FOUND (a
/// device that has no driver key). (IoOpenDeviceRegistryKey)
NTSTATUS IoOpenDeviceRegistryKey(PDEVICE_OBJECT DeviceObject, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess, PHANDLE DevInstRegKey) {
  constexpr ULONG kDevice = 1, kDriver = 2, kCurrentHardwareProfile = 4;
  *DevInstRegKey = nullptr;
  const ULONG which = DevInstKeyType & ~kCurrentHardwareProfile;
  if (DeviceObject == nullptr || (which != kDevice && which != kDriver)) return STATUS_INVALID_PARAMETER;
  const DeviceNode* const node = NodeOf(DeviceObject);
  if (node == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  const std::u16string path = which == kDevice ? KeyOf(*node) + u"\\Device Parameters" : DriverKey(*node);
  if (path.empty()) return STATUS_OBJECT_NAME_NOT_FOUND;
  return cm::OpenForKernel(path, DesiredAccess, true, DevInstRegKey);
}

/// Opens the key with the parameters of a device interface, which is made if need be. The handle is the kernel's.
/// PASSIVE_LEVEL. STATUS_INVALID_PARAMETER (no interface's name), STATUS_OBJECT_NAME_NOT_FOUND (not registered).
/// (IoOpenDeviceInterfaceRegistryKey)
NTSTATUS IoOpenDeviceInterfaceRegistryKey(PUNICODE_STRING SymbolicLinkName, ACCESS_MASK DesiredAccess, PHANDLE DeviceInterfaceRegKey) {
  *DeviceInterfaceRegKey = nullptr;
  if (SymbolicLinkName == nullptr || SymbolicLinkName->Buffer == nullptr) return STATUS_INVALID_PARAMETER;
  const std::u16string_view name(SymbolicLinkName->Buffer, SymbolicLinkName->Length / sizeof(WCHAR));
  if (!IsInterfaceName(name)) return STATUS_INVALID_PARAMETER;
  const std::u16string path = InterfaceKey(name);
  if (!cm::KeyExists(path)) return STATUS_OBJECT_NAME_NOT_FOUND;
  return cm::OpenForKernel(path + u"\\Device Parameters", DesiredAccess, true, DeviceInterfaceRegKey);
}

}  // extern "C"
