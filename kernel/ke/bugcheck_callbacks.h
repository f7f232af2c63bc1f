// Drivers' callbacks at a bugcheck.
#pragma once

#include "kernel/ke/machine.h"

namespace nt::ke {

/// Calls what drivers registered, at HIGH_LEVEL on the panic stack, with the report made: first those without a reason, then for the
/// pages that they add to a dump, its secondary data (which the report keeps), and its output.
void CallBugCheckCallbacks(BugCheckInfo* info);
/// A machine begins without callbacks.
void ForgetBugCheckCallbacks();

}  // namespace nt::ke
