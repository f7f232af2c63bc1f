// Copies of tokens. Private.
#pragma once

#include "kernel/se/state.h"

namespace nt::se {

/// A copy of a token; the caller owns the reference. Null if there is no memory.
Token* Duplicate(const Token& from, TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level);

/// The other half of an administrator's logon, of an elevated or limited token: the caller owns the reference; null if there is no memory.
/// Who may not use it can only look at it.
Token* LinkedTo(const Token& token, bool may_use);

}  // namespace nt::se
