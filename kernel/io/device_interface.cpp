// Interfaces of devices: names by which programs find devices of a class.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "kernel/cm/cm.h"
#include "kernel/ex/ex.h"
#include "kernel/io/pnp.h"
#include "nt/status.h"

namespace nt::io {
namespace {

constexpr ULONG kTag = 'pPnP';

std::u16string LinkOf(const DeviceNode& node, const GUID& guid) {
  std::u16string link = u"\\\?\?\\" + node.instance + u"#" + GuidText(guid);
  std::replace(link.begin() + 4, link.end(), u'\\', u'#');
  return link;
}

bool SameText(std::u16string_view a, std::u16string_view b) {
  return std::ranges::equal(
      a, b, {}, [](char16_t c) { return c >= u'A' && c <= u'Z' ? c + 32 : c; },
      [](char16_t c) { return c >= u'A' && c <= u'Z' ? c + 32 : c; });
}

DeviceInterface* Find(std::u16string_view name) {
  auto& interfaces = ThePnp().interfaces;
  const auto found = std::ranges::find_if(interfaces, [&](const DeviceInterface& interface) { return SameText(interface.name, name); });
  return found != interfaces.end() ? &*found : nullptr;
}

/// Interfaces of one class that differ by their references only share a link.
bool SharesLink(const DeviceInterface& interface) {
  return std::ranges::any_of(ThePnp().interfaces, [&](const DeviceInterface& other) {
    return &other != &interface && other.enabled && other.link == interface.link;
  });
}

std::u16string GlobalName(const DeviceInterface& interface) { return u"\\GLOBAL\?\?" + interface.link.substr(3); }

/// Where programs look for interfaces.
void Record(const DeviceInterface& interface) {
  cm::SetString(InterfaceLinkKey(interface.name), u"DeviceInstance", interface.node->instance);
  cm::SetString(InterfaceKey(interface.name), u"SymbolicLink", u"\\\\?\\" + interface.name.substr(4));
}

/// Whether the link is there is true of this run only.
void RecordState(const DeviceInterface& interface) {
  const std::u16string key = InterfaceKey(interface.name) + u"\\Control";
  cm::CreateKey(key, true);
  cm::SetDword(key, u"Linked", interface.enabled ? 1 : 0);
}

NTSTATUS Enable(DeviceInterface* interface) {
  if (interface->enabled) return STATUS_OBJECT_NAME_EXISTS;
  if (!SharesLink(*interface)) {
    const NTSTATUS status = ob::CreateSymbolicLink(GlobalName(*interface), ob::NameOf(interface->node->pdo), true);
    if (!NT_SUCCESS(status)) return status;
  }
  interface->enabled = true;
  RecordState(*interface);
  NotifyInterfaceChange(GUID_DEVICE_INTERFACE_ARRIVAL, *interface);
  return STATUS_SUCCESS;
}

/// A string in pool, as drivers free it with RtlFreeUnicodeString.
NTSTATUS GiveString(std::u16string_view text, PUNICODE_STRING string) {
  const SIZE_T bytes = text.size() * sizeof(WCHAR);
  auto* const buffer = static_cast<PWSTR>(ex::AllocatePool(PagedPool, bytes + sizeof(WCHAR), kTag));
  if (buffer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memcpy(buffer, text.data(), bytes);
  buffer[text.size()] = 0;
  *string = {static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + sizeof(WCHAR)), buffer};
  return STATUS_SUCCESS;
}

std::u16string_view View(const UNICODE_STRING& text) { return {text.Buffer, text.Length / sizeof(WCHAR)}; }

}  // namespace

std::u16string GuidText(const GUID& guid) {
  char text[40];
  const auto& d = guid.Data4;
  std::snprintf(text, sizeof text, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", guid.Data1, guid.Data2, guid.Data3, d[0], d[1],
                d[2], d[3], d[4], d[5], d[6], d[7]);
  return {text, text + std::strlen(text)};
}

void DisableInterface(DeviceInterface* interface) {
  interface->enabled = false;
  RecordState(*interface);
  if (!SharesLink(*interface)) ob::DeleteSymbolicLink(GlobalName(*interface));
  NotifyInterfaceChange(GUID_DEVICE_INTERFACE_REMOVAL, *interface);
}

}  // namespace nt::io

using namespace nt::io;
namespace ex = nt::ex;

extern "C" {

NTSTATUS IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, const GUID* InterfaceClassGuid, PUNICODE_STRING ReferenceString,
                                   PUNICODE_STRING SymbolicLinkName) {
  DeviceNode* const node = NodeOf(PhysicalDeviceObject);
  if (node == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  const std::u16string_view reference = ReferenceString != nullptr ? View(*ReferenceString) : std::u16string_view();
  if (reference.find_first_of(u"\\/") != std::u16string_view::npos) return STATUS_INVALID_DEVICE_REQUEST;
  DeviceInterface interface{node, *InterfaceClassGuid, LinkOf(*node, *InterfaceClassGuid), {}};
  interface.name = interface.link;
  if (!reference.empty()) interface.name.append(u"\\").append(reference);
  const NTSTATUS status = GiveString(interface.name, SymbolicLinkName);
  if (!NT_SUCCESS(status) || Find(interface.name) != nullptr) return status;
  ThePnp().interfaces.push_back(interface);
  Record(interface);
  return status;
}

NTSTATUS IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable) {
  if (SymbolicLinkName == nullptr || SymbolicLinkName->Length == 0) return STATUS_INVALID_PARAMETER;
  DeviceInterface* const interface = Find(View(*SymbolicLinkName));
  if (interface == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  if (Enable != FALSE) return ::Enable(interface);
  if (!interface->enabled) return STATUS_OBJECT_NAME_NOT_FOUND;
  DisableInterface(interface);
  return STATUS_SUCCESS;
}

/// A list of strings in pool, ended by an empty one; of enabled interfaces, or of all with DEVICE_INTERFACE_INCLUDE_NONACTIVE.
NTSTATUS IoGetDeviceInterfaces(const GUID* InterfaceClassGuid, PDEVICE_OBJECT PhysicalDeviceObject, ULONG Flags, PWSTR* SymbolicLinkList) {
  constexpr ULONG kIncludeInactive = 1;
  *SymbolicLinkList = nullptr;
  if (PhysicalDeviceObject != nullptr && NodeOf(PhysicalDeviceObject) == nullptr) return STATUS_INVALID_DEVICE_REQUEST;
  std::u16string list;
  for (const DeviceInterface& interface : ThePnp().interfaces) {
    const bool of_device = PhysicalDeviceObject == nullptr || interface.node->pdo == PhysicalDeviceObject;
    if (!of_device || (!interface.enabled && (Flags & kIncludeInactive) == 0)) continue;
    if (std::memcmp(&interface.class_guid, InterfaceClassGuid, sizeof(GUID)) == 0) list.append(interface.name).append(1, u'\0');
  }
  UNICODE_STRING string{};
  const NTSTATUS status = GiveString(list, &string);
  *SymbolicLinkList = string.Buffer;
  return status;
}

}  // extern "C"
