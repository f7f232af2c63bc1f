// The trace of IRPs (--trace irp). Private.
#pragma once

#include "kernel/io/state.h"
#include "kernel/ke/trace.h"

namespace nt::io {

inline bool TracingIrps() { return ke::Tracing(ke::kTraceIrp); }

// Each writes a line; to be called if TracingIrps(). IRPs go by numbers, in the order in which they were first sent.
void TraceSent(PIRP irp);
void TraceReturned(ULONG number, PDEVICE_OBJECT device, NTSTATUS status);
void TraceCompleted(PIRP irp);
void TraceCompletionRoutine(ULONG number, const void* routine, NTSTATUS result);
void TraceCancelled(PIRP irp, const void* routine);
/// The number of an IRP; a new one if it has none yet.
ULONG TracedNumber(PIRP irp);
/// The memory is somebody else's from now on.
void ForgetTraced(PIRP irp);

}  // namespace nt::io
