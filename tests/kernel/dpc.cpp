// DPCs: queued once, run at DISPATCH_LEVEL in order, on their processor, unless removed.
#include "ktest.h"

using namespace ktest;

namespace {
struct Note {
  volatile LONG runs;
  KIRQL irql;
  PVOID argument1, argument2, context;
  PKDPC dpc;
  ULONG processor;
  BOOLEAN executing;
};

void Take(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2) {
  auto* const note = static_cast<Note*>(context);
  note->irql = KeGetCurrentIrql();
  note->dpc = dpc;
  note->argument1 = argument1;
  note->argument2 = argument2;
  note->processor = KeGetCurrentProcessorNumberEx(nullptr);
  InterlockedIncrement(&note->runs);
}

struct Order {
  volatile LONG next;
  LONG place[4];
};
struct Numbered {
  Order* order;
  int number;
};

void TakePlace(PKDPC, PVOID context, PVOID, PVOID) {
  auto* const mine = static_cast<Numbered*>(context);
  mine->order->place[mine->number] = InterlockedIncrement(&mine->order->next);
}
}  // namespace

KTEST(RunsAtDispatchLevelWithItsArguments) {
  Note note = {};
  KDPC dpc;
  KeInitializeDpc(&dpc, Take, &note);
  EXPECT(KeInsertQueueDpc(&dpc, reinterpret_cast<PVOID>(0x11), reinterpret_cast<PVOID>(0x22)));
  KeFlushQueuedDpcs();
  EXPECT_EQ(note.runs, 1);
  EXPECT_EQ(note.irql, DISPATCH_LEVEL);
  EXPECT(note.dpc == &dpc);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(note.argument1), 0x11);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(note.argument2), 0x22);
}

KTEST(QueuedTwiceRunsOnce) {
  Note note = {};
  KDPC dpc;
  KeInitializeDpc(&dpc, Take, &note);
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT(KeInsertQueueDpc(&dpc, reinterpret_cast<PVOID>(1), nullptr));
  EXPECT(!KeInsertQueueDpc(&dpc, reinterpret_cast<PVOID>(2), nullptr));
  EXPECT_EQ(note.runs, 0);
  KeLowerIrql(old);
  KeFlushQueuedDpcs();
  EXPECT_EQ(note.runs, 1);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(note.argument1), 1);  // the first call's
  EXPECT(KeInsertQueueDpc(&dpc, nullptr, nullptr));           // and again after it ran
  KeFlushQueuedDpcs();
  EXPECT_EQ(note.runs, 2);
}

KTEST(RemovedDoesNotRun) {
  Note note = {};
  KDPC dpc;
  KeInitializeDpc(&dpc, Take, &note);
  EXPECT(!KeRemoveQueueDpc(&dpc));
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  EXPECT(KeRemoveQueueDpc(&dpc));
  EXPECT(!KeRemoveQueueDpc(&dpc));
  KeLowerIrql(old);
  KeFlushQueuedDpcs();
  EXPECT_EQ(note.runs, 0);
}

KTEST(FirstComeFirstServedButHighImportanceFirst) {
  Order order = {};
  Numbered numbered[4] = {{&order, 0}, {&order, 1}, {&order, 2}, {&order, 3}};
  KDPC dpcs[4];
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  for (int i = 0; i < 4; i++) {
    KeInitializeDpc(&dpcs[i], TakePlace, &numbered[i]);
    if (i == 3) KeSetImportanceDpc(&dpcs[i], HighImportance);
    KeInsertQueueDpc(&dpcs[i], nullptr, nullptr);
  }
  KeLowerIrql(old);
  KeFlushQueuedDpcs();
  EXPECT_EQ(order.place[3], 1);
  EXPECT_EQ(order.place[0], 2);
  EXPECT_EQ(order.place[1], 3);
  EXPECT_EQ(order.place[2], 4);
}

KTEST(LowImportanceRunsToo) {
  Note note = {};
  KDPC dpc;
  KeInitializeDpc(&dpc, Take, &note);
  KeSetImportanceDpc(&dpc, LowImportance);
  EXPECT(KeInsertQueueDpc(&dpc, nullptr, nullptr));
  KeFlushQueuedDpcs();
  EXPECT_EQ(note.runs, 1);
}

KTEST(RunsOnItsTargetProcessor) {
  for (ULONG target = 0; target < KeQueryActiveProcessorCount(nullptr); target++) {
    Note note = {};
    KDPC dpc;
    KeInitializeDpc(&dpc, Take, &note);
    KeSetTargetProcessorDpc(&dpc, static_cast<CCHAR>(target));
    EXPECT(KeInsertQueueDpc(&dpc, nullptr, nullptr));
    KeFlushQueuedDpcs();
    EXPECT_EQ(note.runs, 1);
    EXPECT_EQ(note.processor, target);
  }
}

KTEST(TargetByProcessorNumber) {
  Note note = {};
  KDPC dpc;
  KeInitializeDpc(&dpc, Take, &note);
  PROCESSOR_NUMBER number = {};
  number.Number = 200;
  EXPECT_EQ(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_INVALID_PARAMETER);
  number.Number = 1;
  EXPECT_EQ(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_SUCCESS);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
  EXPECT_EQ(note.processor, 1);
}

namespace {
struct Requeue {
  volatile LONG runs;
};

void QueueAgain(PKDPC dpc, PVOID context, PVOID, PVOID) {
  auto* const requeue = static_cast<Requeue*>(context);
  // While it runs it is no longer queued: it may queue itself.
  if (InterlockedIncrement(&requeue->runs) < 5) KeInsertQueueDpc(dpc, nullptr, nullptr);
}

void SetFromDpc(PKDPC, PVOID context, PVOID, PVOID) { KeSetEvent(static_cast<PKEVENT>(context), IO_NO_INCREMENT, FALSE); }
}  // namespace

KTEST(MayQueueItself) {
  Requeue requeue = {};
  KDPC dpc;
  KeInitializeDpc(&dpc, QueueAgain, &requeue);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
  EXPECT_EQ(requeue.runs, 5);
}

KTEST(WakesAThread) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, FALSE);
  KDPC dpc;
  KeInitializeDpc(&dpc, SetFromDpc, &event);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  EXPECT_EQ(WaitFor(&event, 1000), STATUS_SUCCESS);
}

KTEST(ThreadedDpcRunsAtPassiveLevel) {
  Note note = {};
  KDPC dpc;
  KeInitializeThreadedDpc(&dpc, Take, &note);
  EXPECT(KeInsertQueueDpc(&dpc, reinterpret_cast<PVOID>(7), nullptr));
  KeFlushQueuedDpcs();
  while (!note.runs) Sleep(1);
  EXPECT_EQ(note.runs, 1);
  EXPECT_EQ(note.irql, PASSIVE_LEVEL);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(note.argument1), 7);
}

KTEST(ThreadedDpcRunsOnItsTarget) {
  Note note = {};
  KDPC dpc;
  KeInitializeThreadedDpc(&dpc, Take, &note);
  KeSetTargetProcessorDpc(&dpc, 1);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  while (!note.runs) Sleep(1);
  EXPECT_EQ(note.processor, 1);
}

extern "C" NTKERNELAPI ULONG NTAPI KeShouldYieldProcessor(VOID);

namespace {
struct Watched {
  KDPC_WATCHDOG_INFORMATION information;
  NTSTATUS status;
  ULONG yield;
  volatile LONG runs;
};

void QueryWatchdog(PKDPC, PVOID context, PVOID, PVOID) {
  auto* const watched = static_cast<Watched*>(context);
  watched->status = KeQueryDpcWatchdogInformation(&watched->information);
  watched->yield = KeShouldYieldProcessor();
  InterlockedIncrement(&watched->runs);
}
}  // namespace

KTEST(ADpcMayAskHowLongItMayRun) {
  Watched watched = {};
  KDPC dpc;
  KeInitializeDpc(&dpc, QueryWatchdog, &watched);
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
  EXPECT_EQ(watched.runs, 1);
  EXPECT_EQ(watched.status, STATUS_SUCCESS);
  EXPECT(watched.information.DpcTimeLimit != 0);
  EXPECT(watched.information.DpcTimeCount <= watched.information.DpcTimeLimit);
  EXPECT(watched.information.DpcWatchdogLimit >= watched.information.DpcTimeLimit);
  EXPECT(watched.information.DpcWatchdogCount <= watched.information.DpcWatchdogLimit);
  EXPECT_EQ(watched.yield, FALSE);
  EXPECT_EQ(KeQueryDpcWatchdogInformation(&watched.information), STATUS_UNSUCCESSFUL);
}

KTEST(TheNumberOfProcessorsIsAVariableToo) { EXPECT_EQ(KeNumberProcessors, KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS)); }

namespace {
/// A DPC on a processor that has nothing else to do, and a thread of that processor that it wakes.
struct Woken {
  KDPC dpc;
  KEVENT event;
  volatile LONG in_dpc, early;
};

VOID NTAPI WakeAndLinger(PKDPC, PVOID context, PVOID, PVOID) {
  auto* const woken = static_cast<Woken*>(context);
  woken->in_dpc = 1;
  KeSetEvent(&woken->event, IO_NO_INCREMENT, FALSE);
  // Enough calls for other processors to get turns meanwhile.
  for (int i = 0; i < 200; i++) KeQueryPerformanceCounter(nullptr);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  woken->in_dpc = 0;
}

void WaitOnSecond(Woken* woken) {
  KeSetSystemAffinityThread(2);
  for (int i = 0; i < 50; i++) {
    KeWaitForSingleObject(&woken->event, Executive, KernelMode, FALSE, nullptr);
    if (woken->in_dpc) InterlockedIncrement(&woken->early);
  }
}
}  // namespace

KTEST(ADpcEndsBeforeTheThreadItWakes) {
  if (KeQueryActiveProcessorCount(nullptr) < 2) return;
  Woken woken = {};
  KeInitializeEvent(&woken.event, SynchronizationEvent, FALSE);
  KeInitializeDpc(&woken.dpc, WakeAndLinger, &woken);
  KeSetTargetProcessorDpc(&woken.dpc, 1);
  KeSetSystemAffinityThread(1);
  {
    Thread thread(WaitOnSecond, &woken);
    for (int i = 0; i < 50; i++) {
      while (KeReadStateEvent(&woken.event)) Sleep(1);
      KeInsertQueueDpc(&woken.dpc, nullptr, nullptr);
      KeFlushQueuedDpcs();
      Sleep(1);
    }
  }
  KeRevertToUserAffinityThread();
  EXPECT_EQ(woken.early, 0);
}

namespace {
struct Flag {
  KDPC dpc;
  volatile LONG begun, go;
};

VOID NTAPI SpinUntilTold(PKDPC, PVOID context, PVOID, PVOID) {
  auto* const flag = static_cast<Flag*>(context);
  flag->begun = 1;
  while (!flag->go) YieldProcessor();
}
}  // namespace

KTEST(ADpcThatSpinsLeavesTheOtherProcessorItsTurns) {
  if (KeQueryActiveProcessorCount(nullptr) < 2) return;
  Flag flag = {};
  KeInitializeDpc(&flag.dpc, SpinUntilTold, &flag);
  KeSetTargetProcessorDpc(&flag.dpc, 1);
  KeSetSystemAffinityThread(1);
  KeInsertQueueDpc(&flag.dpc, nullptr, nullptr);
  while (!flag.begun) YieldProcessor();
  flag.go = 1;
  KeFlushQueuedDpcs();
  KeRevertToUserAffinityThread();
  EXPECT_EQ(flag.begun, 1);
}
