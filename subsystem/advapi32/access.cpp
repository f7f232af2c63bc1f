// Checks that servers make for their clients, and tokens with less.
#include "nt/process_information.h"
#include "nt/se.h"
#include "subsystem/kernel32/base.h"

extern "C" VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING* GenericMapping);

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr DWORD kNoImpersonationToken = 1309;  // ERROR_NO_IMPERSONATION_TOKEN

/// A copy of the caller's own token, with which checks can be made; null with the error set.
HANDLE OwnForChecks() {
  HANDLE own = nullptr, copy = nullptr;
  const NTSTATUS acting = sys::NtOpenThreadToken(CurrentThreadHandle(), TOKEN_QUERY, TRUE, &own);
  if (NT_SUCCESS(acting)) return own;
  if (!Check(sys::NtOpenProcessToken(CurrentProcessHandle(), TOKEN_DUPLICATE, &own))) return nullptr;
  SECURITY_QUALITY_OF_SERVICE quality{sizeof quality, SecurityIdentification, 0, 0};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, nullptr, 0, nullptr, &quality};
  const NTSTATUS status = sys::NtDuplicateToken(own, TOKEN_QUERY, &attributes, FALSE, TokenImpersonation, &copy);
  sys::NtClose(own);
  return Check(status) ? copy : nullptr;
}

}  // namespace

extern "C" {

/// Replaces generic rights by what they mean for a kind of objects.
VOID MapGenericMask(PDWORD AccessMask, PVOID GenericMapping) {
  RtlMapGenericMask(AccessMask, static_cast<const GENERIC_MAPPING*>(GenericMapping));
}

/// Decides whether a client may have an access to what a descriptor protects.
BOOL AccessCheck(PVOID SecurityDescriptor, HANDLE ClientToken, DWORD DesiredAccess, PVOID GenericMapping, PVOID PrivilegeSet,
                 PDWORD PrivilegeSetLength, PDWORD GrantedAccess, PBOOL AccessStatus) {
  NTSTATUS decision = STATUS_ACCESS_DENIED;
  if (!Check(sys::NtAccessCheck(SecurityDescriptor, ClientToken, DesiredAccess, static_cast<PGENERIC_MAPPING>(GenericMapping),
                                static_cast<PPRIVILEGE_SET>(PrivilegeSet), PrivilegeSetLength, GrantedAccess, &decision)))
    return FALSE;
  *AccessStatus = NT_SUCCESS(decision);
  if (!NT_SUCCESS(decision)) SetError(RtlNtStatusToDosError(decision));
  return TRUE;
}

/// Decides whether a token holds privileges.
BOOL PrivilegeCheck(HANDLE ClientToken, PVOID RequiredPrivileges, PBOOL Result) {
  BOOLEAN result = FALSE;
  const NTSTATUS status = sys::NtPrivilegeCheck(ClientToken, static_cast<PPRIVILEGE_SET>(RequiredPrivileges), &result);
  if (NT_SUCCESS(status)) *Result = result;
  return Check(status);
}

/// Whether a group is enabled in a token, or in the caller's own.
BOOL CheckTokenMembership(HANDLE TokenHandle, PVOID SidToCheck, PBOOL IsMember) {
  *IsMember = FALSE;
  HANDLE token = TokenHandle ? TokenHandle : OwnForChecks();
  if (!token) return FALSE;
  // Asks for the one right that a descriptor made for the question gives to the group.
  struct {
    ACL head;
    ACCESS_ALLOWED_ACE entry;
    UCHAR rest[SECURITY_MAX_SID_SIZE];
  } list{};
  const auto* const sid = static_cast<const SID*>(SidToCheck);
  const auto length = static_cast<USHORT>(8 + 4 * sid->SubAuthorityCount);
  list.entry.Header = {ACCESS_ALLOWED_ACE_TYPE, 0, static_cast<USHORT>(offsetof(ACCESS_ALLOWED_ACE, SidStart) + length)};
  list.entry.Mask = 1;
  __builtin_memcpy(&list.entry.SidStart, sid, length);
  list.head = {ACL_REVISION, 0, static_cast<USHORT>(sizeof(ACL) + list.entry.Header.AceSize), 1, 0};
  alignas(SID) UCHAR nobody[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  SECURITY_DESCRIPTOR descriptor{SECURITY_DESCRIPTOR_REVISION, 0, SE_DACL_PRESENT, nobody, nobody, nullptr, &list.head};
  GENERIC_MAPPING mapping{1, 0, 0, 1};
  PRIVILEGE_SET privileges{};
  ULONG size = sizeof privileges;
  ACCESS_MASK granted = 0;
  NTSTATUS decision = STATUS_ACCESS_DENIED;
  const NTSTATUS status = sys::NtAccessCheck(&descriptor, token, 1, &mapping, &privileges, &size, &granted, &decision);
  if (!TokenHandle) sys::NtClose(token);
  if (status == STATUS_NO_IMPERSONATION_TOKEN) return Fail(kNoImpersonationToken);
  *IsMember = NT_SUCCESS(status) && NT_SUCCESS(decision);
  return Check(status);
}

/// Sets information of a token.
BOOL SetTokenInformation(HANDLE TokenHandle, ULONG InformationClass, LPVOID Information, DWORD Length) {
  return Check(sys::NtSetInformationToken(TokenHandle, static_cast<TOKEN_INFORMATION_CLASS>(InformationClass), Information, Length));
}

/// Switches groups on and off.
BOOL AdjustTokenGroups(HANDLE TokenHandle, BOOL ResetToDefault, PVOID NewState, DWORD BufferLength, PVOID PreviousState,
                       PDWORD ReturnLength) {
  DWORD length = 0;
  const NTSTATUS status = sys::NtAdjustGroupsToken(TokenHandle, ResetToDefault != 0, static_cast<TOKEN_GROUPS*>(NewState), BufferLength,
                                                   static_cast<TOKEN_GROUPS*>(PreviousState), ReturnLength ? ReturnLength : &length);
  if (!Check(status)) return FALSE;
  SetError(status == STATUS_NOT_ALL_ASSIGNED ? ERROR_NOT_ALL_ASSIGNED : ERROR_SUCCESS);
  return TRUE;
}

/// Makes a copy of a token that may less.
BOOL CreateRestrictedToken(HANDLE ExistingToken, DWORD Flags, DWORD DisableCount, PVOID SidsToDisable, DWORD DeleteCount,
                           PVOID PrivilegesToDelete, DWORD RestrictCount, PVOID SidsToRestrict, PHANDLE NewToken) {
  constexpr DWORD kMost = 64;
  struct Groups {
    ULONG count;
    SID_AND_ATTRIBUTES entries[kMost];
  };
  struct {
    ULONG count;
    LUID_AND_ATTRIBUTES entries[kMost];
  } privileges;
  if (DisableCount > kMost || DeleteCount > kMost || RestrictCount > kMost) return Fail(ERROR_INVALID_PARAMETER);
  Groups disable, restrict_to;
  disable.count = DisableCount;
  restrict_to.count = RestrictCount;
  privileges.count = DeleteCount;
  if (DisableCount) __builtin_memcpy(disable.entries, SidsToDisable, DisableCount * sizeof(SID_AND_ATTRIBUTES));
  if (RestrictCount) __builtin_memcpy(restrict_to.entries, SidsToRestrict, RestrictCount * sizeof(SID_AND_ATTRIBUTES));
  if (DeleteCount) __builtin_memcpy(privileges.entries, PrivilegesToDelete, DeleteCount * sizeof(LUID_AND_ATTRIBUTES));
  return Check(sys::NtFilterToken(ExistingToken, Flags, reinterpret_cast<TOKEN_GROUPS*>(&disable),
                                  reinterpret_cast<TOKEN_PRIVILEGES*>(&privileges), reinterpret_cast<TOKEN_GROUPS*>(&restrict_to),
                                  NewToken));
}

/// Whether a token has restricting identifiers.
BOOL IsTokenRestricted(HANDLE TokenHandle) {
  alignas(8) UCHAR buffer[1024];
  ULONG length = 0;
  if (!Check(sys::NtQueryInformationToken(TokenHandle, TokenRestrictedSids, buffer, sizeof buffer, &length))) return FALSE;
  SetError(ERROR_SUCCESS);
  return reinterpret_cast<const TOKEN_GROUPS*>(buffer)->GroupCount != 0;
}

}  // extern "C"
