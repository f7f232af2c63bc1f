// The variables that drivers read: NtBuildNumber, KdDebuggerNotPresent, NlsMbCodePageTag, NlsMbOemCodePageTag.
#pragma once

namespace nt::rtl {

/// Sets them. The built-in modules must have been made (nt::ldr::Initialize).
void InitializeExports();

}  // namespace nt::rtl
