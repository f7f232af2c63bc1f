// The kernel debugger as drivers see it: it may be enabled, but none is ever attached. What breaks into it raises instead.
#include "kernel/ke/debugger.h"

#include "kernel/api/api.h"
#include "kernel/ke/boot_options.h"
#include "kernel/ke/exception.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/layout.h"
#include "nt/status.h"

namespace nt::ke {
namespace {

/// A breakpoint that says why it was met, and the address that raised it.
const char* breakpoint_rule = nullptr;
const void* breakpoint_address = nullptr;

/// KUSER_SHARED_DATA.KdDebuggerEnabled: bit 0 enabled, bit 1 attached.
constexpr ULONG_PTR kSharedDebuggerEnabled = mm::kSharedUserData + 0x2d4;
/// Calls of KdDisableDebugger that are not taken back.
ULONG disabled = 0;
/// KdChangeOption said that nobody enables it again.
bool enabling_blocked = false;

void PublishDebugger(bool enabled) {
  *api::Data<BOOLEAN>("KdDebuggerEnabled") = enabled;
  *reinterpret_cast<UCHAR*>(kSharedDebuggerEnabled) = enabled;
}

}  // namespace

void ResetDebugger(bool enabled) {
  disabled = 0;
  enabling_blocked = false;
  PublishDebugger(enabled);
}

bool IsDebuggerEnabled() { return BootedWith().debugger && disabled == 0; }

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

NTSTATUS KdDisableDebugger() {
  if (!ke::BootedWith().debugger) return STATUS_DEBUGGER_INACTIVE;
  if (ke::disabled++ == 0) ke::PublishDebugger(false);
  return STATUS_SUCCESS;
}

NTSTATUS KdEnableDebugger() {
  if (!ke::BootedWith().debugger) return STATUS_DEBUGGER_INACTIVE;
  if (ke::enabling_blocked) return STATUS_ACCESS_DENIED;
  if (ke::disabled == 0) return STATUS_INVALID_PARAMETER;
  if (--ke::disabled == 0) ke::PublishDebugger(true);
  return STATUS_SUCCESS;
}

NTSTATUS KdChangeOption(ULONG Option, ULONG InBufferBytes, PVOID InBuffer, ULONG OutBufferBytes, PVOID /*OutBuffer*/,
                        PULONG OutBufferNeeded) {
  constexpr ULONG kSetBlockEnable = 0;
  if (!ke::BootedWith().debugger) return STATUS_DEBUGGER_INACTIVE;
  if (Option != kSetBlockEnable || InBufferBytes != sizeof(BOOLEAN) || OutBufferBytes != 0) return STATUS_INVALID_PARAMETER;
  ke::enabling_blocked = *static_cast<const BOOLEAN*>(InBuffer) != FALSE;
  if (OutBufferNeeded != nullptr) *OutBufferNeeded = 0;
  return STATUS_SUCCESS;
}

BOOLEAN KdRefreshDebuggerNotPresent() { return TRUE; }

NTSTATUS KdSystemDebugControl(ULONG /*Command*/, PVOID, ULONG, PVOID, ULONG, PULONG ReturnLength, KPROCESSOR_MODE) {
  if (ReturnLength != nullptr) *ReturnLength = 0;
  return ke::BootedWith().debugger ? STATUS_NOT_IMPLEMENTED : STATUS_DEBUGGER_INACTIVE;
}

ULONG DbgPrompt(const char* Prompt, char* /*Response*/, ULONG /*MaximumResponseLength*/) {
  SIZE_T length = 0;
  while (Prompt[length] != 0) ++length;
  ke::DebugOutput(Prompt, length);
  return 0;
}
