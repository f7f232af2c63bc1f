#include "subsystem/setupapi/device_set.h"

#include <cstring>

#include "kernel/rtl/rtl.h"

namespace nt::setup {
namespace {

using namespace nt::win32;

constexpr ULONG kMagic = 'sveD';

WCHAR Lower(WCHAR c) { return c >= u'A' && c <= u'Z' ? static_cast<WCHAR>(c + 32) : c; }

template <class T>
void Append(T** list, T* item) {
  while (*list) list = &(*list)->next;
  *list = item;
}

template <class T>
void FreeList(T* list) {
  while (T* const item = list) {
    list = item->next;
    Free(item);
  }
}

/// Whether a caller's structure has the right size.
bool IsSized(DWORD size, SIZE_T expected) { return size == expected || Fail(ERROR_INVALID_USER_BUFFER); }

}  // namespace

bool SameText(PCWSTR a, PCWSTR b) {
  while (*a && Lower(*a) == Lower(*b)) a++, b++;
  return Lower(*a) == Lower(*b);
}

void FormatGuid(const GUID& guid, WCHAR (&text)[39]) {
  // The bytes in the order of the text; before some of them stands a dash.
  static constexpr UCHAR kOrder[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  const auto* const bytes = reinterpret_cast<const UCHAR*>(&guid);
  WCHAR* at = text;
  *at++ = u'{';
  for (int i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = u'-';
    *at++ = u"0123456789ABCDEF"[bytes[kOrder[i]] >> 4];
    *at++ = u"0123456789ABCDEF"[bytes[kOrder[i]] & 15];
  }
  *at++ = u'}';
  *at = 0;
}

bool ParseGuid(PCWSTR text, GUID* guid) {
  const UNICODE_STRING string = StringOf(text);
  return NT_SUCCESS(RtlGUIDFromString(&string, guid));
}

DeviceSet* NewSet() {
  auto* const set = Allocate<DeviceSet>();
  if (!set) return SetError(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  set->magic = kMagic;
  return set;
}

void FreeSet(DeviceSet* set) {
  FreeList(set->devices);
  FreeList(set->interfaces);
  set->magic = 0;
  Free(set);
}

DeviceSet* SetOf(HDEVINFO handle) {
  auto* const set = static_cast<DeviceSet*>(handle);
  if (set && handle != INVALID_HANDLE_VALUE && set->magic == kMagic) return set;
  SetError(ERROR_INVALID_HANDLE);
  return nullptr;
}

Device* DeviceOf(const DeviceSet& set, const SP_DEVINFO_DATA* data) {
  if (!data) return SetError(ERROR_INVALID_PARAMETER), nullptr;
  if (!IsSized(data->cbSize, sizeof *data)) return nullptr;
  for (Device* device = set.devices; device; device = device->next)
    if (reinterpret_cast<ULONG_PTR>(device) == data->Reserved) return device;
  SetError(ERROR_INVALID_PARAMETER);
  return nullptr;
}

Interface* InterfaceOf(const DeviceSet& set, const SP_DEVICE_INTERFACE_DATA* data) {
  if (!data) return SetError(ERROR_INVALID_PARAMETER), nullptr;
  if (!IsSized(data->cbSize, sizeof *data)) return nullptr;
  for (Interface* interface = set.interfaces; interface; interface = interface->next)
    if (reinterpret_cast<ULONG_PTR>(interface) == data->Reserved) return interface;
  SetError(ERROR_INVALID_PARAMETER);
  return nullptr;
}

void Fill(const Device& device, SP_DEVINFO_DATA* data) {
  *data = {sizeof *data, device.class_guid, device.number, reinterpret_cast<ULONG_PTR>(&device)};
}

void Fill(const Interface& interface, SP_DEVICE_INTERFACE_DATA* data) {
  *data = {sizeof *data, interface.class_guid, interface.flags, reinterpret_cast<ULONG_PTR>(&interface)};
}

void Remove(DeviceSet* set, Interface* interface) {
  Interface** at = &set->interfaces;
  while (*at != interface) at = &(*at)->next;
  *at = interface->next;
  Free(interface);
}

// ---- what the registry tells -----------------------------------------------------------------------------------------

namespace {

constexpr WCHAR kEnum[] = u"SYSTEM\\CurrentControlSet\\Enum";
constexpr WCHAR kClasses[] = u"SYSTEM\\CurrentControlSet\\Control\\DeviceClasses";

HKEY Open(HKEY root, PCWSTR name, ACCESS_MASK access = KEY_READ) {
  HKEY key = nullptr;
  return RegOpenKeyExW(root, name, 0, access, &key) ? nullptr : key;
}

/// Calls `use(name, key)` for each key below `parent`, until it returns false.
template <class Use>
bool ForEachKey(HKEY parent, Use use) {
  WCHAR name[kNameRoom];
  for (DWORD index = 0;; index++) {
    DWORD size = kNameRoom;
    if (RegEnumKeyExW(parent, index, name, &size, nullptr, nullptr, nullptr, nullptr)) return true;
    HKEY const key = Open(parent, name);
    const bool go_on = !key || use(static_cast<PCWSTR>(name), key);
    if (key) RegCloseKey(key);
    if (!go_on) return false;
  }
}

bool ReadText(HKEY key, PCWSTR value, WCHAR (&text)[kNameRoom]) {
  ULONG type = 0, size = sizeof text - sizeof(WCHAR);
  if (QueryValue(key, value, &type, text, &size) || type != REG_SZ) return false;
  text[size / sizeof(WCHAR)] = 0;
  return true;
}

bool IsThere(HKEY device) {
  HKEY const control = Open(device, u"Control");
  if (control) RegCloseKey(control);
  return control != nullptr;
}

GUID ClassOf(HKEY device) {
  WCHAR text[kNameRoom];
  GUID guid{};
  if (!ReadText(device, u"ClassGUID", text) || !ParseGuid(text, &guid)) guid = {};
  return guid;
}

/// The device with this instance in the set, added if it is not there yet. Null if there is no memory.
Device* AddDevice(DeviceSet* set, PCWSTR instance, HKEY key) {
  DWORD number = 1;
  for (Device* device = set->devices; device; device = device->next, number++)
    if (SameText(device->instance, instance)) return device;
  auto* const device = Allocate<Device>();
  if (!device) return SetError(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  device->number = number;
  device->class_guid = ClassOf(key);
  CopyOut(instance, device->instance, kNameRoom);
  Append(&set->devices, device);
  return device;
}

/// ENUMERATOR\DEVICE\INSTANCE, or a part of it.
struct Path {
  WCHAR text[3 * kNameRoom];
  Path(PCWSTR first, PCWSTR second, PCWSTR third) {
    WCHAR* at = text;
    for (PCWSTR part : {first, second, third}) {
      if (*part && at != text) *at++ = u'\\';
      while (*part) *at++ = *part++;
    }
    *at = 0;
  }
};

/// Adds the interface of one reference of a link.
bool AddReference(DeviceSet* set, const Wanted& wanted, const GUID& class_guid, PCWSTR instance, HKEY reference) {
  WCHAR name[kNameRoom];
  if (!ReadText(reference, u"SymbolicLink", name)) return true;
  if (wanted.interface_name && !SameText(wanted.interface_name, name)) return true;
  for (const Interface* known = set->interfaces; known; known = known->next)
    if (SameText(known->name, name)) return true;
  ULONG linked = 0;
  if (HKEY const control = Open(reference, u"Control")) {
    QueryDword(control, u"Linked", &linked);
    RegCloseKey(control);
  }
  if (wanted.present_only && !linked) return true;
  HKEY const key = OpenDevice(instance);
  if (!key) return true;
  Device* const device = AddDevice(set, instance, key);
  RegCloseKey(key);
  auto* const interface = device ? Allocate<Interface>() : nullptr;
  if (!interface) return SetError(ERROR_NOT_ENOUGH_MEMORY), false;
  interface->device = device;
  interface->class_guid = class_guid;
  interface->flags = linked ? kLinked : 0;
  CopyOut(name, interface->name, kNameRoom);
  Append(&set->interfaces, interface);
  return true;
}

bool AddClass(DeviceSet* set, const Wanted& wanted, const GUID& class_guid, HKEY class_key) {
  return ForEachKey(class_key, [&](PCWSTR, HKEY link) {
    WCHAR instance[kNameRoom];
    if (!ReadText(link, u"DeviceInstance", instance)) return true;
    if (wanted.enumerator && !SameText(wanted.enumerator, instance)) return true;
    return ForEachKey(
        link, [&](PCWSTR name, HKEY reference) { return name[0] != u'#' || AddReference(set, wanted, class_guid, instance, reference); });
  });
}

}  // namespace

HKEY OpenDevice(const WCHAR* instance) { return Open(LocalMachine(), Path(kEnum, instance, u"").text); }

bool AddDevices(DeviceSet* set, const Wanted& wanted) {
  HKEY const root = Open(LocalMachine(), kEnum);
  if (!root) return true;
  const bool done = ForEachKey(root, [&](PCWSTR enumerator, HKEY devices) {
    return ForEachKey(devices, [&](PCWSTR name, HKEY instances) {
      return ForEachKey(instances, [&](PCWSTR instance, HKEY key) {
        const Path path(enumerator, name, instance);
        if (wanted.enumerator && !SameText(wanted.enumerator, enumerator) && !SameText(wanted.enumerator, path.text)) return true;
        if (wanted.class_guid && !SameGuid(*wanted.class_guid, ClassOf(key))) return true;
        return (wanted.present_only && !IsThere(key)) || AddDevice(set, path.text, key) != nullptr;
      });
    });
  });
  RegCloseKey(root);
  return done;
}

bool AddInterfaces(DeviceSet* set, const Wanted& wanted) {
  HKEY const root = Open(LocalMachine(), kClasses);
  if (!root) return true;
  const bool done = ForEachKey(root, [&](PCWSTR name, HKEY key) {
    GUID guid;
    if (!ParseGuid(name, &guid) || (wanted.class_guid && !SameGuid(*wanted.class_guid, guid))) return true;
    return AddClass(set, wanted, guid, key);
  });
  RegCloseKey(root);
  return done;
}

Interface* AddInterface(DeviceSet* set, PCWSTR name) {
  Wanted wanted;
  wanted.interface_name = name;
  if (!AddInterfaces(set, wanted)) return nullptr;
  Interface* found = set->interfaces;
  while (found && !SameText(found->name, name)) found = found->next;
  if (!found) SetError(ERROR_NO_SUCH_DEVICE_INTERFACE);
  return found;
}

HKEY OpenInterface(const Interface& interface, ACCESS_MASK access, PCWSTR below) {
  WCHAR guid[39], link[2 * kNameRoom] = u"##?#";
  FormatGuid(interface.class_guid, guid);
  WCHAR* at = link + 4;
  PCWSTR from = interface.name + 4;
  while (*from && *from != u'\\') *at++ = *from++;
  *at++ = u'\\';
  *at++ = u'#';
  if (*from) from++;
  while (*from) *at++ = *from++;
  *at = 0;
  HKEY const root = Open(LocalMachine(), kClasses);
  if (!root) return nullptr;
  HKEY const key = Open(root, Path(guid, link, below).text, access);
  RegCloseKey(root);
  return key;
}

}  // namespace nt::setup
