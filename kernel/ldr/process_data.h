// The variables that built-in user-mode modules export: every process has its own copy of them.
#pragma once

#include "nt/types.h"

namespace nt::ldr {

/// The bytes of one process's copy; 0 if no module exports a variable.
SIZE_T ProcessDataSize();
/// Fills a process's copy with the variables' first values.
void FillProcessData(ULONG_PTR copy);
/// Where a process sees what lies at `address` in a built-in user-mode module: variables in its copy, everything else where it is.
ULONG_PTR ProcessDataAt(ULONG_PTR address, ULONG_PTR copy);

}  // namespace nt::ldr
