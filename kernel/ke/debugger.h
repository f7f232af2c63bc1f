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
/// Changes an option of the debugger. Option 0, KD_OPTION_SET_BLOCK_ENABLE, takes a BOOLEAN: whether KdEnableDebugger is to answer
/// STATUS_ACCESS_DENIED from now on. STATUS_INVALID_PARAMETER for other options and sizes, STATUS_DEBUGGER_INACTIVE if the debugger was
/// not enabled at boot. `OutBufferNeeded` gets 0. PASSIVE_LEVEL.
NTSTATUS KdChangeOption(ULONG Option, ULONG InBufferBytes, PVOID InBuffer, ULONG OutBufferBytes, PVOID OutBuffer, PULONG OutBufferNeeded);
/// Carries out a command of a debugger that runs on the machine it looks at: STATUS_DEBUGGER_INACTIVE if the debugger was not enabled at
/// boot. PASSIVE_LEVEL.
NTSTATUS KdSystemDebugControl(ULONG Command, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                              PULONG ReturnLength, KPROCESSOR_MODE PreviousMode);
/// TRUE: no debugger answers. Any IRQL.
BOOLEAN KdRefreshDebuggerNotPresent();
/// Shows a prompt; nobody answers, so the response has no characters. Any IRQL.
ULONG DbgPrompt(const char* Prompt, char* Response, ULONG MaximumResponseLength);
VOID RtlRaiseException(EXCEPTION_RECORD* ExceptionRecord);
}
