// What the service manager remembers of services until the next boot: a value each, in a key that is not saved.
#include "subsystem/advapi32/service.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr std::u16string_view kStates = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\ServiceCurrent";

/// The key of all states, made if it is missing; null if that is refused.
HANDLE OpenStates(ACCESS_MASK access) {
  PathBuffer path;
  path.Append(kStates);
  UNICODE_STRING name{static_cast<USHORT>(path.length * 2), static_cast<USHORT>(path.length * 2), path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  HANDLE key = nullptr;
  const NTSTATUS status = (access & KEY_SET_VALUE) ? sys::NtCreateKey(&key, access, &attributes, 0, nullptr, REG_OPTION_VOLATILE, nullptr)
                                                   : sys::NtOpenKey(&key, access, &attributes);
  return NT_SUCCESS(status) ? key : nullptr;
}

}  // namespace

namespace nt::win32 {

bool KeptStatus(PCWSTR name, ServiceStatus* status) {
  HANDLE key = OpenStates(KEY_QUERY_VALUE);
  if (!key) return false;
  ULONG size = sizeof *status;
  const LONG error = QueryValue(key, name, nullptr, status, &size);
  sys::NtClose(key);
  return !error && size == sizeof *status;
}

void KeepStatus(PCWSTR name, const ServiceStatus& status) {
  HANDLE key = OpenStates(KEY_SET_VALUE);
  if (!key) return;
  SetValue(key, name, REG_BINARY, &status, sizeof status);
  sys::NtClose(key);
}

void ForgetStatus(PCWSTR name) {
  HANDLE key = OpenStates(KEY_SET_VALUE);
  if (!key) return;
  PathBuffer text;
  text.Append(name);
  UNICODE_STRING value{static_cast<USHORT>(text.length * 2), static_cast<USHORT>(text.length * 2), text.text};
  sys::NtDeleteValueKey(key, &value);
  sys::NtClose(key);
}

}  // namespace nt::win32
