// What the security component keeps. Private.
#pragma once

#include <vector>

#include "kernel/se/se.h"
#include "kernel/se/sid.h"

namespace nt::se {

/// The body of a Token object. Of one that is made only its privileges change.
struct Token {
  struct Group {
    FixedSid sid;
    ULONG attributes;
  };
  FixedSid user;
  std::vector<Group> groups;
  std::vector<LUID_AND_ATTRIBUTES> privileges;
  FixedSid owner;  ///< of the objects its holders make
  FixedSid primary_group;
  FixedSid integrity;  ///< mandatory label
  LUID id{};
  LUID authentication_id{};  ///< logon session
  TOKEN_TYPE type = TokenPrimary;
  SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
  ULONG session = 0;
  bool elevated = false;
  bool limited = false;  ///< an administrator's without the administrator in it

  /// Whether the identifier is the user or a group of the token; `for_deny` also counts groups that can only deny.
  bool Holds(const SID* sid, bool for_deny) const;
  /// Whether its holders may make the identifier the owner of an object: it is the user, or a group that may own, or anybody with the
  /// privilege to restore files.
  bool MayMakeOwner(const SID* sid) const;
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

void MakeWellKnown();
void MakeTokens();

inline const Token* AsToken(PACCESS_TOKEN token) { return static_cast<const Token*>(token); }

}  // namespace nt::se
