// The x64 unwinder: from a frame to its caller by .pdata, as RtlVirtualUnwind does it, but distrusting the data.
//
// The format is that of Microsoft's published "x64 exception handling" (unwind versions 1 and 2).
#pragma once

#include "kernel/ldr/image.h"
#include "nt/context.h"
#include "nt/pe.h"

namespace nt::ldr {

/// What unwinding a frame found.
struct UnwindResult {
  ULONG_PTR establisher_frame = 0;
  PEXCEPTION_ROUTINE handler = nullptr;  ///< the language handler, if it wants what was asked for
  PVOID handler_data = nullptr;
  bool machine_frame = false;  ///< the caller was interrupted: its Rip is not a return address
};

/// The function that holds an address, and its image's base; null for leaf functions and code outside images.
const RUNTIME_FUNCTION* LookupFunction(ULONG_PTR pc, ULONG_PTR* image_base);

/// Undoes the frame of `function`, in which `context` is at `control_pc`: afterwards `context` is the caller's. `handler_type`
/// is UNW_FLAG_EHANDLER, UNW_FLAG_UHANDLER or UNW_FLAG_NHANDLER. `saved` may be null.
/// STATUS_BAD_FUNCTION_TABLE for unwind data that is damaged, STATUS_BAD_STACK for a stack pointer outside `limits` or one
/// that does not move toward the caller; `context` is undefined then.
NTSTATUS VirtualUnwind(ULONG handler_type, ULONG_PTR image_base, ULONG_PTR control_pc, const RUNTIME_FUNCTION* function, CONTEXT* context,
                       const StackLimits& limits, UnwindResult* result, PKNONVOLATILE_CONTEXT_POINTERS saved = nullptr);

/// One step of a stack walk: VirtualUnwind, or the return address on top of the stack for code without unwind data.
NTSTATUS UnwindStep(CONTEXT* context, const StackLimits& limits);

}  // namespace nt::ldr

extern "C" {
/// The RUNTIME_FUNCTION for a PC, or null; the image's base goes to *ImageBase. Any IRQL.
PRUNTIME_FUNCTION RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase, PUNWIND_HISTORY_TABLE HistoryTable);
/// Unwinds one frame. With damaged data or a damaged stack Rip becomes 0, which ends every walk. Any IRQL.
PEXCEPTION_ROUTINE RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry,
                                    PCONTEXT ContextRecord, PVOID* HandlerData, PULONG64 EstablisherFrame,
                                    PKNONVOLATILE_CONTEXT_POINTERS ContextPointers);
}
