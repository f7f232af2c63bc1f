// The rest of the registry functions for text in the ANSI code page: enumeration, whole keys, values in one call.
#include <cstring>
#include <string_view>

#include "subsystem/advapi32/registry.h"

using namespace nt::win32;

extern "C" {
LONG RegCopyTreeW(HKEY Key, LPCWSTR SubKey, HKEY To);
LONG RegCreateKeyW(HKEY Key, LPCWSTR SubKey, HKEY* Result);
LONG RegDeleteKeyExW(HKEY Key, LPCWSTR SubKey, ACCESS_MASK Desired, DWORD Reserved);
LONG RegDeleteKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR ValueName);
LONG RegDeleteTreeW(HKEY Key, LPCWSTR SubKey);
LONG RegEnumKeyExW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPWSTR Class, LPDWORD ClassSize,
                   LPFILETIME LastWriteTime);
LONG RegEnumValueW(HKEY Key, DWORD Index, LPWSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPDWORD Type, PUCHAR Data, LPDWORD Size);
LONG RegGetValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR ValueName, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size);
LONG RegOpenKeyW(HKEY Key, LPCWSTR SubKey, HKEY* Result);
LONG RegQueryInfoKeyW(HKEY Key, LPWSTR Class, LPDWORD ClassSize, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD MaxSubKeyLen,
                      LPDWORD MaxClassLen, LPDWORD Values, LPDWORD MaxValueNameLen, LPDWORD MaxValueLen, LPDWORD SecurityDescriptorSize,
                      LPFILETIME LastWriteTime);
LONG RegQueryValueExA(HKEY Key, LPCSTR ValueName, LPDWORD Reserved, LPDWORD Type, PUCHAR Data, LPDWORD Size);
LONG RegSetKeyValueW(HKEY Key, LPCWSTR SubKey, LPCWSTR ValueName, DWORD Type, LPCVOID Data, DWORD Size);
LONG RegSetValueExA(HKEY Key, LPCSTR ValueName, DWORD Reserved, DWORD Type, const UCHAR* Data, DWORD Size);
}

namespace {

constexpr DWORD kMaxKeyName = 256;       // characters, with the terminator
constexpr DWORD kMaxValueName = 0x4000;  // the same, of a value

bool IsText(ULONG type) { return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ; }

/// Gives a name to the caller; `*size` is the room with the terminator, and becomes the length without it.
LONG ReturnName(std::u16string_view name, LPSTR text, LPDWORD size) {
  const auto length = static_cast<DWORD>(ToMultiByte(kAnsiCodePage, name, nullptr, 0));
  const DWORD room = *size;
  if (length >= room) return ERROR_MORE_DATA;
  ToMultiByte(kAnsiCodePage, name, text, room);
  text[length] = 0;
  *size = length;
  return ERROR_SUCCESS;
}

/// Text as values of the registry have it; with the terminator that its caller counted or not.
class WideData {
 public:
  WideData(DWORD type, LPCVOID data, DWORD size) : data_(data), size_(size) {
    if (!IsText(type) || !data) return;
    const std::string_view text(static_cast<const char*>(data), size);
    const SIZE_T count = ToWide(kAnsiCodePage, text, nullptr, 0);
    wide_ = Allocate<WCHAR>(count + 1);
    if (!wide_) return;
    ToWide(kAnsiCodePage, text, wide_, count);
    data_ = wide_;
    size_ = static_cast<DWORD>(count * sizeof(WCHAR));
  }
  ~WideData() {
    if (wide_) Free(wide_);
  }
  WideData(const WideData&) = delete;
  WideData& operator=(const WideData&) = delete;
  LPCVOID data() const { return data_; }
  DWORD size() const { return size_; }

 private:
  LPCVOID data_;
  DWORD size_;
  PWSTR wide_ = nullptr;
};

LONG ReturnValue(const UCHAR* value, DWORD bytes, DWORD type, PVOID data, LPDWORD size) {
  const std::u16string_view text(reinterpret_cast<const WCHAR*>(value), IsText(type) ? bytes / sizeof(WCHAR) : 0);
  const auto needed = IsText(type) ? static_cast<DWORD>(ToMultiByte(kAnsiCodePage, text, nullptr, 0)) : bytes;
  const DWORD room = size ? *size : 0;
  if (size) *size = needed;
  if (!data) return ERROR_SUCCESS;
  if (room < needed) return ERROR_MORE_DATA;
  if (IsText(type))
    ToMultiByte(kAnsiCodePage, text, static_cast<PSTR>(data), room);
  else
    std::memcpy(data, value, bytes);
  return ERROR_SUCCESS;
}

}  // namespace

extern "C" {

/// The name, class and time of a key's n-th subkey.
LONG RegEnumKeyExA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPSTR Class, LPDWORD ClassSize,
                   LPFILETIME LastWriteTime) {
  WCHAR name[kMaxKeyName], class_name[kMaxKeyName];
  DWORD count = kMaxKeyName, class_count = kMaxKeyName;
  if (!Name || !NameSize || (Class && !ClassSize)) return ERROR_INVALID_PARAMETER;
  LONG error = RegEnumKeyExW(Key, Index, name, &count, Reserved, class_name, &class_count, LastWriteTime);
  if (!error) error = ReturnName({name, count}, Name, NameSize);
  return error || !Class ? error : ReturnName({class_name, class_count}, Class, ClassSize);
}

/// The name of a key's n-th subkey.
LONG RegEnumKeyA(HKEY Key, DWORD Index, LPSTR Name, DWORD NameSize) {
  return RegEnumKeyExA(Key, Index, Name, &NameSize, nullptr, nullptr, nullptr, nullptr);
}

/// The name, type and data of a key's n-th value.
LONG RegEnumValueA(HKEY Key, DWORD Index, LPSTR Name, LPDWORD NameSize, LPDWORD Reserved, LPDWORD Type, PUCHAR Data, LPDWORD Size) {
  if (!Name || !NameSize || (Data && !Size)) return ERROR_INVALID_PARAMETER;
  auto* const name = Allocate<WCHAR>(kMaxValueName);
  if (!name) return ERROR_NOT_ENOUGH_MEMORY;
  DWORD count = kMaxValueName;
  LONG error = RegEnumValueW(Key, Index, name, &count, Reserved, Type, nullptr, nullptr);
  if (!error) error = ReturnName({name, count}, Name, NameSize);
  if (!error && Size) error = RegQueryValueExA(Key, Name, nullptr, nullptr, Data, Size);
  Free(name);
  return error;
}

/// How many subkeys and values a key has, and the sizes of the largest.
LONG RegQueryInfoKeyA(HKEY Key, LPSTR Class, LPDWORD ClassSize, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD MaxSubKeyLen,
                      LPDWORD MaxClassLen, LPDWORD Values, LPDWORD MaxValueNameLen, LPDWORD MaxValueLen, LPDWORD SecurityDescriptorSize,
                      LPFILETIME LastWriteTime) {
  WCHAR class_name[kMaxKeyName];
  DWORD count = kMaxKeyName;
  if (Class && !ClassSize) return ERROR_INVALID_PARAMETER;
  const LONG error = RegQueryInfoKeyW(Key, class_name, &count, Reserved, SubKeys, MaxSubKeyLen, MaxClassLen, Values, MaxValueNameLen,
                                      MaxValueLen, SecurityDescriptorSize, LastWriteTime);
  if (error || !ClassSize) return error;
  if (Class) return ReturnName({class_name, count}, Class, ClassSize);
  *ClassSize = static_cast<DWORD>(ToMultiByte(kAnsiCodePage, {class_name, count}, nullptr, 0));
  return ERROR_SUCCESS;
}

LONG RegCreateKeyA(HKEY Key, LPCSTR SubKey, HKEY* Result) { return RegCreateKeyW(Key, WideName(SubKey).c_str(), Result); }

LONG RegOpenKeyA(HKEY Key, LPCSTR SubKey, HKEY* Result) { return RegOpenKeyW(Key, WideName(SubKey).c_str(), Result); }

LONG RegCopyTreeA(HKEY Key, LPCSTR SubKey, HKEY To) { return RegCopyTreeW(Key, WideName(SubKey).c_str(), To); }

LONG RegDeleteTreeA(HKEY Key, LPCSTR SubKey) { return RegDeleteTreeW(Key, WideName(SubKey).c_str()); }

LONG RegDeleteKeyExA(HKEY Key, LPCSTR SubKey, ACCESS_MASK Desired, DWORD Reserved) {
  return RegDeleteKeyExW(Key, WideName(SubKey).c_str(), Desired, Reserved);
}

LONG RegDeleteKeyValueA(HKEY Key, LPCSTR SubKey, LPCSTR ValueName) {
  return RegDeleteKeyValueW(Key, WideName(SubKey).c_str(), WideName(ValueName).c_str());
}

/// Sets a value of a key below another; text is kept as UTF-16.
LONG RegSetKeyValueA(HKEY Key, LPCSTR SubKey, LPCSTR ValueName, DWORD Type, LPCVOID Data, DWORD Size) {
  const WideData wide(Type, Data, Size);
  return RegSetKeyValueW(Key, WideName(SubKey).c_str(), WideName(ValueName).c_str(), Type, wide.data(), wide.size());
}

/// Reads a value of a key below another, if it has one of the types wanted; text comes in the ANSI code page.
LONG RegGetValueA(HKEY Key, LPCSTR SubKey, LPCSTR ValueName, DWORD Flags, LPDWORD Type, PVOID Data, LPDWORD Size) {
  if (Data && !Size) return ERROR_INVALID_PARAMETER;
  const WideName subkey(SubKey), name(ValueName);
  DWORD type = 0, bytes = 0;
  LONG error = RegGetValueW(Key, subkey.c_str(), name.c_str(), Flags, &type, nullptr, &bytes);
  if (Type) *Type = type;
  auto* const value = error ? nullptr : Allocate<UCHAR>(bytes + 1);
  if (!error && !value) error = ERROR_NOT_ENOUGH_MEMORY;
  if (!error) error = RegGetValueW(Key, subkey.c_str(), name.c_str(), Flags, nullptr, value, &bytes);
  if (!error)
    error = ReturnValue(value, bytes, type, Data, Size);
  else if (Data && (Flags & 0x20000000))  // RRF_ZEROONFAILURE
    std::memset(Data, 0, *Size);
  if (value) Free(value);
  return error;
}

/// Sets the text without a name of a key below another.
LONG RegSetValueA(HKEY Key, LPCSTR SubKey, DWORD Type, LPCSTR Data, [[maybe_unused]] DWORD Size) {
  if (Type != REG_SZ || !Data) return ERROR_INVALID_PARAMETER;
  return RegSetKeyValueA(Key, SubKey, nullptr, REG_SZ, Data, static_cast<DWORD>(std::strlen(Data) + 1));
}

/// Reads the text without a name of a key below another.
LONG RegQueryValueA(HKEY Key, LPCSTR SubKey, LPSTR Data, PLONG Size) {
  OpenedKey key;
  LONG error = key.Open(Key, WideName(SubKey).c_str(), KEY_QUERY_VALUE);
  if (error) return error;
  DWORD size = Size && *Size > 0 ? static_cast<DWORD>(*Size) : 0;
  error = RegQueryValueExA(key.handle, nullptr, nullptr, nullptr, reinterpret_cast<PUCHAR>(Data), &size);
  nt::sys::NtClose(key.handle);
  if (error == static_cast<LONG>(ERROR_FILE_NOT_FOUND)) {  // then it is empty
    if (Data && size) *Data = 0;
    size = 1;
    error = ERROR_SUCCESS;
  }
  if (Size) *Size = static_cast<LONG>(size);
  return error;
}

}  // extern "C"
