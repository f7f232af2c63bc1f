// Timers: relative, absolute, periodic, with DPCs; set again, canceled, read. No test depends on how late a timer is.
#include "ktest.h"

using namespace ktest;

namespace {
struct Ticks {
  volatile LONG count;
  KEVENT event;
  PVOID low, high;
};

void Tick(PKDPC, PVOID context, PVOID low, PVOID high) {
  auto* const ticks = static_cast<Ticks*>(context);
  ticks->low = low;
  ticks->high = high;
  InterlockedIncrement(&ticks->count);
  KeSetEvent(&ticks->event, IO_NO_INCREMENT, FALSE);
}

void Prepare(Ticks& ticks, KDPC& dpc) {
  ticks = {};
  KeInitializeEvent(&ticks.event, SynchronizationEvent, FALSE);
  KeInitializeDpc(&dpc, Tick, &ticks);
}
}  // namespace

KTEST(NotificationTimerStaysSignaled) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  EXPECT(!KeReadStateTimer(&timer));
  const LONG64 start = Now();
  EXPECT(!KeSetTimer(&timer, Milliseconds(20), nullptr));
  EXPECT(!KeReadStateTimer(&timer));
  EXPECT_EQ(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT(Now() - start >= 20);
  EXPECT(KeReadStateTimer(&timer));
  EXPECT_EQ(WaitFor(&timer, 0), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&timer, 0), STATUS_SUCCESS);
}

KTEST(SynchronizationTimerIsTakenByOneWait) {
  KTIMER timer;
  KeInitializeTimerEx(&timer, SynchronizationTimer);
  KeSetTimer(&timer, Milliseconds(5), nullptr);
  EXPECT_EQ(WaitFor(&timer, 1000), STATUS_SUCCESS);
  EXPECT(!KeReadStateTimer(&timer));
  EXPECT_EQ(WaitFor(&timer, 0), STATUS_TIMEOUT);
}

KTEST(HeaderTellsTheType) {
  KTIMER timer;
  KeInitializeTimerEx(&timer, NotificationTimer);
  EXPECT_EQ(timer.Header.Type, 8);
  KeInitializeTimerEx(&timer, SynchronizationTimer);
  EXPECT_EQ(timer.Header.Type, 9);
}

KTEST(AbsoluteDueTime) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  LARGE_INTEGER due;
  KeQuerySystemTime(&due);
  due.QuadPart += 200000;
  KeSetTimer(&timer, due, nullptr);
  EXPECT_EQ(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  LARGE_INTEGER now;
  KeQuerySystemTimePrecise(&now);
  EXPECT(now.QuadPart >= due.QuadPart);
}

KTEST(PastDueTimeExpiresAtOnce) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  LARGE_INTEGER past;
  past.QuadPart = 1;  // in the year 1601
  EXPECT(!KeSetTimer(&timer, past, nullptr));
  EXPECT(KeReadStateTimer(&timer));
  LARGE_INTEGER zero = {};
  EXPECT(!KeSetTimer(&timer, zero, nullptr));
  EXPECT(KeReadStateTimer(&timer));
  EXPECT(!KeCancelTimer(&timer));
}

KTEST(SettingAgainCancelsAndResets) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  KeSetTimer(&timer, Milliseconds(1), nullptr);
  EXPECT_EQ(WaitFor(&timer, 1000), STATUS_SUCCESS);
  EXPECT(!KeSetTimer(&timer, Milliseconds(100000), nullptr));  // it was not set any more
  EXPECT(!KeReadStateTimer(&timer));
  EXPECT(KeSetTimer(&timer, Milliseconds(5), nullptr));
  EXPECT_EQ(WaitFor(&timer, 1000), STATUS_SUCCESS);
}

KTEST(CanceledTimerDoesNotExpire) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  EXPECT(!KeCancelTimer(&timer));
  KeSetTimer(&timer, Milliseconds(10), nullptr);
  EXPECT(KeCancelTimer(&timer));
  EXPECT(!KeCancelTimer(&timer));
  EXPECT_EQ(WaitFor(&timer, 40), STATUS_TIMEOUT);
  EXPECT(!KeReadStateTimer(&timer));
}

KTEST(CancelLeavesTheSignalState) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  KeSetTimer(&timer, Milliseconds(1), nullptr);
  WaitFor(&timer, 1000);
  EXPECT(!KeCancelTimer(&timer));
  EXPECT(KeReadStateTimer(&timer));
}

KTEST(DpcRunsWhenItExpires) {
  Ticks ticks;
  KDPC dpc;
  KTIMER timer;
  Prepare(ticks, dpc);
  KeInitializeTimer(&timer);
  LARGE_INTEGER before;
  KeQuerySystemTimePrecise(&before);
  KeSetTimer(&timer, Milliseconds(10), &dpc);
  EXPECT_EQ(WaitFor(&ticks.event, 1000), STATUS_SUCCESS);
  EXPECT_EQ(ticks.count, 1);
  // The arguments are the low and high part of the system time.
  LARGE_INTEGER fired;
  fired.LowPart = static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(ticks.low));
  fired.HighPart = static_cast<LONG>(reinterpret_cast<LONG_PTR>(ticks.high));
  EXPECT(fired.QuadPart >= before.QuadPart + 100000);
  EXPECT(fired.QuadPart < before.QuadPart + 100000 + 600000000);
}

KTEST(PeriodicTimerKeepsExpiring) {
  Ticks ticks;
  KDPC dpc;
  KTIMER timer;
  Prepare(ticks, dpc);
  KeInitializeTimerEx(&timer, SynchronizationTimer);
  EXPECT(!KeSetTimerEx(&timer, Milliseconds(5), 5, &dpc));
  for (int i = 0; i < 4; i++) EXPECT_EQ(WaitFor(&timer, 2000), STATUS_SUCCESS);
  EXPECT(KeCancelTimer(&timer));
  KeFlushQueuedDpcs();
  const LONG count = ticks.count;
  EXPECT(count >= 1);  // a late DPC may stand for several periods
  Sleep(30);
  EXPECT_EQ(ticks.count, count);
}

KTEST(PeriodicTimerThatIsDueAtOnce) {
  Ticks ticks;
  KDPC dpc;
  KTIMER timer;
  Prepare(ticks, dpc);
  KeInitializeTimer(&timer);
  LARGE_INTEGER zero = {};
  KeSetTimerEx(&timer, zero, 1000, &dpc);
  EXPECT_EQ(WaitFor(&ticks.event, 500), STATUS_SUCCESS);
  EXPECT(KeCancelTimer(&timer));
}

KTEST(CoalescableTimer) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  const LONG64 start = Now();
  EXPECT(!KeSetCoalescableTimer(&timer, Milliseconds(20), 0, 10, nullptr));
  EXPECT_EQ(WaitFor(&timer, 1000), STATUS_SUCCESS);
  EXPECT(Now() - start >= 20);
}

KTEST(TimersExpireInTheOrderOfTheirDueTimes) {
  KTIMER timers[3];
  PVOID objects[3];
  for (int i = 0; i < 3; i++) {
    KeInitializeTimerEx(&timers[i], SynchronizationTimer);
    objects[i] = &timers[i];
  }
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  KeSetTimer(&timers[0], Milliseconds(60), nullptr);
  KeSetTimer(&timers[1], Milliseconds(40), nullptr);
  KeSetTimer(&timers[2], Milliseconds(20), nullptr);
  KeLowerIrql(old);
  const NTSTATUS expected[] = {STATUS_WAIT_0 + 2, STATUS_WAIT_0 + 1, STATUS_WAIT_0};
  for (const NTSTATUS status : expected) {
    EXPECT_EQ(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr), status);
  }
}

KTEST(SetAtDispatchLevel) {
  KTIMER timer;
  KeInitializeTimer(&timer);
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT(!KeSetTimer(&timer, Milliseconds(1), nullptr));
  EXPECT(KeCancelTimer(&timer));
  KeLowerIrql(old);
}

KTEST(TimeQueriesAgree) {
  LARGE_INTEGER system, precise, ticks, frequency;
  KeQuerySystemTime(&system);
  KeQuerySystemTimePrecise(&precise);
  EXPECT(precise.QuadPart >= system.QuadPart - 200000);
  KeQueryTickCount(&ticks);
  EXPECT(ticks.QuadPart >= 0);
  EXPECT_EQ(KeQueryTimeIncrement(), 156250);
  const LARGE_INTEGER first = KeQueryPerformanceCounter(&frequency);
  EXPECT(frequency.QuadPart > 0);
  Sleep(2);
  EXPECT(KeQueryPerformanceCounter(nullptr).QuadPart > first.QuadPart);
}

KTEST(TimeWithoutSleepIsInterruptTime) {
  ULONG64 counter = 0;
  const ULONG64 before = KeQueryUnbiasedInterruptTime();
  const ULONG64 precise = KeQueryUnbiasedInterruptTimePrecise(&counter);
  EXPECT(precise >= before);
  EXPECT(counter != 0);
}
