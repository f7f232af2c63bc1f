// Restricted tokens: copies that may less than the original.
#include <algorithm>

#include "kernel/se/caller.h"
#include "kernel/se/tokens.h"

namespace nt::se {
namespace {

constexpr ULONG DISABLE_MAX_PRIVILEGE = 1, SANDBOX_INERT = 2, LUA_TOKEN = 4, WRITE_RESTRICTED = 8;

using Groups = std::vector<Token::Group>;
using Privileges = std::vector<LUID_AND_ATTRIBUTES>;

bool Names(const Groups& groups, const FixedSid& sid) {
  return std::ranges::any_of(groups, [&](const Token::Group& each) { return SameSid(each.sid.sid(), sid.sid()); });
}

bool Names(const Privileges& privileges, const LUID& luid) {
  return std::ranges::any_of(privileges, [&](const LUID_AND_ATTRIBUTES& each) {
    return each.Luid.LowPart == luid.LowPart && each.Luid.HighPart == luid.HighPart;
  });
}

/// A group that can only deny access does not give any, nor may it own.
void DisableGroups(Token* token, const Groups& groups) {
  constexpr ULONG kGives = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER;
  for (Token::Group& group : token->groups) {
    if (Names(groups, group.sid)) group.attributes = (group.attributes & ~kGives) | SE_GROUP_USE_FOR_DENY_ONLY;
  }
  if (Names(groups, token->owner)) token->owner = token->user;
}

void RemovePrivileges(Token* token, ULONG flags, const Privileges& named) {
  std::erase_if(token->privileges, [&](const LUID_AND_ATTRIBUTES& held) {
    const bool kept = held.Luid.LowPart == SE_CHANGE_NOTIFY_PRIVILEGE;
    return ((flags & DISABLE_MAX_PRIVILEGE) != 0 && !kept) || Names(named, held.Luid);
  });
}

/// Of a token that is restricted already only identifiers that both lists have are left to let it in.
void Restrict(Token* token, const Groups& groups) {
  constexpr ULONG kEnabled = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
  if (groups.empty()) return;
  const bool again = !token->restricted.empty();
  const Groups before = token->restricted;
  token->restricted.clear();
  for (const Token::Group& group : groups) {
    if (!again || Names(before, group.sid)) token->restricted.push_back({group.sid, kEnabled});
  }
}

NTSTATUS Filter(const Token& from, ULONG flags, const Groups& disable, const Privileges& remove, const Groups& restrict, Token** made) {
  if ((flags & ~(DISABLE_MAX_PRIVILEGE | SANDBOX_INERT | LUA_TOKEN | WRITE_RESTRICTED)) != 0) return STATUS_INVALID_PARAMETER;
  if (std::ranges::any_of(restrict, [](const Token::Group& each) { return each.attributes != 0; })) return STATUS_INVALID_PARAMETER;
  Token* const token = Duplicate(from, from.type, from.level);
  if (token == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  DisableGroups(token, disable);
  RemovePrivileges(token, flags, remove);
  Restrict(token, restrict);
  if (!restrict.empty()) token->write_restricted = (flags & WRITE_RESTRICTED) != 0;
  token->sandbox_inert |= (flags & SANDBOX_INERT) != 0;
  token->filtered = true;
  token->parent_id = from.id;
  *made = token;
  return STATUS_SUCCESS;
}

}  // namespace
}  // namespace nt::se

using namespace nt::se;
namespace ke = nt::ke;

extern "C" {

NTSTATUS NtFilterToken(HANDLE ExistingTokenHandle, ULONG Flags, TOKEN_GROUPS* SidsToDisable, TOKEN_PRIVILEGES* PrivilegesToDelete,
                       TOKEN_GROUPS* RestrictedSids, PHANDLE NewTokenHandle) {
  Groups disable, restrict;
  Privileges remove;
  NTSTATUS status = LoadGroups(SidsToDisable, &disable);
  if (NT_SUCCESS(status)) status = LoadPrivileges(PrivilegesToDelete, &remove);
  if (NT_SUCCESS(status)) status = LoadGroups(RestrictedSids, & restrict);
  if (!NT_SUCCESS(status)) return status;
  TokenReference from(ExistingTokenHandle, TOKEN_DUPLICATE);
  if (!NT_SUCCESS(from.status())) return from.status();
  Token* made = nullptr;
  status = Filter(*from.get(), Flags, disable, remove, restrict, &made);
  if (!NT_SUCCESS(status)) return status;
  HANDLE handle = nullptr;
  status = ObOpenObjectByPointer(made, 0, nullptr, from.access(), Se().token_type, KernelMode, &handle);
  ObfDereferenceObject(made);
  if (!NT_SUCCESS(status)) return status;
  status = Store(NewTokenHandle, handle);
  if (!NT_SUCCESS(status)) ObCloseHandle(handle, ke::PreviousMode());
  return status;
}

NTSTATUS SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags, TOKEN_GROUPS* SidsToDisable, TOKEN_PRIVILEGES* PrivilegesToDelete,
                       TOKEN_GROUPS* RestrictedSids, PACCESS_TOKEN* FilteredToken) {
  const auto groups = [](const TOKEN_GROUPS* from) {
    Groups taken;
    for (ULONG i = 0; from != nullptr && i < from->GroupCount; ++i) {
      FixedSid sid;
      std::memcpy(static_cast<void*>(&sid), from->Groups[i].Sid, SidLength(static_cast<const SID*>(from->Groups[i].Sid)));
      taken.push_back({sid, from->Groups[i].Attributes});
    }
    return taken;
  };
  Privileges remove;
  if (PrivilegesToDelete != nullptr)
    remove.assign(PrivilegesToDelete->Privileges, PrivilegesToDelete->Privileges + PrivilegesToDelete->PrivilegeCount);
  Token* made = nullptr;
  const NTSTATUS status = Filter(*AsToken(ExistingToken), Flags, groups(SidsToDisable), remove, groups(RestrictedSids), &made);
  *FilteredToken = made;
  return status;
}

}  // extern "C"
