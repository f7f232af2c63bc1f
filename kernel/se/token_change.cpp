// Tokens that change, and copies of them: privileges switched on and off, duplicates for other processes and for impersonation.
#include <new>
#include <vector>

#include "kernel/se/caller.h"
#include "kernel/se/tokens.h"
#include "nt/status.h"

namespace nt::se {
namespace {

constexpr ULONG kHeader = offsetof(TOKEN_PRIVILEGES, Privileges);

using Privileges = std::vector<LUID_AND_ATTRIBUTES>;

bool Same(const LUID& a, const LUID& b) { return a.LowPart == b.LowPart && a.HighPart == b.HighPart; }

/// What a held privilege's attributes become.
ULONG Changed(const LUID_AND_ATTRIBUTES& held, bool disable_all, const Privileges& wanted, bool* found) {
  *found = true;
  if (disable_all) return held.Attributes & ~SE_PRIVILEGE_ENABLED;
  for (const LUID_AND_ATTRIBUTES& each : wanted) {
    if (!Same(each.Luid, held.Luid)) continue;
    if ((each.Attributes & SE_PRIVILEGE_REMOVED) != 0) return SE_PRIVILEGE_REMOVED;
    return (held.Attributes & ~SE_PRIVILEGE_ENABLED) | (each.Attributes & SE_PRIVILEGE_ENABLED);
  }
  *found = false;
  return held.Attributes;
}

/// Changes the privileges; `before` gets the old states of those that changed. Whether all that were asked for are held.
bool Adjust(Privileges* held, bool disable_all, const Privileges& wanted, Privileges* before) {
  SIZE_T matched = 0;
  for (LUID_AND_ATTRIBUTES& each : *held) {
    bool found = false;
    const ULONG attributes = Changed(each, disable_all, wanted, &found);
    if (found) ++matched;
    if (attributes == each.Attributes) continue;
    before->push_back(each);
    each.Attributes = attributes;
  }
  std::erase_if(*held, [](const LUID_AND_ATTRIBUTES& each) { return (each.Attributes & SE_PRIVILEGE_REMOVED) != 0; });
  return disable_all || matched == wanted.size();
}

NTSTATUS StorePrivileges(TOKEN_PRIVILEGES* to, const Privileges& privileges) {
  const auto count = static_cast<ULONG>(privileges.size());
  const NTSTATUS status = StoreBytes(to, &count, sizeof count);
  if (!NT_SUCCESS(status)) return status;
  return StoreBytes(reinterpret_cast<char*>(to) + kHeader, privileges.data(), count * sizeof(LUID_AND_ATTRIBUTES));
}

ULONG SizeOf(const Privileges& privileges) { return kHeader + static_cast<ULONG>(privileges.size() * sizeof(LUID_AND_ATTRIBUTES)); }

/// The whole of NtAdjustPrivilegesToken on a referenced token: nothing changes if the old state has no room.
NTSTATUS AdjustToken(Token* token, bool disable_all, const Privileges& wanted, ULONG room, TOKEN_PRIVILEGES* previous, ULONG* length) {
  Privileges changed = token->privileges;
  Privileges before;
  const bool all = Adjust(&changed, disable_all, wanted, &before);
  if (previous != nullptr) {
    const ULONG size = SizeOf(before);
    NTSTATUS status = Store(length, size);
    if (!NT_SUCCESS(status)) return status;
    if (room < size) return STATUS_BUFFER_TOO_SMALL;
    status = StorePrivileges(previous, before);
    if (!NT_SUCCESS(status)) return status;
  }
  token->privileges = std::move(changed);
  token->modified_id = NewLuid();
  return all ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
}

}  // namespace

Token* Duplicate(const Token& from, TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level) {
  PVOID object = nullptr;
  if (!NT_SUCCESS(ObCreateObject(KernelMode, Se().token_type, nullptr, KernelMode, nullptr, sizeof(Token), 0, 0, &object))) return nullptr;
  auto* const token = new (object) Token(from);
  token->id = NewLuid();
  token->type = type;
  token->level = level;
  ob::AssignSecurity(token, nullptr, false, token);
  return token;
}

NTSTATUS TokenForProcess(HANDLE handle, PACCESS_TOKEN* token) {
  const TokenReference given(handle, TOKEN_ASSIGN_PRIMARY);
  if (!NT_SUCCESS(given.status())) return given.status();
  if (given->type != TokenPrimary) return STATUS_BAD_TOKEN_TYPE;
  const Token& own = *AsToken(PrimaryTokenOf(ke::CurrentProcess()));
  const bool of_own = Same(given->parent_id, own.id);
  if (!of_own && SeSinglePrivilegeCheck({SE_ASSIGNPRIMARYTOKEN_PRIVILEGE, 0}, ke::PreviousMode()) == FALSE)
    return STATUS_PRIVILEGE_NOT_HELD;
  *token = Duplicate(*given.get(), TokenPrimary, SecurityAnonymous);
  return *token != nullptr ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

PACCESS_TOKEN TokenForChild(PEPROCESS creator, bool first) {
  const Token& from = first ? *Se().user : *AsToken(PrimaryTokenOf(creator));
  return Duplicate(from, TokenPrimary, SecurityAnonymous);
}

}  // namespace nt::se

using namespace nt::se;
namespace ke = nt::ke;

extern "C" {

NTSTATUS NtAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, TOKEN_PRIVILEGES* NewState, ULONG BufferLength,
                                 TOKEN_PRIVILEGES* PreviousState, PULONG ReturnLength) {
  Privileges wanted;
  if (DisableAllPrivileges == 0 && NewState == nullptr) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = DisableAllPrivileges == 0 ? LoadPrivileges(NewState, &wanted) : STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  const ACCESS_MASK access = TOKEN_ADJUST_PRIVILEGES | (PreviousState != nullptr ? TOKEN_QUERY : 0);
  PVOID token = nullptr;
  status = ObReferenceObjectByHandle(TokenHandle, access, Se().token_type, ke::PreviousMode(), &token, nullptr);
  if (!NT_SUCCESS(status)) return status;
  status = AdjustToken(static_cast<Token*>(token), DisableAllPrivileges != 0, wanted, BufferLength, PreviousState, ReturnLength);
  ObfDereferenceObject(token);
  return status;
}

NTSTATUS NtDuplicateToken(HANDLE ExistingTokenHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly,
                          TOKEN_TYPE TokenType, PHANDLE NewTokenHandle) {
  OBJECT_ATTRIBUTES attributes{};
  SECURITY_QUALITY_OF_SERVICE quality{};
  NTSTATUS status = ObjectAttributes != nullptr ? Load(ObjectAttributes, &attributes) : STATUS_SUCCESS;
  if (NT_SUCCESS(status) && attributes.SecurityQualityOfService != nullptr)
    status = LoadBytes(&quality, attributes.SecurityQualityOfService, sizeof quality);
  if (!NT_SUCCESS(status)) return status;
  if (TokenType != TokenPrimary && TokenType != TokenImpersonation) return STATUS_INVALID_PARAMETER;
  if (TokenType == TokenImpersonation && quality.ImpersonationLevel > SecurityDelegation) return STATUS_BAD_IMPERSONATION_LEVEL;
  PVOID object = nullptr;
  OBJECT_HANDLE_INFORMATION held{};
  status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, Se().token_type, ke::PreviousMode(), &object, &held);
  if (!NT_SUCCESS(status)) return status;
  const Token& from = *AsToken(object);
  Token* made = nullptr;
  if (from.type == TokenImpersonation &&
      (TokenType == TokenPrimary ? from.level < SecurityImpersonation : quality.ImpersonationLevel > from.level))
    status = STATUS_BAD_IMPERSONATION_LEVEL;
  if (NT_SUCCESS(status)) {
    made = Duplicate(from, TokenType, quality.ImpersonationLevel);
    if (made == nullptr) status = STATUS_INSUFFICIENT_RESOURCES;
  }
  ObfDereferenceObject(object);
  if (!NT_SUCCESS(status)) return status;
  if (EffectiveOnly != 0) {
    std::erase_if(made->privileges, [](const LUID_AND_ATTRIBUTES& each) { return (each.Attributes & SE_PRIVILEGE_ENABLED) == 0; });
    std::erase_if(made->groups,
                  [](const Token::Group& each) { return (each.attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY)) == 0; });
  }
  HANDLE handle = nullptr;
  // No access asked for means the same as the handle has.
  status = ObOpenObjectByPointer(made, attributes.Attributes, nullptr, DesiredAccess != 0 ? DesiredAccess : held.GrantedAccess,
                                 Se().token_type, KernelMode, &handle);
  ObfDereferenceObject(made);
  if (!NT_SUCCESS(status)) return status;
  status = Store(NewTokenHandle, handle);
  if (!NT_SUCCESS(status)) ObCloseHandle(handle, ke::PreviousMode());
  return status;
}

}  // extern "C"
