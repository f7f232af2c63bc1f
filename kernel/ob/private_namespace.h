// Private namespaces: how their boundaries are judged.
#pragma once

#include "nt/types.h"

namespace nt::ob {

/// Tells whether the caller's token has an identifier; `size` is the room that it lies in.
void SetMembershipCheck(bool (*is_member)(const void* sid, SIZE_T size));

}  // namespace nt::ob
