// Values in one call: read by type, set and removed below a key, several at once; and how Windows 3.1 did it.
#include <cstring>

#include "subsystem/advapi32/registry.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {
DWORD ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Destination, DWORD Size);
LONG RegCreateKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Reserved, LPWSTR Class, DWORD Options, ACCESS_MASK Desired,
                     LPSECURITY_ATTRIBUTES Security, HKEY* Result, LPDWORD Disposition);
}

/// What RegQueryMultipleValues is asked for.
struct VALENTW {
  PWSTR ve_valuename;
  DWORD ve_valuelen;
  ULONG_PTR ve_valueptr;
  DWORD ve_type;
};
NT_SIZE(VALENTW, 0x20);

namespace {

constexpr LONG kInvalidData = 13, kUnsupportedType = 1630;  // ERROR_INVALID_DATA, ERROR_UNSUPPORTED_TYPE
constexpr DWORD kAnyType = 0xFFFF, kExpandable = 0x4, kNumberTypes = 0x18, kLongNumberTypes = 0x48;
constexpr DWORD kNoExpand = 0x10000000, kZeroOnFailure = 0x20000000;

/// The bit that lets a type through (RRF_RT_...); 0: only all together do.
DWORD BitOf(ULONG type) {
  switch (type) {
    case REG_MULTI_SZ:
      return 0x20;
    case REG_QWORD:
      return 0x40;
    default:
      return type <= REG_DWORD ? 1U << type : 0;
  }
}

/// A restriction to numbers also lets bytes of a number's size through.
LONG CheckType(ULONG type, ULONG size, DWORD flags) {
  const DWORD wanted = flags & kAnyType;
  if (wanted == kAnyType) return ERROR_SUCCESS;
  if ((BitOf(type) & wanted) == 0) return kUnsupportedType;
  if (type != REG_BINARY) return ERROR_SUCCESS;
  if (wanted == kNumberTypes) return size == sizeof(ULONG) ? static_cast<LONG>(ERROR_SUCCESS) : kInvalidData;
  if (wanted == kLongNumberTypes) return size == sizeof(ULONGLONG) ? static_cast<LONG>(ERROR_SUCCESS) : kInvalidData;
  return ERROR_SUCCESS;
}

bool IsText(ULONG type) { return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ; }

/// A value's data in the process's heap, with room for terminators.
struct Read {
  ULONG type = 0;
  ULONG size = 0;
  UCHAR* data = nullptr;
};

LONG ReadWhole(HANDLE key, PCWSTR name, Read* read) {
  LONG error = QueryValue(key, name, &read->type, nullptr, &read->size);
  if (error) return error;
  read->data = Allocate<UCHAR>(read->size + 2 * sizeof(WCHAR));
  if (!read->data) return ERROR_NOT_ENOUGH_MEMORY;
  error = QueryValue(key, name, &read->type, read->data, &read->size);
  std::memset(read->data + read->size, 0, 2 * sizeof(WCHAR));
  return error;
}

/// Text ends with a terminator, lists of text with two, whether they are stored so or not.
void Terminate(Read* read) {
  if (!IsText(read->type)) return;
  read->size &= ~1U;
  const auto* const text = reinterpret_cast<const WCHAR*>(read->data);
  const ULONG wanted = read->type == REG_MULTI_SZ ? 2 : 1;
  ULONG there = 0;
  while (there < wanted && there < read->size / 2 && text[read->size / 2 - 1 - there] == 0) there++;
  if (read->type == REG_MULTI_SZ && read->size == sizeof(WCHAR) && there == 1) return;  // an empty list
  for (; there < wanted; there++) {
    std::memset(read->data + read->size, 0, sizeof(WCHAR));
    read->size += sizeof(WCHAR);
  }
}

LONG Expand(Read* read) {
  auto* const text = reinterpret_cast<PWSTR>(read->data);
  const DWORD count = ExpandEnvironmentStringsW(text, nullptr, 0);
  auto* const expanded = Allocate<WCHAR>(count + 2);
  if (!expanded) return ERROR_NOT_ENOUGH_MEMORY;
  read->size = ExpandEnvironmentStringsW(text, expanded, count) * ULONG{sizeof(WCHAR)};
  read->type = REG_SZ;
  Free(read->data);
  read->data = reinterpret_cast<UCHAR*>(expanded);
  return ERROR_SUCCESS;
}

LONG Deliver(const Read& read, LPDWORD type, PVOID data, LPDWORD size) {
  const DWORD room = size ? *size : 0;
  if (type) *type = read.type;
  if (size) *size = read.size;
  if (!data) return ERROR_SUCCESS;
  if (room < read.size) return ERROR_MORE_DATA;
  std::memcpy(data, read.data, read.size);
  return ERROR_SUCCESS;
}

LONG GetValue(HKEY root, PCWSTR subkey, PCWSTR name, DWORD flags, LPDWORD type, PVOID data, LPDWORD size) {
  OpenedKey key;
  Read read;
  LONG error = key.Open(root, subkey, KEY_QUERY_VALUE);
  if (error) return error;
  error = ReadWhole(key.handle, name, &read);
  sys::NtClose(key.handle);
  if (!error) Terminate(&read);
  if (!error && read.type == REG_EXPAND_SZ && !(flags & kNoExpand)) error = Expand(&read);
  if (!error) error = CheckType(read.type, read.size, flags);
  if (!error)
    error = Deliver(read, type, data, size);
  else if (type && read.data)
    *type = read.type;
  if (read.data) Free(read.data);
  return error;
}

LONG QueryMultiple(HANDLE key, VALENTW* values, DWORD count, UCHAR* buffer, LPDWORD size) {
  auto* const entries = Allocate<KEY_VALUE_ENTRY>(count + 1);
  auto* const names = Allocate<UNICODE_STRING>(count + 1);
  LONG error = entries && names ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
  for (DWORD i = 0; i < count && !error; i++) {
    names[i] = StringOf(values[i].ve_valuename);
    entries[i] = {&names[i], 0, 0, 0};
  }
  ULONG needed = 0;
  if (!error) error = ErrorOf(sys::NtQueryMultipleValueKey(key, entries, count, buffer, size, &needed));
  for (DWORD i = 0; i < count && !error; i++) {
    values[i].ve_valuelen = entries[i].DataLength;
    values[i].ve_valueptr = reinterpret_cast<ULONG_PTR>(buffer) + entries[i].DataOffset;
    values[i].ve_type = entries[i].Type;
  }
  if (needed) *size = needed;
  if (entries) Free(entries);
  if (names) Free(names);
  return error;
}

}  // namespace

extern "C" {

/// Reads a value of a key below another, if it has one of the types wanted. Text gets the terminators it lacks; %NAME% is replaced.
LONG RegGetValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR ValueName, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size) {
  const DWORD wanted = Flags & kAnyType;
  if (!wanted || (Data && !Size)) return ERROR_INVALID_PARAMETER;
  if ((wanted & kExpandable) && wanted != kAnyType && !(Flags & kNoExpand)) return ERROR_INVALID_PARAMETER;
  const DWORD room = Data ? *Size : 0;
  const LONG error = GetValue(Key, SubKey, ValueName, Flags, Type, Data, Size);
  if (error && Data && (Flags & kZeroOnFailure)) std::memset(Data, 0, room);
  return error;
}

/// Sets a value of a key below another, which is made if need be.
LONG RegSetKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR ValueName, DWORD Type, LPCVOID Data, DWORD Size) {
  HKEY made = nullptr;
  UsedKey key(Key, KEY_SET_VALUE);
  if (key.error()) return key.error();
  LONG error = SubKey && *SubKey ? RegCreateKeyExW(Key, SubKey, 0, nullptr, 0, KEY_SET_VALUE, nullptr, &made, nullptr) : ERROR_SUCCESS;
  if (!error) error = SetValue(made ? made : key.handle(), ValueName, Type, Data, Size);
  if (made) sys::NtClose(made);
  return key.Close(error);
}

/// Removes a value of a key below another.
LONG RegDeleteKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR ValueName) {
  OpenedKey key;
  const LONG error = key.Open(Key, SubKey, KEY_SET_VALUE);
  if (error) return error;
  UNICODE_STRING name = StringOf(ValueName ? ValueName : u"");
  const NTSTATUS status = sys::NtDeleteValueKey(key.handle, &name);
  sys::NtClose(key.handle);
  return ErrorOf(status);
}

/// Reads several values into one buffer; `*Size` becomes what they need.
LONG RegQueryMultipleValuesW(HKEY Key, VALENTW* Values, DWORD Count, LPWSTR Buffer, LPDWORD Size) {
  if (!Size || (Count && !Values)) return ERROR_INVALID_PARAMETER;
  UsedKey key(Key, KEY_QUERY_VALUE);
  if (key.error()) return key.error();
  return key.Close(QueryMultiple(key.handle(), Values, Count, reinterpret_cast<UCHAR*>(Buffer), Size));
}

/// Reads the text without a name of a key below another; `*Size` is in bytes.
LONG RegQueryValueW(HKEY Key, LPCWSTR SubKey, LPWSTR Data, PLONG Size) {
  OpenedKey key;
  LONG error = key.Open(Key, SubKey, KEY_QUERY_VALUE);
  if (error) return error;
  ULONG type = 0, size = Size && *Size > 0 ? static_cast<ULONG>(*Size) : 0;
  error = QueryValue(key.handle, nullptr, &type, Data, &size);
  sys::NtClose(key.handle);
  if (error == static_cast<LONG>(ERROR_FILE_NOT_FOUND)) {  // then it is empty
    if (Data && Size && *Size >= 2) *Data = 0;
    if (Size) *Size = 2;
    return ERROR_SUCCESS;
  }
  if (Size) *Size = static_cast<LONG>(size);
  return !error && type != REG_SZ ? kInvalidData : error;
}

/// Sets the text without a name of a key below another.
LONG RegSetValueW(HKEY Key, LPCWSTR SubKey, DWORD Type, LPCWSTR Data, [[maybe_unused]] DWORD Size) {
  if (Type != REG_SZ || !Data) return ERROR_INVALID_PARAMETER;
  const auto bytes = static_cast<DWORD>((std::u16string_view(Data).size() + 1) * sizeof(WCHAR));
  return RegSetKeyValueW(Key, SubKey, nullptr, REG_SZ, Data, bytes);
}

}  // extern "C"
