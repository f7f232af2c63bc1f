// Copies of tokens. Private.
#pragma once

#include "kernel/se/state.h"

namespace nt::se {

/// A copy of a token; the caller owns the reference. Null if there is no memory.
Token* Duplicate(const Token& from, TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level);

}  // namespace nt::se
