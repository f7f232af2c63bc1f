// Events: signaled states, what set, reset and pulse return, whom they wake.
#include "ktest.h"

using namespace ktest;

KTEST(NotificationEventStaysSignaled) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  EXPECT_EQ(KeReadStateEvent(&event), 0);
  EXPECT_EQ(WaitFor(&event, 0), STATUS_TIMEOUT);
  EXPECT_EQ(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 0);
  EXPECT_EQ(KeSetEvent(&event, IO_NO_INCREMENT, FALSE), 1);
  EXPECT_EQ(WaitFor(&event, 0), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&event, 0), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateEvent(&event), 1);
}

KTEST(SynchronizationEventIsTakenByOneWait) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, TRUE);
  EXPECT_EQ(KeReadStateEvent(&event), 1);
  EXPECT_EQ(WaitFor(&event, 0), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateEvent(&event), 0);
  EXPECT_EQ(WaitFor(&event, 0), STATUS_TIMEOUT);
}

KTEST(SettingTwiceCountsOnce) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
  KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
  EXPECT_EQ(WaitFor(&event, 0), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&event, 0), STATUS_TIMEOUT);
}

KTEST(ResetReturnsThePreviousState) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, TRUE);
  EXPECT_EQ(KeResetEvent(&event), 1);
  EXPECT_EQ(KeResetEvent(&event), 0);
  KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
  KeClearEvent(&event);
  EXPECT_EQ(KeReadStateEvent(&event), 0);
}

KTEST(HeaderSaysWhatTheObjectIs) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, TRUE);
  EXPECT_EQ(event.Header.Type, 0);  // EventNotificationObject
  EXPECT_EQ(event.Header.SignalState, 1);
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  EXPECT_EQ(event.Header.Type, 1);  // EventSynchronizationObject
  EXPECT_EQ(event.Header.Size, sizeof(KEVENT) / sizeof(ULONG));
  EXPECT(IsListEmpty(&event.Header.WaitListHead));
}

namespace {
struct Waiters {
  KEVENT event;
  volatile LONG waiting, woken;
};

void WaitOnce(Waiters* waiters) {
  InterlockedIncrement(&waiters->waiting);
  KeWaitForSingleObject(&waiters->event, Executive, KernelMode, FALSE, nullptr);
  InterlockedIncrement(&waiters->woken);
}

// Until all of them are in the wait, not only before it.
void LetThemWait(Waiters& waiters, LONG count) {
  while (waiters.waiting < count) Sleep(1);
  Sleep(20);
}
}  // namespace

KTEST(NotificationEventWakesAll) {
  Waiters waiters = {};
  KeInitializeEvent(&waiters.event, NotificationEvent, FALSE);
  Thread first(WaitOnce, &waiters), second(WaitOnce, &waiters), third(WaitOnce, &waiters);
  LetThemWait(waiters, 3);
  EXPECT_EQ(waiters.woken, 0);
  KeSetEvent(&waiters.event, IO_NO_INCREMENT, FALSE);
  first.Join();
  second.Join();
  third.Join();
  EXPECT_EQ(waiters.woken, 3);
  EXPECT_EQ(KeReadStateEvent(&waiters.event), 1);
}

KTEST(SynchronizationEventWakesOne) {
  Waiters waiters = {};
  KeInitializeEvent(&waiters.event, SynchronizationEvent, FALSE);
  Thread first(WaitOnce, &waiters), second(WaitOnce, &waiters);
  LetThemWait(waiters, 2);
  EXPECT_EQ(KeSetEvent(&waiters.event, IO_NO_INCREMENT, FALSE), 0);
  Sleep(20);
  EXPECT_EQ(waiters.woken, 1);
  EXPECT_EQ(KeReadStateEvent(&waiters.event), 0);
  KeSetEvent(&waiters.event, IO_NO_INCREMENT, FALSE);
  first.Join();
  second.Join();
  EXPECT_EQ(waiters.woken, 2);
}

KTEST(PulseWakesThoseThatWaitAndLeavesItReset) {
  Waiters waiters = {};
  KeInitializeEvent(&waiters.event, NotificationEvent, FALSE);
  Thread first(WaitOnce, &waiters), second(WaitOnce, &waiters);
  LetThemWait(waiters, 2);
  EXPECT_EQ(KePulseEvent(&waiters.event, IO_NO_INCREMENT, FALSE), 0);
  EXPECT_EQ(KeReadStateEvent(&waiters.event), 0);
  first.Join();
  second.Join();
  EXPECT_EQ(waiters.woken, 2);
  EXPECT_EQ(WaitFor(&waiters.event, 0), STATUS_TIMEOUT);
}

KTEST(SetMayBeCalledAtDispatchLevel) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  // A wait that cannot block is allowed here.
  LARGE_INTEGER zero = {};
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero), STATUS_SUCCESS);
  KeClearEvent(&event);
  EXPECT_EQ(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &zero), STATUS_TIMEOUT);
  KeLowerIrql(irql);
}

namespace {
struct PingPong {
  KEVENT ping, pong;
  LONG rounds;
};

void AnswerPings(PingPong* game) {
  for (LONG i = 0; i < game->rounds; i++) {
    KeWaitForSingleObject(&game->ping, Executive, KernelMode, FALSE, nullptr);
    KeSetEvent(&game->pong, IO_NO_INCREMENT, FALSE);
  }
}
}  // namespace

KTEST(PingPongKeepsStep) {
  PingPong game = {};
  game.rounds = 1000;
  KeInitializeEvent(&game.ping, SynchronizationEvent, FALSE);
  KeInitializeEvent(&game.pong, SynchronizationEvent, FALSE);
  Thread partner(AnswerPings, &game);
  for (LONG i = 0; i < game.rounds; i++) {
    // Set and wait as one step: the dispatcher stays locked in between, and no IRQL is left raised.
    KeSetEvent(&game.ping, IO_NO_INCREMENT, TRUE);
    EXPECT_EQ(KeWaitForSingleObject(&game.pong, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  }
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

KTEST(NamedEventsAreShared) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\RingletKernelTestEvent");
  HANDLE first_handle, second_handle;
  PKEVENT first = IoCreateNotificationEvent(&name, &first_handle);
  REQUIRE(first != nullptr);
  EXPECT_EQ(KeReadStateEvent(first), 1);
  PKEVENT second = IoCreateNotificationEvent(&name, &second_handle);
  EXPECT(first == second);
  KeClearEvent(second);
  EXPECT_EQ(KeReadStateEvent(first), 0);
  ZwClose(second_handle);
  ZwClose(first_handle);
}

KTEST(ZwEventServices) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE event;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent, FALSE)));
  LARGE_INTEGER zero = {};
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &zero), STATUS_TIMEOUT);
  LONG previous = 7;
  EXPECT_EQ(ZwSetEvent(event, &previous), STATUS_SUCCESS);
  EXPECT_EQ(previous, 0);
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(ZwWaitForSingleObject(event, FALSE, &zero), STATUS_TIMEOUT);
  EXPECT_EQ(ZwClose(event), STATUS_SUCCESS);
}
