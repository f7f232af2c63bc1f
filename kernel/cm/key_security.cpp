#include "kernel/cm/key_security.h"

#include "kernel/cm/callbacks.h"
#include "kernel/cm/guard.h"
#include "kernel/cm/key_object.h"
#include "kernel/se/object_security.h"

namespace nt::cm {
namespace {

NTSTATUS Query(PVOID object, PSECURITY_INFORMATION information, PSECURITY_DESCRIPTOR buffer, PULONG length, KPROCESSOR_MODE mode) {
  REG_QUERY_KEY_SECURITY_INFORMATION told{object, information, buffer, length, nullptr, nullptr, nullptr};
  return Notified(RegNtPreQueryKeySecurity, RegNtPostQueryKeySecurity, object, told, [&] {
    const Key& key = *KeyOf(object);
    return key.deleted ? STATUS_KEY_DELETED : se::ReturnSecurity(DescriptorOf(key), *information, buffer, length, mode);
  });
}

NTSTATUS Change(Key* key, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR given) {
  if (key->deleted) return STATUS_KEY_DELETED;
  std::vector<UCHAR> changed;
  const NTSTATUS status = se::ChangeSecurity(DescriptorOf(*key), information, given, kKeyMapping, &changed);
  return NT_SUCCESS(status) ? SetKeySecurity(key, std::make_shared<const std::vector<UCHAR>>(std::move(changed))) : status;
}

NTSTATUS Set(PVOID object, PSECURITY_INFORMATION information, PSECURITY_DESCRIPTOR given) {
  REG_SET_KEY_SECURITY_INFORMATION told{object, information, given, nullptr, nullptr, nullptr};
  return Notified(RegNtPreSetKeySecurity, RegNtPostSetKeySecurity, object, told,
                  [&] { return Change(KeyOf(object), *information, given); });
}

}  // namespace

NTSTATUS CmpSecurityMethod(PVOID object, SECURITY_OPERATION_CODE operation, PSECURITY_INFORMATION information,
                           PSECURITY_DESCRIPTOR descriptor, PULONG length, KPROCESSOR_MODE mode) {
  return operation == QuerySecurityDescriptor ? Query(object, information, descriptor, length, mode) : Set(object, information, descriptor);
}

}  // namespace nt::cm
