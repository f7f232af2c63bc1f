// Structured exceptions as compilers and drivers use them: __try, __except, __finally and __leave, and what the raising exports raise.
#include <limits.h>

#include "ktest.h"

// What the driver headers leave out.
struct RuntimeFunction {
  ULONG BeginAddress, EndAddress, UnwindData;
};
extern "C" {
NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);
NTSYSAPI RuntimeFunction* NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase, PVOID HistoryTable);
NTSYSAPI PEXCEPTION_ROUTINE NTAPI RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc, RuntimeFunction* FunctionEntry,
                                                   PCONTEXT ContextRecord, PVOID* HandlerData, PULONG64 EstablisherFrame,
                                                   PVOID ContextPointers);
}

namespace {

constexpr NTSTATUS kMine = static_cast<NTSTATUS>(0xE0001234);

// The order of what happens, as decimal digits.
ULONG order;
void Step(ULONG digit) { order = order * 10 + digit; }

// What a test does is not to be known when it is compiled.
#define OPAQUE __attribute__((noinline, optnone))

OPAQUE void Raise(NTSTATUS status) { ExRaiseStatus(status); }
OPAQUE ULONG Read(volatile ULONG* address) { return *address; }
OPAQUE void Write(volatile ULONG* address) { *address = 1; }
OPAQUE int Divide(int a, int b) { return a / b; }

/// Status that `body` raises, or STATUS_SUCCESS.
template <class Body>
__declspec(noinline) NTSTATUS Raised(Body body) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    body();
  } __except (status = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
  }
  return status;
}

EXCEPTION_RECORD seen;

LONG Keep(PEXCEPTION_POINTERS pointers, LONG verdict) {
  seen = *pointers->ExceptionRecord;
  return verdict;
}

}  // namespace

KTEST(RaisedStatusIsCaught) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    Raise(STATUS_ACCESS_DENIED);
  } __except (Keep(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
    status = GetExceptionCode();
  }
  EXPECT_EQ(status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(seen.ExceptionCode, STATUS_ACCESS_DENIED);
  EXPECT_EQ(seen.NumberParameters, 0);
  EXPECT(seen.ExceptionAddress != nullptr);
  EXPECT_EQ(seen.ExceptionFlags & EXCEPTION_NONCONTINUABLE, EXCEPTION_NONCONTINUABLE);
}

KTEST(NullReadIsAnAccessViolation) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    Read(reinterpret_cast<ULONG*>(0x18));
  } __except (Keep(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
    status = GetExceptionCode();
  }
  EXPECT_EQ(status, STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(seen.NumberParameters, 2);
  EXPECT_EQ(seen.ExceptionInformation[0], 0);
  EXPECT_EQ(seen.ExceptionInformation[1], 0x18);
  EXPECT_EQ(seen.ExceptionFlags, 0);
}

KTEST(UserWriteIsAnAccessViolation) {
  __try {
    Write(reinterpret_cast<ULONG*>(0x10000));
    EXPECT(!"was written");
  } __except (Keep(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
  }
  EXPECT_EQ(seen.ExceptionCode, STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(seen.ExceptionInformation[0], 1);
  EXPECT_EQ(seen.ExceptionInformation[1], 0x10000);
}

KTEST(DivisionByZeroIsCaught) {
  EXPECT_EQ(Raised([] { order = static_cast<ULONG>(Divide(1, 0)); }), STATUS_INTEGER_DIVIDE_BY_ZERO);
}

OPAQUE int DivideBy(int a, const int* b) { return a / *b; }

// The processor has one fault for both.
KTEST(QuotientThatDoesNotFitIsAnOverflow) {
  static const int minus_one = -1, zero = 0;
  EXPECT_EQ(Raised([] { order = static_cast<ULONG>(Divide(INT_MIN, -1)); }), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(Raised([] { order = static_cast<ULONG>(DivideBy(INT_MIN, &minus_one)); }), STATUS_INTEGER_OVERFLOW);
  EXPECT_EQ(Raised([] { order = static_cast<ULONG>(DivideBy(1, &zero)); }), STATUS_INTEGER_DIVIDE_BY_ZERO);
}

KTEST(FinallyRunsOnBothWays) {
  order = 0;
  __try {
    Step(1);
  } __finally {
    Step(AbnormalTermination() ? 9 : 2);
  }
  EXPECT_EQ(order, 12);
  order = 0;
  __try {
    __try {
      Step(1);
      Raise(kMine);
    } __finally {
      Step(AbnormalTermination() ? 3 : 9);
    }
  } __except (Step(2), EXCEPTION_EXECUTE_HANDLER) {
    Step(4);
  }
  EXPECT_EQ(order, 1234);  // the filter runs before the termination handler
}

KTEST(LeaveIsNoAbnormalEnd) {
  order = 0;
  __try {
    Step(1);
    if (order == 1) __leave;
    Step(9);
  } __finally {
    Step(AbnormalTermination() ? 8 : 2);
  }
  EXPECT_EQ(order, 12);
}

static __declspec(noinline) int ReturnsFromTry() {
  __try {
    Step(1);
    return 7;
  } __finally {
    Step(2);
  }
}

KTEST(ReturnFromTryRunsFinally) {
  order = 0;
  EXPECT_EQ(ReturnsFromTry(), 7);
  EXPECT_EQ(order, 12);
}

KTEST(FilterThatDeclinesPassesOutwards) {
  order = 0;
  __try {
    __try {
      Raise(kMine);
    } __except (Step(1), EXCEPTION_CONTINUE_SEARCH) {
      Step(9);
    }
  } __except (Step(2), EXCEPTION_EXECUTE_HANDLER) {
    Step(3);
  }
  EXPECT_EQ(order, 123);
}

KTEST(HandlerMayRaiseAnew) {
  order = 0;
  NTSTATUS outer = 0;
  __try {
    __try {
      Raise(kMine);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
      Step(1);
      Raise(GetExceptionCode() + 1);
    }
  } __except (outer = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    Step(2);
  }
  EXPECT_EQ(order, 12);
  EXPECT_EQ(outer, kMine + 1);
}

static LONG RepairRax(PEXCEPTION_POINTERS pointers, ULONG* good) {
  Step(1);
  // The reader's address is in a register: whichever holds the bad one gets the good one.
  ULONG64* const registers = &pointers->ContextRecord->Rax;
  for (int i = 0; i < 16; i++) {
    if (registers[i] == 0x18) registers[i] = reinterpret_cast<ULONG64>(good);
  }
  return EXCEPTION_CONTINUE_EXECUTION;
}

KTEST(ExecutionContinuesWhereTheFilterSays) {
  order = 0;
  ULONG good = 42;
  ULONG read = 0;
  __try {
    read = Read(reinterpret_cast<ULONG*>(0x18));
  } __except (RepairRax(GetExceptionInformation(), &good)) {
    Step(9);
  }
  EXPECT_EQ(order, 1);
  EXPECT_EQ(read, 42);
}

KTEST(NoncontinuableCannotContinue) {
  NTSTATUS status = 0;
  __try {
    __try {
      Raise(kMine);
    } __except (GetExceptionCode() == kMine ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH) {
    }
  } __except (status = GetExceptionCode(),
              status == STATUS_NONCONTINUABLE_EXCEPTION ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
  }
  EXPECT_EQ(status, STATUS_NONCONTINUABLE_EXCEPTION);
}

KTEST(RaisedRecordArrivesWhole) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = kMine;
  record.NumberParameters = 3;
  record.ExceptionInformation[0] = 10;
  record.ExceptionInformation[1] = 11;
  record.ExceptionInformation[2] = 12;
  __try {
    RtlRaiseException(&record);
  } __except (Keep(GetExceptionInformation(), EXCEPTION_EXECUTE_HANDLER)) {
  }
  EXPECT_EQ(seen.ExceptionCode, kMine);
  EXPECT_EQ(seen.NumberParameters, 3);
  EXPECT_EQ(seen.ExceptionInformation[2], 12);
  EXPECT(seen.ExceptionAddress != nullptr);
}

KTEST(ContinuableRecordContinuesAfterTheCall) {
  order = 0;
  EXCEPTION_RECORD record{};
  record.ExceptionCode = kMine;
  __try {
    RtlRaiseException(&record);
    Step(1);
  } __except (EXCEPTION_CONTINUE_EXECUTION) {
    Step(9);
  }
  EXPECT_EQ(order, 1);
}

KTEST(FinallyThatRaisesCollides) {
  order = 0;
  NTSTATUS status = 0;
  __try {
    __try {
      __try {
        Raise(kMine);
      } __finally {
        Step(1);
        Raise(kMine + 1);  // takes the unwind's place
      }
    } __finally {
      Step(2);
    }
  } __except (status = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    Step(3);
  }
  EXPECT_EQ(order, 123);
  EXPECT_EQ(status, kMine + 1);
}

static LONG RaiseInside() {
  Step(1);
  __try {
    Raise(kMine + 1);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    Step(2);
  }
  return EXCEPTION_EXECUTE_HANDLER;
}

KTEST(FilterMayHandleItsOwnException) {
  order = 0;
  __try {
    Raise(kMine);
  } __except (RaiseInside()) {
    Step(3);
  }
  EXPECT_EQ(order, 123);
}

static __declspec(noinline) void Deep(int depth) {
  __try {
    if (depth == 0) Raise(kMine);
    Deep(depth - 1);
  } __finally {
    order++;
  }
}

KTEST(UnwindRunsEveryFrame) {
  order = 0;
  EXPECT_EQ(Raised([] { Deep(50); }), kMine);
  EXPECT_EQ(order, 51);
}

static void NTAPI RaisingDpc(PKDPC, PVOID context, PVOID, PVOID) {
  *static_cast<NTSTATUS*>(context) = Raised([] { Raise(kMine); });
}

KTEST(ExceptionsWorkInADpc) {
  KDPC dpc;
  NTSTATUS status = 0;
  KeInitializeDpc(&dpc, RaisingDpc, &status);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
  EXPECT_EQ(status, kMine);
}

KTEST(RaisingExportsRaiseTheirStatus) {
  EXPECT_EQ(Raised([] { ExRaiseStatus(STATUS_TIMEOUT + 1); }), STATUS_TIMEOUT + 1);
  EXPECT_EQ(Raised([] { ExRaiseAccessViolation(); }), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(Raised([] { ExRaiseDatatypeMisalignment(); }), STATUS_DATATYPE_MISALIGNMENT);
}

static NTSTATUS ProbeRead(ULONG64 address, SIZE_T length, ULONG alignment) {
  return Raised([=] { ProbeForRead(reinterpret_cast<void*>(address), length, alignment); });
}
static NTSTATUS ProbeWrite(ULONG64 address, SIZE_T length, ULONG alignment) {
  return Raised([=] { ProbeForWrite(reinterpret_cast<void*>(address), length, alignment); });
}

KTEST(ProbeForReadChecksTheRangeOnly) {
  const ULONG64 limit = reinterpret_cast<ULONG64>(MM_USER_PROBE_ADDRESS);
  EXPECT_EQ(ProbeRead(1, 0, 4), STATUS_SUCCESS);  // nothing is checked of nothing
  EXPECT_EQ(ProbeRead(~0ull, 0, 1), STATUS_SUCCESS);
  EXPECT_EQ(ProbeRead(0x10001, 4, 4), STATUS_DATATYPE_MISALIGNMENT);
  EXPECT_EQ(ProbeRead(0x10000, 4, 4), STATUS_SUCCESS);  // not touched
  EXPECT_EQ(ProbeRead(limit - 4, 4, 4), STATUS_SUCCESS);
  EXPECT_EQ(ProbeRead(limit - 4, 8, 4), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(ProbeRead(limit, 1, 1), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(ProbeRead(0x10000, ~SIZE_T{0}, 1), STATUS_ACCESS_VIOLATION);  // wraps
  EXPECT_EQ(ProbeRead(reinterpret_cast<ULONG64>(&order), 4, 4), STATUS_ACCESS_VIOLATION);
}

KTEST(ProbeForWriteTouchesTheRange) {
  EXPECT_EQ(ProbeWrite(1, 0, 4), STATUS_SUCCESS);
  EXPECT_EQ(ProbeWrite(0x10001, 4, 4), STATUS_DATATYPE_MISALIGNMENT);
  EXPECT_EQ(ProbeWrite(0x10000, 4, 4), STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(ProbeWrite(reinterpret_cast<ULONG64>(&order), 4, 4), STATUS_ACCESS_VIOLATION);
}

KTEST(MmIsAddressValidTellsWithoutTouching) {
  EXPECT(MmIsAddressValid(&order));
  EXPECT(!MmIsAddressValid(nullptr));
  EXPECT(!MmIsAddressValid(reinterpret_cast<PVOID>(0x8000000000000000)));
  EXPECT(MmIsAddressValid(reinterpret_cast<PVOID>(&MmIsAddressValid)));
}

static __declspec(noinline) void Capture(CONTEXT* context) { RtlCaptureContext(context); }

KTEST(CapturedContextUnwindsToTheCaller) {
  CONTEXT context;
  Capture(&context);
  ULONG64 base = 0;
  RuntimeFunction* const function = RtlLookupFunctionEntry(context.Rip, &base, nullptr);
  REQUIRE(function != nullptr);
  EXPECT_EQ(base, ktest::driver->DriverStart);
  EXPECT(context.Rip - base >= function->BeginAddress && context.Rip - base < function->EndAddress);
  EXPECT_EQ(context.Rsp % 16, 0);
  PVOID data = nullptr;
  ULONG64 frame = 0;
  CONTEXT caller = context;
  RtlVirtualUnwind(0, base, context.Rip, function, &caller, &data, &frame, nullptr);
  EXPECT(caller.Rip != context.Rip);
  EXPECT(caller.Rsp > context.Rsp);
  EXPECT_EQ(*reinterpret_cast<ULONG64*>(caller.Rsp - 8), caller.Rip);
  EXPECT(RtlLookupFunctionEntry(0x1000, &base, nullptr) == nullptr);
}

static __declspec(noinline) USHORT Trace(ULONG skip, ULONG count, PVOID* frames, ULONG* hash) {
  const USHORT captured = RtlCaptureStackBackTrace(skip, count, frames, hash);
  order++;  // no tail call
  return captured;
}

KTEST(BackTraceSkipsAndHashes) {
  PVOID all[16] = {}, skipped[16] = {};
  ULONG hash = 0;
  const USHORT count = Trace(0, 16, all, &hash);
  EXPECT(count >= 3);
  ULONG sum = 0;
  for (USHORT i = 0; i < count; i++) sum += PtrToUlong(all[i]);
  EXPECT_EQ(hash, sum);
  EXPECT_EQ(Trace(1, 2, skipped, nullptr), 2);
  EXPECT_EQ(skipped[1], all[2]);
  EXPECT_EQ(Trace(100, 2, skipped, nullptr), 0);
  EXPECT_EQ(Trace(0, 0, skipped, nullptr), 0);
}

extern "C" NTSYSAPI PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID* BaseOfImage);
extern "C" NTSYSAPI ULONG NTAPI RtlWalkFrameChain(PVOID* Callers, ULONG Count, ULONG Flags);

static __declspec(noinline) ULONG Walk(PVOID* frames, ULONG count, ULONG flags) {
  const ULONG walked = RtlWalkFrameChain(frames, count, flags);
  order++;  // no tail call
  return walked;
}

KTEST(FrameChainBeginsWithTheCaller) {
  PVOID all[16] = {}, skipped[16] = {};
  const ULONG count = Walk(all, 16, 0);
  EXPECT(count >= 3);
  PVOID base = nullptr;
  EXPECT_EQ(RtlPcToFileHeader(all[0], &base), ktest::driver->DriverStart);
  EXPECT_EQ(base, ktest::driver->DriverStart);
  EXPECT_EQ(Walk(skipped, 2, 1 << 8), 2);
  EXPECT_EQ(skipped[1], all[2]);
  EXPECT_EQ(Walk(skipped, 0, 0), 0);
  EXPECT_EQ(Walk(skipped, 16, 1), 0);  // a system thread has no user-mode stack
}

KTEST(PcToFileHeaderOfNoImage) {
  PVOID base = &order;
  EXPECT(RtlPcToFileHeader(reinterpret_cast<PVOID>(0x10000), &base) == nullptr);
  EXPECT(base == nullptr);
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"RtlPcToFileHeader");
  EXPECT(RtlPcToFileHeader(MmGetSystemRoutineAddress(&name), &base) != nullptr);
}

KTEST(FailingServiceRestoresPreviousMode) {
  // Parameters that fault in the service: as a kernel-mode caller's they are an exception or a status, never another mode.
  EXPECT_EQ(ExGetPreviousMode(), KernelMode);
  Raised([] { ZwClose(reinterpret_cast<HANDLE>(static_cast<LONG_PTR>(0x18))); });
  Raised([] {
    UNICODE_STRING* const bad = reinterpret_cast<UNICODE_STRING*>(0x18);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, bad, OBJ_KERNEL_HANDLE, nullptr, nullptr);
    HANDLE handle;
    ZwOpenKey(&handle, KEY_READ, &attributes);
  });
  EXPECT_EQ(ExGetPreviousMode(), KernelMode);
}

// Not by their names, which the compiler takes for its own.
extern "C" {
__attribute__((returns_twice)) int SaveJump(ULONG64* buffer, PVOID frame) __asm__("_setjmp");
[[noreturn]] void LongJump(ULONG64* buffer, int value) __asm__("longjmp");
}

namespace {
alignas(16) ULONG64 jump_buffer[32];
volatile int finally_saw;

__declspec(noinline) void JumpOut(int value) {
  __try {
    LongJump(jump_buffer, value);
  } __finally {
    finally_saw = AbnormalTermination() ? 1 : 2;
  }
}
}  // namespace

KTEST(ALongJumpUnwinds) {
  finally_saw = 0;
  volatile int passes = 0;
  const int came = SaveJump(jump_buffer, __builtin_frame_address(0));
  passes = passes + 1;
  if (came == 0) JumpOut(7);
  EXPECT_EQ(came, 7);
  EXPECT_EQ(passes, 2);
  EXPECT_EQ(finally_saw, 1);
}

KTEST(JumpsAreSavedUnderTwoNames) {
  const PCWSTR names[] = {L"_setjmp", L"_setjmpex"};
  for (PCWSTR text : names) {
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, text);
    EXPECT(MmGetSystemRoutineAddress(&name) != nullptr);
  }
}

KTEST(WithoutAFrameNothingIsUnwound) {
  finally_saw = 0;
  const int came = SaveJump(jump_buffer, nullptr);
  if (came == 0) JumpOut(0);
  EXPECT_EQ(came, 1);  // 0 would be setjmp's own
  EXPECT_EQ(finally_saw, 0);
}
