// What a faulting division divided by.
#pragma once

#include <ucontext.h>

#include "nt/types.h"

namespace nt::ke {

/// Whether the DIV or IDIV at `rip` has a divisor of zero; true if that cannot be told.
bool DivisorIsZero(const ucontext_t& context, ULONG_PTR rip);

}  // namespace nt::ke
