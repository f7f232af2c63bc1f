// What the security component keeps. Private.
#pragma once

#include <vector>

#include "kernel/se/se.h"
#include "kernel/se/sid.h"

namespace nt::se {

/// The body of a Token object.
struct Token {
  struct Group {
    FixedSid sid;
    ULONG attributes;
  };
  FixedSid user;
  std::vector<Group> groups;
  std::vector<Group> restricted;  ///< who must be let in as well; empty: the token is not restricted
  bool write_restricted = false;  ///< and that only to write
  std::vector<LUID_AND_ATTRIBUTES> privileges;
  FixedSid owner;  ///< of the objects its holders make
  FixedSid primary_group;
  std::vector<UCHAR> default_dacl;  ///< of the objects its holders make: an ACL, or empty for none
  FixedSid integrity;               ///< mandatory label
  LUID id{};
  LUID modified_id{};        ///< changes with what the token says
  LUID parent_id{};          ///< of the token that this one is a part of; 0: none
  LUID authentication_id{};  ///< logon session
  LUID origin{};             ///< the logon session that made this one
  TOKEN_SOURCE source{};
  ULONG mandatory_policy = TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN;
  TOKEN_TYPE type = TokenPrimary;
  SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
  ULONG session = 0;
  bool elevated = false;
  bool limited = false;   ///< an administrator's without the administrator in it
  bool filtered = false;  ///< a copy with less than the original
  bool sandbox_inert = false;
  bool virtualization_allowed = false, virtualization_enabled = false;
  bool ui_access = false;

  /// Whether the identifier is the user or a group of the token; `for_deny` also counts groups that can only deny.
  bool Holds(const SID* sid, bool for_deny) const;
  /// Whether its holders may make the identifier the owner of an object: it is the user, or a group that may own, or anybody with the
  /// privilege to restore files.
  bool MayMakeOwner(const SID* sid) const;
  /// Likewise among the restricting identifiers.
  bool Restricts(const SID* sid) const;
  ULONG integrity_level() const { return integrity.parts[0]; }
  /// Whether the privilege is held and enabled.
  bool Enabled(const LUID& privilege) const;
};

struct WellKnownBlock;

struct State {
  POBJECT_TYPE token_type = nullptr;
  WellKnownBlock* well_known = nullptr;
  Token* system = nullptr;
  Token* user = nullptr;
  ULONG next_luid = 1000;
};
State& Se();

/// The token that decides for a subject: the client's if it impersonates, else the process's.
const Token* EffectiveToken(const SECURITY_SUBJECT_CONTEXT& context);

/// What an access check was asked, and by whom.
struct AccessQuestion {
  const Token* token;
  PSECURITY_DESCRIPTOR descriptor;
  ACCESS_MASK desired;  ///< without generic rights
  ACCESS_MASK previously;
  const GENERIC_MAPPING* mapping;
};
/// Decides; *granted and *privileges (which may be null; from pool) as SeAccessCheck returns them.
NTSTATUS DecideAccess(const AccessQuestion& question, PPRIVILEGE_SET* privileges, ACCESS_MASK* granted);
/// Gives an object a descriptor: what was asked for, and for the rest what the token says.
NTSTATUS AssignSecurity(PVOID object, PSECURITY_DESCRIPTOR asked, const Token* token);
/// An unused number.
LUID NewLuid();

void MakeWellKnown();
void MakeTokens();

inline const Token* AsToken(PACCESS_TOKEN token) { return static_cast<const Token*>(token); }

}  // namespace nt::se
