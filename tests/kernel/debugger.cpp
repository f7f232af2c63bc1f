// Breakpoints and the debugger that is not there.
#undef DbgBreakPoint
#include "ktest.h"

extern "C" {
NTSYSAPI VOID NTAPI DbgBreakPointWithStatus(ULONG Status);
NTKERNELAPI NTSTATUS NTAPI KdSystemDebugControl(ULONG Command, PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                                                ULONG OutputBufferLength, PULONG ReturnLength, KPROCESSOR_MODE PreviousMode);
NTSYSAPI ULONG NTAPI DbgPrompt(PCCH Prompt, PCH Response, ULONG MaximumResponseLength);
}

namespace {

EXCEPTION_RECORD seen;
ULONG64 interrupted;

LONG Keep(PEXCEPTION_POINTERS pointers) {
  seen = *pointers->ExceptionRecord;
  interrupted = pointers->ContextRecord->Rip;
  return EXCEPTION_EXECUTE_HANDLER;
}

/// Goes on behind the breakpoint, as a debugger does.
LONG StepOver(PEXCEPTION_POINTERS pointers) {
  pointers->ContextRecord->Rip += *reinterpret_cast<UCHAR*>(pointers->ContextRecord->Rip) == 0xCC ? 1 : 2;
  return EXCEPTION_CONTINUE_EXECUTION;
}

template <class Body>
__declspec(noinline) NTSTATUS Raised(Body body) {
  NTSTATUS status = STATUS_SUCCESS;
  seen = {};
  __try {
    body();
  } __except (Keep(GetExceptionInformation())) {
    status = GetExceptionCode();
  }
  return status;
}

}  // namespace

extern "C" PULONG NtBuildNumber;

KTEST(BuildNumberIsWindows11s) { EXPECT_EQ(*NtBuildNumber, 0xF0000000 | 22000); }

KTEST(NoDebuggerIsThere) {
  EXPECT_EQ(KD_DEBUGGER_ENABLED, FALSE);
  EXPECT_EQ(KD_DEBUGGER_NOT_PRESENT, TRUE);
  EXPECT_EQ(KdRefreshDebuggerNotPresent(), TRUE);
  EXPECT_EQ(KdDisableDebugger(), STATUS_DEBUGGER_INACTIVE);
  EXPECT_EQ(KdEnableDebugger(), STATUS_DEBUGGER_INACTIVE);
  BOOLEAN block = TRUE;
  ULONG needed = 7;
  EXPECT_EQ(KdChangeOption(KD_OPTION_SET_BLOCK_ENABLE, sizeof block, &block, 0, nullptr, &needed), STATUS_DEBUGGER_INACTIVE);
  EXPECT_EQ(KdSystemDebugControl(0, nullptr, 0, nullptr, 0, &needed, KernelMode), STATUS_DEBUGGER_INACTIVE);
  char answer[8] = "x";
  EXPECT_EQ(DbgPrompt("nobody answers\n", answer, sizeof answer), 0);
}

KTEST(BreakpointIsAnException) {
  EXPECT_EQ(Raised([] { __debugbreak(); }), STATUS_BREAKPOINT);
  EXPECT_EQ(seen.NumberParameters, 1);
  EXPECT_EQ(seen.ExceptionInformation[0], 0);
  EXPECT_EQ(seen.ExceptionFlags, 0);
  EXPECT_EQ(seen.ExceptionAddress, interrupted);
  EXPECT_EQ(*static_cast<UCHAR*>(seen.ExceptionAddress), 0xCC);
}

KTEST(ExportedBreakpointsAreToo) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"DbgBreakPoint");
  const auto exported = reinterpret_cast<void (*)()>(MmGetSystemRoutineAddress(&name));
  REQUIRE(exported != nullptr);
  EXPECT_EQ(Raised([=] { exported(); }), STATUS_BREAKPOINT);
  EXPECT_EQ(Raised([] { DbgBreakPointWithStatus(3); }), STATUS_BREAKPOINT);
  bool after = false;
  __try {
    DbgBreakPointWithStatus(3);
    after = true;
  } __except (StepOver(GetExceptionInformation())) {
  }
  EXPECT(after);
}

KTEST(FailedAssertionIsAnException) {
  EXPECT_EQ(Raised([] { DbgRaiseAssertionFailure(); }), STATUS_ASSERTION_FAILURE);
  EXPECT_EQ(seen.ExceptionAddress, interrupted);
  EXPECT_EQ(*static_cast<UCHAR*>(seen.ExceptionAddress), 0xCD);
  bool after = false;
  __try {
    __asm__ volatile("int $0x2c");  // DbgRaiseAssertionFailure is known not to return
    after = true;
  } __except (StepOver(GetExceptionInformation())) {
  }
  EXPECT(after);
}

KTEST(RtlAssertBreaks) {
  static char expression[] = "1 == 2", file[] = "debugger.cpp", message[] = "";
  EXPECT_EQ(Raised([] { RtlAssert(expression, file, 7, message); }), STATUS_BREAKPOINT);
  EXPECT_EQ(seen.NumberParameters, 1);
}
