// The access check: what a security descriptor lets a subject do.
#include "kernel/ex/ex.h"
#include "kernel/se/descriptor.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::se {
namespace {

constexpr ULONG kPrivilegeTag = 'rPeS';

/// The request, and how far it has come.
struct Check {
  const Token* token;
  const GENERIC_MAPPING* mapping;
  bool maximum;           ///< grant all that can be had
  ACCESS_MASK remaining;  ///< asked for, not yet granted
  ACCESS_MASK granted;    ///< beyond what was granted before
  ACCESS_MASK denied;
  ULONG used[2];  ///< privileges that decided
  ULONG used_count;
};

void Grant(Check& check, ACCESS_MASK access) {
  access &= ~check.denied;
  check.granted |= check.maximum ? access : access & check.remaining;
  check.remaining &= ~access;
}

/// Grants what a privilege gives, if it is held.
bool UsePrivilege(Check& check, ULONG privilege, ACCESS_MASK access) {
  if (!check.token->Enabled({privilege, 0})) return false;
  check.used[check.used_count++] = privilege;
  check.granted |= access;
  check.remaining &= ~access;
  return true;
}

ACCESS_MASK Mapped(ACCESS_MASK access, const GENERIC_MAPPING* mapping) {
  RtlMapGenericMask(&access, mapping);
  return access;
}

bool Applies(const ACE_HEADER* ace, UCHAR type) { return ace->AceType == type && (ace->AceFlags & INHERIT_ONLY_ACE) == 0; }

/// An entry for OWNER RIGHTS takes the owner's implied rights away; it says itself what the owner may do.
bool SpeaksOfOwnerRights(const AceRange& aces) {
  for (const ACE_HEADER* ace : aces) {
    if ((Applies(ace, ACCESS_ALLOWED_ACE_TYPE) || Applies(ace, ACCESS_DENIED_ACE_TYPE)) &&
        SameSid(SidOf(ace), static_cast<const SID*>(WellKnown().SeOwnerRightsSid))) {
      return true;
    }
  }
  return false;
}

/// First come, first served: an earlier entry wins over a later one. Ends early when all is granted, or something asked for is denied.
void WalkEntries(Check& check, const AceRange& aces, bool is_owner) {
  for (const ACE_HEADER* ace : aces) {
    if (!check.maximum && check.remaining == 0) return;
    const bool allows = Applies(ace, ACCESS_ALLOWED_ACE_TYPE);
    if (!allows && !Applies(ace, ACCESS_DENIED_ACE_TYPE)) continue;
    const bool owner_rights = is_owner && SameSid(SidOf(ace), static_cast<const SID*>(WellKnown().SeOwnerRightsSid));
    if (!owner_rights && !check.token->Holds(SidOf(ace), !allows)) continue;
    const ACCESS_MASK mask = Mapped(reinterpret_cast<const ACCESS_ALLOWED_ACE*>(ace)->Mask, check.mapping);
    if (allows) {
      Grant(check, mask);
    } else {
      check.denied |= mask & ~check.granted;
      if ((check.remaining & check.denied) != 0) return;
    }
  }
}

NTSTATUS Decide(Check& check, const Descriptor& descriptor) {
  if ((check.remaining & ACCESS_SYSTEM_SECURITY) != 0 && !UsePrivilege(check, SE_SECURITY_PRIVILEGE, ACCESS_SYSTEM_SECURITY)) {
    return STATUS_PRIVILEGE_NOT_HELD;
  }
  if ((check.remaining & WRITE_OWNER) != 0) UsePrivilege(check, SE_TAKE_OWNERSHIP_PRIVILEGE, WRITE_OWNER);
  if (descriptor.dacl == nullptr) {  // no list, or a null one: everyone may do everything
    Grant(check, check.maximum ? check.mapping->GenericAll | check.remaining : check.remaining);
    return STATUS_SUCCESS;
  }
  const AceRange aces(descriptor.dacl);
  const bool is_owner = descriptor.owner != nullptr && check.token->Holds(descriptor.owner, false);
  if (is_owner && !SpeaksOfOwnerRights(aces)) Grant(check, READ_CONTROL | WRITE_DAC);
  WalkEntries(check, aces, is_owner);
  return check.remaining == 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

PPRIVILEGE_SET PrivilegesUsed(const Check& check) {
  if (check.used_count == 0) return nullptr;
  const SIZE_T size = offsetof(PRIVILEGE_SET, Privilege) + check.used_count * sizeof(LUID_AND_ATTRIBUTES);
  auto* const set = static_cast<PPRIVILEGE_SET>(nt::ex::AllocatePool(PagedPool, size, kPrivilegeTag));
  if (set == nullptr) return nullptr;
  set->PrivilegeCount = check.used_count;
  set->Control = 0;
  for (ULONG i = 0; i < check.used_count; ++i) set->Privilege[i] = {{check.used[i], 0}, SE_PRIVILEGE_USED_FOR_ACCESS};
  return set;
}

/// The kernel may do everything; only the maximum has to be spelled out.
ACCESS_MASK KernelsAccess(ACCESS_MASK desired, ACCESS_MASK previously, const GENERIC_MAPPING* mapping) {
  if ((desired & MAXIMUM_ALLOWED) == 0) return desired | previously;
  return mapping->GenericAll | (desired & ~MAXIMUM_ALLOWED) | previously;
}

}  // namespace
}  // namespace nt::se

using namespace nt::se;

extern "C" {

VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING* GenericMapping) {
  ACCESS_MASK mask = *AccessMask;
  if ((mask & GENERIC_READ) != 0) mask |= GenericMapping->GenericRead;
  if ((mask & GENERIC_WRITE) != 0) mask |= GenericMapping->GenericWrite;
  if ((mask & GENERIC_EXECUTE) != 0) mask |= GenericMapping->GenericExecute;
  if ((mask & GENERIC_ALL) != 0) mask |= GenericMapping->GenericAll;
  *AccessMask = mask & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

BOOLEAN SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                      BOOLEAN /*SubjectContextLocked*/, ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess,
                      PPRIVILEGE_SET* Privileges, PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess,
                      NTSTATUS* AccessStatus) {
  if (Privileges != nullptr) *Privileges = nullptr;
  const auto conclude = [&](NTSTATUS status, ACCESS_MASK granted) -> BOOLEAN {
    *AccessStatus = status;
    *GrantedAccess = NT_SUCCESS(status) ? granted : 0;
    return NT_SUCCESS(status) ? TRUE : FALSE;
  };
  if (AccessMode == KernelMode) return conclude(STATUS_SUCCESS, KernelsAccess(DesiredAccess, PreviouslyGrantedAccess, GenericMapping));
  if (SecurityDescriptor == nullptr) return conclude(STATUS_ACCESS_DENIED, 0);
  if (SubjectSecurityContext->ClientToken != nullptr && SubjectSecurityContext->ImpersonationLevel < SecurityImpersonation) {
    return conclude(STATUS_BAD_IMPERSONATION_LEVEL, 0);
  }
  const ACCESS_MASK desired = Mapped(DesiredAccess, GenericMapping);
  if (desired == 0) return conclude(PreviouslyGrantedAccess != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED, PreviouslyGrantedAccess);

  Check check{};
  check.token = EffectiveToken(*SubjectSecurityContext);
  check.mapping = GenericMapping;
  check.maximum = (desired & MAXIMUM_ALLOWED) != 0;
  check.remaining = desired & ~MAXIMUM_ALLOWED;
  NTSTATUS status = Decide(check, DescriptorOf(SecurityDescriptor));
  const ACCESS_MASK granted = check.granted | PreviouslyGrantedAccess;
  if (NT_SUCCESS(status) && granted == 0) status = STATUS_ACCESS_DENIED;
  if (NT_SUCCESS(status) && Privileges != nullptr) *Privileges = PrivilegesUsed(check);
  return conclude(status, granted);
}

VOID SeFreePrivileges(PPRIVILEGE_SET Privileges) { nt::ex::FreePool(Privileges); }

}  // extern "C"
