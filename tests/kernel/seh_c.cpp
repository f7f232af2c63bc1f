// Structured exceptions in drivers written in C, and in functions that no compiler here would make: a language handler that wraps
// __C_specific_handler (as MSVC's __GSHandlerCheck_SEH does), _local_unwind out of a __finally, RtlUnwind to a frame.
#include "seh_c.h"

#include "ktest.h"

extern "C" {
NTSYSAPI VOID NTAPI RtlUnwind(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord, PVOID ReturnValue);
NTSYSAPI VOID NTAPI RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord, PVOID ReturnValue, PCONTEXT Context,
                                PVOID HistoryTable);
NTSYSAPI VOID NTAPI _local_unwind(PVOID TargetFrame, PVOID TargetIp);
NTSYSAPI VOID NTAPI RtlRestoreContext(PCONTEXT ContextRecord, PEXCEPTION_RECORD ExceptionRecord);
}

namespace {

#define OPAQUE __attribute__((noinline, optnone))

/// Runs it from a fresh order; the order.
template <class Routine>
ULONG64 OrderOf(Routine routine) {
  SehOrder = 0;
  routine();
  return SehOrder;
}

void Step(ULONG digit) { SehOrder = SehOrder * 10 + digit; }

}  // namespace

KTEST(FaultIsCaughtInC) {
  SehOrder = 0;
  EXPECT_EQ(SehCatchesInC(), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(SehOrder, 123);
}

KTEST(LeaveEndsTheInnermostBlock) {
  SehOrder = 0;
  EXPECT_EQ(SehLeavesNestedBlocks(), STATUS_SUCCESS);
  EXPECT_EQ(SehOrder, 12345);
}

KTEST(GotoAndReturnRunTheFinallies) {
  EXPECT_EQ(OrderOf([] { EXPECT_EQ(SehGoesOutOfFinally(), 4); }), 1234);
  EXPECT_EQ(OrderOf([] { EXPECT_EQ(SehReturnsThroughTwo(), 7); }), 123);
}

KTEST(AbnormalTerminationIsOfItsOwnBlock) {
  SehOrder = 0;
  EXPECT_EQ(SehTellsAbnormalTermination(), RAISED_BY_TEST);
  EXPECT_EQ(SehOrder, 123456);
}

KTEST(FilterThatRaises) {
  SehOrder = 0;
  EXPECT_EQ(SehRaisesInFilter(), RAISED_BY_TEST + 1);
  EXPECT_EQ(SehOrder, 1234);
}

KTEST(HandlerThatRaises) {
  SehOrder = 0;
  EXPECT_EQ(SehRaisesInHandler(), RAISED_BY_TEST + 2);
  EXPECT_EQ(SehOrder, 123);
}

KTEST(FinallyThatRaises) {
  SehOrder = 0;
  EXPECT_EQ(SehRaisesInFinally(), RAISED_BY_TEST + 1);
  EXPECT_EQ(SehOrder, 12345);
}

KTEST(FinallyThatHandles) {
  SehOrder = 0;
  EXPECT_EQ(SehHandlesInsideFinally(), RAISED_BY_TEST);
  EXPECT_EQ(SehOrder, 123);
}

KTEST(ContinuationNests) {
  SehOrder = 0;
  EXPECT_EQ(SehContinuesTwice(), STATUS_SUCCESS);
  EXPECT_EQ(SehOrder, 1234);
}

KTEST(NoncontinuableKeepsItsCause) {
  SehOrder = 0;
  EXPECT_EQ(SehContinuesNoncontinuable(), STATUS_NONCONTINUABLE_EXCEPTION);
  EXPECT_EQ(SehOrder, 1234);
}

KTEST(LocalsSurvive) { EXPECT_EQ(SehKeepsLocals(), STATUS_SUCCESS); }

KTEST(BreakAndContinueRunTheFinally) { EXPECT_EQ(SehLoops(), 83); }

KTEST(FilterThatFaults) {
  SehOrder = 0;
  EXPECT_EQ(SehFaultsInFilter(), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(SehOrder, 12);
}

KTEST(FiltersWithinFilters) {
  EXPECT_EQ(OrderOf([] { SehNestsInFilters(8); }), 12345678);
}

// ---- functions written by hand ----------------------------------------------------------------------------------------

// HandMade(body): calls body(frame, target) in a __try/__finally inside of a __try/__except, under a language handler that wraps
// __C_specific_handler. Returns RAX as it is at `target`, 100 if `body`
// returns, 200 from the __except, 0 if RBX was not restored.
__asm__(R"(
    .text
    .globl HandMade
    .def HandMade; .scl 2; .type 32; .endef
    .seh_proc HandMade
HandMade:
    push %rbx
    .seh_pushreg %rbx
    sub $0x20, %rsp
    .seh_stackalloc 0x20
    .seh_endprologue
    mov $0x5eed, %ebx
    mov %rcx, %rax
    mov %rsp, %rcx
    lea hand_target(%rip), %rdx
hand_try:
    call *%rax
    nop
hand_try_end:
    mov $100, %eax
    jmp hand_out
hand_except:
    mov $200, %eax
    jmp hand_out
hand_target:
    nop
hand_out:
    cmp $0x5eed, %ebx
    je 1f
    xor %eax, %eax
1:  add $0x20, %rsp
    pop %rbx
    ret
    .seh_handler HandHandler, @unwind, @except
    .seh_handlerdata
    .long 2
    .long hand_try@IMGREL, hand_try_end@IMGREL, HandFinally@IMGREL, 0
    .long hand_try@IMGREL, hand_try_end@IMGREL, HandFilter@IMGREL, hand_except@IMGREL
    .text
    .seh_endproc
)");

namespace {
using Body = void(PVOID frame, PVOID target);
ULONG searches, unwinds;
void (*in_filter)();
void (*in_finally)(PVOID frame);
PVOID hand_target;
LONG verdict;
}  // namespace

extern "C" {
int HandMade(Body* body);

EXCEPTION_DISPOSITION HandHandler(PEXCEPTION_RECORD record, PVOID frame, PCONTEXT context, struct _DISPATCHER_CONTEXT* dispatcher) {
  constexpr ULONG kUnwinding = 6;  // EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND
  ++((record->ExceptionFlags & kUnwinding) != 0 ? unwinds : searches);
  return __C_specific_handler(record, frame, context, dispatcher);
}

LONG HandFilter(PEXCEPTION_POINTERS pointers, PVOID) {
  Step(pointers->ExceptionRecord->ExceptionCode == RAISED_BY_TEST ? 1 : 2);
  if (in_filter && pointers->ExceptionRecord->ExceptionCode == RAISED_BY_TEST) in_filter();
  return pointers->ExceptionRecord->ExceptionCode == RAISED_BY_TEST ? verdict : EXCEPTION_CONTINUE_SEARCH;
}

void HandFinally(BOOLEAN abnormal, PVOID frame) {
  Step(abnormal ? 3 : 9);
  if (in_finally) in_finally(frame);
}
}

namespace {

int RunHandMade(Body* body, LONG filter_verdict, void (*filter)() = nullptr, void (*termination)(PVOID) = nullptr) {
  SehOrder = 0;
  searches = unwinds = 0;
  verdict = filter_verdict;
  in_filter = filter;
  in_finally = termination;
  return HandMade(body);
}

OPAQUE void RaiseIn(PVOID, PVOID target) {
  hand_target = target;
  ExRaiseStatus(RAISED_BY_TEST);
}

}  // namespace

KTEST(WrappedHandlerFiltersAndUnwinds) {
  EXPECT_EQ(RunHandMade(RaiseIn, EXCEPTION_EXECUTE_HANDLER), 200);
  EXPECT_EQ(SehOrder, 13);
  EXPECT_EQ(searches, 1);
  EXPECT_EQ(unwinds, 1);
}

KTEST(WrappedHandlerPassesOn) {
  int result = 0;
  __try {
    result = RunHandMade(RaiseIn, EXCEPTION_CONTINUE_SEARCH);
  } __except (Step(5), EXCEPTION_EXECUTE_HANDLER) {
    result = 1;
  }
  EXPECT_EQ(result, 1);
  EXPECT_EQ(SehOrder, 153);
}

KTEST(WrappedFilterMayRaise) {
  NTSTATUS status = 0;
  int result = 0;
  __try {
    result = RunHandMade(RaiseIn, EXCEPTION_EXECUTE_HANDLER, [] { ExRaiseStatus(RAISED_BY_TEST + 1); });
  } __except (status = GetExceptionCode(), Step(5), EXCEPTION_EXECUTE_HANDLER) {
    result = 1;
  }
  EXPECT_EQ(result, 1);
  EXPECT_EQ(status, RAISED_BY_TEST + 1);
  EXPECT_EQ(SehOrder, 1253);
}

KTEST(WrappedFinallyMayRaise) {
  NTSTATUS status = 0;
  int result = 0;
  __try {
    result = RunHandMade(RaiseIn, EXCEPTION_EXECUTE_HANDLER, nullptr, [](PVOID) { ExRaiseStatus(RAISED_BY_TEST + 1); });
  } __except (status = GetExceptionCode(), Step(5), EXCEPTION_EXECUTE_HANDLER) {
    result = 1;
  }
  EXPECT_EQ(result, 1);
  EXPECT_EQ(status, RAISED_BY_TEST + 1);
  // The except block around the finally is asked about the new exception as well.
  EXPECT_EQ(SehOrder, 1325);
}

KTEST(LocalUnwindRunsTheFinally) {
  RunHandMade([](PVOID frame, PVOID target) { _local_unwind(frame, target); }, 0);
  EXPECT_EQ(SehOrder, 3);
  EXPECT_EQ(unwinds, 1);
  EXPECT_EQ(searches, 0);
}

// What MSVC makes of a `return` in a __finally: the exception is forgotten.
KTEST(LocalUnwindInAFinallyEndsTheException) {
  RunHandMade(RaiseIn, EXCEPTION_EXECUTE_HANDLER, nullptr, [](PVOID frame) { _local_unwind(frame, hand_target); });
  EXPECT_EQ(SehOrder, 13);
}

KTEST(UnwindGoesToItsTargetWithAValue) {
  EXPECT_EQ(RunHandMade([](PVOID frame, PVOID target) { RtlUnwind(frame, target, nullptr, reinterpret_cast<PVOID>(0x77)); }, 0), 0x77);
  EXPECT_EQ(SehOrder, 3);
  const auto extended = [](PVOID frame, PVOID target) {
    CONTEXT context;
    RtlUnwindEx(frame, target, nullptr, reinterpret_cast<PVOID>(0x78), &context, nullptr);
  };
  EXPECT_EQ(RunHandMade(extended, 0), 0x78);
}

KTEST(UnwindSkipsDeepFrames) {
  const auto deep = [](PVOID frame, PVOID target) {
    __try {
      RtlUnwind(frame, target, nullptr, reinterpret_cast<PVOID>(0x79));
    } __finally {
      Step(AbnormalTermination() ? 7 : 9);
    }
  };
  EXPECT_EQ(RunHandMade(deep, 0), 0x79);
  EXPECT_EQ(SehOrder, 73);
}

// ---- boundaries -------------------------------------------------------------------------------------------------------

namespace {
KDPC dpc;
volatile LONG dpc_ran;
void NTAPI HandlingDpc(PKDPC, PVOID, PVOID, PVOID) {
  __try {
    ExRaiseStatus(RAISED_BY_TEST);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    dpc_ran = 1;
  }
}
}  // namespace

KTEST(DpcInsideATryHandlesItsOwn) {
  NTSTATUS status = STATUS_SUCCESS;
  dpc_ran = 0;
  KeInitializeDpc(&dpc, HandlingDpc, nullptr);
  __try {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    KeLowerIrql(old);
    KeFlushQueuedDpcs();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
  }
  EXPECT_EQ(status, STATUS_SUCCESS);
  EXPECT_EQ(dpc_ran, 1);
}

// ---- contexts ---------------------------------------------------------------------------------------------------------

KTEST(RestoredContextReturnsAgain) {
  volatile ULONG returns = 0;
  CONTEXT context;
  RtlCaptureContext(&context);
  returns = returns + 1;
  if (returns == 1) RtlRestoreContext(&context, nullptr);
  EXPECT_EQ(returns, 2);
}
