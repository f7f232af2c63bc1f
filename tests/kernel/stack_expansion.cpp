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
