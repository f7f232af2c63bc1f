// Access control lists entry by entry, and from lists of what trustees get (aclapi.h).
#include <cstring>

#include "kernel/rtl/misc.h"
#include "kernel/rtl/rtl.h"
#include "subsystem/advapi32/text.h"

using namespace nt::win32;

extern "C" {
NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid);
NTSTATUS RtlAddAccessDeniedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid);
BOOL LookupAccountNameW(LPCWSTR SystemName, LPCWSTR AccountName, PVOID Sid, LPDWORD SidSize, LPWSTR Domain, LPDWORD DomainSize, PULONG Use);
}

namespace {

/// TRUSTEE_W and EXPLICIT_ACCESS_W (accctrl.h).
struct Trustee {
  Trustee* multiple;
  ULONG operation, form, type;
  PVOID name;  ///< a SID, or a text
};
struct ExplicitAccess {
  DWORD permissions;
  ULONG mode;
  DWORD inheritance;
  Trustee trustee;
};
NT_SIZE(ExplicitAccess, 48);

constexpr ULONG kIsSid = 0, kIsName = 1;                       // TRUSTEE_FORM
constexpr ULONG kGrant = 1, kSet = 2, kDeny = 3, kRevoke = 4;  // ACCESS_MODE
constexpr UCHAR kAllowed = 0, kDenied = 1, kInherited = 0x10;  // ACE types, a flag
constexpr DWORD kNoneMapped = 1332, kMaxSid = 68, kInheritanceBits = 0x0F;

ACCESS_ALLOWED_ACE* EntryOf(PACL acl, ULONG index) {
  PVOID ace = nullptr;
  return acl && NT_SUCCESS(RtlGetAce(acl, index, &ace)) ? static_cast<ACCESS_ALLOWED_ACE*>(ace) : nullptr;
}

/// A list that grows entry by entry, in the process's heap.
class NewAcl {
 public:
  explicit NewAcl(ULONG room) : acl_(static_cast<PACL>(LocalAlloc(0x40, room))) {
    if (acl_) RtlCreateAcl(acl_, room, ACL_REVISION);
  }
  explicit operator bool() const { return acl_ != nullptr; }
  void Copy(const ACCESS_ALLOWED_ACE& ace, ACCESS_MASK mask) {
    RtlAddAce(acl_, ACL_REVISION, ~0U, const_cast<ACCESS_ALLOWED_ACE*>(&ace), ace.Header.AceSize);
    EntryOf(acl_, acl_->AceCount - 1U)->Mask = mask;
  }
  void Add(UCHAR type, ULONG flags, ACCESS_MASK mask, PSID sid) {
    if (type == kDenied) {
      RtlAddAccessDeniedAceEx(acl_, ACL_REVISION, flags, mask, sid);
    } else {
      RtlAddAccessAllowedAceEx(acl_, ACL_REVISION, flags, mask, sid);
    }
  }
  /// The finished list, without the room that is left.
  PACL Finish() {
    ULONG used = sizeof(ACL);
    for (ULONG i = 0; i < acl_->AceCount; i++) used += EntryOf(acl_, i)->Header.AceSize;
    acl_->AclSize = static_cast<USHORT>(used);
    return acl_;
  }

 private:
  PACL acl_;
};

/// What one of the caller's entries asks for.
struct Change {
  ULONG mode;
  ACCESS_MASK mask;
  ULONG flags;
  alignas(4) UCHAR sid[kMaxSid];
};

/// Finds whom an entry means. ERROR_NONE_MAPPED, ERROR_INVALID_PARAMETER.
DWORD Resolve(const ExplicitAccess& entry, Change* change) {
  *change = {entry.mode, entry.permissions, entry.inheritance & kInheritanceBits, {}};
  if (entry.trustee.multiple || !entry.trustee.name) return ERROR_INVALID_PARAMETER;
  if (entry.trustee.form == kIsSid) {
    if (!RtlValidSid(entry.trustee.name)) return ERROR_INVALID_PARAMETER;
    RtlCopySid(kMaxSid, change->sid, entry.trustee.name);
    return ERROR_SUCCESS;
  }
  if (entry.trustee.form != kIsName) return ERROR_INVALID_PARAMETER;
  WCHAR domain[64];
  DWORD size = kMaxSid, domain_size = std::size(domain);
  const bool known =
      LookupAccountNameW(nullptr, static_cast<LPCWSTR>(entry.trustee.name), change->sid, &size, domain, &domain_size, nullptr);
  return known ? ERROR_SUCCESS : kNoneMapped;
}

bool IsExplicit(const ACCESS_ALLOWED_ACE& ace) { return ace.Header.AceType <= kDenied && (ace.Header.AceFlags & kInherited) == 0; }

/// What the changes leave of an old entry's rights. New entries take up the rights of old ones of their kind, and take theirs from those of
/// the other kind; one that is set or revoked has no old ones.
ACCESS_MASK Remaining(const ACCESS_ALLOWED_ACE& ace, Change* changes, ULONG count) {
  ACCESS_MASK mask = ace.Mask;
  for (ULONG i = 0; i < count && IsExplicit(ace); i++) {
    Change& change = changes[i];
    if (!RtlEqualSid(change.sid, const_cast<ULONG*>(&ace.SidStart))) continue;
    const bool same_kind = (change.mode == kDeny) == (ace.Header.AceType == kDenied);
    const bool takes_up = same_kind && change.flags == ace.Header.AceFlags;
    if (change.mode == kSet || change.mode == kRevoke) return 0;
    if (takes_up) change.mask |= mask;
    mask &= takes_up ? 0 : same_kind ? ~ACCESS_MASK{0} : ~change.mask;
  }
  return mask;
}

DWORD Merge(Change* changes, ULONG count, PACL old, PACL* result) {
  const ULONG old_count = old ? old->AceCount : 0;
  NewAcl made((old ? old->AclSize : DWORD{sizeof(ACL)}) + count * (kMaxSid + 8));
  auto* const left = Allocate<ACCESS_MASK>(old_count + 1);
  if (!made || !left) return Free(left), ERROR_NOT_ENOUGH_MEMORY;
  for (ULONG i = 0; i < old_count; i++) left[i] = Remaining(*EntryOf(old, i), changes, count);
  const auto add_old = [&](bool denied) {
    for (ULONG i = 0; i < old_count; i++) {
      const ACCESS_ALLOWED_ACE& ace = *EntryOf(old, i);
      if ((ace.Header.AceType == kDenied && IsExplicit(ace)) == denied && left[i]) made.Copy(ace, left[i]);
    }
  };
  const auto add_new = [&](bool denied) {
    for (ULONG i = 0; i < count; i++)
      if (changes[i].mode != kRevoke && (changes[i].mode == kDeny) == denied)
        made.Add(denied ? kDenied : kAllowed, changes[i].flags, changes[i].mask, changes[i].sid);
  };
  // What denies comes first, and in each part what is new.
  for (const bool denied : {true, false}) {
    add_new(denied);
    add_old(denied);
  }
  Free(left);
  *result = made.Finish();
  return ERROR_SUCCESS;
}

}  // namespace

extern "C" {

/// Adds an entry that allows, or denies, with flags of inheritance. (AddAccessAllowedAceEx, AddAccessDeniedAceEx)
BOOL AddAccessAllowedAceEx(PVOID Acl, DWORD Revision, DWORD AceFlags, DWORD AccessMask, PVOID Sid) {
  return Check(RtlAddAccessAllowedAceEx(static_cast<PACL>(Acl), Revision, AceFlags, AccessMask, Sid));
}
BOOL AddAccessDeniedAceEx(PVOID Acl, DWORD Revision, DWORD AceFlags, DWORD AccessMask, PVOID Sid) {
  return Check(RtlAddAccessDeniedAceEx(static_cast<PACL>(Acl), Revision, AceFlags, AccessMask, Sid));
}

/// Adds entries as they are at a place, or at the end (MAXDWORD). (AddAce)
BOOL AddAce(PVOID Acl, DWORD Revision, DWORD StartingAceIndex, PVOID AceList, DWORD AceListLength) {
  return Check(RtlAddAce(static_cast<PACL>(Acl), Revision, StartingAceIndex, AceList, AceListLength));
}

/// Takes an entry away. (DeleteAce)
BOOL DeleteAce(PVOID Acl, DWORD AceIndex) { return Check(RtlDeleteAce(static_cast<PACL>(Acl), AceIndex)); }

/// The revision of a list, or its entries and bytes. FALSE: ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER. (GetAclInformation)
BOOL GetAclInformation(PVOID Acl, PVOID Information, DWORD Length, ULONG InformationClass) {
  constexpr ULONG kRevision = 1, kSize = 2;
  const auto acl = static_cast<PACL>(Acl);
  ULONG used = sizeof(ACL);
  for (ULONG i = 0; i < acl->AceCount; i++) used += EntryOf(acl, i)->Header.AceSize;
  const DWORD sizes[3] = {acl->AceCount, used, acl->AclSize - used};
  const DWORD revision = acl->AclRevision;
  if (InformationClass != kRevision && InformationClass != kSize) return Fail(ERROR_INVALID_PARAMETER);
  const DWORD needed = InformationClass == kSize ? sizeof sizes : sizeof revision;
  if (Length < needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
  std::memcpy(Information, InformationClass == kSize ? sizes : &revision, needed);
  return TRUE;
}

/// A new list, for LocalFree, of an old one or none and of what trustees get besides. Trustees are given by identifier or name.
/// ERROR_NONE_MAPPED, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY. (SetEntriesInAclW)
DWORD SetEntriesInAclW(ULONG Count, PVOID Entries, PVOID OldAcl, PVOID* NewList) {
  if (!NewList || (Count && !Entries)) return ERROR_INVALID_PARAMETER;
  *NewList = nullptr;
  auto* const changes = Allocate<Change>(Count + 1);
  if (!changes) return ERROR_NOT_ENOUGH_MEMORY;
  DWORD error = ERROR_SUCCESS;
  for (ULONG i = 0; i < Count && error == ERROR_SUCCESS; i++) {
    const auto& entry = static_cast<const ExplicitAccess*>(Entries)[i];
    error = entry.mode >= kGrant && entry.mode <= kRevoke ? Resolve(entry, &changes[i]) : ERROR_INVALID_PARAMETER;
  }
  if (error == ERROR_SUCCESS) error = Merge(changes, Count, static_cast<PACL>(OldAcl), reinterpret_cast<PACL*>(NewList));
  Free(changes);
  return error;
}

/// Fills an entry for SetEntriesInAcl, or a trustee, with a name or an identifier. (BuildExplicitAccessWithNameW, BuildTrusteeWithSidW, …)
VOID BuildTrusteeWithSidW(PVOID Into, PVOID Sid) { *static_cast<Trustee*>(Into) = {nullptr, 0, kIsSid, 0, Sid}; }
VOID BuildTrusteeWithNameW(PVOID Into, LPWSTR Name) { *static_cast<Trustee*>(Into) = {nullptr, 0, kIsName, 0, Name}; }
VOID BuildExplicitAccessWithNameW(PVOID Into, LPWSTR TrusteeName, DWORD AccessPermissions, ULONG AccessMode, DWORD Inheritance) {
  auto& entry = *static_cast<ExplicitAccess*>(Into);
  entry.permissions = AccessPermissions;
  entry.mode = AccessMode;
  entry.inheritance = Inheritance;
  BuildTrusteeWithNameW(&entry.trustee, TrusteeName);
}

}  // extern "C"
