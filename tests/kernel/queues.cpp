// Kernel queues: entries in order, and no more threads at work than the queue allows.
#include "ktest.h"

using namespace ktest;

extern "C" NTKERNELAPI ULONG NTAPI KeRemoveQueueEx(PRKQUEUE, KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER, PLIST_ENTRY*, ULONG);

namespace {
LARGE_INTEGER no_time = {};

PLIST_ENTRY TakeNow(PRKQUEUE queue) { return KeRemoveQueue(queue, KernelMode, &no_time); }

PLIST_ENTRY Code(NTSTATUS status) { return reinterpret_cast<PLIST_ENTRY>(static_cast<ULONG_PTR>(status)); }

/// Threads that serve a queue until they get `stop`.
struct Workers {
  KQUEUE queue;
  LIST_ENTRY stop[4];
  volatile LONG taken, at_work, most;
  KEVENT go_on;
  bool block_elsewhere;
  bool IsStop(PLIST_ENTRY entry) const { return entry >= stop && entry < stop + 4; }
};

void Serve(Workers* workers) {
  for (;;) {
    PLIST_ENTRY const entry = KeRemoveQueue(&workers->queue, KernelMode, nullptr);
    if (workers->IsStop(entry)) return;
    const LONG now = InterlockedIncrement(&workers->at_work);
    if (now > workers->most) workers->most = now;
    if (workers->block_elsewhere) {
      KeWaitForSingleObject(&workers->go_on, Executive, KernelMode, FALSE, nullptr);
    } else {
      KeStallExecutionProcessor(200);
    }
    InterlockedDecrement(&workers->at_work);
    InterlockedIncrement(&workers->taken);
  }
}
}  // namespace

KTEST(EntriesComeInOrder) {
  KQUEUE queue;
  LIST_ENTRY entries[4];
  KeInitializeQueue(&queue, 1);
  EXPECT_EQ(queue.Header.Type, 4);
  EXPECT_EQ(queue.MaximumCount, 1);
  EXPECT_EQ(KeReadStateQueue(&queue), 0);
  EXPECT(TakeNow(&queue) == Code(STATUS_TIMEOUT));
  EXPECT_EQ(KeInsertQueue(&queue, &entries[0]), 0);
  EXPECT_EQ(KeInsertQueue(&queue, &entries[1]), 1);
  EXPECT_EQ(KeInsertHeadQueue(&queue, &entries[2]), 2);
  EXPECT_EQ(KeReadStateQueue(&queue), 3);
  EXPECT(TakeNow(&queue) == &entries[2]);
  EXPECT(entries[2].Flink == nullptr);
  EXPECT(TakeNow(&queue) == &entries[0]);
  EXPECT(TakeNow(&queue) == &entries[1]);
  EXPECT_EQ(KeReadStateQueue(&queue), 0);
  EXPECT_EQ(queue.CurrentCount, 1);  // this thread is at work
  EXPECT(TakeNow(&queue) == Code(STATUS_TIMEOUT));
  EXPECT(KeRundownQueue(&queue) == nullptr);
}

KTEST(NoLimitMeansTheProcessors) {
  KQUEUE queue;
  KeInitializeQueue(&queue, 0);
  EXPECT_EQ(queue.MaximumCount, KeQueryActiveProcessorCount(nullptr));
}

KTEST(AnEntryEndsAWait) {
  Workers workers = {};
  KeInitializeQueue(&workers.queue, 1);
  LIST_ENTRY entry;
  {
    Thread thread(Serve, &workers);
    Sleep(2);
    EXPECT_EQ(workers.queue.CurrentCount, 0);
    EXPECT_EQ(KeInsertQueue(&workers.queue, &entry), 0);
    Sleep(5);
    EXPECT_EQ(workers.taken, 1);
    EXPECT_EQ(KeReadStateQueue(&workers.queue), 0);
    KeInsertQueue(&workers.queue, &workers.stop[0]);
  }
  EXPECT_EQ(workers.queue.CurrentCount, 0);  // the thread has ended
  EXPECT(workers.queue.ThreadListHead.Flink == &workers.queue.ThreadListHead);
}

KTEST(NoMoreThreadsWorkThanAllowed) {
  Workers workers = {};
  KeInitializeQueue(&workers.queue, 1);
  LIST_ENTRY entries[8];
  {
    Thread a(Serve, &workers), b(Serve, &workers), c(Serve, &workers);
    Sleep(2);
    for (LIST_ENTRY& entry : entries) KeInsertQueue(&workers.queue, &entry);
    while (workers.taken < 8) Sleep(1);
    for (int i = 0; i < 3; i++) KeInsertQueue(&workers.queue, &workers.stop[i]);
  }
  EXPECT_EQ(workers.most, 1);
}

KTEST(AThreadThatWaitsElsewhereLetsAnotherWork) {
  Workers workers = {};
  KeInitializeQueue(&workers.queue, 1);
  KeInitializeEvent(&workers.go_on, NotificationEvent, FALSE);
  workers.block_elsewhere = true;
  LIST_ENTRY entries[3];
  {
    Thread a(Serve, &workers), b(Serve, &workers), c(Serve, &workers);
    Sleep(2);
    for (LIST_ENTRY& entry : entries) KeInsertQueue(&workers.queue, &entry);
    Sleep(5);
    EXPECT_EQ(workers.at_work, 3);
    EXPECT_EQ(workers.queue.CurrentCount, 0);
    KeSetEvent(&workers.go_on, 0, FALSE);
    while (workers.taken < 3) Sleep(1);
    for (int i = 0; i < 3; i++) KeInsertQueue(&workers.queue, &workers.stop[i]);
  }
  EXPECT_EQ(workers.queue.CurrentCount, 0);
}

KTEST(WaitingTakesItsTimeAtMost) {
  KQUEUE queue;
  KeInitializeQueue(&queue, 1);
  LARGE_INTEGER time = Milliseconds(3);
  const LONG64 before = Now();
  EXPECT(KeRemoveQueue(&queue, KernelMode, &time) == Code(STATUS_TIMEOUT));
  EXPECT(Now() - before >= 2);
  EXPECT_EQ(queue.CurrentCount, 1);
  EXPECT(KeRundownQueue(&queue) == nullptr);
}

KTEST(ManyAtOnce) {
  KQUEUE queue;
  LIST_ENTRY entries[3];
  PLIST_ENTRY taken[4] = {};
  KeInitializeQueue(&queue, 1);
  EXPECT_EQ(KeRemoveQueueEx(&queue, KernelMode, FALSE, &no_time, taken, 4), 1);
  EXPECT(taken[0] == Code(STATUS_TIMEOUT));
  for (LIST_ENTRY& entry : entries) KeInsertQueue(&queue, &entry);
  EXPECT_EQ(KeRemoveQueueEx(&queue, KernelMode, FALSE, &no_time, taken, 2), 2);
  EXPECT(taken[0] == &entries[0] && taken[1] == &entries[1]);
  EXPECT_EQ(KeRemoveQueueEx(&queue, KernelMode, FALSE, &no_time, taken, 4), 1);
  EXPECT(taken[0] == &entries[2]);
  EXPECT(KeRundownQueue(&queue) == nullptr);
}

KTEST(ServingAnotherQueueLeavesTheFirst) {
  KQUEUE first, second;
  LIST_ENTRY entries[2];
  KeInitializeQueue(&first, 1);
  KeInitializeQueue(&second, 1);
  KeInsertQueue(&first, &entries[0]);
  KeInsertQueue(&second, &entries[1]);
  EXPECT(TakeNow(&first) == &entries[0]);
  EXPECT_EQ(first.CurrentCount, 1);
  EXPECT(TakeNow(&second) == &entries[1]);
  EXPECT_EQ(first.CurrentCount, 0);
  EXPECT_EQ(second.CurrentCount, 1);
  EXPECT(first.ThreadListHead.Flink == &first.ThreadListHead);
  KeRundownQueue(&first);
  KeRundownQueue(&second);
}

namespace {
struct Abandoned {
  KQUEUE queue;
  PLIST_ENTRY result;
};
void WaitUntilAbandoned(Abandoned* state) { state->result = KeRemoveQueue(&state->queue, KernelMode, nullptr); }
}  // namespace

KTEST(RundownGivesTheEntriesAndEndsWaits) {
  KQUEUE queue;
  LIST_ENTRY entries[2];
  KeInitializeQueue(&queue, 1);
  KeInsertQueue(&queue, &entries[0]);
  KeInsertQueue(&queue, &entries[1]);
  EXPECT(KeRundownQueue(&queue) == &entries[0]);
  EXPECT(entries[0].Flink == &entries[1]);
  EXPECT(entries[1].Flink == &entries[0]);
  EXPECT_EQ(KeReadStateQueue(&queue), 0);

  Abandoned state = {};
  KeInitializeQueue(&state.queue, 1);
  {
    Thread thread(WaitUntilAbandoned, &state);
    Sleep(2);
    EXPECT(KeRundownQueue(&state.queue) == nullptr);
  }
  EXPECT(state.result == Code(STATUS_ABANDONED));
}

KTEST(InsertedAtDispatchLevel) {
  KQUEUE queue;
  LIST_ENTRY entry;
  KeInitializeQueue(&queue, 1);
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT_EQ(KeInsertQueue(&queue, &entry), 0);
  KeLowerIrql(old);
  EXPECT(TakeNow(&queue) == &entry);
  KeRundownQueue(&queue);
}
