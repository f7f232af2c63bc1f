// LUIDs, sets of SIDs, and the helpers around entries and descriptors.
#include <algorithm>
#include <cstring>

#include "kernel/rtl/misc.h"
#include "kernel/rtl/pool.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr ULONG kSidTag = 0x64695365;  // 'eSid'
constexpr ULONG kHashBits = 64;        ///< SIDs that have bits of their own

PACE_HEADER AceAt(PACL acl, ULONG index) {
  PVOID ace = nullptr;
  return NT_SUCCESS(RtlGetAce(acl, index, &ace)) ? static_cast<PACE_HEADER>(ace) : nullptr;
}

/// Calls `visit` with each SID of an entry that has one behind its mask.
bool HasSid(const ACE_HEADER* ace) { return ace->AceType <= SYSTEM_AUDIT_ACE_TYPE || ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE; }

PSID SidOf(PACE_HEADER ace) { return &reinterpret_cast<PACCESS_ALLOWED_ACE>(ace)->SidStart; }

ULONG ReplaceIn(PSID place, PSID old_sid, PSID new_sid) {
  if (place == nullptr || !RtlEqualSid(place, old_sid)) return 0;
  std::memcpy(place, new_sid, RtlLengthSid(new_sid));
  return 1;
}

ULONG ReplaceIn(PACL acl, PSID old_sid, PSID new_sid) {
  ULONG count = 0;
  for (ULONG i = 0; acl != nullptr && i < acl->AceCount; ++i) {
    PACE_HEADER const ace = AceAt(acl, i);
    if (ace != nullptr && HasSid(ace)) count += ReplaceIn(SidOf(ace), old_sid, new_sid);
  }
  return count;
}

/// The last byte of a SID is what tells most SIDs apart.
UCHAR HashByte(PSID sid) {
  const auto* const bytes = static_cast<const UCHAR*>(sid);
  const ULONG length = RtlLengthSid(sid);
  return length == RtlLengthRequiredSid(0) ? UCHAR{0} : bytes[length - 4];
}

/// Where a part that a self-relative descriptor names by `offset` is after its head grew by `growth`.
template <class T>
T* Part(void* descriptor, ULONG offset, ULONG growth) {
  return offset == 0 ? nullptr : reinterpret_cast<T*>(static_cast<char*>(descriptor) + offset + growth);
}

}  // namespace

VOID RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid) { *DestinationLuid = *SourceLuid; }

BOOLEAN RtlEqualLuid(PLUID Luid1, PLUID Luid2) { return Luid1->LowPart == Luid2->LowPart && Luid1->HighPart == Luid2->HighPart; }

VOID RtlCopyLuidAndAttributesArray(ULONG Count, PLUID_AND_ATTRIBUTES Src, PLUID_AND_ATTRIBUTES Dest) { std::copy_n(Src, Count, Dest); }

NTSTATUS RtlCopySidAndAttributesArray(ULONG Count, PSID_AND_ATTRIBUTES Src, ULONG SidAreaSize, PSID_AND_ATTRIBUTES Dest, PSID SidArea,
                                      PSID* RemainingSidArea, PULONG RemainingSidAreaSize) {
  auto* area = static_cast<UCHAR*>(SidArea);
  for (ULONG i = 0; i < Count; ++i) {
    const ULONG length = RtlLengthSid(Src[i].Sid);
    if (length > SidAreaSize) return STATUS_BUFFER_TOO_SMALL;
    Dest[i] = {area, Src[i].Attributes};
    RtlCopySid(SidAreaSize, area, Src[i].Sid);
    area += length;
    SidAreaSize -= length;
  }
  *RemainingSidArea = area;
  *RemainingSidAreaSize = SidAreaSize;
  return STATUS_SUCCESS;
}

BOOLEAN RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) { return (~GrantedAccess & DesiredAccess) == 0; }
BOOLEAN RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess) { return (GrantedAccess & DesiredAccess) != 0; }

PVOID RtlFindAceByType(PACL Acl, UCHAR AceType, PULONG Index) {
  for (ULONG i = Index == nullptr ? 0 : *Index; Acl != nullptr && i < Acl->AceCount; ++i) {
    PACE_HEADER const ace = AceAt(Acl, i);
    if (ace == nullptr || ace->AceType != AceType) continue;
    if (Index != nullptr) *Index = i;
    return ace;
  }
  return nullptr;
}

BOOLEAN RtlOwnerAcesPresent(PACL Acl) {
  SID owner_rights{SID_REVISION, 1, {{0, 0, 0, 0, 0, 3}}, {4}};
  for (ULONG i = 0; Acl != nullptr && i < Acl->AceCount; ++i) {
    PACE_HEADER const ace = AceAt(Acl, i);
    if (ace == nullptr || ace->AceType > ACCESS_DENIED_ACE_TYPE || (ace->AceFlags & INHERIT_ONLY_ACE) != 0) continue;
    if (RtlEqualSid(SidOf(ace), &owner_rights)) return TRUE;
  }
  return FALSE;
}

NTSTATUS RtlReplaceSidInSd(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID OldSid, PSID NewSid, PULONG NumChanges) {
  if (RtlLengthSid(OldSid) != RtlLengthSid(NewSid)) return STATUS_INVALID_SID;
  *NumChanges = 0;
  PSID sid = nullptr;
  PACL acl = nullptr;
  BOOLEAN defaulted, present;
  NTSTATUS status = RtlGetOwnerSecurityDescriptor(SecurityDescriptor, &sid, &defaulted);
  if (!NT_SUCCESS(status)) return status;
  *NumChanges += ReplaceIn(sid, OldSid, NewSid);
  RtlGetGroupSecurityDescriptor(SecurityDescriptor, &sid, &defaulted);
  *NumChanges += ReplaceIn(sid, OldSid, NewSid);
  status = RtlGetDaclSecurityDescriptor(SecurityDescriptor, &present, &acl, &defaulted);
  if (NT_SUCCESS(status) && present != FALSE) *NumChanges += ReplaceIn(acl, OldSid, NewSid);
  status = RtlGetSaclSecurityDescriptor(SecurityDescriptor, &present, &acl, &defaulted);
  if (NT_SUCCESS(status) && present != FALSE) *NumChanges += ReplaceIn(acl, OldSid, NewSid);
  return STATUS_SUCCESS;
}

NTSTATUS RtlSelfRelativeToAbsoluteSD2(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor, PULONG BufferSize) {
  if (SelfRelativeSecurityDescriptor == nullptr) return STATUS_INVALID_PARAMETER_1;
  if (BufferSize == nullptr) return STATUS_INVALID_PARAMETER_2;
  const auto relative = *static_cast<PISECURITY_DESCRIPTOR_RELATIVE>(SelfRelativeSecurityDescriptor);
  if ((relative.Control & SE_SELF_RELATIVE) == 0) return STATUS_BAD_DESCRIPTOR_FORMAT;
  constexpr ULONG kGrowth = sizeof(SECURITY_DESCRIPTOR) - sizeof(SECURITY_DESCRIPTOR_RELATIVE);
  const ULONG length = RtlLengthSecurityDescriptor(SelfRelativeSecurityDescriptor);
  if (*BufferSize < length + kGrowth) {
    *BufferSize = length + kGrowth;
    return STATUS_BUFFER_TOO_SMALL;
  }
  auto* const bytes = static_cast<char*>(SelfRelativeSecurityDescriptor);
  std::memmove(bytes + sizeof(SECURITY_DESCRIPTOR), bytes + sizeof relative, length - sizeof relative);
  auto* const absolute = static_cast<SECURITY_DESCRIPTOR*>(SelfRelativeSecurityDescriptor);
  *absolute = {};
  absolute->Revision = relative.Revision;
  absolute->Sbz1 = relative.Sbz1;
  absolute->Control = static_cast<USHORT>(relative.Control & ~SE_SELF_RELATIVE);
  absolute->Owner = Part<SID>(bytes, relative.Owner, kGrowth);
  absolute->Group = Part<SID>(bytes, relative.Group, kGrowth);
  absolute->Sacl = Part<ACL>(bytes, relative.Sacl, kGrowth);
  absolute->Dacl = Part<ACL>(bytes, relative.Dacl, kGrowth);
  return STATUS_SUCCESS;
}

NTSTATUS RtlSidHashInitialize(PSID_AND_ATTRIBUTES SidAttr, ULONG SidCount, PSID_AND_ATTRIBUTES_HASH SidAttrHash) {
  if (SidAttrHash == nullptr) return STATUS_INVALID_PARAMETER;
  *SidAttrHash = {};
  if (SidCount == 0 || SidAttr == nullptr) return STATUS_SUCCESS;
  SidAttrHash->SidCount = SidCount;
  SidAttrHash->SidAttr = SidAttr;
  for (ULONG i = 0; i < std::min(SidCount, kHashBits); ++i) {
    const UCHAR byte = HashByte(SidAttr[i].Sid);
    SidAttrHash->Hash[byte & 15] |= ULONG_PTR{1} << i;
    SidAttrHash->Hash[16 + (byte >> 4)] |= ULONG_PTR{1} << i;
  }
  return STATUS_SUCCESS;
}

PSID_AND_ATTRIBUTES RtlSidHashLookup(PSID_AND_ATTRIBUTES_HASH SidAttrHash, PSID Sid) {
  if (SidAttrHash == nullptr || Sid == nullptr) return nullptr;
  const UCHAR byte = HashByte(Sid);
  const ULONG_PTR candidates = SidAttrHash->Hash[byte & 15] & SidAttrHash->Hash[16 + (byte >> 4)];
  for (ULONG i = 0; i < SidAttrHash->SidCount; ++i) {
    if (i < kHashBits && (candidates >> i & 1) == 0) continue;
    if (RtlEqualSid(SidAttrHash->SidAttr[i].Sid, Sid)) return &SidAttrHash->SidAttr[i];
  }
  return nullptr;
}

NTSTATUS RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount, ULONG SubAuthority0,
                                     ULONG SubAuthority1, ULONG SubAuthority2, ULONG SubAuthority3, ULONG SubAuthority4,
                                     ULONG SubAuthority5, ULONG SubAuthority6, ULONG SubAuthority7, PSID* Sid) {
  const ULONG sub_authorities[] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3,
                                   SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
  if (SubAuthorityCount > std::size(sub_authorities)) return STATUS_INVALID_SID;
  PVOID const sid = nt::rtl::AllocateMemory(PagedPool, RtlLengthRequiredSid(SubAuthorityCount), kSidTag);
  if (sid == nullptr) return STATUS_NO_MEMORY;
  RtlInitializeSid(sid, IdentifierAuthority, SubAuthorityCount);
  for (ULONG i = 0; i < SubAuthorityCount; ++i) *RtlSubAuthoritySid(sid, i) = sub_authorities[i];
  *Sid = sid;
  return STATUS_SUCCESS;
}

PVOID RtlFreeSid(PSID Sid) {
  nt::rtl::FreeMemory(Sid, kSidTag);
  return nullptr;
}

PSID_IDENTIFIER_AUTHORITY RtlIdentifierAuthoritySid(PSID Sid) { return &static_cast<PISID>(Sid)->IdentifierAuthority; }

BOOLEAN RtlEqualPrefixSid(PSID Sid1, PSID Sid2) {
  const auto* const first = static_cast<const SID*>(Sid1);
  const auto* const second = static_cast<const SID*>(Sid2);
  if (first->Revision != second->Revision || first->SubAuthorityCount != second->SubAuthorityCount) return FALSE;
  const ULONG kept = first->SubAuthorityCount == 0 ? 0 : first->SubAuthorityCount - 1U;
  return std::memcmp(first, second, RtlLengthRequiredSid(kept)) == 0;
}

NTSTATUS RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount,
                            const ULONG_PTR* SubAuthorities) {
  if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES) return STATUS_INVALID_PARAMETER;
  RtlInitializeSid(Sid, IdentifierAuthority, SubAuthorityCount);
  for (ULONG i = 0; i < SubAuthorityCount; ++i) *RtlSubAuthoritySid(Sid, i) = static_cast<ULONG>(SubAuthorities[i]);
  return STATUS_SUCCESS;
}

NTSTATUS RtlLengthSidAsUnicodeString(PSID Sid, PULONG StringLength) {
  if (!RtlValidSid(Sid)) return STATUS_INVALID_SID;
  // "S-1-", an authority of at most 15 characters ("0x" and 12 digits, or 10), 11 for each sub-authority, and the end.
  constexpr ULONG kFixed = 4 + 14 + 1, kEach = 11;
  *StringLength = (kFixed + kEach * static_cast<PISID>(Sid)->SubAuthorityCount) * static_cast<ULONG>(sizeof(WCHAR));
  return STATUS_SUCCESS;
}

NTSTATUS RtlSetControlSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, USHORT ControlBitsOfInterest, USHORT ControlBitsToSet) {
  // SE_DACL_UNTRUSTED and SE_SERVER_SECURITY are 0x40 and 0x80; the requests to inherit automatically 0x100 and 0x200.
  constexpr USHORT kSettable = 0x3FC0;
  if ((ControlBitsOfInterest & ~kSettable) != 0 || (ControlBitsToSet & ~ControlBitsOfInterest) != 0) return STATUS_INVALID_PARAMETER;
  USHORT& control = static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor)->Control;
  control = static_cast<USHORT>((control & ~ControlBitsOfInterest) | ControlBitsToSet);
  return STATUS_SUCCESS;
}

NTSTATUS RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PUSHORT Control, PULONG Revision) {
  const auto* const descriptor = static_cast<const SECURITY_DESCRIPTOR*>(SecurityDescriptor);
  *Revision = descriptor->Revision;
  if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *Control = descriptor->Control;
  return STATUS_SUCCESS;
}

NTSTATUS RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE SecurityDescriptor, ULONG Revision) {
  if (Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *SecurityDescriptor = {};
  SecurityDescriptor->Revision = SECURITY_DESCRIPTOR_REVISION;
  SecurityDescriptor->Control = SE_SELF_RELATIVE;
  return STATUS_SUCCESS;
}

NTSTATUS RtlMapSecurityErrorToNtStatus(ULONG SecurityError) {
  static constexpr struct {
    ULONG error;
    NTSTATUS status;
  } kMap[] = {
      {0x80090300, STATUS_INSUFFICIENT_RESOURCES},  // SEC_E_INSUFFICIENT_MEMORY
      {0x80090301, STATUS_INVALID_HANDLE},          // SEC_E_INVALID_HANDLE
      {0x80090302, STATUS_NOT_SUPPORTED},           // SEC_E_UNSUPPORTED_FUNCTION
      {0x80090303, STATUS_BAD_NETWORK_PATH},        // SEC_E_TARGET_UNKNOWN
      {0x80090304, STATUS_INTERNAL_ERROR},          // SEC_E_INTERNAL_ERROR
      {0x80090305, STATUS_NO_SUCH_PACKAGE},         // SEC_E_SECPKG_NOT_FOUND
      {0x80090306, STATUS_NOT_SUPPORTED},           // SEC_E_NOT_OWNER
      {0x80090307, STATUS_NO_SUCH_PACKAGE},         // SEC_E_CANNOT_INSTALL
      {0x80090308, STATUS_INVALID_PARAMETER},       // SEC_E_INVALID_TOKEN
      {0x80090309, STATUS_INVALID_PARAMETER},       // SEC_E_CANNOT_PACK
      {0x8009030A, STATUS_NOT_SUPPORTED},           // SEC_E_QOP_NOT_SUPPORTED
      {0x8009030B, STATUS_NOT_SUPPORTED},           // SEC_E_NO_IMPERSONATION
      {0x8009030C, STATUS_LOGON_FAILURE},           // SEC_E_LOGON_DENIED
      {0x8009030D, STATUS_INVALID_PARAMETER},       // SEC_E_UNKNOWN_CREDENTIALS
      {0x8009030E, STATUS_NO_SUCH_LOGON_SESSION},   // SEC_E_NO_CREDENTIALS
      {0x8009030F, STATUS_ACCESS_DENIED},           // SEC_E_MESSAGE_ALTERED
      {0x80090310, STATUS_ACCESS_DENIED},           // SEC_E_OUT_OF_SEQUENCE
      {0x80090311, STATUS_NO_LOGON_SERVERS},        // SEC_E_NO_AUTHENTICATING_AUTHORITY
      {0x80090316, STATUS_NO_SUCH_PACKAGE},         // SEC_E_BAD_PKGID
      {0x80090321, STATUS_BUFFER_TOO_SMALL},        // SEC_E_BUFFER_TOO_SMALL
      {0x80090322, STATUS_WRONG_PASSWORD},          // SEC_E_WRONG_PRINCIPAL
      {0x80090324, STATUS_TIME_DIFFERENCE_AT_DC},   // SEC_E_TIME_SKEW
  };
  const auto* const found = std::find_if(std::begin(kMap), std::end(kMap), [&](const auto& entry) { return entry.error == SecurityError; });
  return found == std::end(kMap) ? static_cast<NTSTATUS>(SecurityError) : found->status;
}
