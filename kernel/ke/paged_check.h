// The check of a machine with special pool: drivers' paged pool and pageable sections are out of reach while IRQL is DISPATCH_LEVEL or
// above.
#pragma once

#include "nt/types.h"

namespace nt::ke {

/// Makes what may be paged out accessible or not, as the current IRQL says. Cheap if nothing is checked or nothing changes.
void CheckPagedAccess();
/// Takes it out of reach at once, where IRQL may be about to rise; an access that is right after all brings it back.
void ForbidPagedAccess();
/// Brings it back whatever the IRQL: a section's state changes, or a report is made.
void PermitPagedAccess();
/// A fault at `address` was this check's and not the driver's mistake: the access may be done again.
/// `by_kernel`: the kernel itself met it, which may.
bool AllowPagedAccess(ULONG_PTR address, bool by_kernel);

}  // namespace nt::ke
