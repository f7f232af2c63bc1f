// The scheduler: priorities preempt, equals share, boosts come with wakes and decay.
#include "ktest.h"

using namespace ktest;

namespace {
/// Keeps the test's thread on processor 0, and the threads it makes as well.
struct OnProcessorZero {
  KAFFINITY old = KeSetSystemAffinityThreadEx(1);
  ~OnProcessorZero() { KeRevertToUserAffinityThreadEx(old); }
};

struct Runner {
  KEVENT go;
  volatile LONG runs, stop;
  KPRIORITY priority;
  KPRIORITY seen;
};

void WaitThenRun(Runner* self) {
  KeSetSystemAffinityThreadEx(1);
  KeSetPriorityThread(KeGetCurrentThread(), self->priority);
  KeWaitForSingleObject(&self->go, Executive, KernelMode, FALSE, nullptr);
  self->seen = KeQueryPriorityThread(KeGetCurrentThread());
  InterlockedIncrement(&self->runs);
}
}  // namespace

KTEST(AHigherPriorityPreemptsAtOnce) {
  OnProcessorZero here;
  Runner runner = {};
  runner.priority = 14;
  KeInitializeEvent(&runner.go, SynchronizationEvent, FALSE);
  Thread thread(WaitThenRun, &runner);
  Sleep(10);
  KeSetEvent(&runner.go, IO_NO_INCREMENT, FALSE);
  EXPECT_EQ(runner.runs, 1);  // it ran before KeSetEvent came back
}

KTEST(NothingPreemptsAtDispatchLevel) {
  OnProcessorZero here;
  Runner runner = {};
  runner.priority = 14;
  KeInitializeEvent(&runner.go, SynchronizationEvent, FALSE);
  Thread thread(WaitThenRun, &runner);
  Sleep(10);
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  KeSetEvent(&runner.go, IO_NO_INCREMENT, FALSE);
  EXPECT_EQ(runner.runs, 0);
  KeLowerIrql(old);
  EXPECT_EQ(runner.runs, 1);
}

KTEST(ALowerPriorityWaitsForTheProcessor) {
  OnProcessorZero here;
  Runner runner = {};
  runner.priority = 3;
  KeInitializeEvent(&runner.go, SynchronizationEvent, FALSE);
  Thread thread(WaitThenRun, &runner);
  Sleep(10);
  KeSetEvent(&runner.go, IO_NO_INCREMENT, FALSE);
  EXPECT_EQ(runner.runs, 0);
  thread.Join();
  EXPECT_EQ(runner.runs, 1);
}

KTEST(TheIncrementBoostsWhoIsWoken) {
  Runner runner = {};
  runner.priority = 8;
  KeInitializeEvent(&runner.go, SynchronizationEvent, FALSE);
  Thread thread(WaitThenRun, &runner);
  Sleep(10);
  KeSetEvent(&runner.go, 4, FALSE);
  thread.Join();
  EXPECT_EQ(runner.seen, 12);
}

KTEST(ABoostStopsBelowRealTime) {
  Runner runner = {};
  runner.priority = 13;
  KeInitializeEvent(&runner.go, SynchronizationEvent, FALSE);
  Thread thread(WaitThenRun, &runner);
  Sleep(10);
  KeSetEvent(&runner.go, 8, FALSE);
  thread.Join();
  EXPECT_EQ(runner.seen, 15);
}

KTEST(RealTimePrioritiesAreNotBoosted) {
  Runner runner = {};
  runner.priority = 20;
  KeInitializeEvent(&runner.go, SynchronizationEvent, FALSE);
  Thread thread(WaitThenRun, &runner);
  Sleep(10);
  KeSetEvent(&runner.go, 8, FALSE);
  thread.Join();
  EXPECT_EQ(runner.seen, 20);
}

namespace {
void Decay(Runner* self) {
  KeSetPriorityThread(KeGetCurrentThread(), 8);
  KeWaitForSingleObject(&self->go, Executive, KernelMode, FALSE, nullptr);
  self->seen = KeQueryPriorityThread(KeGetCurrentThread());
  // Uses up its quanta until the boost is gone.
  while (KeQueryPriorityThread(KeGetCurrentThread()) > 8) KeStallExecutionProcessor(1000);
  self->runs = 1;
}

void Spin(Runner* self) {
  KeSetSystemAffinityThreadEx(1);
  KeSetPriorityThread(KeGetCurrentThread(), 8);
  while (!self->stop) {
    InterlockedIncrement(&self->runs);
    KeStallExecutionProcessor(100);
  }
}
}  // namespace

KTEST(ABoostDecays) {
  Runner runner = {};
  KeInitializeEvent(&runner.go, SynchronizationEvent, FALSE);
  Thread thread(Decay, &runner);
  Sleep(10);
  KeSetEvent(&runner.go, 2, FALSE);
  thread.Join();
  EXPECT_EQ(runner.seen, 10);
  EXPECT_EQ(runner.runs, 1);
}

KTEST(EqualsShareAProcessorByQuantum) {
  Runner first = {}, second = {};
  Thread one(Spin, &first), other(Spin, &second);
  while (first.runs < 10 || second.runs < 10) Sleep(10);  // neither starves the other
  first.stop = 1;
  second.stop = 1;
}

KTEST(RaisingAnotherThreadsPriorityLetsItRun) {
  OnProcessorZero here;
  Runner runner = {};
  runner.priority = 2;
  KeInitializeEvent(&runner.go, SynchronizationEvent, FALSE);
  Thread thread(WaitThenRun, &runner);
  Sleep(10);
  KeSetEvent(&runner.go, IO_NO_INCREMENT, FALSE);
  EXPECT_EQ(runner.runs, 0);
  KeSetPriorityThread(thread.object(), 15);
  EXPECT_EQ(runner.runs, 1);
}
