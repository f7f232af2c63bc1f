// The security of keys, and the predefined keys themselves.
#include <cstring>

#include "kernel/rtl/rtl.h"
#include "nt/se.h"
#include "subsystem/advapi32/registry_roots.h"

using namespace nt::win32;
namespace sys = nt::sys;

extern "C" BOOL GetComputerNameW(LPWSTR Buffer, LPDWORD Size);

namespace {

constexpr LONG kBadNetPath = 53;  // ERROR_BAD_NETPATH

bool IsThisComputer(PCWSTR name) {
  if (!name) return true;
  std::u16string_view wanted = name;
  while (wanted.starts_with(u'\\')) wanted.remove_prefix(1);
  WCHAR own[32];
  DWORD size = std::size(own);
  if (wanted.empty()) return true;
  if (!GetComputerNameW(own, &size)) return false;
  const UNICODE_STRING a{static_cast<USHORT>(wanted.size() * 2), static_cast<USHORT>(wanted.size() * 2), const_cast<PWSTR>(wanted.data())};
  const UNICODE_STRING b{static_cast<USHORT>(size * 2), static_cast<USHORT>(size * 2), own};
  return RtlEqualUnicodeString(&a, &b, TRUE) != FALSE;
}

}  // namespace

extern "C" {

/// A key's security, self-relative; `*Size` is the room, and becomes what is needed.
LONG RegGetKeySecurity(HKEY Key, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor, LPDWORD Size) {
  if (!Size) return ERROR_INVALID_PARAMETER;
  UsedKey key(Key, (Information & SACL_SECURITY_INFORMATION) != 0 ? READ_CONTROL | ACCESS_SYSTEM_SECURITY : READ_CONTROL);
  return key.error() ? key.error() : key.Close(ErrorOf(sys::NtQuerySecurityObject(key.handle(), Information, Descriptor, *Size, Size)));
}

/// Changes a key's security.
LONG RegSetKeySecurity(HKEY Key, SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor) {
  ACCESS_MASK access = 0;
  if (Information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION)) access |= WRITE_OWNER;
  if (Information & DACL_SECURITY_INFORMATION) access |= WRITE_DAC;
  if (Information & SACL_SECURITY_INFORMATION) access |= ACCESS_SYSTEM_SECURITY;
  UsedKey key(Key, access);
  return key.error() ? key.error() : key.Close(ErrorOf(sys::NtSetSecurityObject(key.handle(), Information, Descriptor)));
}

/// Opens HKEY_CURRENT_USER of the user that the calling thread acts for.
LONG RegOpenCurrentUser(ACCESS_MASK Desired, HKEY* Result) {
  OpenedKey key;
  const LONG error = key.Open(CurrentUser(), nullptr, Desired);
  *Result = key.handle;
  return error;
}

/// HKEY_CURRENT_USER is found anew by each call: there is nothing to disable.
LONG RegDisablePredefinedCache() { return ERROR_SUCCESS; }
LONG RegDisablePredefinedCacheEx() { return ERROR_SUCCESS; }

/// Opens HKEY_LOCAL_MACHINE or HKEY_USERS of a computer. Only this one is to be reached.
LONG RegConnectRegistryW(LPCWSTR Machine, HKEY Key, HKEY* Result) {
  if (!IsPredefined(Key)) return ERROR_INVALID_HANDLE;
  if (!IsThisComputer(Machine)) return kBadNetPath;
  OpenedKey key;
  const LONG error = key.Open(Key, nullptr, MAXIMUM_ALLOWED);
  *Result = key.handle;
  return error;
}

/// Opens HKEY_LOCAL_MACHINE or HKEY_USERS of a computer. Only this one is to be reached.
LONG RegConnectRegistryA(LPCSTR Machine, HKEY Key, HKEY* Result) { return RegConnectRegistryW(WideName(Machine).c_str(), Key, Result); }

/// Has a predefined key mean another one in this process; null ends that.
LONG RegOverridePredefKey(HKEY Key, HKEY NewKey) {
  HANDLE* const place = OverrideOf(Key);
  if (!place) return ERROR_INVALID_HANDLE;
  HANDLE copy = nullptr;
  if (NewKey) {
    OpenedKey key;
    const LONG error = key.Open(NewKey, nullptr, MAXIMUM_ALLOWED);
    if (error) return error;
    copy = key.handle;
  }
  if (*place) sys::NtClose(*place);
  *place = copy;
  return ERROR_SUCCESS;
}

}  // extern "C"
