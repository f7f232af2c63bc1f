// Waits: single, for any, for all; timeouts of every form; alertable; delays.
#include "ktest.h"

using namespace ktest;

extern "C" NTSYSAPI NTSTATUS NTAPI ZwAlertThread(HANDLE ThreadHandle);

namespace {
LARGE_INTEGER zero = {};

NTSTATUS Alert(PKTHREAD thread) {
  HANDLE handle;
  NTSTATUS status = ObOpenObjectByPointer(thread, OBJ_KERNEL_HANDLE, nullptr, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &handle);
  if (!NT_SUCCESS(status)) return status;
  status = ZwAlertThread(handle);
  ZwClose(handle);
  return status;
}

struct Pair {
  KEVENT first, second;
  PVOID objects[2];
  Pair(EVENT_TYPE type, BOOLEAN a, BOOLEAN b) {
    KeInitializeEvent(&first, type, a);
    KeInitializeEvent(&second, type, b);
    objects[0] = &first;
    objects[1] = &second;
  }
  NTSTATUS Wait(WAIT_TYPE type, PLARGE_INTEGER timeout) {
    return KeWaitForMultipleObjects(2, objects, type, Executive, KernelMode, FALSE, timeout, nullptr);
  }
};
}  // namespace

KTEST(ZeroTimeoutOnlyLooks) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero), STATUS_TIMEOUT);
  KeSetEvent(&event, 0, FALSE);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero), STATUS_SUCCESS);
}

KTEST(RelativeTimeout) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  const LONG64 start = Now();
  EXPECT_EQ(WaitFor(&event, 20), STATUS_TIMEOUT);
  EXPECT(Now() - start >= 20);
}

KTEST(AbsoluteTimeout) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  LARGE_INTEGER due;
  KeQuerySystemTimePrecise(&due);
  due.QuadPart += 200000;
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &due), STATUS_TIMEOUT);
  LARGE_INTEGER now;
  KeQuerySystemTimePrecise(&now);
  EXPECT(now.QuadPart >= due.QuadPart);
  due.QuadPart = 1;  // long past
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &due), STATUS_TIMEOUT);
}

KTEST(AnyGivesTheLowestIndex) {
  Pair pair(SynchronizationEvent, FALSE, FALSE);
  EXPECT_EQ(pair.Wait(WaitAny, &zero), STATUS_TIMEOUT);
  KeSetEvent(&pair.second, 0, FALSE);
  EXPECT_EQ(pair.Wait(WaitAny, nullptr), STATUS_WAIT_1);
  KeSetEvent(&pair.first, 0, FALSE);
  KeSetEvent(&pair.second, 0, FALSE);
  EXPECT_EQ(pair.Wait(WaitAny, nullptr), STATUS_WAIT_0);
  EXPECT_EQ(KeReadStateEvent(&pair.second), 1);  // only the object that ended the wait changed
}

KTEST(AllTakesEverythingAtOnceOrNothing) {
  Pair pair(SynchronizationEvent, TRUE, FALSE);
  LARGE_INTEGER soon = Milliseconds(5);
  EXPECT_EQ(pair.Wait(WaitAll, &soon), STATUS_TIMEOUT);
  EXPECT_EQ(KeReadStateEvent(&pair.first), 1);
  KeSetEvent(&pair.second, 0, FALSE);
  EXPECT_EQ(pair.Wait(WaitAll, &soon), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateEvent(&pair.first), 0);
  EXPECT_EQ(KeReadStateEvent(&pair.second), 0);
}

namespace {
void WaitForBoth(Pair* pair) { EXPECT_EQ(pair->Wait(WaitAll, nullptr), STATUS_SUCCESS); }
void WaitForEither(Pair* pair) { EXPECT_EQ(pair->Wait(WaitAny, nullptr), STATUS_WAIT_1); }
}  // namespace

KTEST(AllWakesWhenTheLastIsSet) {
  Pair pair(SynchronizationEvent, FALSE, FALSE);
  Thread waiter(WaitForBoth, &pair);
  Sleep(10);
  KeSetEvent(&pair.first, 0, FALSE);
  EXPECT(!waiter.EndsWithin(20));
  EXPECT_EQ(KeReadStateEvent(&pair.first), 1);
  KeSetEvent(&pair.second, 0, FALSE);
  waiter.Join();
  EXPECT_EQ(KeReadStateEvent(&pair.first), 0);
}

KTEST(AnyWakesWhenOneIsSet) {
  Pair pair(SynchronizationEvent, FALSE, FALSE);
  Thread waiter(WaitForEither, &pair);
  Sleep(10);
  KeSetEvent(&pair.second, 0, FALSE);
  waiter.Join();
  EXPECT(IsListEmpty(&pair.first.Header.WaitListHead));
}

KTEST(SixtyFourObjectsWithWaitBlocks) {
  static KEVENT events[MAXIMUM_WAIT_OBJECTS];
  static KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];
  PVOID objects[MAXIMUM_WAIT_OBJECTS];
  for (int i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
    KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
    objects[i] = &events[i];
  }
  LARGE_INTEGER soon = Milliseconds(2);
  EXPECT_EQ(KeWaitForMultipleObjects(64, objects, WaitAny, Executive, KernelMode, FALSE, &soon, blocks), STATUS_TIMEOUT);
  KeSetEvent(&events[63], 0, FALSE);
  EXPECT_EQ(KeWaitForMultipleObjects(64, objects, WaitAny, Executive, KernelMode, FALSE, &soon, blocks), STATUS_WAIT_63);
}

KTEST(ThreadObjectIsSignaledWhenItEnds) {
  KEVENT go;
  KeInitializeEvent(&go, NotificationEvent, FALSE);
  Thread thread(+[](KEVENT* event) { KeWaitForSingleObject(event, Executive, KernelMode, FALSE, nullptr); }, &go);
  EXPECT_EQ(WaitFor(thread.object(), 5), STATUS_TIMEOUT);
  KeSetEvent(&go, 0, FALSE);
  EXPECT_EQ(WaitFor(thread.object(), 5000), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(thread.object(), 0), STATUS_SUCCESS);
}

namespace {
struct Alertable {
  KEVENT event;
  volatile LONG waiting;
  NTSTATUS status;
};

void WaitAlertably(Alertable* self) {
  self->waiting = 1;
  self->status = KeWaitForSingleObject(&self->event, Executive, KernelMode, TRUE, nullptr);
}

void DelayAlertably(Alertable* self) {
  self->waiting = 1;
  LARGE_INTEGER hour = Milliseconds(3600000);
  self->status = KeDelayExecutionThread(KernelMode, TRUE, &hour);
}

void AlertWhenWaiting(Alertable& alertable, void (*routine)(Alertable*)) {
  KeInitializeEvent(&alertable.event, SynchronizationEvent, FALSE);
  Thread thread(routine, &alertable);
  while (!alertable.waiting) Sleep(1);
  Sleep(5);
  EXPECT_EQ(Alert(thread.object()), STATUS_SUCCESS);
}
}  // namespace

KTEST(AlertEndsAnAlertableWait) {
  Alertable alertable = {};
  AlertWhenWaiting(alertable, WaitAlertably);
  EXPECT_EQ(alertable.status, STATUS_ALERTED);
  EXPECT(IsListEmpty(&alertable.event.Header.WaitListHead));
}

KTEST(AlertEndsAnAlertableDelay) {
  Alertable alertable = {};
  AlertWhenWaiting(alertable, DelayAlertably);
  EXPECT_EQ(alertable.status, STATUS_ALERTED);
}

KTEST(AnAlertIsRemembered) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  EXPECT_EQ(Alert(KeGetCurrentThread()), STATUS_SUCCESS);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero), STATUS_TIMEOUT);  // not alertable
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, TRUE, nullptr), STATUS_ALERTED);
  LARGE_INTEGER soon = Milliseconds(1);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, TRUE, &soon), STATUS_TIMEOUT);
}

KTEST(AnAlertEndsAWaitThatOnlyLooks) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  EXPECT_EQ(Alert(KeGetCurrentThread()), STATUS_SUCCESS);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, TRUE, &zero), STATUS_ALERTED);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, TRUE, &zero), STATUS_TIMEOUT);
  // An alert of kernel mode ends a wait of user mode as well.
  EXPECT_EQ(Alert(KeGetCurrentThread()), STATUS_SUCCESS);
  EXPECT_EQ(KeWaitForSingleObject(&event, UserRequest, UserMode, TRUE, &zero), STATUS_ALERTED);
  // What is signaled is taken before anything else is looked at.
  EXPECT_EQ(Alert(KeGetCurrentThread()), STATUS_SUCCESS);
  KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, TRUE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(KeDelayExecutionThread(KernelMode, TRUE, &zero), STATUS_ALERTED);
}

KTEST(DelayTakesItsTime) {
  const LONG64 start = Now();
  LARGE_INTEGER time = Milliseconds(15);
  EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &time), STATUS_SUCCESS);
  EXPECT(Now() - start >= 15);
  LARGE_INTEGER due;
  KeQuerySystemTimePrecise(&due);
  due.QuadPart += 150000;
  EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &due), STATUS_SUCCESS);
  LARGE_INTEGER now;
  KeQuerySystemTimePrecise(&now);
  EXPECT(now.QuadPart >= due.QuadPart);
  EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &zero), STATUS_SUCCESS);
}

KTEST(WaitersAreServedInTheOrderTheyCame) {
  struct Line {
    KEVENT event;
    volatile LONG next;
    LONG place[3];
  };
  struct Waiter {
    Line* line;
    int number;
  };
  static Line line;
  line = {};
  KeInitializeEvent(&line.event, SynchronizationEvent, FALSE);
  Waiter waiters[3] = {{&line, 0}, {&line, 1}, {&line, 2}};
  const auto wait = +[](Waiter* self) {
    KeWaitForSingleObject(&self->line->event, Executive, KernelMode, FALSE, nullptr);
    self->line->place[self->number] = InterlockedIncrement(&self->line->next);
  };
  Thread first(wait, &waiters[0]);
  Sleep(10);
  Thread second(wait, &waiters[1]);
  Sleep(10);
  Thread third(wait, &waiters[2]);
  Sleep(10);
  for (int i = 0; i < 3; i++) {
    KeSetEvent(&line.event, 0, FALSE);
    Sleep(10);
  }
  EXPECT_EQ(line.place[0], 1);
  EXPECT_EQ(line.place[1], 2);
  EXPECT_EQ(line.place[2], 3);
}
