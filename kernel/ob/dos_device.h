// DOS devices that programs define for their logon session: what csrss does for them.
#pragma once

#include <string_view>

#include "nt/types.h"

namespace nt::ob {

/// Gives a name in the caller's \?? a target; one that it has already is hidden until the new one is removed.
NTSTATUS DefineDosDevice(std::u16string_view name, std::u16string_view target);
/// Removes the newest target that is `target`, or, not `exact`, begins with it; an empty one is any. STATUS_OBJECT_NAME_NOT_FOUND.
NTSTATUS RemoveDosDevice(std::u16string_view name, std::u16string_view target, bool exact);

}  // namespace nt::ob
