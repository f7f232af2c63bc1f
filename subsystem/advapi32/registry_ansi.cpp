// The registry functions for text in the ANSI code page: names, and the data of values that are text.
#include <cstring>
#include <string_view>

#include "subsystem/advapi32/registry.h"

using namespace nt::win32;

extern "C" {
LONG RegCreateKeyExW(HKEY Key, LPCWSTR SubKey, DWORD Reserved, LPWSTR Class, DWORD Options, ACCESS_MASK Desired,
                     LPSECURITY_ATTRIBUTES Security, HKEY* Result, LPDWORD Disposition);
LONG RegDeleteKeyW(HKEY Key, LPCWSTR SubKey);
LONG RegDeleteValueW(HKEY Key, LPCWSTR ValueName);
LONG RegSetValueExW(HKEY Key, LPCWSTR ValueName, DWORD Reserved, DWORD Type, const UCHAR* Data, DWORD Size);
LONG RegQueryValueExW(HKEY Key, LPCWSTR ValueName, LPDWORD Reserved, LPDWORD Type, PUCHAR Data, LPDWORD Size);
}

namespace {

bool IsText(ULONG type) { return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ; }

/// A block of the process's heap, for the time of a call.
template <class T>
class Block {
 public:
  explicit Block(SIZE_T count) : data_(Allocate<T>(count + 1)) {}
  ~Block() {
    if (data_) Free(data_);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  T* get() const { return data_; }

 private:
  T* data_;
};

/// Gives UTF-16 text of `bytes` bytes to the caller as ANSI text.
LONG ReturnText(const WCHAR* text, ULONG bytes, PUCHAR data, LPDWORD size) {
  const std::u16string_view wide(text, bytes / sizeof(WCHAR));
  const auto needed = static_cast<DWORD>(ToMultiByte(kAnsiCodePage, wide, nullptr, 0));
  const DWORD room = *size;
  *size = needed;
  if (!data) return ERROR_SUCCESS;
  if (room < needed) return ERROR_MORE_DATA;
  ToMultiByte(kAnsiCodePage, wide, reinterpret_cast<PSTR>(data), room);
  return ERROR_SUCCESS;
}

}  // namespace

extern "C" {

/// Creates a key with all missing ones on its way, or opens it.
LONG RegCreateKeyExA(HKEY Key, LPCSTR SubKey, DWORD Reserved, LPSTR Class, DWORD Options, ACCESS_MASK Desired,
                     LPSECURITY_ATTRIBUTES Security, HKEY* Result, LPDWORD Disposition) {
  WideName class_name(Class);
  return RegCreateKeyExW(Key, WideName(SubKey).c_str(), Reserved, const_cast<LPWSTR>(class_name.c_str()), Options, Desired, Security,
                         Result, Disposition);
}

/// Removes a key that has no subkeys.
LONG RegDeleteKeyA(HKEY Key, LPCSTR SubKey) { return RegDeleteKeyW(Key, WideName(SubKey).c_str()); }

/// Removes a value.
LONG RegDeleteValueA(HKEY Key, LPCSTR ValueName) { return RegDeleteValueW(Key, WideName(ValueName).c_str()); }

/// Sets a value; text is kept as UTF-16.
LONG RegSetValueExA(HKEY Key, LPCSTR ValueName, DWORD Reserved, DWORD Type, const UCHAR* Data, DWORD Size) {
  const WideName name(ValueName);
  if (!IsText(Type) || !Data) return RegSetValueExW(Key, name.c_str(), Reserved, Type, Data, Size);
  const std::string_view text(reinterpret_cast<const char*>(Data), Size);
  const SIZE_T count = ToWide(kAnsiCodePage, text, nullptr, 0);
  const Block<WCHAR> wide(count);
  if (!wide.get()) return ERROR_NOT_ENOUGH_MEMORY;
  ToWide(kAnsiCodePage, text, wide.get(), count);
  return RegSetValueExW(Key, name.c_str(), Reserved, Type, reinterpret_cast<const UCHAR*>(wide.get()),
                        static_cast<DWORD>(count * sizeof(WCHAR)));
}

/// Reads a value; text comes in the ANSI code page.
LONG RegQueryValueExA(HKEY Key, LPCSTR ValueName, LPDWORD Reserved, LPDWORD Type, PUCHAR Data, LPDWORD Size) {
  const WideName name(ValueName);
  if (Data && !Size) return ERROR_INVALID_PARAMETER;
  DWORD type = 0, bytes = 0;
  LONG error = RegQueryValueExW(Key, name.c_str(), Reserved, &type, nullptr, &bytes);
  if (error) return error;
  if (Type) *Type = type;
  if (!Size) return ERROR_SUCCESS;
  if (!IsText(type)) return RegQueryValueExW(Key, name.c_str(), Reserved, nullptr, Data, Size);
  const Block<WCHAR> wide(bytes / sizeof(WCHAR));
  if (!wide.get()) return ERROR_NOT_ENOUGH_MEMORY;
  error = RegQueryValueExW(Key, name.c_str(), Reserved, nullptr, reinterpret_cast<PUCHAR>(wide.get()), &bytes);
  return error ? error : ReturnText(wide.get(), bytes, Data, Size);
}

}  // extern "C"
