// Access control lists.
#include <cstring>

#include "kernel/rtl/misc.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr ULONG kMaxAcl = 0xFFFF;
constexpr ULONG kInheritFlags = 0x1F;  ///< VALID_INHERIT_FLAGS

PACE_HEADER FirstAce(PACL acl) { return reinterpret_cast<PACE_HEADER>(acl + 1); }
PACE_HEADER NextAce(PACE_HEADER ace) { return reinterpret_cast<PACE_HEADER>(reinterpret_cast<PUCHAR>(ace) + ace->AceSize); }
PUCHAR EndOf(PACL acl) { return reinterpret_cast<PUCHAR>(acl) + acl->AclSize; }

/// The entry at `index`, which may be the place behind the last; null if the list is malformed.
PACE_HEADER AceAt(PACL acl, ULONG index) {
  PACE_HEADER ace = FirstAce(acl);
  for (ULONG i = 0; i < index; ++i) {
    if (reinterpret_cast<PUCHAR>(ace) + sizeof(ACE_HEADER) > EndOf(acl) || ace->AceSize < sizeof(ACE_HEADER)) return nullptr;
    ace = NextAce(ace);
  }
  return reinterpret_cast<PUCHAR>(ace) <= EndOf(acl) ? ace : nullptr;
}

bool IsRevision(ULONG revision) { return revision >= MIN_ACL_REVISION && revision <= MAX_ACL_REVISION; }

NTSTATUS AddKnownAce(PACL acl, ULONG revision, ULONG flags, ACCESS_MASK mask, PSID sid, UCHAR type) {
  if (!RtlValidSid(sid)) return STATUS_INVALID_SID;
  if (acl->AclRevision > MAX_ACL_REVISION || revision > MAX_ACL_REVISION) return STATUS_REVISION_MISMATCH;
  if ((flags & ~kInheritFlags) != 0) return STATUS_INVALID_PARAMETER;
  if (!RtlValidAcl(acl)) return STATUS_INVALID_ACL;
  PACE_HEADER const place = AceAt(acl, acl->AceCount);
  const ULONG sid_length = RtlLengthSid(sid);
  const ULONG size = static_cast<ULONG>(offsetof(ACCESS_ALLOWED_ACE, SidStart)) + sid_length;
  if (place == nullptr || size > static_cast<ULONG_PTR>(EndOf(acl) - reinterpret_cast<PUCHAR>(place)))
    return STATUS_ALLOTTED_SPACE_EXCEEDED;
  auto* const ace = reinterpret_cast<PACCESS_ALLOWED_ACE>(place);
  ace->Header = {type, static_cast<UCHAR>(flags), static_cast<USHORT>(size)};
  ace->Mask = mask;
  std::memcpy(&ace->SidStart, sid, sid_length);
  ++acl->AceCount;
  if (acl->AclRevision < revision) acl->AclRevision = static_cast<UCHAR>(revision);
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision) {
  if (AclLength < sizeof(ACL)) return STATUS_BUFFER_TOO_SMALL;
  if (!IsRevision(AclRevision) || AclLength > kMaxAcl) return STATUS_INVALID_PARAMETER;
  *Acl = {static_cast<UCHAR>(AclRevision), 0, static_cast<USHORT>(AclLength & ~3U), 0, 0};
  return STATUS_SUCCESS;
}

BOOLEAN RtlValidAcl(PACL Acl) {
  if (Acl == nullptr || !IsRevision(Acl->AclRevision) || Acl->AclSize < sizeof(ACL)) return FALSE;
  PACE_HEADER ace = FirstAce(Acl);
  for (USHORT i = 0; i < Acl->AceCount; ++i) {
    const auto room = EndOf(Acl) - reinterpret_cast<PUCHAR>(ace);
    if (room < static_cast<LONGLONG>(sizeof(ACE_HEADER)) || ace->AceSize < sizeof(ACE_HEADER) || ace->AceSize > room ||
        ace->AceSize % 4 != 0) {
      return FALSE;
    }
    if (ace->AceType <= SYSTEM_AUDIT_ACE_TYPE) {
      const auto* const sid = reinterpret_cast<const SID*>(&reinterpret_cast<PACCESS_ALLOWED_ACE>(ace)->SidStart);
      if (ace->AceSize < sizeof(ACCESS_ALLOWED_ACE) + 4 || !RtlValidSid(const_cast<SID*>(sid)) ||
          ace->AceSize < offsetof(ACCESS_ALLOWED_ACE, SidStart) + RtlLengthRequiredSid(sid->SubAuthorityCount)) {
        return FALSE;
      }
    }
    ace = NextAce(ace);
  }
  return TRUE;
}

NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid) {
  return AddKnownAce(Acl, AceRevision, 0, AccessMask, Sid, ACCESS_ALLOWED_ACE_TYPE);
}

NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid) {
  return AddKnownAce(Acl, AceRevision, AceFlags, AccessMask, Sid, ACCESS_ALLOWED_ACE_TYPE);
}

NTSTATUS RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid) {
  return AddKnownAce(Acl, AceRevision, 0, AccessMask, Sid, ACCESS_DENIED_ACE_TYPE);
}

NTSTATUS RtlGetAce(PACL Acl, ULONG AceIndex, PVOID* Ace) {
  if (!IsRevision(Acl->AclRevision) || AceIndex >= Acl->AceCount) return STATUS_INVALID_PARAMETER;
  *Ace = AceAt(Acl, AceIndex);
  return *Ace == nullptr || *Ace >= EndOf(Acl) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS RtlDeleteAce(PACL Acl, ULONG AceIndex) {
  if (!RtlValidAcl(Acl) || AceIndex >= Acl->AceCount) return STATUS_INVALID_PARAMETER;
  PACE_HEADER const ace = AceAt(Acl, AceIndex);
  auto* const next = reinterpret_cast<PUCHAR>(NextAce(ace));
  auto* const used = reinterpret_cast<PUCHAR>(AceAt(Acl, Acl->AceCount));
  const USHORT size = ace->AceSize;
  std::memmove(ace, next, static_cast<SIZE_T>(used - next));
  std::memset(used - size, 0, size);
  --Acl->AceCount;
  return STATUS_SUCCESS;
}

NTSTATUS RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList, ULONG AceListLength) {
  if (!RtlValidAcl(Acl)) return STATUS_INVALID_PARAMETER;
  const UCHAR* const list = static_cast<const UCHAR*>(AceList);
  USHORT count = 0;
  for (ULONG at = 0; at < AceListLength; ++count) {
    const auto* const ace = reinterpret_cast<const ACE_HEADER*>(list + at);
    if (AceListLength - at < sizeof(ACE_HEADER) || ace->AceSize < sizeof(ACE_HEADER) || ace->AceSize > AceListLength - at) {
      return STATUS_INVALID_PARAMETER;
    }
    at += ace->AceSize;
  }
  auto* const used = reinterpret_cast<PUCHAR>(AceAt(Acl, Acl->AceCount));
  if (AceListLength > static_cast<ULONG_PTR>(EndOf(Acl) - used)) return STATUS_BUFFER_TOO_SMALL;
  auto* const place = StartingAceIndex >= Acl->AceCount ? used : reinterpret_cast<PUCHAR>(AceAt(Acl, StartingAceIndex));
  std::memmove(place + AceListLength, place, static_cast<SIZE_T>(used - place));
  std::memcpy(place, AceList, AceListLength);
  Acl->AceCount = static_cast<USHORT>(Acl->AceCount + count);
  if (Acl->AclRevision < AceRevision) Acl->AclRevision = static_cast<UCHAR>(AceRevision);
  return STATUS_SUCCESS;
}

NTSTATUS RtlAddAccessDeniedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid) {
  return AddKnownAce(Acl, AceRevision, AceFlags, AccessMask, Sid, ACCESS_DENIED_ACE_TYPE);
}

NTSTATUS RtlAddAuditAccessAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid, BOOLEAN AuditSuccess,
                                BOOLEAN AuditFailure) {
  constexpr ULONG kSuccessful = 0x40, kFailed = 0x80;
  const NTSTATUS status = AddKnownAce(Acl, AceRevision, AceFlags, AccessMask, Sid, SYSTEM_AUDIT_ACE_TYPE);
  if (status != STATUS_SUCCESS) return status;
  PACE_HEADER const ace = AceAt(Acl, Acl->AceCount - 1U);
  ace->AceFlags = static_cast<UCHAR>(ace->AceFlags | (AuditSuccess != FALSE ? kSuccessful : 0) | (AuditFailure != FALSE ? kFailed : 0));
  return STATUS_SUCCESS;
}

NTSTATUS RtlAddAuditAccessAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid, BOOLEAN AuditSuccess, BOOLEAN AuditFailure) {
  return RtlAddAuditAccessAceEx(Acl, AceRevision, 0, AccessMask, Sid, AuditSuccess, AuditFailure);
}
