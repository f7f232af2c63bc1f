// The variables that drivers read: NtBuildNumber, KdDebuggerEnabled, KdDebuggerNotPresent.
#pragma once

namespace nt::rtl {

/// Sets them. The built-in modules' images must be there.
void InitializeVariables();

}  // namespace nt::rtl
