// The check of a machine with special pool: drivers' paged pool is out of reach while IRQL is DISPATCH_LEVEL or above.
#pragma once

#include "nt/types.h"

namespace nt::ke {

/// Makes drivers' paged pool accessible or not, as the current IRQL says. Cheap if nothing is checked or nothing changes.
void CheckPagedAccess();
/// Takes it out of reach at once, where IRQL may be about to rise; an access that is right after all brings it back.
void ForbidPagedAccess();
/// A fault at `address` was this check's and not the driver's mistake: the access may be done again.
/// `by_kernel`: the kernel itself met it, which may.
bool AllowPagedAccess(ULONG_PTR address, bool by_kernel);

}  // namespace nt::ke
