// Structured exception handling: search, unwind, and __C_specific_handler, across PE frames and the host's.
//
// A thread's way between PE code and the host is its chain of transition records. The search walks PE frames by .pdata; where it meets a
// callout it goes on at the export record below, skipping the host's frames. The unwind leaves host frames by a C++ exception, so that
// their destructors run, and goes on in the export's caller.
#include "kernel/ke/exception.h"
#include "kernel/hal/sanitizer.h"

#include <algorithm>
#include <cstring>

#include "kernel/ke/long_jump.h"
#include "kernel/ke/panic.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ke/unwind.h"
#include "kernel/ldr/unwind.h"
#include "kernel/mm/layout.h"
#include "nt/pe.h"

namespace nt::ke {

void ResumeAt(const CONTEXT* context) {
  hal::ForgetFrames(reinterpret_cast<ULONG_PTR>(__builtin_frame_address(0)), context->Rsp);
  KiRestoreContext(context);
}

namespace {

/// Every step goes up the stack, so walks end; this is more than the largest stack holds.
constexpr int kMaxFrames = 1 << 24;

ULONG64 CalloutReturn() { return reinterpret_cast<ULONG64>(&KiCallPeReturn); }

/// One frame of the walk: who it is and what its unwinding yields.
struct Frame {
  DISPATCHER_CONTEXT dispatcher{};
  CONTEXT caller{};
  ULONG64 establisher = 0;
  bool has_handler = false;
};

/// The thread's stack on which a frame is: its user stack in user mode, and where the kernel looks at user frames; else its kernel stack.
ldr::StackLimits StackLimitsOf(const Thread* thread, ULONG64 stack_pointer) {
  if (thread->host.in_user || (thread->Tcb.Teb != nullptr && mm::IsUserAddress(stack_pointer))) {
    const NT_TIB& tib = thread->Tcb.Teb->NtTib;
    return {reinterpret_cast<ULONG_PTR>(tib.StackLimit), reinterpret_cast<ULONG_PTR>(tib.StackBase)};
  }
  return {reinterpret_cast<ULONG_PTR>(thread->Tcb.StackLimit), reinterpret_cast<ULONG_PTR>(thread->Tcb.StackBase)};
}

bool IsCodeAddress(ULONG64 address) { return IsPeAddress(address) || IsLeafAddress(address) || address == CalloutReturn(); }

/// Whether the instruction before `address` calls the code just before `rip`.
bool ReturnsFromCallOf(ULONG64 address, ULONG64 rip) {
  constexpr ULONG64 kLongestLeaf = 64;
  UCHAR call[5];
  LONG displacement = 0;
  if (!IsPeAddress(address) || !KiGuardedCopy(call, reinterpret_cast<const void*>(address - sizeof call), sizeof call)) return false;
  if (call[0] != 0xe8) return false;
  std::memcpy(&displacement, call + 1, sizeof displacement);
  return rip - (address + static_cast<ULONG64>(LONG64{displacement})) < kLongestLeaf;
}

/// Unwinds a function without unwind data: nothing but the return address is on its stack. mingw's ___chkstk_ms breaks that rule by
/// keeping two registers there, so the return address is looked for above them.
bool UnwindLeaf(ULONG64 rip, CONTEXT* caller) {
  constexpr SIZE_T kSavedRegisters = 2;
  ULONG64 slots[1 + kSavedRegisters] = {};
  if (!KiGuardedCopy(slots, reinterpret_cast<const void*>(caller->Rsp), sizeof slots[0])) return false;
  SIZE_T slot = 0;
  if (!IsCodeAddress(slots[0]) && KiGuardedCopy(slots, reinterpret_cast<const void*>(caller->Rsp), sizeof slots)) {
    for (SIZE_T i = kSavedRegisters; i > 0; --i) slot = ReturnsFromCallOf(slots[i], rip) ? i : slot;
  }
  caller->Rip = slots[slot];
  caller->Rsp += (slot + 1) * sizeof slots[0];
  return true;
}

/// Looks at the frame in which `context` is. False if the code belongs to no image.
bool ReadFrame(const CONTEXT& context, ULONG handler_type, Frame* frame) {
  frame->caller = context;
  ULONG_PTR base = 0;
  const RUNTIME_FUNCTION* const function = ldr::LookupFunction(context.Rip, &base);
  DISPATCHER_CONTEXT& dispatcher = frame->dispatcher;
  dispatcher = DISPATCHER_CONTEXT{};
  dispatcher.ControlPc = context.Rip;
  dispatcher.ImageBase = base;
  dispatcher.FunctionEntry = const_cast<PRUNTIME_FUNCTION>(function);
  frame->has_handler = false;
  if (function == nullptr) {
    if (!IsPeAddress(context.Rip) && !IsLeafAddress(context.Rip)) return false;
    frame->establisher = context.Rsp;
    return UnwindLeaf(context.Rip, &frame->caller);
  }
  ldr::UnwindResult result;
  if (!NT_SUCCESS(
          ldr::VirtualUnwind(handler_type, base, context.Rip, function, &frame->caller, StackLimitsOf(KiThread, context.Rsp), &result)))
    return false;
  frame->establisher = result.establisher_frame;
  dispatcher.EstablisherFrame = frame->establisher;
  dispatcher.LanguageHandler = result.handler;
  dispatcher.HandlerData = result.handler_data;
  frame->has_handler = result.handler != nullptr;
  return true;
}

struct ScopeRecord {
  ULONG BeginAddress, EndAddress, HandlerAddress, JumpTarget;
};
struct ScopeTable {
  ULONG Count;
  ScopeRecord Record[1];
};

/// Calls a filter or a termination handler of a scope.
LONG CallScope(RecordType type, ULONG64 routine, ULONG_PTR first, ULONG64 frame, void* context, EXCEPTION_RECORD* exception) {
  const ULONG_PTR arguments[8] = {first, frame};
  CalloutRecord record{};
  record.head.type = type;
  record.context = context;
  record.exception = exception;
  record.establisher = frame;
  const auto result = static_cast<LONG>(CallRecorded(record, reinterpret_cast<const void*>(routine), arguments));
  if (record.unwound != 0) throw ForeignUnwind{};
  return result;
}

EXCEPTION_DISPOSITION SearchScopes(EXCEPTION_RECORD* exception, ULONG64 frame, CONTEXT* context, DISPATCHER_CONTEXT* dispatcher,
                                   Record* top) {
  const auto* const table = static_cast<const ScopeTable*>(dispatcher->HandlerData);
  const auto pc = static_cast<ULONG>(dispatcher->ControlPc - dispatcher->ImageBase);
  for (ULONG i = dispatcher->ScopeIndex; i < table->Count; ++i) {
    const ScopeRecord& scope = table->Record[i];
    if (pc < scope.BeginAddress || pc >= scope.EndAddress || scope.JumpTarget == 0) continue;
    LONG verdict = 1;
    if (scope.HandlerAddress != 1) {
      EXCEPTION_POINTERS pointers{exception, context};
      verdict = CallScope(RecordType::Search, dispatcher->ImageBase + scope.HandlerAddress, reinterpret_cast<ULONG_PTR>(&pointers), frame,
                          context, exception);
    }
    if (verdict < 0) return ExceptionContinueExecution;
    if (verdict > 0) {
      UnwindTo(frame, dispatcher->ImageBase + scope.JumpTarget, exception, static_cast<ULONG>(exception->ExceptionCode), context, top);
    }
  }
  return ExceptionContinueSearch;
}

/// Whether an unwind to `target` does not leave the scope. A compiler may have split it into several with one handler.
bool StaysInside(const ScopeTable& table, const ScopeRecord& left, ULONG target) {
  for (ULONG i = 0; i < table.Count; ++i) {
    const ScopeRecord& scope = table.Record[i];
    const bool same = scope.HandlerAddress == left.HandlerAddress && scope.JumpTarget == left.JumpTarget;
    if (same && target >= scope.BeginAddress && target < scope.EndAddress) return true;
  }
  return false;
}

void UnwindScopes(EXCEPTION_RECORD* exception, ULONG64 frame, DISPATCHER_CONTEXT* dispatcher) {
  const auto* const table = static_cast<const ScopeTable*>(dispatcher->HandlerData);
  const auto pc = static_cast<ULONG>(dispatcher->ControlPc - dispatcher->ImageBase);
  const auto target = static_cast<ULONG>(dispatcher->TargetIp - dispatcher->ImageBase);
  const bool is_target = (exception->ExceptionFlags & EXCEPTION_TARGET_UNWIND) != 0;
  for (ULONG i = dispatcher->ScopeIndex; i < table->Count; ++i) {
    const ScopeRecord& scope = table->Record[i];
    if (pc < scope.BeginAddress || pc >= scope.EndAddress) continue;
    if (is_target && (scope.JumpTarget == target || StaysInside(*table, scope, target))) break;
    if (scope.JumpTarget != 0) continue;
    // A fault in the handler must not run it again: the next scope is first.
    dispatcher->ScopeIndex = i + 1;
    CallScope(RecordType::Unwind, dispatcher->ImageBase + scope.HandlerAddress, 1, frame, dispatcher, exception);
  }
}

/// Calls a frame's language handler: our own __C_specific_handler directly, others as the PE code they are.
EXCEPTION_DISPOSITION CallHandler(EXCEPTION_RECORD* exception, ULONG64 establisher, CONTEXT* context, DISPATCHER_CONTEXT* dispatcher,
                                  bool searching, Record* top) {
  if (IsSpecificHandler(reinterpret_cast<ULONG64>(dispatcher->LanguageHandler))) {
    if (searching) return SearchScopes(exception, establisher, context, dispatcher, top);
    UnwindScopes(exception, establisher, dispatcher);
    return ExceptionContinueSearch;
  }
  const ULONG_PTR arguments[8] = {reinterpret_cast<ULONG_PTR>(exception), establisher, reinterpret_cast<ULONG_PTR>(context),
                                  reinterpret_cast<ULONG_PTR>(dispatcher)};
  CalloutRecord record{};
  record.head.type = searching ? RecordType::Search : RecordType::Unwind;
  record.context = searching ? static_cast<void*>(context) : dispatcher;
  record.exception = exception;
  record.establisher = establisher;
  const ULONG_PTR disposition = CallRecorded(record, reinterpret_cast<const void*>(dispatcher->LanguageHandler), arguments);
  if (record.unwound != 0) throw ForeignUnwind{};
  return static_cast<EXCEPTION_DISPOSITION>(disposition);
}

/// What the search finds at a callout's return address.
enum class Crossing { Goes, Ends };

/// `nested` becomes the outermost frame whose filter the exception came from.
Crossing CrossInSearch(CONTEXT* context, Record** top, EXCEPTION_RECORD* exception, ULONG64* nested) {
  auto* const callout = reinterpret_cast<CalloutRecord*>(*top);
  *top = callout->head.previous;
  switch (callout->head.type) {
    case RecordType::Callout:
      if (*top == nullptr || (*top)->type != RecordType::Export) return Crossing::Ends;
      LoadExportContext(context, reinterpret_cast<ExportRecord*>(*top));
      *top = (*top)->previous;
      return Crossing::Goes;
    case RecordType::Search:  // raised in a filter: go on where the filter's exception happened
      *context = *static_cast<CONTEXT*>(callout->context);
      exception->ExceptionFlags |= EXCEPTION_NESTED_CALL;
      *nested = std::max(*nested, callout->establisher);
      return Crossing::Goes;
    case RecordType::Unwind:  // raised in a termination handler: go on at the frame being unwound
      *context = *static_cast<DISPATCHER_CONTEXT*>(callout->context)->ContextRecord;
      return Crossing::Goes;
    case RecordType::Consolidate:  // raised by what took the place of the unwound frames: go on at the target
      *context = *static_cast<CONTEXT*>(callout->context);
      return Crossing::Goes;
    default:
      return Crossing::Ends;
  }
}

/// Raises what is wrong with the handling of `cause`, where `cause` was raised.
void RaiseAbout(EXCEPTION_RECORD* cause, NTSTATUS status, CONTEXT* context, Record* top) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = status;
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  record.ExceptionRecord = cause;
  record.ExceptionAddress = cause->ExceptionAddress;
  DispatchException(&record, context, top);
}

/// A handler wants to go on where the exception happened: raises anew if that is impossible.
void CheckContinuable(EXCEPTION_RECORD* exception, CONTEXT* context, Record* top) {
  if ((exception->ExceptionFlags & EXCEPTION_NONCONTINUABLE) != 0) {
    RaiseAbout(exception, STATUS_NONCONTINUABLE_EXCEPTION, context, top);
  }
}

/// True if the exception was handled by continuing; false if nobody wants it. Does not return if somebody does.
bool Search(EXCEPTION_RECORD* exception, CONTEXT* original, Record* top) {
  CONTEXT context = *original;
  Frame frame;
  Record* walk = top;
  ULONG64 nested = 0;
  ULONG scope_to_skip = 0;
  for (int depth = 0; depth < kMaxFrames; ++depth) {
    if (context.Rip == CalloutReturn()) {
      if (walk == nullptr) return false;
      scope_to_skip = 0;
      if (walk->type == RecordType::Unwind) {
        scope_to_skip = static_cast<DISPATCHER_CONTEXT*>(reinterpret_cast<CalloutRecord*>(walk)->context)->ScopeIndex;
      }
      if (CrossInSearch(&context, &walk, exception, &nested) == Crossing::Ends) return false;
    }
    if (!ReadFrame(context, UNW_FLAG_EHANDLER, &frame)) return false;
    if (frame.has_handler) {
      frame.dispatcher.ContextRecord = &context;
      frame.dispatcher.ScopeIndex = scope_to_skip;
      switch (CallHandler(exception, frame.establisher, original, &frame.dispatcher, true, top)) {
        case ExceptionContinueExecution:
          CheckContinuable(exception, original, top);
          return true;
        case ExceptionContinueSearch:
        case ExceptionNestedException:
          break;
        default:
          RaiseAbout(exception, STATUS_INVALID_DISPOSITION, original, top);
      }
    }
    if (frame.establisher == nested) exception->ExceptionFlags &= ~EXCEPTION_NESTED_CALL;
    scope_to_skip = 0;
    context = frame.caller;
  }
  return false;
}

}  // namespace

void LoadExportContext(CONTEXT* context, const ExportRecord* record) {
  context->Rip = record->rip;
  context->Rsp = record->rsp;
  context->Rbx = record->rbx;
  context->Rbp = record->rbp;
  context->Rsi = record->rsi;
  context->Rdi = record->rdi;
  context->R12 = record->r12;
  context->R13 = record->r13;
  context->R14 = record->r14;
  context->R15 = record->r15;
  for (int i = 0; i < 10; ++i) (&context->Xmm6)[i] = record->xmm[i];
}

void DispatchException(EXCEPTION_RECORD* record, CONTEXT* context, Record* top) {
  // What a handler raises or unwinds is found behind the one who raised this: the raising export itself is no frame any more.
  KiThread->host.records = top;
  EXCEPTION_POINTERS pointers{record, context};
  const bool in_user = KiThread->host.in_user != 0;
  if (!(in_user && AskUserFirst(&pointers)) && !Search(record, context, top)) {
    UnhandledException(record, context);
    CheckContinuable(record, context, top);
  }
  if (in_user) TellUserOfContinuation(&pointers);
  KiThread->host.records = top;
}

namespace {

/// Calls what is to take the place of the unwound frames (a catch block, say); it tells where to go on. To what it raises, the frames
/// between do not exist any more.
ULONG64 Consolidate(CONTEXT* context, EXCEPTION_RECORD* exception) {
  const ULONG_PTR arguments[8] = {reinterpret_cast<ULONG_PTR>(exception)};
  CalloutRecord record{};
  record.head.type = RecordType::Consolidate;
  record.context = context;
  record.exception = exception;
  const ULONG64 next = CallRecorded(record, reinterpret_cast<const void*>(exception->ExceptionInformation[0]), arguments);
  if (record.unwound != 0) throw ForeignUnwind{};
  return next;
}

/// The last step of an unwind that is more than one: true if it says itself where to go on.
bool Finish(CONTEXT* context, EXCEPTION_RECORD* exception) {
  if (exception->NumberParameters == 0) return false;
  switch (exception->ExceptionCode) {
    case STATUS_UNWIND_CONSOLIDATE:
      context->Rip = Consolidate(context, exception);
      return true;
    case STATUS_LONGJUMP:
      LoadJumpBuffer(context, reinterpret_cast<const JumpBuffer*>(exception->ExceptionInformation[0]));
      return true;
    default:
      return false;
  }
}

}  // namespace

ULONG64 FrameOf(ULONG64 stack_pointer, const CONTEXT* start, Record* top) {
  CONTEXT context = *start;
  Frame frame;
  for (int depth = 0; depth < kMaxFrames; ++depth) {
    if (context.Rip == CalloutReturn()) {
      EXCEPTION_RECORD ignored{};
      ULONG64 unused = 0;
      if (top == nullptr || CrossInSearch(&context, &top, &ignored, &unused) == Crossing::Ends) return 0;
    }
    if (!ReadFrame(context, UNW_FLAG_NHANDLER, &frame)) return 0;
    if (frame.caller.Rsp > stack_pointer) return frame.establisher;
    context = frame.caller;
  }
  return 0;
}

void UnwindTo(ULONG64 target_frame, ULONG64 target_ip, EXCEPTION_RECORD* record, ULONG64 return_value, const CONTEXT* start, Record* top) {
  CONTEXT context = *start;
  EXCEPTION_RECORD exception = *record;
  exception.ExceptionFlags |= EXCEPTION_UNWINDING;
  if (target_frame == 0) exception.ExceptionFlags |= EXCEPTION_EXIT_UNWIND;
  Frame frame;
  for (int depth = 0; depth < kMaxFrames; ++depth) {
    ULONG skip = 0;
    if (context.Rip == CalloutReturn() && top != nullptr) {
      auto* const callout = reinterpret_cast<CalloutRecord*>(top);
      if (callout->head.type == RecordType::Callout) {
        Thread* const thread = KiThread;
        thread->host.unwind = {target_frame, target_ip, return_value, exception};
        thread->host.records = top;
        KiCallPeUnwound(callout);  // the host's frames go by a C++ exception
      }
      if (callout->head.type == RecordType::Search || callout->head.type == RecordType::Consolidate) {
        top = callout->head.previous;
        context = *static_cast<CONTEXT*>(callout->context);
      } else if (callout->head.type == RecordType::Unwind) {
        top = callout->head.previous;
        const auto* const interrupted = static_cast<DISPATCHER_CONTEXT*>(callout->context);
        skip = interrupted->ScopeIndex;
        context = *interrupted->ContextRecord;
        exception.ExceptionFlags |= EXCEPTION_COLLIDED_UNWIND;
      }
    }
    if (!ReadFrame(context, UNW_FLAG_UHANDLER, &frame)) {
      if (KiThread->host.in_user) KiEndUserProcess(static_cast<ULONG>(exception.ExceptionCode));
      BugCheck(KMODE_EXCEPTION_NOT_HANDLED, static_cast<ULONG_PTR>(STATUS_BAD_STACK), context.Rip, context.Rsp, 0,
               "An unwind lost its way: the stack or the unwind data of a frame is damaged.");
    }
    const bool at_target = frame.establisher == target_frame && target_frame != 0;
    if (at_target) exception.ExceptionFlags |= EXCEPTION_TARGET_UNWIND;
    if (frame.has_handler) {
      frame.dispatcher.TargetIp = target_ip;
      frame.dispatcher.ContextRecord = &context;
      frame.dispatcher.ScopeIndex = skip;
      KiThread->host.records = top;
      context.Rax = return_value;
      CallHandler(&exception, frame.establisher, &context, &frame.dispatcher, false, top);
    }
    exception.ExceptionFlags &= ~EXCEPTION_COLLIDED_UNWIND;
    if (at_target) break;
    context = frame.caller;
  }
  KiThread->host.records = top;
  context.Rax = return_value;
  context.EFlags = 0x202;
  if (context.MxCsr == 0) context.MxCsr = 0x1f80;
  if (!Finish(&context, &exception)) context.Rip = target_ip;
  ResumeAt(&context);
}

void ContinueUnwind(const CONTEXT* context, Record* top) {
  PendingUnwind unwind = KiThread->host.unwind;
  UnwindTo(unwind.target_frame, unwind.target_ip, &unwind.exception, unwind.return_value, context, top);
}

extern "C" void KiDispatchTrap(EXCEPTION_RECORD* record, CONTEXT* context) { DispatchException(record, context, KiThread->host.records); }

namespace {

/// The context of an export's caller.
Record* ContextOf(const ExportRecord* record, CONTEXT* context) {
  *context = CONTEXT{};
  context->ContextFlags = CONTEXT_ALL;
  context->MxCsr = 0x1f80;
  context->EFlags = 0x202;
  context->SegCs = 0x10;
  context->SegSs = 0x18;
  LoadExportContext(context, record);
  return record->head.previous;
}

}  // namespace

namespace {

/// From a system service to the code of user mode that called it. False if the thread is in none.
bool EnterUserFrames(CONTEXT* context, Record** top) {
  Record* record = *top;
  while (record != nullptr && record->type != RecordType::Service) record = record->previous;
  if (record == nullptr || record->previous == nullptr || record->previous->type != RecordType::Export) return false;
  *top = ContextOf(reinterpret_cast<ExportRecord*>(record->previous), context);
  return true;
}

}  // namespace

Record* CallerContext(CONTEXT* context) { return ContextOf(reinterpret_cast<ExportRecord*>(KiThread->host.records), context); }

void RaiseStackOverflow(const ExportRecord* record) {
  KiThread->host.stack_overflowed = false;
  CONTEXT context;
  Record* const top = ContextOf(record, &context);
  EXCEPTION_RECORD exception{};
  exception.ExceptionCode = STATUS_STACK_OVERFLOW;
  exception.ExceptionAddress = reinterpret_cast<PVOID>(context.Rip);
  exception.NumberParameters = 2;
  exception.ExceptionInformation[0] = 1;  // a write
  exception.ExceptionInformation[1] = context.Rsp;
  DispatchException(&exception, &context, top);
  ResumeAt(&context);
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

EXCEPTION_DISPOSITION __C_specific_handler(EXCEPTION_RECORD* ExceptionRecord, PVOID EstablisherFrame, CONTEXT* ContextRecord,
                                           DISPATCHER_CONTEXT* DispatcherContext) {
  // Reached only when PE code calls it itself (a GS handler that wraps it): the dispatcher calls SearchScopes directly. What a filter
  // raises goes on behind that handler's call, as if the dispatcher had called the filter itself.
  Record* const mine = KiThread->host.records;
  Record* const handler = mine->previous;
  Record* const top = handler != nullptr ? handler->previous : nullptr;
  const auto frame = reinterpret_cast<ULONG64>(EstablisherFrame);
  KiThread->host.records = top;
  EXCEPTION_DISPOSITION disposition = ExceptionContinueSearch;
  if ((ExceptionRecord->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)) == 0) {
    disposition = SearchScopes(ExceptionRecord, frame, ContextRecord, DispatcherContext, top);
  } else {
    UnwindScopes(ExceptionRecord, frame, DispatcherContext);
  }
  KiThread->host.records = mine;
  return disposition;
}

VOID RtlRaiseException(EXCEPTION_RECORD* ExceptionRecord) {
  CONTEXT context;
  Record* const top = CallerContext(&context);
  ExceptionRecord->ExceptionAddress = reinterpret_cast<PVOID>(context.Rip);
  DispatchException(ExceptionRecord, &context, top);
  ResumeAt(&context);
}

VOID RtlRaiseStatus(NTSTATUS Status) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = Status;
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  RtlRaiseException(&record);
}

VOID RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, EXCEPTION_RECORD* ExceptionRecord, PVOID ReturnValue, CONTEXT* /*OriginalContext*/,
                 UNWIND_HISTORY_TABLE* /*HistoryTable*/) {
  CONTEXT context;
  Record* const top = CallerContext(&context);
  EXCEPTION_RECORD unwind{};
  unwind.ExceptionCode = STATUS_UNWIND;
  unwind.ExceptionAddress = reinterpret_cast<PVOID>(context.Rip);
  UnwindTo(reinterpret_cast<ULONG64>(TargetFrame), reinterpret_cast<ULONG64>(TargetIp),
           ExceptionRecord != nullptr ? ExceptionRecord : &unwind, reinterpret_cast<ULONG64>(ReturnValue), &context, top);
}

VOID RtlUnwind(PVOID TargetFrame, PVOID TargetIp, EXCEPTION_RECORD* ExceptionRecord, PVOID ReturnValue) {
  RtlUnwindEx(TargetFrame, TargetIp, ExceptionRecord, ReturnValue, nullptr, nullptr);
}

VOID _local_unwind(PVOID TargetFrame, PVOID TargetIp) { RtlUnwindEx(TargetFrame, TargetIp, nullptr, nullptr, nullptr, nullptr); }

VOID RtlCaptureContext(CONTEXT* ContextRecord) {
  CallerContext(ContextRecord);
  ContextRecord->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
}

VOID RtlRestoreContext(CONTEXT* ContextRecord, EXCEPTION_RECORD* ExceptionRecord) {
  KiThread->host.records = KiThread->host.records->previous;
  CONTEXT context = *ContextRecord;
  if (ExceptionRecord != nullptr) Finish(&context, ExceptionRecord);
  ResumeAt(&context);
}

ULONG RtlWalkFrameChain(PVOID* Callers, ULONG Count, ULONG Flags) {
  constexpr ULONG kUserStack = 1, kSkipShift = 8;
  const ULONG skip = Flags >> kSkipShift;
  CONTEXT context;
  Record* top = CallerContext(&context);
  const bool from_kernel = KiThread->host.in_user == 0;
  if ((Flags & kUserStack) != 0 && from_kernel && !EnterUserFrames(&context, &top)) return 0;
  Frame frame;
  ULONG count = 0;
  for (ULONG depth = 0; depth < kMaxFrames && count < Count; ++depth) {
    if (context.Rip == CalloutReturn()) {
      EXCEPTION_RECORD ignored{};
      ULONG64 unused = 0;
      if (top == nullptr || CrossInSearch(&context, &top, &ignored, &unused) == Crossing::Ends) break;
    }
    if (depth >= skip) Callers[count++] = reinterpret_cast<PVOID>(context.Rip);
    if (!ReadFrame(context, UNW_FLAG_NHANDLER, &frame)) break;
    context = frame.caller;
  }
  return count;
}

USHORT RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID* BackTrace, PULONG BackTraceHash) {
  constexpr ULONG kMostSkipped = 0xffffff, kMostCaptured = 0xffff;
  const ULONG count =
      FramesToSkip > kMostSkipped ? 0 : RtlWalkFrameChain(BackTrace, std::min(FramesToCapture, kMostCaptured), FramesToSkip << 8);
  ULONG hash = 0;
  for (ULONG i = 0; i < count; ++i) hash += static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(BackTrace[i]));
  if (BackTraceHash != nullptr) *BackTraceHash = hash;
  return static_cast<USHORT>(count);
}

}  // extern "C"

namespace nt::ke {

std::vector<ULONG_PTR> WalkStack(const CONTEXT* start, Record* top, std::size_t limit) {
  std::vector<ULONG_PTR> addresses;
  CONTEXT context{};
  if (start != nullptr) {
    context = *start;
  } else {
    while (top != nullptr && top->type != RecordType::Export) top = top->previous;
    if (top == nullptr) return addresses;
    LoadExportContext(&context, reinterpret_cast<ExportRecord*>(top));
    top = top->previous;
  }
  Frame frame;
  while (addresses.size() < limit) {
    if (context.Rip == CalloutReturn()) {
      EXCEPTION_RECORD ignored{};
      ULONG64 unused = 0;
      if (top == nullptr || CrossInSearch(&context, &top, &ignored, &unused) == Crossing::Ends) break;
    }
    addresses.push_back(context.Rip);
    if (!ReadFrame(context, UNW_FLAG_NHANDLER, &frame)) break;
    context = frame.caller;
  }
  return addresses;
}

}  // namespace nt::ke
