// Semaphores: counted, limited, waking as many as were released.
#include "ktest.h"

using namespace ktest;

KTEST(CountsDownAndUp) {
  KSEMAPHORE semaphore;
  KeInitializeSemaphore(&semaphore, 2, 3);
  EXPECT_EQ(KeReadStateSemaphore(&semaphore), 2);
  EXPECT_EQ(semaphore.Limit, 3);
  EXPECT_EQ(WaitFor(&semaphore, 0), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&semaphore, 0), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&semaphore, 0), STATUS_TIMEOUT);
  EXPECT_EQ(KeReleaseSemaphore(&semaphore, 0, 1, FALSE), 0);
  EXPECT_EQ(KeReleaseSemaphore(&semaphore, 0, 2, FALSE), 1);
  EXPECT_EQ(KeReadStateSemaphore(&semaphore), 3);
}

namespace {
NTSTATUS Release(PKSEMAPHORE semaphore, LONG adjustment) {
  __try {
    KeReleaseSemaphore(semaphore, 0, adjustment, FALSE);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}
}  // namespace

KTEST(OverTheLimitRaisesAndChangesNothing) {
  KSEMAPHORE semaphore;
  KeInitializeSemaphore(&semaphore, 1, 2);
  EXPECT_EQ(Release(&semaphore, 2), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  EXPECT_EQ(KeReadStateSemaphore(&semaphore), 1);
  EXPECT_EQ(Release(&semaphore, MAXLONG), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  EXPECT_EQ(Release(&semaphore, 1), STATUS_SUCCESS);
  EXPECT_EQ(Release(&semaphore, 1), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

namespace {
struct Waiters {
  KSEMAPHORE semaphore;
  volatile LONG woken;
};

void WaitOnce(Waiters* waiters) {
  KeWaitForSingleObject(&waiters->semaphore, Executive, KernelMode, FALSE, nullptr);
  InterlockedIncrement(&waiters->woken);
}
}  // namespace

KTEST(ReleaseWakesAsManyAsItAdds) {
  Waiters waiters = {};
  KeInitializeSemaphore(&waiters.semaphore, 0, MAXLONG);
  Thread first(WaitOnce, &waiters), second(WaitOnce, &waiters), third(WaitOnce, &waiters);
  Sleep(20);
  EXPECT_EQ(KeReleaseSemaphore(&waiters.semaphore, 0, 2, FALSE), 0);
  Sleep(20);
  EXPECT_EQ(waiters.woken, 2);
  EXPECT_EQ(KeReadStateSemaphore(&waiters.semaphore), 0);
  KeReleaseSemaphore(&waiters.semaphore, 0, 5, FALSE);
  first.Join();
  second.Join();
  third.Join();
  EXPECT_EQ(KeReadStateSemaphore(&waiters.semaphore), 4);
}

KTEST(ReleaseAtDispatchLevel) {
  KSEMAPHORE semaphore;
  KeInitializeSemaphore(&semaphore, 0, 1);
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT_EQ(KeReleaseSemaphore(&semaphore, 0, 1, FALSE), 0);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeLowerIrql(old);
  EXPECT_EQ(WaitFor(&semaphore, 0), STATUS_SUCCESS);
}

KTEST(ReleaseAndWaitInOne) {
  KSEMAPHORE semaphore;
  KEVENT event;
  KeInitializeSemaphore(&semaphore, 0, 1);
  KeInitializeEvent(&event, NotificationEvent, TRUE);
  KeReleaseSemaphore(&semaphore, 0, 1, TRUE);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}
