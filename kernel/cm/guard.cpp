#include "kernel/cm/guard.h"

#include "kernel/se/new_object.h"
#include "nt/status.h"

namespace nt::cm {

namespace {

/// Siblings mostly have the same descriptor, and often their parent's.
Security Shared(std::vector<UCHAR> descriptor, const Key& parent) {
  if (parent.security != nullptr && *parent.security == descriptor) return parent.security;
  const Key* const sibling = parent.children.empty() ? nullptr : parent.children.front().get();
  if (sibling != nullptr && sibling->security != nullptr && *sibling->security == descriptor) return sibling->security;
  return std::make_shared<const std::vector<UCHAR>>(std::move(descriptor));
}

}  // namespace

PSECURITY_DESCRIPTOR DescriptorOf(const Key& key) {
  return const_cast<UCHAR*>((key.security != nullptr ? key.security : DefaultSecurity())->data());
}

Opener::Opener(ACCESS_MASK wanted, ULONG options, bool checked, PSECURITY_DESCRIPTOR given)
    : wanted_(wanted), options_(options), checked_(checked), given_(given) {
  RtlMapGenericMask(&wanted_, &kKeyMapping);
  SeCaptureSubjectContext(&subject_);
}

Opener::~Opener() { SeReleaseSubjectContext(&subject_); }

bool Opener::Holds(ULONG privilege) {
  PRIVILEGE_SET wanted{1, PRIVILEGE_SET_ALL_NECESSARY, {{{privilege, 0}, 0}}};
  return SePrivilegeCheck(&wanted, &subject_, checked_ ? UserMode : KernelMode) != FALSE;
}

NTSTATUS Opener::Check(const Key& key, ACCESS_MASK wanted, ACCESS_MASK* granted) {
  NTSTATUS status = STATUS_ACCESS_DENIED;
  GENERIC_MAPPING mapping = kKeyMapping;
  PPRIVILEGE_SET used = nullptr;
  SeAccessCheck(DescriptorOf(key), &subject_, FALSE, wanted, 0, &used, &mapping, checked_ ? UserMode : KernelMode, granted, &status);
  if (used != nullptr) SeFreePrivileges(used);
  return status;
}

/// With REG_OPTION_BACKUP_RESTORE neither the access wanted nor the descriptor counts.
NTSTATUS Opener::GrantByPrivilege() {
  granted_ = 0;
  if (Holds(SE_BACKUP_PRIVILEGE)) granted_ |= KEY_READ | ACCESS_SYSTEM_SECURITY;
  if (Holds(SE_RESTORE_PRIVILEGE)) granted_ |= KEY_WRITE | ACCESS_SYSTEM_SECURITY | WRITE_DAC | WRITE_OWNER;
  return granted_ != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

NTSTATUS Opener::MayOpen(const Key& key) {
  if ((options_ & REG_OPTION_BACKUP_RESTORE) != 0) return GrantByPrivilege();
  return Check(key, wanted_, &granted_);
}

/// Who may make the key gets the access he wants to it, whatever its own descriptor will say.
NTSTATUS Opener::MayCreate(const Key& parent, Security* security) {
  const bool privileged = (options_ & REG_OPTION_BACKUP_RESTORE) != 0;
  ACCESS_MASK ignored = 0;
  NTSTATUS status = privileged ? GrantByPrivilege()
                               : Check(parent, (options_ & REG_OPTION_CREATE_LINK) != 0 ? KEY_CREATE_LINK : KEY_CREATE_SUB_KEY, &ignored);
  if (!NT_SUCCESS(status)) return status;
  if (!privileged) {
    if ((wanted_ & ACCESS_SYSTEM_SECURITY) != 0 && !Holds(SE_SECURITY_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
    granted_ = (wanted_ & ~MAXIMUM_ALLOWED) | ((wanted_ & MAXIMUM_ALLOWED) != 0 ? KEY_ALL_ACCESS : 0);
  }
  PSECURITY_DESCRIPTOR const above = DescriptorOf(parent);
  const ULONG unchecked = checked_ ? 0 : SEF_AVOID_PRIVILEGE_CHECK | SEF_AVOID_OWNER_CHECK;
  std::vector<UCHAR> made;
  status = se::MakeSecurity({above, given_, true, se::InheritanceOf(above) | unchecked, &kKeyMapping}, subject_, &made);
  if (NT_SUCCESS(status)) *security = Shared(std::move(made), parent);
  return status;
}

}  // namespace nt::cm
