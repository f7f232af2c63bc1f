// The kernel debugger as drivers see it: there is none, and none can be turned on. What breaks into it raises instead.
#include "kernel/ke/debugger.h"

#include "kernel/ke/exception.h"
#include "kernel/ke/ke.h"

namespace nt::ke {
namespace {

/// A breakpoint that says why it was met, and the address that raised it.
const char* breakpoint_rule = nullptr;
const void* breakpoint_address = nullptr;

}  // namespace

void RaiseBreakpoint(const char* rule) {
  breakpoint_rule = rule;
  breakpoint_address = CallerAddress();
  EXCEPTION_RECORD record{};
  record.ExceptionCode = STATUS_BREAKPOINT;
  record.NumberParameters = 1;
  RtlRaiseException(&record);
}

const char* BreakpointRule(const void* address) { return address == breakpoint_address ? breakpoint_rule : nullptr; }

}  // namespace nt::ke

using namespace nt;

NTSTATUS KdDisableDebugger() { return STATUS_DEBUGGER_INACTIVE; }
NTSTATUS KdEnableDebugger() { return STATUS_DEBUGGER_INACTIVE; }
BOOLEAN KdRefreshDebuggerNotPresent() { return TRUE; }

ULONG DbgPrompt(const char* Prompt, char* /*Response*/, ULONG /*MaximumResponseLength*/) {
  SIZE_T length = 0;
  while (Prompt[length] != 0) ++length;
  ke::DebugOutput(Prompt, length);
  return 0;
}
