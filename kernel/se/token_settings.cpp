// What of a token can be set: groups switched on and off, and what its holders' objects get.
#include <algorithm>

#include "kernel/ex/ex.h"
#include "kernel/se/caller.h"
#include "kernel/se/descriptor.h"
#include "nt/status.h"

namespace nt::se {
namespace {

using Groups = std::vector<Token::Group>;

bool MayOwn(const Token& token, const FixedSid& sid) {
  if (SameSid(token.user.sid(), sid.sid())) return true;
  return std::ranges::any_of(token.groups, [&](const Token::Group& each) {
    return (each.attributes & SE_GROUP_OWNER) != 0 && SameSid(each.sid.sid(), sid.sid());
  });
}

bool IsMember(const Token& token, const FixedSid& sid) {
  return SameSid(token.user.sid(), sid.sid()) ||
         std::ranges::any_of(token.groups, [&](const Token::Group& each) { return SameSid(each.sid.sid(), sid.sid()); });
}

NTSTATUS LoadPointer(const void* from, ULONG length, void** pointer) {
  return length < sizeof *pointer ? STATUS_INFO_LENGTH_MISMATCH : LoadBytes(pointer, from, sizeof *pointer);
}

NTSTATUS SetOwner(Token* token, const void* from, ULONG length) {
  void* pointer = nullptr;
  FixedSid sid;
  NTSTATUS status = LoadPointer(from, length, &pointer);
  if (NT_SUCCESS(status)) status = LoadSid(pointer, &sid);
  if (!NT_SUCCESS(status)) return status;
  if (!MayOwn(*token, sid)) return STATUS_INVALID_OWNER;
  token->owner = sid;
  return STATUS_SUCCESS;
}

NTSTATUS SetPrimaryGroup(Token* token, const void* from, ULONG length) {
  void* pointer = nullptr;
  FixedSid sid;
  NTSTATUS status = LoadPointer(from, length, &pointer);
  if (NT_SUCCESS(status)) status = LoadSid(pointer, &sid);
  if (!NT_SUCCESS(status)) return status;
  if (!IsMember(*token, sid)) return STATUS_INVALID_PRIMARY_GROUP;
  token->primary_group = sid;
  return STATUS_SUCCESS;
}

NTSTATUS SetDefaultDacl(Token* token, const void* from, ULONG length) {
  void* pointer = nullptr;
  NTSTATUS status = LoadPointer(from, length, &pointer);
  if (!NT_SUCCESS(status)) return status;
  Bytes acl;
  ACL head{};
  if (pointer != nullptr) {
    status = LoadBytes(&head, pointer, sizeof head);
    if (NT_SUCCESS(status) && head.AclSize < sizeof head) return STATUS_INVALID_ACL;
    acl.resize(head.AclSize);
    if (NT_SUCCESS(status)) status = LoadBytes(acl.data(), pointer, acl.size());
    if (NT_SUCCESS(status) && !AclIsSound(reinterpret_cast<const ACL*>(acl.data()), acl.size())) return STATUS_INVALID_ACL;
  }
  if (NT_SUCCESS(status)) token->default_dacl = std::move(acl);
  return status;
}

/// Up goes a token's integrity only with the privilege of who is part of the system.
NTSTATUS SetIntegrity(Token* token, const void* from, ULONG length) {
  SID_AND_ATTRIBUTES label{};
  FixedSid sid;
  if (length < sizeof label) return STATUS_INFO_LENGTH_MISMATCH;
  NTSTATUS status = LoadBytes(&label, from, sizeof label);
  if (NT_SUCCESS(status)) status = LoadSid(label.Sid, &sid);
  if (!NT_SUCCESS(status)) return status;
  constexpr UCHAR kLabelAuthority = 16;
  if (sid.authority[5] != kLabelAuthority || sid.count != 1) return STATUS_INVALID_LABEL;
  if (sid.parts[0] > token->integrity_level() && SeSinglePrivilegeCheck({SE_TCB_PRIVILEGE, 0}, ke::PreviousMode()) == FALSE)
    return STATUS_PRIVILEGE_NOT_HELD;
  token->integrity = sid;
  return STATUS_SUCCESS;
}

NTSTATUS SetWithPrivilege(ULONG* place, const void* from, ULONG length, ULONG privilege) {
  ULONG value = 0;
  if (length < sizeof value) return STATUS_INFO_LENGTH_MISMATCH;
  const NTSTATUS status = LoadBytes(&value, from, sizeof value);
  if (!NT_SUCCESS(status)) return status;
  if (SeSinglePrivilegeCheck({privilege, 0}, ke::PreviousMode()) == FALSE) return STATUS_PRIVILEGE_NOT_HELD;
  *place = value;
  return STATUS_SUCCESS;
}

NTSTATUS SetBit(bool* place, const void* from, ULONG length, ULONG privilege) {
  ULONG value = 0;
  const NTSTATUS status = SetWithPrivilege(&value, from, length, privilege);
  if (NT_SUCCESS(status)) *place = value != 0;
  return status;
}

/// What the groups become.
NTSTATUS AdjustGroups(const Token& token, bool reset, const Groups& wanted, Groups* changed) {
  *changed = token.groups;
  for (Token::Group& group : *changed) {
    ULONG enabled = group.attributes & SE_GROUP_ENABLED;
    const auto asked = std::ranges::find_if(wanted, [&](const Token::Group& each) { return SameSid(each.sid.sid(), group.sid.sid()); });
    if (reset) {
      enabled = (group.attributes & SE_GROUP_ENABLED_BY_DEFAULT) != 0 ? SE_GROUP_ENABLED : 0;
    } else if (asked != wanted.end()) {
      enabled = asked->attributes & SE_GROUP_ENABLED;
    }
    if ((group.attributes & SE_GROUP_MANDATORY) != 0 && enabled == 0) return STATUS_CANT_DISABLE_MANDATORY;
    if ((group.attributes & SE_GROUP_USE_FOR_DENY_ONLY) != 0 && enabled != 0) return STATUS_CANT_ENABLE_DENY_ONLY;
    group.attributes = (group.attributes & ~SE_GROUP_ENABLED) | enabled;
  }
  return STATUS_SUCCESS;
}

/// The groups before, of those that change, in a caller's buffer: the structure, then the identifiers.
NTSTATUS StoreGroups(TOKEN_GROUPS* to, const Groups& groups) {
  const auto count = static_cast<ULONG>(groups.size());
  NTSTATUS status = StoreBytes(to, &count, sizeof count);
  auto* at = reinterpret_cast<char*>(to->Groups + count);
  for (ULONG i = 0; NT_SUCCESS(status) && i < count; ++i) {
    const SID_AND_ATTRIBUTES each{at, groups[i].attributes};
    const ULONG length = SidLength(groups[i].sid.count);
    status = StoreBytes(to->Groups + i, &each, sizeof each);
    if (NT_SUCCESS(status)) status = StoreBytes(at, &groups[i].sid, length);
    at += length;
  }
  return status;
}

ULONG SizeOf(const Groups& groups) {
  SIZE_T size = offsetof(TOKEN_GROUPS, Groups) + groups.size() * sizeof(SID_AND_ATTRIBUTES);
  for (const Token::Group& group : groups) size += SidLength(group.sid.count);
  return static_cast<ULONG>(size);
}

}  // namespace
}  // namespace nt::se

using namespace nt::se;

extern "C" {

NTSTATUS NtAdjustGroupsToken(HANDLE TokenHandle, BOOLEAN ResetToDefault, TOKEN_GROUPS* NewState, ULONG BufferLength,
                             TOKEN_GROUPS* PreviousState, PULONG ReturnLength) {
  if (ResetToDefault == 0 && NewState == nullptr) return STATUS_INVALID_PARAMETER;
  Groups wanted, changed, before;
  NTSTATUS status = ResetToDefault == 0 ? LoadGroups(NewState, &wanted) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  TokenReference token(TokenHandle, TOKEN_ADJUST_GROUPS | (PreviousState != nullptr ? TOKEN_QUERY : 0));
  if (!NT_SUCCESS(token.status())) return token.status();
  status = AdjustGroups(*token.get(), ResetToDefault != 0, wanted, &changed);
  if (!NT_SUCCESS(status)) return status;
  for (SIZE_T i = 0; i < changed.size(); ++i) {
    if (changed[i].attributes != token->groups[i].attributes) before.push_back(token->groups[i]);
  }
  if (PreviousState != nullptr) {
    const ULONG size = SizeOf(before);
    status = Store(ReturnLength, size);
    if (!NT_SUCCESS(status)) return status;
    if (BufferLength < size) return STATUS_BUFFER_TOO_SMALL;
    status = StoreGroups(PreviousState, before);
    if (!NT_SUCCESS(status)) return status;
  }
  const auto held = [&](const Token::Group& each) {
    return std::ranges::any_of(changed, [&](const Token::Group& own) { return SameSid(own.sid.sid(), each.sid.sid()); });
  };
  const bool all = std::ranges::all_of(wanted, held);
  token->groups = std::move(changed);
  token->modified_id = NewLuid();
  return all ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
}

NTSTATUS NtSetInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID TokenInformation,
                               ULONG TokenInformationLength) {
  const bool session = TokenInformationClass == TokenSessionId;
  TokenReference token(TokenHandle, session ? TOKEN_ADJUST_DEFAULT | TOKEN_ADJUST_SESSIONID : TOKEN_ADJUST_DEFAULT);
  if (!NT_SUCCESS(token.status())) return token.status();
  NTSTATUS status = STATUS_INVALID_INFO_CLASS;
  switch (TokenInformationClass) {
    case TokenOwner:
      status = SetOwner(token.get(), TokenInformation, TokenInformationLength);
      break;
    case TokenPrimaryGroup:
      status = SetPrimaryGroup(token.get(), TokenInformation, TokenInformationLength);
      break;
    case TokenDefaultDacl:
      status = SetDefaultDacl(token.get(), TokenInformation, TokenInformationLength);
      break;
    case TokenSessionId:
      status = SetWithPrivilege(&token->session, TokenInformation, TokenInformationLength, SE_TCB_PRIVILEGE);
      break;
    case TokenMandatoryPolicy:
      status = SetWithPrivilege(&token->mandatory_policy, TokenInformation, TokenInformationLength, SE_TCB_PRIVILEGE);
      break;
    case TokenUIAccess:
      status = SetBit(&token->ui_access, TokenInformation, TokenInformationLength, SE_TCB_PRIVILEGE);
      break;
    case TokenVirtualizationAllowed:
      status = SetBit(&token->virtualization_allowed, TokenInformation, TokenInformationLength, SE_CREATE_TOKEN_PRIVILEGE);
      break;
    case TokenIntegrityLevel:
      status = SetIntegrity(token.get(), TokenInformation, TokenInformationLength);
      break;
    default:
      break;
  }
  if (NT_SUCCESS(status)) token->modified_id = NewLuid();
  return status;
}

}  // extern "C"
