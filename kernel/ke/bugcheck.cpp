// Bugchecks: the report, and the way out of the machine.
#include <sys/mman.h>

#include <cstdio>
#include <cstring>

#include "kernel/hal/sanitizer.h"
#include "kernel/ke/bugcheck_callbacks.h"
#include "kernel/ke/bugcheck_text.h"
#include "kernel/ke/debugger.h"
#include "kernel/ke/exception.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/paged_check.h"
#include "kernel/ke/panic.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ldr/builtin.h"
#include "kernel/ldr/image.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/mm.h"

extern "C" {
extern char __executable_start[];
extern char etext[];
extern char KiPanicSwitch[];
}

namespace nt::ke {
namespace {

constexpr SIZE_T kPanicStackSize = 1 << 20;
constexpr std::size_t kMaxReportedFrames = 32;

PanicReport panic_report;
BugCheckInfo last_bugcheck;
Symbolizer symbolizer = nullptr;
UserExceptionHooks user_hooks{};

void* PanicStack() {
  // Lives as long as the process: a bugcheck is no time to ask for memory.
  static void* const stack = mmap(nullptr, kPanicStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return stack;
}

StackFrame Describe(ULONG_PTR address, bool is_return) {
  StackFrame frame{address, {}, {}};
  // A return address belongs to the instruction before it.
  const ULONG_PTR within = is_return ? address - 1 : address;
  if (symbolizer != nullptr && symbolizer(within, &frame.symbol, &frame.source)) return frame;
  const ldr::Image* const image = ldr::ImageOf(address);
  char text[64];
  if (image != nullptr && image->builtin) {
    frame.symbol = ldr::SymbolOf(address);
  } else if (image != nullptr) {
    std::snprintf(text, sizeof text, "+0x%llx", static_cast<unsigned long long>(address - image->base));
    frame.symbol = image->name + text;
  } else if (const ldr::UnloadedImage* const gone = ldr::UnloadedAt(address); gone != nullptr) {
    std::snprintf(text, sizeof text, "+0x%llx (unloaded)", static_cast<unsigned long long>(address - gone->base));
    frame.symbol = gone->name + text;
  } else {
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(address));
    frame.symbol = text;
  }
  return frame;
}

void CollectStack(const PanicReport& report, BugCheckInfo* info) {
  Record* const top = KiThread->host.records;
  const auto addresses = WalkStack(report.context.Rip != 0 ? &report.context : nullptr, top, kMaxReportedFrames);
  bool is_return = report.context.Rip == 0;
  for (const ULONG_PTR address : addresses) {
    info->stack.push_back(Describe(address, is_return));
    is_return = true;
    const ldr::Image* const image = ldr::ImageOf(address);
    if (info->driver.empty() && image != nullptr && !image->builtin && !image->user) info->driver = image->name;
    if (const auto* const gone = ldr::UnloadedAt(address); info->driver.empty() && gone != nullptr) info->driver = gone->name;
  }
}

/// What the threads on the other processors did when the machine stopped.
void CollectOthers(BugCheckInfo* info) {
  Thread* const mine = KiThread;
  for (const Processor& processor : Ki().processors) {
    Thread* const thread = processor.current;
    if (thread == nullptr || thread == mine || thread->host.is_idle) continue;
    KiThread = thread;  // whose stack is walked
    const Interruption* const at = thread->host.interruption;
    const bool in_code = at != nullptr && at->records == thread->host.records;
    BugCheckInfo::Other other{processor.block->number, {}};
    bool is_return = !in_code;
    for (const ULONG_PTR address : WalkStack(in_code ? &at->context : nullptr, thread->host.records, kMaxReportedFrames)) {
      other.stack.push_back(Describe(address, is_return));
      is_return = true;
    }
    if (!other.stack.empty()) info->others.push_back(std::move(other));
  }
  KiThread = mine;
}

/// What is known of the addresses that the bugcheck is about, each once.
std::string DescribeSubjects(const PanicReport& report) {
  const BugCheckText* const text = FindBugCheckText(report.code);
  std::string details;
  for (int i = 0; i < 4; ++i) {
    if (report.parameters[i] < mm::kUserLow || (text != nullptr && (text->subjects >> i & 1) == 0)) continue;
    const std::string known = mm::DescribeAddress(report.parameters[i]);
    if (known.empty() || details.find(known) != std::string::npos) continue;
    details += (details.empty() ? "" : "; ") + known;
  }
  return details;
}

std::string RuleOf(const PanicReport& report) {
  if (report.rule != nullptr) return report.rule;
  const BugCheckText* const text = FindBugCheckText(report.code);
  return text != nullptr ? text->meaning : "The driver asked for this bugcheck itself.";
}

void FillInfo(const PanicReport& report) {
  BugCheckInfo info;
  info.code = report.code;
  std::memcpy(info.parameters, report.parameters, sizeof info.parameters);
  const char* const name = BugCheckName(report.code);
  info.name = name != nullptr ? name : "MANUALLY_INITIATED_BUGCHECK";
  info.rule = RuleOf(report);
  info.irql = KiPcr->irql;
  info.processor = KiPcr->number;
  CollectStack(report, &info);
  CollectOthers(&info);
  info.details = DescribeSubjects(report);
  for (int i = 0; i < 4; ++i) info.meanings[i] = DescribeParameter(report.code, i, report.parameters[i]);
  last_bugcheck = std::move(info);
  hal::AbandonStacks();
}

/// On what the running code stands: a system service, an interrupt, or nothing but its thread's start (Callout).
RecordType BaseOf(const Record* record) {
  for (; record != nullptr; record = record->previous) {
    if (record->type == RecordType::Service || record->type == RecordType::Interrupt) return record->type;
  }
  return RecordType::Callout;
}

/// Each kind of base has a handler of its own on NT: the system-service handler, a thread's first frame, none at all.
ULONG UnhandledCode(const EXCEPTION_RECORD* record, const CONTEXT* context, PanicReport* report) {
  const RecordType base = BaseOf(KiThread->host.records);
  report->parameters[0] = static_cast<ULONG>(record->ExceptionCode);
  report->parameters[1] = reinterpret_cast<ULONG_PTR>(record->ExceptionAddress);
  if (base == RecordType::Service) {
    report->parameters[2] = reinterpret_cast<ULONG_PTR>(context);
    return SYSTEM_SERVICE_EXCEPTION;
  }
  if (base != RecordType::Interrupt) {
    report->parameters[2] = reinterpret_cast<ULONG_PTR>(record);
    report->parameters[3] = reinterpret_cast<ULONG_PTR>(context);
    return SYSTEM_THREAD_EXCEPTION_NOT_HANDLED;
  }
  report->parameters[2] = record->ExceptionInformation[0];
  report->parameters[3] = record->ExceptionInformation[1];
  return KMODE_EXCEPTION_NOT_HANDLED;
}

const char* UnhandledRule(const EXCEPTION_RECORD* record) {
  switch (record->ExceptionCode) {
    case STATUS_ACCESS_VIOLATION:
      if (record->ExceptionInformation[1] < mm::kUserLow)
        return "A null pointer was dereferenced, and no __try/__except around it handles that.";
      return "An invalid address was touched, and no __try/__except around it handles that.";
    case STATUS_INTEGER_DIVIDE_BY_ZERO:
      return "An integer was divided by zero, and no __try/__except around it handles that.";
    case STATUS_BREAKPOINT:
      if (const char* const rule = BreakpointRule(record->ExceptionAddress); rule != nullptr) return rule;
      return "A breakpoint was met, and no debugger is attached.";
    case STATUS_ASSERTION_FAILURE:
      return "An assertion failed, and no debugger is attached.";
    default:
      return "An exception was raised, and no __try/__except around it handles it.";
  }
}

}  // namespace

PanicReport& Panic() { return panic_report; }

ULONG_PTR PanicStackTop() { return reinterpret_cast<ULONG_PTR>(PanicStack()) + kPanicStackSize - 64; }

bool IsHostCode(ULONG_PTR address) {
  return (address >= reinterpret_cast<ULONG_PTR>(__executable_start) && address < reinterpret_cast<ULONG_PTR>(etext)) ||
         address >= 0x7f00'0000'0000;
}

extern "C" void KiPanic() {
  State& ki = Ki();
  if (!ki.stopped_by_bugcheck) {
    ki.stopped_by_bugcheck = true;  // a fault while telling is not told
    PermitPagedAccess();
    FillInfo(panic_report);
    CallBugCheckCallbacks(&last_bugcheck);
  }
  hal::Fiber gone;
  hal::SwitchFiber(gone, ki.host, true);
  __builtin_unreachable();
}

void StopWith(const PanicReport& report) {
  panic_report = report;
  asm volatile("mov %0, %%rsp\n xor %%ebp, %%ebp\n call KiPanic\n ud2" ::"r"(PanicStackTop()) : "memory");
  __builtin_unreachable();
}

void BugCheck(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4, const char* rule) {
  StopWith({code, {p1, p2, p3, p4}, rule, {}});
}

void CrashIfRequested(const CONTEXT* at) {
  if (!Ki().crash_requested) return;
  PanicReport report{};
  report.code = MANUALLY_INITIATED_CRASH;
  if (at != nullptr) report.context = *at;
  StopWith(report);
}

void UnhandledException(EXCEPTION_RECORD* record, CONTEXT* context) {
  if (KiThread->host.in_user) {
    EXCEPTION_POINTERS pointers{record, context};
    // Who continues what cannot be continued would be asked for ever.
    const bool final = record->ExceptionCode == STATUS_NONCONTINUABLE_EXCEPTION;
    if (user_hooks.last != nullptr && user_hooks.last(&pointers) != 0 && !final) return;
    KiEndUserProcess(static_cast<ULONG>(record->ExceptionCode));
  }
  PanicReport report{};
  report.context = *context;
  report.code = UnhandledCode(record, context, &report);
  report.rule = UnhandledRule(record);
  StopWith(report);
}

void SetUserExceptionHooks(const UserExceptionHooks& hooks) { user_hooks = hooks; }

BOOLEAN AskUserFirst(EXCEPTION_POINTERS* pointers) { return user_hooks.first != nullptr ? user_hooks.first(pointers) : FALSE; }

void TellUserOfContinuation(EXCEPTION_POINTERS* pointers) {
  if (user_hooks.continues != nullptr) user_hooks.continues(pointers);
}

const BugCheckInfo& LastBugCheck() { return last_bugcheck; }

void SetSymbolizer(Symbolizer hook) { symbolizer = hook; }

StackFrame DescribeReturn(ULONG_PTR address) { return Describe(address, true); }

std::string DescribeCode(ULONG_PTR address) {
  const StackFrame frame = Describe(address, true);
  return frame.source.empty() ? frame.symbol : frame.symbol + " (" + frame.source + ")";
}

namespace {

bool IsSpecificStub(ULONG64 address) {
  for (const ULONG64 stub : Ki().specific_handlers) {
    if (address == stub) return true;
  }
  return false;
}

}  // namespace

void FindSpecificHandlers() {
  for (const char* const module : {"ntoskrnl.exe", "ntdll.dll", "kernel32.dll", "msvcrt.dll"}) {
    const api::Export* const entry = api::Find(module, "__C_specific_handler");
    if (entry == nullptr) continue;
    Ki().specific_handlers.push_back(reinterpret_cast<ULONG64>(api::AddressOf(*entry)));
    Ki().specific_handlers.push_back(reinterpret_cast<ULONG64>(ldr::HookedAddressOf(*entry)));
  }
}

bool IsSpecificHandler(ULONG64 handler) {
  if (IsSpecificStub(handler)) return true;
  // An image's own `jmp [import]`.
  const auto* const code = reinterpret_cast<const UCHAR*>(handler);
  if (code[0] != 0xff || code[1] != 0x25) return false;
  LONG displacement = 0;
  std::memcpy(&displacement, code + 2, sizeof displacement);
  ULONG64 target = 0;
  std::memcpy(&target, code + 6 + displacement, sizeof target);
  return IsSpecificStub(target);
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
                  ULONG_PTR BugCheckParameter4) {
  BugCheck(BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4, nullptr);
}

VOID KeBugCheck(ULONG BugCheckCode) { KeBugCheckEx(BugCheckCode, 0, 0, 0, 0); }

}  // extern "C"
