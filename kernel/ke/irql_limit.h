// The highest IRQL that the WDK allows the caller of an export.
#pragma once

#include "kernel/api/api.h"

namespace nt::ke {

/// Warns if PE code calls `entry` above its limit. NT itself goes on, and stops only where such a call touches what is paged out or waits:
/// so the call is served. Any IRQL.
void CheckIrqlLimit(const api::Export& entry);

}  // namespace nt::ke
