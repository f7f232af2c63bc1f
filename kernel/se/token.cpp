// Tokens: who a process acts for.
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
#include "kernel/se/descriptor.h"
#include "kernel/se/state.h"
#include "kernel/se/tokens.h"
#include "kernel/se/user.h"
#include "nt/status.h"

#include <algorithm>
#include <iterator>
#include <new>

namespace nt::se {
namespace {

State* state = nullptr;

constexpr UCHAR kNtAuthority = 5;
constexpr UCHAR kLabelAuthority = 16;
constexpr ULONG kAlways = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
constexpr ULONG kOn = SE_PRIVILEGE_ENABLED_BY_DEFAULT | SE_PRIVILEGE_ENABLED;
constexpr LUID kSystemLogon{0x3e7, 0};  // SYSTEM_LUID
constexpr LUID kUserLogon{0x1a2b3, 0};
constexpr ULONG kLogonIds = 5;     // SECURITY_LOGON_IDS_RID
constexpr SIZE_T kLogonGroup = 1;  ///< its place in a user's groups

FixedSid Copy(PSID sid) {
  FixedSid copy;
  std::memcpy(static_cast<void*>(&copy), sid, SidLength(static_cast<const SID*>(sid)));
  return copy;
}

void DestroyToken(PVOID object) { static_cast<Token*>(object)->~Token(); }

Token* NewToken() {
  PVOID object = nullptr;
  if (!NT_SUCCESS(ObCreateObject(KernelMode, Se().token_type, nullptr, KernelMode, nullptr, sizeof(Token), 0, 0, &object))) return nullptr;
  auto* const token = new (object) Token;
  token->id = token->modified_id = NewLuid();
  return token;
}

/// What LocalSystem holds at logon: everything, most of it enabled.
std::vector<LUID_AND_ATTRIBUTES> SystemPrivileges() {
  std::vector<LUID_AND_ATTRIBUTES> privileges;
  for (ULONG number = SE_MIN_WELL_KNOWN_PRIVILEGE; number <= SE_CREATE_SYMBOLIC_LINK_PRIVILEGE; ++number) {
    const bool domain_only = number == SE_MACHINE_ACCOUNT_PRIVILEGE || number == SE_REMOTE_SHUTDOWN_PRIVILEGE ||
                             number == SE_SYNC_AGENT_PRIVILEGE || number == SE_ENABLE_DELEGATION_PRIVILEGE ||
                             number == SE_TRUSTED_CREDMAN_ACCESS_PRIVILEGE;
    if (!domain_only) privileges.push_back({{number, 0}, kOn});
  }
  return privileges;
}

/// What an elevated administrator holds; three of them enabled, the rest for AdjustTokenPrivileges.
std::vector<LUID_AND_ATTRIBUTES> AdministratorPrivileges() {
  constexpr ULONG kHeld[] = {SE_INCREASE_QUOTA_PRIVILEGE,
                             SE_SECURITY_PRIVILEGE,
                             SE_TAKE_OWNERSHIP_PRIVILEGE,
                             SE_LOAD_DRIVER_PRIVILEGE,
                             SE_SYSTEM_PROFILE_PRIVILEGE,
                             SE_SYSTEMTIME_PRIVILEGE,
                             SE_PROF_SINGLE_PROCESS_PRIVILEGE,
                             SE_INC_BASE_PRIORITY_PRIVILEGE,
                             SE_CREATE_PAGEFILE_PRIVILEGE,
                             SE_BACKUP_PRIVILEGE,
                             SE_RESTORE_PRIVILEGE,
                             SE_SHUTDOWN_PRIVILEGE,
                             SE_DEBUG_PRIVILEGE,
                             SE_SYSTEM_ENVIRONMENT_PRIVILEGE,
                             SE_CHANGE_NOTIFY_PRIVILEGE,
                             SE_REMOTE_SHUTDOWN_PRIVILEGE,
                             SE_UNDOCK_PRIVILEGE,
                             SE_MANAGE_VOLUME_PRIVILEGE,
                             SE_IMPERSONATE_PRIVILEGE,
                             SE_CREATE_GLOBAL_PRIVILEGE,
                             SE_INC_WORKING_SET_PRIVILEGE,
                             SE_TIME_ZONE_PRIVILEGE,
                             SE_CREATE_SYMBOLIC_LINK_PRIVILEGE};
  std::vector<LUID_AND_ATTRIBUTES> privileges;
  for (const ULONG number : kHeld) {
    const bool on = number == SE_CHANGE_NOTIFY_PRIVILEGE || number == SE_IMPERSONATE_PRIVILEGE || number == SE_CREATE_GLOBAL_PRIVILEGE;
    privileges.push_back({{number, 0}, on ? kOn : 0});
  }
  return privileges;
}

void MakeSystemToken() {
  Token* const token = NewToken();
  const SE_EXPORTS& known = WellKnown();
  token->user = Copy(known.SeLocalSystemSid);
  token->groups = {{Copy(known.SeAliasAdminsSid), SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED | SE_GROUP_OWNER},
                   {Copy(known.SeWorldSid), kAlways},
                   {Copy(known.SeAuthenticatedUsersSid), kAlways}};
  token->privileges = SystemPrivileges();
  token->owner = Copy(known.SeAliasAdminsSid);
  token->primary_group = Copy(known.SeLocalSystemSid);
  token->integrity = Copy(known.SeSystemMandatorySid);
  token->authentication_id = kSystemLogon;
  token->source = {{'*', 'S', 'Y', 'S', 'T', 'E', 'M', '*'}, {}};
  // Administrators may look at what the system makes.
  const FixedSid administrators = Copy(known.SeAliasAdminsSid);
  token->default_dacl = AllowList({{&token->user, GENERIC_ALL}, {&administrators, READ_CONTROL | GENERIC_READ | GENERIC_EXECUTE}});
  Se().system = token;
}

/// Whom a user lets use what he makes: the system, whoever he says owns it, and, to look at it, who is logged on with him.
std::vector<UCHAR> DefaultList(const Token& token) {
  const FixedSid system = Copy(WellKnown().SeLocalSystemSid);
  const FixedSid& logon = token.groups[kLogonGroup].sid;
  return AllowList({{&token.owner, GENERIC_ALL}, {&system, GENERIC_ALL}, {&logon, GENERIC_READ | GENERIC_EXECUTE}});
}

void MakeFull(Token* token) {
  const SE_EXPORTS& known = WellKnown();
  constexpr ULONG kLocalAccounts = 513;  // the group that they share
  token->user = FixedSid(kNtAuthority, {SECURITY_NT_NON_UNIQUE, kMachineId[0], kMachineId[1], kMachineId[2], kUserRid});
  token->primary_group = FixedSid(kNtAuthority, {SECURITY_NT_NON_UNIQUE, kMachineId[0], kMachineId[1], kMachineId[2], kLocalAccounts});
  token->groups = {{token->primary_group, kAlways},
                   {FixedSid(kNtAuthority, {kLogonIds, 0, kUserLogon.LowPart}), kAlways | SE_GROUP_LOGON_ID},
                   {Copy(known.SeWorldSid), kAlways},
                   {Copy(known.SeAliasAdminsSid), kAlways | SE_GROUP_OWNER},
                   {Copy(known.SeAliasUsersSid), kAlways},
                   {Copy(known.SeInteractiveSid), kAlways},
                   {Copy(known.SeAuthenticatedUsersSid), kAlways},
                   {Copy(known.SeLocalSid), kAlways}};
  token->privileges = AdministratorPrivileges();
  token->owner = Copy(known.SeAliasAdminsSid);
  token->integrity = FixedSid(kLabelAuthority, {SECURITY_MANDATORY_HIGH_RID});
  token->authentication_id = kUserLogon;
  token->origin = kSystemLogon;
  token->session = 1;
  token->elevated = true;
  token->limited = false;
  token->default_dacl = DefaultList(*token);
}

void MakeUserToken() {
  Token* const token = NewToken();
  MakeFull(token);
  token->source = {{'U', 's', 'e', 'r', '3', '2', ' ', 0}, NewLuid()};
  Se().user = token;
}

/// What everybody holds.
bool HeldByAll(const LUID_AND_ATTRIBUTES& privilege) {
  constexpr ULONG kHeld[] = {SE_SHUTDOWN_PRIVILEGE, SE_CHANGE_NOTIFY_PRIVILEGE, SE_UNDOCK_PRIVILEGE, SE_INC_WORKING_SET_PRIVILEGE,
                             SE_TIME_ZONE_PRIVILEGE};
  return std::ranges::find(kHeld, privilege.Luid.LowPart) != std::end(kHeld);
}

void MakePlain(Token& token) {
  std::erase_if(token.privileges, [](const LUID_AND_ATTRIBUTES& held) { return !HeldByAll(held); });
  for (Token::Group& group : token.groups) {
    if (SameSid(group.sid.sid(), static_cast<const SID*>(WellKnown().SeAliasAdminsSid))) group.attributes = SE_GROUP_USE_FOR_DENY_ONLY;
  }
  token.owner = token.user;
  token.integrity = FixedSid(kLabelAuthority, {SECURITY_MANDATORY_MEDIUM_RID});
  token.elevated = false;
  token.limited = true;
  token.default_dacl = DefaultList(token);
}

}  // namespace

void MakeUserPlain() { MakePlain(*Se().user); }

Token* LinkedTo(const Token& token, bool may_use) {
  Token* const linked = Duplicate(token, may_use ? TokenPrimary : TokenImpersonation, SecurityIdentification);
  if (linked == nullptr) return nullptr;
  if (token.elevated) {
    MakePlain(*linked);
  } else {
    MakeFull(linked);
  }
  return linked;
}

bool Token::Holds(const SID* sid, bool for_deny) const {
  if (SameSid(user.sid(), sid)) return true;
  for (const Group& group : groups) {
    const bool counts = (group.attributes & SE_GROUP_ENABLED) != 0 || (for_deny && (group.attributes & SE_GROUP_USE_FOR_DENY_ONLY) != 0);
    if (counts && SameSid(group.sid.sid(), sid)) return true;
  }
  return false;
}

bool Token::MayMakeOwner(const SID* sid) const {
  if (SameSid(user.sid(), sid) || Enabled({SE_RESTORE_PRIVILEGE, 0})) return true;
  return std::ranges::any_of(
      groups, [sid](const Group& group) { return (group.attributes & SE_GROUP_OWNER) != 0 && SameSid(group.sid.sid(), sid); });
}

bool Token::Restricts(const SID* sid) const {
  return std::ranges::any_of(restricted, [&](const Group& group) { return SameSid(group.sid.sid(), sid); });
}

bool Token::Enabled(const LUID& privilege) const {
  for (const LUID_AND_ATTRIBUTES& held : privileges) {
    if (held.Luid.LowPart == privilege.LowPart && held.Luid.HighPart == privilege.HighPart) {
      return (held.Attributes & SE_PRIVILEGE_ENABLED) != 0;
    }
  }
  return false;
}

State& Se() { return *state; }

LUID NewLuid() { return {Se().next_luid++, 0}; }

ULONGLONG CallersLogon() {
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  const LUID logon = EffectiveToken(subject)->authentication_id;
  SeReleaseSubjectContext(&subject);
  const bool system = logon.LowPart == kSystemLogon.LowPart && logon.HighPart == kSystemLogon.HighPart;
  return system ? 0 : static_cast<ULONGLONG>(static_cast<ULONG>(logon.HighPart)) << 32 | logon.LowPart;
}

void Initialize() {
  state = new State;
  state->token_type = ob::CreateType({.name = u"Token",
                                      .mapping = {0x2001a, 0x201e0, 0x20005, TOKEN_ALL_ACCESS},
                                      .valid_access = TOKEN_ALL_ACCESS | SYNCHRONIZE,
                                      .secured = true,
                                      .security_required = true,
                                      .destroy = DestroyToken});
  MakeWellKnown();
  MakeSystemToken();
  MakeUserToken();
}

void Shutdown() {
  if (state == nullptr) return;
  ObfDereferenceObject(state->system);
  ObfDereferenceObject(state->user);
  ex::FreePool(state->well_known);
  delete state;
  state = nullptr;
}

PACCESS_TOKEN SystemToken() { return Se().system; }
PACCESS_TOKEN UserToken() { return Se().user; }

PACCESS_TOKEN PrimaryTokenOf(PEPROCESS process) {
  constexpr ULONG_PTR kFastReferences = 0xf;  // the low bits that NT keeps a count in
  const ULONG_PTR own = reinterpret_cast<ULONG_PTR>(process->Token) & ~kFastReferences;
  if (own != 0) return reinterpret_cast<PACCESS_TOKEN>(own);
  return process->Peb != nullptr ? UserToken() : SystemToken();
}

}  // namespace nt::se

using namespace nt::se;

extern "C" {

PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS Process) {
  PACCESS_TOKEN const token = PrimaryTokenOf(Process);
  ObfReferenceObject(token);
  return token;
}

VOID PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken) { ObfDereferenceObject(PrimaryToken); }

NTSTATUS SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId) {
  *AuthenticationId = AsToken(Token)->authentication_id;
  return STATUS_SUCCESS;
}

NTSTATUS SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId) {
  *SessionId = AsToken(Token)->session;
  return STATUS_SUCCESS;
}

BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN Token) {
  return AsToken(Token)->Holds(static_cast<const SID*>(WellKnown().SeAliasAdminsSid), false) ? TRUE : FALSE;
}

BOOLEAN SeTokenIsRestricted(PACCESS_TOKEN Token) { return AsToken(Token)->restricted.empty() ? FALSE : TRUE; }

BOOLEAN SeTokenIsWriteRestricted(PACCESS_TOKEN Token) {
  return !AsToken(Token)->restricted.empty() && AsToken(Token)->write_restricted ? TRUE : FALSE;
}

TOKEN_TYPE SeTokenType(PACCESS_TOKEN Token) { return AsToken(Token)->type; }

}  // extern "C"
