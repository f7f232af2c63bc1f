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

/// At boot: whether the kernel debugger is enabled.
void ResetDebugger(bool enabled);
/// KdDebuggerEnabled: it was enabled at boot, and is not disabled.
bool IsDebuggerEnabled();

}  // namespace nt::ke

extern "C" {
/// Disables the debugger until as many calls have enabled it. STATUS_DEBUGGER_INACTIVE if it was not enabled at boot. PASSIVE_LEVEL.
NTSTATUS KdDisableDebugger();
/// Takes back a call that disabled it. STATUS_INVALID_PARAMETER if there is none, STATUS_DEBUGGER_INACTIVE if it was not enabled at
/// boot. PASSIVE_LEVEL.
NTSTATUS KdEnableDebugger();
/// TRUE: no debugger answers. Any IRQL.
BOOLEAN KdRefreshDebuggerNotPresent();
/// Shows a prompt; nobody answers, so the response has no characters. Any IRQL.
ULONG DbgPrompt(const char* Prompt, char* Response, ULONG MaximumResponseLength);
VOID RtlRaiseException(EXCEPTION_RECORD* ExceptionRecord);
}
