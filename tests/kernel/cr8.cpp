// IRQL raised and lowered by moves to CR8, as the inline functions of the headers do it, in every neighbourhood of instructions.
#include "ktest.h"

extern "C" {
ULONG Cr8Probe = 7;
KIRQL Cr8ReadThenReturn();
ULONG Cr8WriteThenLoad(ULONG64 irql);
ULONG Cr8WriteThenBranch(ULONG64 irql, ULONG value);
ULONG64 Cr8WriteThenCall(ULONG64 irql);
ULONG64 Cr8WriteThenCallThroughMemory(ULONG64 irql);
ULONG Cr8JumpBehindWrite(ULONG64 irql, ULONG jump);
ULONG Cr8WriteThenTouch(ULONG64 irql, ULONG* address);
void* Cr8Callee();
void* Cr8CalleePointer = reinterpret_cast<void*>(&Cr8Callee);
extern const UCHAR Cr8TouchInstruction[];
extern const UCHAR Cr8AfterCall[];
}

asm(R"(
    .text
    .globl Cr8ReadThenReturn, Cr8WriteThenLoad, Cr8WriteThenBranch, Cr8WriteThenCall, Cr8WriteThenCallThroughMemory
    .globl Cr8JumpBehindWrite, Cr8WriteThenTouch, Cr8TouchInstruction, Cr8Callee, Cr8AfterCall
Cr8ReadThenReturn:
    movq %cr8, %rax
    ret
Cr8WriteThenLoad:
    movq %cr8, %rdx
    movq %rcx, %cr8
    movl Cr8Probe(%rip), %eax
    movq %rdx, %cr8
    ret
Cr8WriteThenBranch:
    movq %cr8, %r9
    testl %edx, %edx
    movq %rcx, %cr8
    jz 1f
    movl $1, %eax
    jmp 2f
1:  movl $2, %eax
2:  movq %r9, %cr8
    ret
Cr8Callee:
    movq (%rsp), %rax
    ret
Cr8WriteThenCall:
    movq %rcx, %cr8
    call Cr8Callee
Cr8AfterCall:
    ret
Cr8WriteThenCallThroughMemory:
    leaq 2f(%rip), %rdx
    movq %rcx, %cr8
    call *Cr8CalleePointer(%rip)
2:  subq %rdx, %rax
    ret
Cr8JumpBehindWrite:
    xorl %eax, %eax
    testl %edx, %edx
    jnz 1f
    movq %rcx, %cr8
1:  addl $5, %eax
    ret
)");

// Its own unwind data: an exception passes it.
asm(R"(
    .text
    .seh_proc Cr8WriteThenTouch
Cr8WriteThenTouch:
    .seh_endprologue
    movq %rcx, %cr8
Cr8TouchInstruction:
    movl (%rdx), %eax
    ret
    .seh_endproc
)");

namespace {

void NoteRun(PKDPC, void* flag, void*, void*) { *static_cast<volatile bool*>(flag) = true; }

void* FaultAddress(EXCEPTION_POINTERS* pointers, ULONG64* rip) {
  *rip = pointers->ContextRecord->Rip;
  return pointers->ExceptionRecord->ExceptionAddress;
}

}  // namespace

KTEST(MovesToCr8SetTheIrql) {
  for (int i = 0; i < 3; ++i) {
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    EXPECT_EQ(old, PASSIVE_LEVEL);
    EXPECT_EQ(Cr8ReadThenReturn(), DISPATCH_LEVEL);
    KSPIN_LOCK lock = 0;
    KeAcquireSpinLockAtDpcLevel(&lock);
    KeReleaseSpinLockFromDpcLevel(&lock);
    KeLowerIrql(old);
    EXPECT_EQ(Cr8ReadThenReturn(), PASSIVE_LEVEL);
  }
}

KTEST(LoweringByCr8RunsDpcsAtOnce) {
  for (int i = 0; i < 3; ++i) {
    volatile bool ran = false;
    KDPC dpc;
    KeInitializeDpc(&dpc, NoteRun, const_cast<bool*>(&ran));
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
    EXPECT(!ran);
    KeLowerIrql(old);
    EXPECT(ran);
  }
}

KTEST(Cr8BeforeEveryKindOfInstruction) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Cr8WriteThenLoad(DISPATCH_LEVEL), 7u);
    EXPECT_EQ(Cr8WriteThenBranch(DISPATCH_LEVEL, 1), 1u);
    EXPECT_EQ(Cr8WriteThenBranch(DISPATCH_LEVEL, 0), 2u);
    EXPECT_EQ(Cr8WriteThenCall(PASSIVE_LEVEL), reinterpret_cast<ULONG64>(Cr8AfterCall));
    EXPECT_EQ(Cr8WriteThenCallThroughMemory(PASSIVE_LEVEL), 0u);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  }
}

KTEST(JumpToTheInstructionBehindCr8) {
  EXPECT_EQ(Cr8JumpBehindWrite(PASSIVE_LEVEL, 1), 5u);
  EXPECT_EQ(Cr8JumpBehindWrite(PASSIVE_LEVEL, 0), 5u);
  EXPECT_EQ(Cr8JumpBehindWrite(PASSIVE_LEVEL, 1), 5u);
  EXPECT_EQ(Cr8JumpBehindWrite(PASSIVE_LEVEL, 0), 5u);
}

KTEST(FaultBehindCr8IsTheDriversOwn) {
  ULONG value = 3;
  EXPECT_EQ(Cr8WriteThenTouch(PASSIVE_LEVEL, &value), 3u);
  for (int i = 0; i < 2; ++i) {
    void* address = nullptr;
    ULONG64 rip = 0;
    __try {
      Cr8WriteThenTouch(PASSIVE_LEVEL, reinterpret_cast<ULONG*>(0x10));
    } __except (address = FaultAddress(GetExceptionInformation(), &rip), EXCEPTION_EXECUTE_HANDLER) {
    }
    EXPECT(address == static_cast<const void*>(Cr8TouchInstruction));
    EXPECT_EQ(rip, reinterpret_cast<ULONG64>(Cr8TouchInstruction));
  }
}

namespace {

__declspec(noinline) void RaiseIf(bool raise) {
  if (raise) ExRaiseStatus(STATUS_DATA_ERROR);
}

/// The call returns right to a move of CR8.
__declspec(noinline) NTSTATUS CallBeforeAMove(bool raise) {
  volatile KIRQL irql;
  __try {
    RaiseIf(raise);
    irql = KeGetCurrentIrql();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return irql;
}

}  // namespace

KTEST(AnExceptionFindsTheFrameThatReturnsToAMove) {
  EXPECT_EQ(CallBeforeAMove(false), PASSIVE_LEVEL);
  EXPECT_EQ(CallBeforeAMove(true), STATUS_DATA_ERROR);
}
