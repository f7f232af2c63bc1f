// Structured exception handling over PE and host frames, for the rest of ke.
#pragma once

#include "kernel/ke/ki.h"

namespace nt::ke {

/// Calls PE code under a record of the caller's making; the record tells whether an exception passed.
ULONG_PTR CallRecorded(CalloutRecord& record, const void* routine, const ULONG_PTR* arguments);

/// Unwinds to a frame (null: exit unwind) and continues there: the second phase. `context` and `top` say where to start.
[[noreturn]] void UnwindTo(ULONG64 target_frame, ULONG64 target_ip, EXCEPTION_RECORD* record, ULONG64 return_value, const CONTEXT* start,
                           Record* top);
/// The establisher of the frame that holds this stack pointer; 0 if there is none. `start` and `top` say where to look from.
ULONG64 FrameOf(ULONG64 stack_pointer, const CONTEXT* start, Record* top);
/// The context of the running export's caller, and the record that lies behind it.
Record* CallerContext(CONTEXT* context);
/// Raises STATUS_STACK_OVERFLOW in the caller of an export that has used up the user stack.
[[noreturn]] void RaiseStackOverflow(const ExportRecord* record);
/// Goes on in PE code, and leaves the host's frames below it as they are.
[[noreturn]] void ResumeAt(const CONTEXT* context);
/// Goes on with the thread's pending unwind after host frames are gone.
[[noreturn]] void ContinueUnwind(const CONTEXT* context, Record* top);

}  // namespace nt::ke
