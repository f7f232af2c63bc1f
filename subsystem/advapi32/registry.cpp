// The registry functions, over the Nt…Key services. They return the error; the thread's last error stays.
#include <algorithm>
#include <cstring>

#include "subsystem/advapi32/registry_roots.h"

namespace nt::win32 {
LONG KeyName::Set(HKEY root, PCWSTR name, bool own_classes) {
  if (!root) return ERROR_INVALID_HANDLE;
  const HANDLE* const other = OverrideOf(root);
  if (other && *other) root = *other;
  const bool predefined = IsPredefined(root);
  std::u16string_view rest = name ? name : u"";
  while (!predefined && rest.starts_with(u"\\")) rest.remove_prefix(1);
  if (predefined) {
    const LONG error = own_classes ? ErrorOf(AppendUserClasses(text_)) : AppendRoot(root, text_);
    if (error) return error;
    if (!rest.empty() && rest.front() != u'\\') text_.Append(u'\\');
  }
  text_.Append(rest);
  if (text_.overflow) return ERROR_INVALID_PARAMETER;
  string_ = {static_cast<USHORT>(text_.length * 2), static_cast<USHORT>(text_.length * 2), text_.text};
  attributes_ = {sizeof attributes_, predefined ? nullptr : root, &string_, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  return ERROR_SUCCESS;
}

LONG ErrorOf(NTSTATUS status) {
  return NT_SUCCESS(status) ? static_cast<LONG>(ERROR_SUCCESS) : static_cast<LONG>(RtlNtStatusToDosError(status));
}

LONG OpenedKey::Open(HKEY root, PCWSTR name, ACCESS_MASK access, ULONG options) {
  if (IsClassesRoot(root) && !*OverrideOf(root) && name && *name) {
    KeyName own;
    if (own.Set(root, name, true) == ERROR_SUCCESS && NT_SUCCESS(sys::NtOpenKeyEx(&handle, access, own.get(), options)))
      return ERROR_SUCCESS;
  }
  KeyName key;
  const LONG error = key.Set(root, name);
  return error ? error : ErrorOf(sys::NtOpenKeyEx(&handle, access, key.get(), options));
}

namespace {

/// A value's name on the caller's stack: the kernel takes no other memory from user mode, such as that of this module's own literals.
UNICODE_STRING NameOnStack(PCWSTR name, PathBuffer& room) {
  const UNICODE_STRING string = StringOf(name ? name : u"");
  room.Append({string.Buffer, string.Length / sizeof(WCHAR)});
  if (room.overflow) return string;  // longer than any literal: the caller's own
  return {string.Length, string.Length, room.text};
}

}  // namespace

LONG QueryValue(HANDLE key, PCWSTR name, ULONG* type, void* data, ULONG* size) {
  PathBuffer text;
  UNICODE_STRING string = NameOnStack(name, text);
  alignas(8) char local[512];
  ULONG needed = 0;
  char* buffer = local;
  NTSTATUS status = sys::NtQueryValueKey(key, &string, KeyValuePartialInformation, local, sizeof local, &needed);
  if (status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL) {
    buffer = Allocate<char>(needed);
    if (!buffer) return ERROR_NOT_ENOUGH_MEMORY;
    status = sys::NtQueryValueKey(key, &string, KeyValuePartialInformation, buffer, needed, &needed);
  }
  LONG error = ErrorOf(status);
  if (NT_SUCCESS(status)) {
    const auto& value = *reinterpret_cast<const KEY_VALUE_PARTIAL_INFORMATION*>(buffer);
    const ULONG room = size ? *size : 0;
    if (type) *type = value.Type;
    if (size) *size = value.DataLength;
    if (data && room < value.DataLength)
      error = ERROR_MORE_DATA;
    else if (data)
      std::memcpy(data, value.Data, value.DataLength);
  }
  if (buffer != local) Free(buffer);
  return error;
}

bool QueryDword(HANDLE key, PCWSTR name, ULONG* value) {
  ULONG type = 0, size = sizeof *value;
  return QueryValue(key, name, &type, value, &size) == ERROR_SUCCESS && type == REG_DWORD && size == sizeof *value;
}

LONG SetValue(HANDLE key, PCWSTR name, ULONG type, const void* data, ULONG size) {
  PathBuffer text;
  UNICODE_STRING string = NameOnStack(name, text);
  return ErrorOf(sys::NtSetValueKey(key, &string, 0, type, const_cast<PVOID>(data), size));
}

LONG SetString(HANDLE key, PCWSTR name, std::u16string_view text, ULONG type) {
  auto* const copy = Allocate<WCHAR>(text.size() + 1);
  if (!copy) return ERROR_NOT_ENOUGH_MEMORY;
  std::memcpy(copy, text.data(), text.size() * sizeof(WCHAR));
  const LONG error = SetValue(key, name, type, copy, static_cast<ULONG>((text.size() + 1) * sizeof(WCHAR)));
  Free(copy);
  return error;
}

}  // namespace nt::win32

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// Makes the keys on the way to the last one of a path that are missing.
LONG CreateAbove(HKEY key, std::u16string_view path, ULONG options) {
  WCHAR part[kMaxPath];
  if (path.size() >= kMaxPath) return ERROR_INVALID_PARAMETER;
  for (SIZE_T end = path.find(u'\\', 1); end < path.size(); end = path.find(u'\\', end + 1)) {
    std::memcpy(part, path.data(), end * sizeof(WCHAR));
    part[end] = 0;
    KeyName name;
    HANDLE handle = nullptr;
    LONG error = name.Set(key, part);
    if (!error) error = ErrorOf(sys::NtCreateKey(&handle, MAXIMUM_ALLOWED, name.get(), 0, nullptr, options, nullptr));
    if (error) return error;
    sys::NtClose(handle);
  }
  return ERROR_SUCCESS;
}

}  // namespace

extern "C" {

/// Opens a key.
LONG RegOpenKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Options, ACCESS_MASK Desired, HKEY* Result) {
  if (Options & ~0xCU || !Result) return ERROR_INVALID_PARAMETER;
  OpenedKey key;
  const LONG error = key.Open(Key, SubKey, Desired & ~0x300U, Options);
  *Result = key.handle;
  return error;
}

/// Opens a key.
LONG RegOpenKeyExA(HKEY Key, LPCSTR SubKey, DWORD Options, ACCESS_MASK Desired, HKEY* Result) {
  return RegOpenKeyExW(Key, WideName(SubKey).c_str(), Options, Desired, Result);
}

/// Creates a key with all missing ones on its way, or opens it.
LONG RegCreateKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Reserved, LPWSTR Class, DWORD Options, ACCESS_MASK Desired,
                     LPSECURITY_ATTRIBUTES Security, HKEY* Result, LPDWORD Disposition) {
  if (Reserved || !Result) return ERROR_INVALID_PARAMETER;
  UNICODE_STRING class_name = StringOf(Class);
  ULONG disposition = 0;
  const auto create = [&](HANDLE* handle) {
    KeyName name;
    const LONG error = name.Set(Key, SubKey);
    if (error) return error;
    if (Security) name.get()->SecurityDescriptor = Security->lpSecurityDescriptor;
    return ErrorOf(sys::NtCreateKey(handle, Desired & ~0x300U, name.get(), 0, Class ? &class_name : nullptr, Options, &disposition));
  };
  HANDLE handle = nullptr;
  LONG error = create(&handle);
  if (error == static_cast<LONG>(ERROR_FILE_NOT_FOUND)) {
    error = CreateAbove(Key, SubKey ? SubKey : u"", Options & REG_OPTION_VOLATILE);
    if (!error) error = create(&handle);
  }
  if (error) return error;
  if (Disposition) *Disposition = disposition;
  *Result = handle;
  return ERROR_SUCCESS;
}

/// Creates a key, or opens it.
LONG RegCreateKeyW(HKEY Key, LPCWSTR SubKey, HKEY* Result) {
  return RegCreateKeyExW(Key, SubKey, 0, nullptr, 0, 0x2000000, nullptr, Result, nullptr);
}

/// Closes a key; predefined ones stay.
LONG RegCloseKey(HKEY Key) {
  if (static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(Key)) >= 0x80000000) return ERROR_SUCCESS;
  return ErrorOf(sys::NtClose(Key));
}

/// Reads a value.
LONG RegQueryValueExW(HKEY Key, LPCWSTR ValueName, LPDWORD Reserved, LPDWORD Type, PUCHAR Data, LPDWORD Size) {
  if (Reserved || (Data && !Size)) return ERROR_INVALID_PARAMETER;
  UsedKey key(Key, 1);
  return key.error() ? key.error() : key.Close(QueryValue(key.handle(), ValueName, Type, Data, Size));
}

/// Sets a value.
LONG RegSetValueExW(HKEY Key, LPCWSTR ValueName, DWORD Reserved, DWORD Type, const UCHAR* Data, DWORD Size) {
  if (Reserved || (Size && !Data)) return ERROR_INVALID_PARAMETER;
  UsedKey key(Key, 2);
  return key.error() ? key.error() : key.Close(SetValue(key.handle(), ValueName, Type, Data, Size));
}

/// Removes a value.
LONG RegDeleteValueW(HKEY Key, LPCWSTR ValueName) {
  UsedKey key(Key, 2);
  UNICODE_STRING name = StringOf(ValueName ? ValueName : u"");
  return key.error() ? key.error() : key.Close(ErrorOf(sys::NtDeleteValueKey(key.handle(), &name)));
}

/// Removes a key that has no subkeys.
LONG RegDeleteKeyW(HKEY Key, LPCWSTR SubKey) {
  OpenedKey key;
  if (!SubKey) return ERROR_INVALID_PARAMETER;
  LONG error = key.Open(Key, SubKey, 0x10000);
  if (error) return error;
  const NTSTATUS status = sys::NtDeleteKey(key.handle);
  // NT refuses a key with subkeys by a status that has an error of its own in Win32.
  error = status == STATUS_CANNOT_DELETE ? static_cast<LONG>(ERROR_ACCESS_DENIED) : ErrorOf(status);
  sys::NtClose(key.handle);
  return error;
}

/// Removes a key that has no subkeys.
LONG RegDeleteKeyExW(HKEY Key, LPCWSTR SubKey, [[maybe_unused]] ACCESS_MASK Desired, [[maybe_unused]] DWORD Reserved) {
  return RegDeleteKeyW(Key, SubKey);
}

/// The name, class and time of a key's n-th subkey.
LONG RegEnumKeyExW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPWSTR Class, LPDWORD ClassSize,
                   LPFILETIME LastWriteTime) {
  if (Reserved || !Name || !NameSize || (Class && !ClassSize)) return ERROR_INVALID_PARAMETER;
  UsedKey key(Key, KEY_ENUMERATE_SUB_KEYS);
  alignas(8) char buffer[sizeof(KEY_NODE_INFORMATION) + 2048];
  ULONG length = 0;
  if (key.error()) return key.error();
  const LONG error = key.Close(ErrorOf(sys::NtEnumerateKey(key.handle(), Index, KeyNodeInformation, buffer, sizeof buffer, &length)));
  if (error) return error;
  const auto& information = *reinterpret_cast<const KEY_NODE_INFORMATION*>(buffer);
  const DWORD count = information.NameLength / 2, class_count = information.ClassLength / 2;
  if (count >= *NameSize) return ERROR_MORE_DATA;
  std::memcpy(Name, information.Name, information.NameLength);
  Name[count] = 0;
  *NameSize = count;
  if (LastWriteTime) *LastWriteTime = ToFileTime(information.LastWriteTime.QuadPart);
  if (!ClassSize) return ERROR_SUCCESS;
  const DWORD room = *ClassSize;
  *ClassSize = class_count;
  if (!Class) return ERROR_SUCCESS;
  if (class_count >= room) return ERROR_MORE_DATA;
  if (class_count) std::memcpy(Class, buffer + information.ClassOffset, information.ClassLength);
  Class[class_count] = 0;
  return ERROR_SUCCESS;
}

/// The name of a key's n-th subkey.
LONG RegEnumKeyW(HKEY Key, DWORD Index, LPWSTR Name, DWORD NameSize) {
  return RegEnumKeyExW(Key, Index, Name, &NameSize, nullptr, nullptr, nullptr, nullptr);
}

/// Opens a key; without a name, it is the key itself.
LONG RegOpenKeyW(HKEY Key, LPCWSTR SubKey, HKEY* Result) {
  if (!Result) return ERROR_INVALID_PARAMETER;
  if (SubKey && *SubKey) return RegOpenKeyExW(Key, SubKey, 0, MAXIMUM_ALLOWED, Result);
  *Result = Key;
  return ERROR_SUCCESS;
}

/// The name, type and data of a key's n-th value.
LONG RegEnumValueW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPDWORD Type, PUCHAR Data, LPDWORD Size) {
  if (Reserved || !Name || !NameSize || (Data && !Size)) return ERROR_INVALID_PARAMETER;
  UsedKey key(Key, 1);
  // A value's name has at most 16,383 characters.
  constexpr ULONG kRoom = 0x8000 + sizeof(KEY_VALUE_BASIC_INFORMATION);
  ULONG length = 0;
  if (key.error()) return key.error();
  auto* const information = reinterpret_cast<KEY_VALUE_BASIC_INFORMATION*>(Allocate<char>(kRoom));
  if (!information) return key.Close(ERROR_NOT_ENOUGH_MEMORY);
  LONG error =
      ErrorOf(sys::NtEnumerateValueKey(key.handle(), Index, KeyValueBasicInformation, information, kRoom - sizeof(WCHAR), &length));
  if (!error) {
    const ULONG count = information->NameLength / ULONG{sizeof(WCHAR)};
    information->Name[count] = 0;
    if (Type) *Type = information->Type;
    if (count >= *NameSize) {
      error = ERROR_MORE_DATA;
    } else {
      std::memcpy(Name, information->Name, information->NameLength + sizeof(WCHAR));
      *NameSize = count;
      if (Size) error = QueryValue(key.handle(), information->Name, nullptr, Data, Size);
    }
  }
  Free(information);
  return key.Close(error);
}

}  // extern "C"
