// The well-known places that the run-time library's registry routines start from.
#pragma once

#include <string>

#include "nt/cm.h"

namespace nt::cm {

/// The full name of a path relative to a place (RTL_REGISTRY_...). No path: the place itself.
/// STATUS_INVALID_PARAMETER for an unknown one.
NTSTATUS NameOfPlace(ULONG relative_to, PCWSTR path, std::u16string* name);

}  // namespace nt::cm
