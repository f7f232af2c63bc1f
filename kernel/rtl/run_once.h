// One-time initialization, whoever waits: what RtlRunOnce* of the kernel and of ntdll share.
#pragma once

#include "nt/rtl_tables.h"

namespace nt::rtl {

inline constexpr ULONG_PTR kRunOnceMask = 3;

/// RtlRunOnceBeginInitialize; `wait` returns when what runs has ended, and is called while it runs.
NTSTATUS BeginRunOnce(PRTL_RUN_ONCE once, ULONG flags, PVOID* context, void (*wait)(PRTL_RUN_ONCE));

/// RtlRunOnceComplete; `wake` releases those that waited, from the value that was.
NTSTATUS CompleteRunOnce(PRTL_RUN_ONCE once, ULONG flags, PVOID context, void (*wake)(PRTL_RUN_ONCE, ULONG_PTR before));

}  // namespace nt::rtl
