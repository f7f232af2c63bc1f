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

/// A value's name: the service's, and what of it.
class ValueName {
 public:
  ValueName(PCWSTR service, PCWSTR what) {
    text_.Append(service);
    if (*what) text_.Append(u"\\");
    text_.Append(what);
    text_.text[text_.length] = 0;
  }
  PCWSTR c_str() const { return text_.text; }
  UNICODE_STRING string() {
    const auto bytes = static_cast<USHORT>(text_.length * sizeof(WCHAR));
    return {bytes, bytes, text_.text};
  }

 private:
  PathBuffer text_;
};

}  // namespace

namespace nt::win32 {

bool Kept(PCWSTR service, PCWSTR what, void* data, ULONG* size) {
  HANDLE key = OpenStates(KEY_QUERY_VALUE);
  if (!key) return false;
  const LONG error = QueryValue(key, ValueName(service, what).c_str(), nullptr, data, size);
  sys::NtClose(key);
  return !error;
}

void Keep(PCWSTR service, PCWSTR what, const void* data, ULONG size) {
  HANDLE key = OpenStates(KEY_SET_VALUE);
  if (!key) return;
  SetValue(key, ValueName(service, what).c_str(), REG_BINARY, data, size);
  sys::NtClose(key);
}

void Forget(PCWSTR service, PCWSTR what) {
  HANDLE key = OpenStates(KEY_SET_VALUE);
  if (!key) return;
  ValueName name(service, what);
  UNICODE_STRING value = name.string();
  sys::NtDeleteValueKey(key, &value);
  sys::NtClose(key);
}

bool KeptStatus(PCWSTR name, ServiceStatus* status) {
  ServiceStatus kept;
  ULONG size = sizeof kept;
  if (!Kept(name, u"", &kept, &size) || size != sizeof kept) return false;
  *status = kept;
  return true;
}

void KeepStatus(PCWSTR name, const ServiceStatus& status) { Keep(name, u"", &status, sizeof status); }

}  // namespace nt::win32
