// What a driver may ask of a kernel debugger.
#pragma once

#include "nt/context.h"
#include "nt/types.h"

namespace nt::ke {

/// Breaks into the debugger in the running export's caller: with none attached that is the exception STATUS_BREAKPOINT, and if nobody
/// handles it a bugcheck that tells `rule`, which must stay. Returns only if a handler continues.
void RaiseBreakpoint(const char* rule);
/// Why the breakpoint at this address was met; null if it did not say.
const char* BreakpointRule(const void* address);

}  // namespace nt::ke

extern "C" {
/// STATUS_DEBUGGER_INACTIVE: there is none. PASSIVE_LEVEL.
NTSTATUS KdDisableDebugger();
/// STATUS_DEBUGGER_INACTIVE: there is none. PASSIVE_LEVEL.
NTSTATUS KdEnableDebugger();
/// TRUE: no debugger answers. Any IRQL.
BOOLEAN KdRefreshDebuggerNotPresent();
/// Shows a prompt; nobody answers, so the response has no characters. Any IRQL.
ULONG DbgPrompt(const char* Prompt, char* Response, ULONG MaximumResponseLength);
VOID RtlRaiseException(EXCEPTION_RECORD* ExceptionRecord);
}
