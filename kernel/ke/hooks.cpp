// What hooked stubs do around an export: tracing, virtual time. And the debug output.
#include <cstdio>
#include <string>

#include "kernel/api/api.h"
#include "kernel/ke/call_text.h"
#include "kernel/ke/irql_limit.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/paged_check.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ke/trace.h"

namespace nt::ke {
namespace {

DebugSink debug_sink = nullptr;
TraceSink trace_sink = nullptr;
void (*terminate_thread)() = nullptr;
void (*terminate_process)(NTSTATUS) = nullptr;

void StepOnKernelStack() {
  if (KiThread->host.in_user) {
    KiThread->host.user_interrupted = TRUE;
    KiRunOnKernelStack(&VirtualStep);
    KiThread->host.user_interrupted = FALSE;
  } else {
    VirtualStep();
  }
}

}  // namespace

unsigned traced = 0;

void SetTrace(unsigned what, TraceSink sink) {
  traced = what;
  trace_sink = sink;
}

void Trace(unsigned what, const std::string& text) {
  if (!Tracing(what) || trace_sink == nullptr) return;
  char head[96];
  std::snprintf(head, sizeof head, "%10lld.%lld us cpu%u irql%u tid %-5llu ", static_cast<long long>(Ki().interrupt_time / 10),
                static_cast<long long>(Ki().interrupt_time % 10), Ki().current, KiPcr->irql,
                static_cast<unsigned long long>(reinterpret_cast<ULONG_PTR>(KiThread->Cid.UniqueThread)));
  const std::string line = head + text + "\n";
  trace_sink(line.data(), line.size());
}

extern "C" void KiHookEnter(ULONG index, const ULONG_PTR* arguments) {
  if (Ki().virtual_time) StepOnKernelStack();
  CheckIrqlLimit(api::Exports()[index]);
  if (api::Exports()[index].kind == api::Kind::Leaf) {
    ForbidPagedAccess();  // it may raise IRQL, and does not come back here
  } else {
    CheckPagedAccess();
  }
  if (!Tracing(kTraceApi)) return;
  Trace(kTraceApi, CallText(api::Exports()[index], arguments));
}

extern "C" void KiHookLeave(ULONG index, ULONG_PTR result) {
  if (Tracing(kTraceApi)) {
    const api::Export& entry = api::Exports()[index];
    if (std::string_view(entry.returns) != "VOID") {
      char text[32];
      std::snprintf(text, sizeof text, " = %llx", static_cast<unsigned long long>(result));
      Trace(kTraceApi, std::string(entry.name) + text);
    }
  }
  if (KiPending != 0) KiServicePending(reinterpret_cast<ExportRecord*>(KiThread->host.records));
  CheckPagedAccess();
}

void SetDebugSink(DebugSink sink) { debug_sink = sink; }

void DebugOutput(const DebugMessage& message) {
  if (debug_sink != nullptr) {
    debug_sink(message);
  } else {
    hal::WriteConsole(1, message.text, message.length);
  }
}

void SetTerminator(void (*thread)(), void (*process)(NTSTATUS)) {
  terminate_thread = thread;
  terminate_process = process;
}

void TerminateFromUser() {
  terminate_thread();
  __builtin_unreachable();
}

void BeforeUserMode() {
  Thread* const thread = KiThread;
  while (thread->host.freeze_count > 0 && thread->host.terminating == 0) {
    KeWaitForSingleObject(&thread->host.thawed, Suspended, KernelMode, FALSE, nullptr);
  }
  if (thread->host.terminating != 0) TerminateFromUser();
}

extern "C" void KiEndUserProcess(ULONG status) {
  // From user mode: back to the kernel's GS and stack, then the process ends.
  static ULONG ending_status;
  ending_status = status;
  KiRunOnKernelStack([] { terminate_process(static_cast<NTSTATUS>(ending_status)); });
  __builtin_unreachable();
}

}  // namespace nt::ke
