// Calls with more stack than a thread may have left.
#include "ktest.h"

using namespace ktest;

namespace {
struct Call {
  int calls;
  SIZE_T room;
  KIRQL irql;
};

void NTAPI Called(PVOID parameter) {
  auto* const call = static_cast<Call*>(parameter);
  call->calls++;
  call->room = IoGetRemainingStackSize();
  call->irql = KeGetCurrentIrql();
}
}  // namespace

KTEST(TheRoutineHasTheRoomItNeeds) {
  Call call = {};
  EXPECT_EQ(KeExpandKernelStackAndCallout(Called, &call, 48 * 1024), STATUS_SUCCESS);
  EXPECT_EQ(call.calls, 1);
  EXPECT(call.room >= 47 * 1024);
  EXPECT_EQ(KeExpandKernelStackAndCalloutEx(Called, &call, MAXIMUM_EXPANSION_SIZE, TRUE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(call.calls, 2);
}

KTEST(AtDispatchLevelNobodyMayWait) {
  Call call = {};
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  const NTSTATUS status = KeExpandKernelStackAndCalloutEx(Called, &call, 4096, FALSE, nullptr);
  KeLowerIrql(old);
  EXPECT_EQ(status, STATUS_SUCCESS);
  EXPECT_EQ(call.irql, DISPATCH_LEVEL);
}

KTEST(MoreThanTheLargestStackIsRefused) {
  Call call = {};
  EXPECT_EQ(KeExpandKernelStackAndCallout(Called, &call, MAXIMUM_EXPANSION_SIZE + 1), STATUS_INVALID_PARAMETER_3);
  EXPECT_EQ(KeExpandKernelStackAndCalloutEx(Called, &call, 4096, TRUE, &call), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(call.calls, 0);
}

extern "C" __declspec(dllimport) void __chkstk();

namespace {
/// Calls __chkstk as compilers do: the size in RAX. True if all registers that a prologue may hold arguments in are as before.
bool ChecksTheStack(ULONG64 size) {
  ULONG64 rax = size, rcx = 1, rdx = 2, r8 = 3, r9 = 4, r10 = 5, r11 = 6;
  asm volatile(
      "movq %[r10], %%r10\n\tmovq %[r11], %%r11\n\tmovq $3, %%r8\n\tmovq $4, %%r9\n\t"
      "subq $40, %%rsp\n\tcallq *__imp___chkstk(%%rip)\n\taddq $40, %%rsp\n\t"
      "movq %%r8, %[r8]\n\tmovq %%r9, %[r9]\n\tmovq %%r10, %[r10]\n\tmovq %%r11, %[r11]"
      : "+a"(rax), "+c"(rcx), "+d"(rdx), [r8] "+S"(r8), [r9] "+D"(r9), [r10] "+b"(r10), [r11] "+r"(r11)
      :
      : "r8", "r9", "r10", "r11", "memory", "cc");
  return rax == size && rcx == 1 && rdx == 2 && r8 == 3 && r9 == 4 && r10 == 5 && r11 == 6;
}
}  // namespace

KTEST(AFrameIsCheckedWithoutARegister) {
  EXPECT(ChecksTheStack(4096));
  EXPECT(ChecksTheStack(IoGetRemainingStackSize() / 2));
}
