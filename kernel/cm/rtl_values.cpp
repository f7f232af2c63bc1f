// The run-time library's routines that change the registry, or look whether a key is there: each opens a key, as drivers that look on see.
#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "kernel/cm/rtl_place.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

// The services as drivers call them: whatever mode their own caller came from, the handles and memory here are the kernel's.
extern "C" {
ULONG_PTR Zw_NtSetValueKey(ULONG_PTR key, ULONG_PTR name, ULONG_PTR title, ULONG_PTR type, ULONG_PTR data, ULONG_PTR size);
ULONG_PTR Zw_NtDeleteValueKey(ULONG_PTR key, ULONG_PTR name);
}

namespace nt::cm {
namespace {

constexpr std::u16string_view kPlaces[RTL_REGISTRY_MAXIMUM] = {
    u"",
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
    u"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
    u"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    u"\\Registry\\Machine\\Hardware\\DeviceMap",
    u"",  // the user's own
};

/// The users' default part serves those that have none.
std::u16string CurrentUserKey() {
  UNICODE_STRING path{};
  std::u16string own;
  if (NT_SUCCESS(RtlFormatCurrentUserKeyPath(&path))) {
    own.assign(path.Buffer, path.Length / sizeof(WCHAR));
    RtlFreeUnicodeString(&path);
  }
  return KeyExists(own) ? own : u"\\Registry\\User\\.Default";
}

/// Opens, or makes, the key; a handle that was passed is the key itself.
NTSTATUS Open(ULONG relative_to, PCWSTR path, bool create, ACCESS_MASK access, HANDLE* key) {
  if ((relative_to & RTL_REGISTRY_HANDLE) != 0) {
    *key = const_cast<PWSTR>(path);
    return STATUS_SUCCESS;
  }
  std::u16string name;
  const NTSTATUS status = NameOfPlace(relative_to, path, &name);
  if (!NT_SUCCESS(status)) return status;
  if (name.size() * sizeof(WCHAR) > 0xFFFE) return STATUS_INVALID_PARAMETER;
  const auto length = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  UNICODE_STRING string{length, length, name.data()};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &string, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr};
  Walk walk;
  walk.create = create;
  walk.options = (relative_to & ~RTL_REGISTRY_OPTIONAL) == RTL_REGISTRY_DEVICEMAP ? REG_OPTION_VOLATILE : REG_OPTION_NON_VOLATILE;
  return OpenKey(&attributes, KernelMode, access, &walk, key);
}

NTSTATUS Close(ULONG relative_to, HANDLE key, NTSTATUS status) {
  if ((relative_to & RTL_REGISTRY_HANDLE) == 0) ObCloseHandle(key, KernelMode);
  return status;
}

UNICODE_STRING StringOf(PCWSTR text) {
  const std::u16string_view view = text != nullptr ? text : u"";
  const auto length = static_cast<USHORT>(view.size() * sizeof(WCHAR));
  return {length, length, const_cast<PWSTR>(text)};
}

ULONG_PTR Slot(const void* pointer) { return reinterpret_cast<ULONG_PTR>(pointer); }

}  // namespace

NTSTATUS NameOfPlace(ULONG relative_to, PCWSTR path, std::u16string* name) {
  const ULONG place = relative_to & ~RTL_REGISTRY_OPTIONAL;
  if (place >= RTL_REGISTRY_MAXIMUM) return STATUS_INVALID_PARAMETER;
  *name = kPlaces[place];
  if (place == RTL_REGISTRY_USER) *name = CurrentUserKey();
  if (place != RTL_REGISTRY_ABSOLUTE) *name += u'\\';
  if (path != nullptr) *name += path;
  return STATUS_SUCCESS;
}

}  // namespace nt::cm

using namespace nt::cm;

extern "C" {

NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength) {
  HANDLE key = nullptr;
  const NTSTATUS status = Open(RelativeTo, Path, true, KEY_SET_VALUE, &key);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name = StringOf(ValueName);
  return Close(RelativeTo, key,
               static_cast<NTSTATUS>(Zw_NtSetValueKey(Slot(key), Slot(&name), 0, ValueType, Slot(ValueData), ValueLength)));
}

NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName) {
  HANDLE key = nullptr;
  const NTSTATUS status = Open(RelativeTo, Path, false, KEY_SET_VALUE, &key);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name = StringOf(ValueName);
  return Close(RelativeTo, key, static_cast<NTSTATUS>(Zw_NtDeleteValueKey(Slot(key), Slot(&name))));
}

NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path) {
  HANDLE key = nullptr;
  const NTSTATUS status = Open(RelativeTo, Path, true, KEY_SET_VALUE, &key);
  return NT_SUCCESS(status) ? Close(RelativeTo, key, status) : status;
}

NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path) {
  HANDLE key = nullptr;
  const NTSTATUS status = Open(RelativeTo, Path, false, KEY_QUERY_VALUE, &key);
  return NT_SUCCESS(status) ? Close(RelativeTo, key, status) : status;
}

}  // extern "C"
