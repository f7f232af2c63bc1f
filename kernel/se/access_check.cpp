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
  bool restricting;  ///< asks for the token's restricting identifiers instead of its own
  ULONG used[3];     ///< privileges that decided
  ULONG used_count;

  bool Holds(const SID* sid, bool for_deny) const { return restricting ? token->Restricts(sid) : token->Holds(sid, for_deny); }
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

/// An entry of the kind that names object types. Where nobody asks about object types it speaks of the object itself if it names none.
struct ObjectAce {
  ACE_HEADER Header;
  ACCESS_MASK Mask;
  ULONG Flags;  ///< which of the two GUIDs are there
};
constexpr ULONG kObjectTypePresent = 1, kInheritedTypePresent = 2;

bool IsObjectAce(const ACE_HEADER* ace) {
  return ace->AceType == ACCESS_ALLOWED_OBJECT_ACE_TYPE || ace->AceType == ACCESS_DENIED_OBJECT_ACE_TYPE;
}

const SID* WhoOf(const ACE_HEADER* ace) {
  if (!IsObjectAce(ace)) return SidOf(ace);
  const auto* const object = reinterpret_cast<const ObjectAce*>(ace);
  const SIZE_T guids = ((object->Flags & kObjectTypePresent) != 0 ? 16u : 0u) + ((object->Flags & kInheritedTypePresent) != 0 ? 16u : 0u);
  return reinterpret_cast<const SID*>(reinterpret_cast<const UCHAR*>(object + 1) + guids);
}

bool NamesType(const ACE_HEADER* ace) {
  return IsObjectAce(ace) && (reinterpret_cast<const ObjectAce*>(ace)->Flags & kObjectTypePresent) != 0;
}

bool Allows(const ACE_HEADER* ace) {
  const bool kind = ace->AceType == ACCESS_ALLOWED_ACE_TYPE || (ace->AceType == ACCESS_ALLOWED_OBJECT_ACE_TYPE && !NamesType(ace));
  return kind && (ace->AceFlags & INHERIT_ONLY_ACE) == 0;
}

bool Denies(const ACE_HEADER* ace) {
  const bool kind = ace->AceType == ACCESS_DENIED_ACE_TYPE || ace->AceType == ACCESS_DENIED_OBJECT_ACE_TYPE;
  return kind && (ace->AceFlags & INHERIT_ONLY_ACE) == 0;
}

/// An entry for OWNER RIGHTS takes the owner's implied rights away; it says itself what the owner may do.
bool SpeaksOfOwnerRights(const AceRange& aces) {
  for (const ACE_HEADER* ace : aces) {
    if ((Allows(ace) || Denies(ace)) && SameSid(WhoOf(ace), static_cast<const SID*>(WellKnown().SeOwnerRightsSid))) return true;
  }
  return false;
}

/// First come, first served: an earlier entry wins over a later one. Ends early when all is granted, or something asked for is denied.
void WalkEntries(Check& check, const AceRange& aces, bool is_owner) {
  for (const ACE_HEADER* ace : aces) {
    if (!check.maximum && check.remaining == 0) return;
    const bool allows = Allows(ace);
    if (!allows && !Denies(ace)) continue;
    const bool owner_rights = is_owner && SameSid(WhoOf(ace), static_cast<const SID*>(WellKnown().SeOwnerRightsSid));
    if (!owner_rights && !check.Holds(WhoOf(ace), !allows)) continue;
    const ACCESS_MASK mask = Mapped(reinterpret_cast<const ACCESS_ALLOWED_ACE*>(ace)->Mask, check.mapping);
    if (allows) {
      Grant(check, mask);
    } else {
      check.denied |= mask & ~check.granted;
      if ((check.remaining & check.denied) != 0) return;
    }
  }
}

/// The object's integrity, and what its label keeps from those below it.
struct Label {
  ULONG level = SECURITY_MANDATORY_MEDIUM_RID;
  ACCESS_MASK policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
};

Label LabelOf(const Descriptor& descriptor) {
  if (descriptor.sacl == nullptr) return {};
  for (const ACE_HEADER* ace : AceRange(descriptor.sacl)) {
    if (ace->AceType != SYSTEM_MANDATORY_LABEL_ACE_TYPE || (ace->AceFlags & INHERIT_ONLY_ACE) != 0) continue;
    const SID* const level = SidOf(ace);
    const ULONG value = level->SubAuthorityCount != 0 ? level->SubAuthority[level->SubAuthorityCount - 1] : 0;
    return {value, reinterpret_cast<const ACCESS_ALLOWED_ACE*>(ace)->Mask};
  }
  return {};
}

/// What the object's label leaves to a token, whatever the list of entries says.
ACCESS_MASK AllowedByLabel(const Check& check, const Descriptor& descriptor) {
  const Label label = LabelOf(descriptor);
  const bool obeys = (check.token->mandatory_policy & TOKEN_MANDATORY_POLICY_NO_WRITE_UP) != 0;
  if (!obeys || check.token->integrity_level() >= label.level) return ~ACCESS_MASK{0};
  const GENERIC_MAPPING& mapping = *check.mapping;
  ACCESS_MASK allowed = ACCESS_SYSTEM_SECURITY | MAXIMUM_ALLOWED;
  if ((label.policy & SYSTEM_MANDATORY_LABEL_NO_READ_UP) == 0) allowed |= mapping.GenericRead;
  if ((label.policy & SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP) == 0) allowed |= mapping.GenericExecute;
  if ((label.policy & SYSTEM_MANDATORY_LABEL_NO_WRITE_UP) == 0) allowed |= mapping.GenericWrite | WRITE_DAC | WRITE_OWNER | DELETE_ACCESS;
  if (check.token->Enabled({SE_RELABEL_PRIVILEGE, 0})) allowed |= WRITE_OWNER;
  return allowed;
}

/// One walk over the list, for the token's identifiers or for those that restrict it.
void Walk(Check& check, const Descriptor& descriptor) {
  const AceRange aces(descriptor.dacl);
  const bool is_owner = descriptor.owner != nullptr && check.Holds(descriptor.owner, false);
  if (is_owner && !SpeaksOfOwnerRights(aces)) Grant(check, READ_CONTROL | WRITE_DAC);
  WalkEntries(check, aces, is_owner);
}

/// A restricted token gets only what both of its sets of identifiers get; one that is restricted for writing, as far as it writes.
void WalkRestricted(Check& check, const Descriptor& descriptor, const Check& before) {
  Check second = before;
  second.restricting = true;
  Walk(second, descriptor);
  const ACCESS_MASK exempt = check.token->write_restricted ? ~check.mapping->GenericWrite | check.mapping->GenericRead : 0;
  const ACCESS_MASK both = before.granted | exempt | second.granted;
  check.remaining |= check.granted & ~both & before.remaining;
  check.granted &= both;
}

NTSTATUS Decide(Check& check, const Descriptor& descriptor) {
  if ((check.remaining & ACCESS_SYSTEM_SECURITY) != 0 && !UsePrivilege(check, SE_SECURITY_PRIVILEGE, ACCESS_SYSTEM_SECURITY)) {
    return STATUS_PRIVILEGE_NOT_HELD;
  }
  const ACCESS_MASK allowed = AllowedByLabel(check, descriptor);
  check.denied = ~allowed;
  if ((check.remaining & WRITE_OWNER) != 0) UsePrivilege(check, SE_TAKE_OWNERSHIP_PRIVILEGE, WRITE_OWNER);
  if ((check.remaining & check.denied) != 0) return STATUS_ACCESS_DENIED;
  if (descriptor.dacl == nullptr) {  // no list, or a null one: everyone may do everything
    Grant(check, check.maximum ? check.mapping->GenericAll | check.remaining : check.remaining);
    return STATUS_SUCCESS;
  }
  const Check before = check;
  Walk(check, descriptor);
  if (!check.token->restricted.empty()) WalkRestricted(check, descriptor, before);
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

NTSTATUS DecideAccess(const AccessQuestion& question, PPRIVILEGE_SET* privileges, ACCESS_MASK* granted) {
  if (question.desired == 0) {
    *granted = question.previously;
    return question.previously != 0 ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
  }
  Check check{};
  check.token = question.token;
  check.mapping = question.mapping;
  check.maximum = (question.desired & MAXIMUM_ALLOWED) != 0;
  check.remaining = question.desired & ~MAXIMUM_ALLOWED;
  NTSTATUS status = Decide(check, DescriptorOf(question.descriptor));
  *granted = check.granted | question.previously;
  if (NT_SUCCESS(status) && *granted == 0) status = STATUS_ACCESS_DENIED;
  if (NT_SUCCESS(status) && privileges != nullptr) *privileges = PrivilegesUsed(check);
  return status;
}

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
  const AccessQuestion question{EffectiveToken(*SubjectSecurityContext), SecurityDescriptor, Mapped(DesiredAccess, GenericMapping),
                                PreviouslyGrantedAccess, GenericMapping};
  ACCESS_MASK granted = 0;
  const NTSTATUS status = DecideAccess(question, Privileges, &granted);
  return conclude(status, granted);
}

VOID SeFreePrivileges(PPRIVILEGE_SET Privileges) { nt::ex::FreePool(Privileges); }

}  // extern "C"
