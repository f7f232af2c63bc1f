// What else is known of a service's configuration, and the same in ANSI text.
#include <cstring>

#include "subsystem/advapi32/service.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" {
BOOL ChangeServiceConfigW(SC_HANDLE Service, DWORD ServiceType, DWORD StartType, DWORD ErrorControl, LPCWSTR BinaryPathName,
                          LPCWSTR LoadOrderGroup, LPDWORD TagId, LPCWSTR Dependencies, LPCWSTR ServiceStartName, LPCWSTR Password,
                          LPCWSTR DisplayName);
}

namespace {

constexpr DWORD kDescription = 1, kDelayedStart = 3;  // SERVICE_CONFIG_...
constexpr DWORD kChange = 2, kQuery = 1;              // rights
constexpr ULONG kLongestText = 8192;                  // bytes

/// The service's key, or null with an error set.
HANDLE KeyOf(SC_HANDLE service, ACCESS_MASK right, ACCESS_MASK access) {
  const PCWSTR name = ServiceNameOf(service, right);
  HANDLE key = nullptr;
  if (!name) return nullptr;
  const LONG error = OpenServiceKey(name, access, &key);
  if (error) Fail(static_cast<DWORD>(error));
  return key;
}

/// A null text leaves the description as it is, an empty one takes it away.
LONG SetDescription(HANDLE key, PCWSTR text) {
  if (!text) return ERROR_SUCCESS;
  if (*text) return SetString(key, u"Description", text, REG_SZ);
  PathBuffer name;
  name.Append(u"Description");
  UNICODE_STRING string{static_cast<USHORT>(name.length * 2), static_cast<USHORT>(name.length * 2), name.text};
  const LONG error = ErrorOf(sys::NtDeleteValueKey(key, &string));
  return error == static_cast<LONG>(ERROR_FILE_NOT_FOUND) ? ERROR_SUCCESS : error;
}

BOOL Change(SC_HANDLE service, DWORD level, PVOID info, PCWSTR description) {
  if (level != kDescription && level != kDelayedStart) return Fail(124);  // ERROR_INVALID_LEVEL
  HANDLE key = KeyOf(service, kChange, KEY_SET_VALUE);
  if (!key) return FALSE;
  LONG error = ERROR_SUCCESS;
  if (info && level == kDescription) error = SetDescription(key, description);
  if (info && level == kDelayedStart) {
    const ULONG delayed = *static_cast<const ULONG*>(info) != 0;
    error = SetValue(key, u"DelayedAutostart", REG_DWORD, &delayed, sizeof delayed);
  }
  sys::NtClose(key);
  return error ? Fail(static_cast<DWORD>(error)) : TRUE;
}

/// SERVICE_DESCRIPTION: a pointer, and its text behind it; null if there is none.
BOOL ReturnDescription(PCWSTR text, bool wide, PUCHAR buffer, DWORD size, DWORD* needed) {
  const std::u16string_view view(text ? text : u"");
  const SIZE_T bytes = wide ? (view.size() + 1) * sizeof(WCHAR) : ToMultiByte(kAnsiCodePage, view, nullptr, 0) + 1;
  *needed = static_cast<DWORD>(sizeof(PVOID) + (text ? bytes : 0));
  if (size < *needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
  PVOID const place = text ? buffer + sizeof(PVOID) : nullptr;
  std::memcpy(buffer, &place, sizeof place);
  if (!text) return TRUE;
  std::memset(place, 0, bytes);
  if (wide) {
    std::memcpy(place, view.data(), view.size() * sizeof(WCHAR));
  } else {
    ToMultiByte(kAnsiCodePage, view, static_cast<PSTR>(place), bytes - 1);
  }
  return TRUE;
}

BOOL Query(SC_HANDLE service, DWORD level, bool wide, PUCHAR buffer, DWORD size, DWORD* needed) {
  if (level != kDescription && level != kDelayedStart) return Fail(124);  // ERROR_INVALID_LEVEL
  HANDLE key = KeyOf(service, kQuery, KEY_QUERY_VALUE);
  if (!key) return FALSE;
  BOOL result = FALSE;
  if (level == kDelayedStart) {
    ULONG delayed = 0;
    QueryDword(key, u"DelayedAutostart", &delayed);
    *needed = sizeof delayed;
    result = size < sizeof delayed ? Fail(ERROR_INSUFFICIENT_BUFFER) : TRUE;
    if (result) std::memcpy(buffer, &delayed, sizeof delayed);
  } else {
    auto* const text = Allocate<WCHAR>(kLongestText / sizeof(WCHAR) + 1);
    ULONG bytes = kLongestText;
    const bool found = text && !QueryValue(key, u"Description", nullptr, text, &bytes);
    result = ReturnDescription(found ? text : nullptr, wide, buffer, size, needed);
    Free(text);
  }
  sys::NtClose(key);
  return result;
}

}  // namespace

extern "C" {

/// Changes the configuration of a service. Partial: dependencies, the account, its password and the tag are not kept.
BOOL ChangeServiceConfigA(SC_HANDLE Service, DWORD ServiceType, DWORD StartType, DWORD ErrorControl, LPCSTR BinaryPathName,
                          LPCSTR LoadOrderGroup, LPDWORD TagId, [[maybe_unused]] LPCSTR Dependencies,
                          [[maybe_unused]] LPCSTR ServiceStartName, [[maybe_unused]] LPCSTR Password, LPCSTR DisplayName) {
  return ChangeServiceConfigW(Service, ServiceType, StartType, ErrorControl, WideName(BinaryPathName).c_str(),
                              WideName(LoadOrderGroup).c_str(), TagId, nullptr, nullptr, nullptr, WideName(DisplayName).c_str());
}

/// Changes the description of a service (1), or whether it starts a while after the others (3). Partial: no other levels.
BOOL ChangeServiceConfig2W(SC_HANDLE Service, DWORD InfoLevel, PVOID Info) {
  return Change(Service, InfoLevel, Info, Info && InfoLevel == kDescription ? *static_cast<const PCWSTR*>(Info) : nullptr);
}

/// Changes the description of a service (1), or whether it starts a while after the others (3). Partial: no other levels.
BOOL ChangeServiceConfig2A(SC_HANDLE Service, DWORD InfoLevel, PVOID Info) {
  const PCSTR text = Info && InfoLevel == kDescription ? *static_cast<const PCSTR*>(Info) : nullptr;
  return Change(Service, InfoLevel, Info, WideName(text).c_str());
}

/// The description of a service (1), or whether it starts a while after the others (3). Partial: no other levels.
BOOL QueryServiceConfig2W(SC_HANDLE Service, DWORD InfoLevel, PUCHAR Buffer, DWORD BufferSize, LPDWORD BytesNeeded) {
  return Query(Service, InfoLevel, true, Buffer, BufferSize, BytesNeeded);
}

/// The description of a service (1), or whether it starts a while after the others (3). Partial: no other levels.
BOOL QueryServiceConfig2A(SC_HANDLE Service, DWORD InfoLevel, PUCHAR Buffer, DWORD BufferSize, LPDWORD BytesNeeded) {
  return Query(Service, InfoLevel, false, Buffer, BufferSize, BytesNeeded);
}

}  // extern "C"
