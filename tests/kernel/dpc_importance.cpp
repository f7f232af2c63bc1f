// Importance of DPCs: which ones run at once, and which may wait for others, for the clock or for an idle processor.
#include "ktest.h"

using namespace ktest;

namespace {
struct Counted {
  KDPC dpc;
  volatile LONG runs;
};

void Count(PKDPC, PVOID context, PVOID, PVOID) { InterlockedIncrement(&static_cast<Counted*>(context)->runs); }

void Prepare(Counted& counted, KDPC_IMPORTANCE importance) {
  counted.runs = 0;
  KeInitializeDpc(&counted.dpc, Count, &counted);
  KeSetImportanceDpc(&counted.dpc, importance);
}

/// Keeps the processor's rate of DPCs high for some clock ticks.
void MakeBusyWithDpcs(LONG64 milliseconds) {
  Counted busy;
  Prepare(busy, MediumImportance);
  for (const LONG64 end = Now() + milliseconds; Now() < end;) {
    for (int i = 0; i < 100; i++) KeInsertQueueDpc(&busy.dpc, nullptr, nullptr);
  }
}

struct Spinner {
  volatile LONG begun, stop;
};

void Spin(Spinner* spinner) {
  KeSetSystemAffinityThread(2);
  spinner->begun = 1;
  while (!spinner->stop) KeQueryPerformanceCounter(nullptr);
}
}  // namespace

KTEST(WhatKeInitializeDpcSets) {
  KDPC dpc;
  RtlFillMemory(&dpc, sizeof dpc, 0xcc);
  KeInitializeDpc(&dpc, Count, &dpc);
  EXPECT_EQ(dpc.Type, 19);
  EXPECT_EQ(dpc.Importance, MediumImportance);
  EXPECT_EQ(dpc.Number, 0);
  EXPECT(dpc.DpcData == nullptr);
  KeInitializeThreadedDpc(&dpc, Count, &dpc);
  EXPECT_EQ(dpc.Type, 26);
  EXPECT_EQ(dpc.Importance, MediumImportance);
}

KTEST(AllButLowRunAtOnceOnTheirOwnProcessor) {
  MakeBusyWithDpcs(5);
  const KDPC_IMPORTANCE importances[] = {MediumImportance, MediumHighImportance, HighImportance};
  for (const KDPC_IMPORTANCE importance : importances) {
    Counted counted;
    Prepare(counted, importance);
    EXPECT(KeInsertQueueDpc(&counted.dpc, nullptr, nullptr));
    EXPECT_EQ(counted.runs, 1);
  }
}

KTEST(LowImportanceRunsAtOnceWhereDpcsAreRare) {
  Sleep(100);
  Counted counted;
  Prepare(counted, LowImportance);
  EXPECT(KeInsertQueueDpc(&counted.dpc, nullptr, nullptr));
  EXPECT_EQ(counted.runs, 1);
  KeFlushQueuedDpcs();
}

KTEST(LowImportanceWaitsWhereDpcsAreMany) {
  // A clock tick that comes between the two may run it: try more than once.
  bool deferred = false, removed = false;
  for (int attempt = 0; attempt < 100 && !(deferred && removed); attempt++) {
    MakeBusyWithDpcs(5);
    Counted low;
    Prepare(low, LowImportance);
    KeInsertQueueDpc(&low.dpc, nullptr, nullptr);
    if (low.runs == 0) {
      deferred = true;
      if (KeRemoveQueueDpc(&low.dpc)) removed = true;
    }
    KeFlushQueuedDpcs();
  }
  EXPECT(deferred);
  EXPECT(removed);
}

KTEST(AnotherDpcTakesTheDeferredOnesAlong) {
  MakeBusyWithDpcs(5);
  Counted low, medium;
  Prepare(low, LowImportance);
  Prepare(medium, MediumImportance);
  KeInsertQueueDpc(&low.dpc, nullptr, nullptr);
  KeInsertQueueDpc(&medium.dpc, nullptr, nullptr);
  EXPECT_EQ(low.runs, 1);
  EXPECT_EQ(medium.runs, 1);
}

KTEST(ALongQueueDoesNotWait) {
  MakeBusyWithDpcs(5);
  Counted low[8];
  for (Counted& each : low) Prepare(each, LowImportance);
  // At most four may wait.
  for (int i = 0; i < 4; i++) KeInsertQueueDpc(&low[i].dpc, nullptr, nullptr);
  for (int i = 0; i < 4; i++) EXPECT_EQ(low[i].runs, 1);
}

KTEST(TheClockRunsWhatWaits) {
  MakeBusyWithDpcs(5);
  Counted low;
  Prepare(low, LowImportance);
  KeInsertQueueDpc(&low.dpc, nullptr, nullptr);
  for (int i = 0; i < 100'000 && low.runs == 0; i++) KeStallExecutionProcessor(10);
  EXPECT_EQ(low.runs, 1);
}

KTEST(AnIdleProcessorRunsWhatWaits) {
  Counted low;
  for (int i = 0; i < 10; i++) {
    MakeBusyWithDpcs(2);
    Prepare(low, LowImportance);
    KeInsertQueueDpc(&low.dpc, nullptr, nullptr);
    Sleep(1);
    EXPECT_EQ(low.runs, 1);
  }
}

KTEST(MediumImportanceWaitsOnABusyProcessorElsewhere) {
  if (KeQueryActiveProcessorCount(nullptr) < 2) return;
  KeSetSystemAffinityThread(1);
  Spinner spinner = {};
  {
    Thread busy(Spin, &spinner);
    while (!spinner.begun) Sleep(1);
    Counted dpcs[2];
    Prepare(dpcs[0], MediumImportance);
    Prepare(dpcs[1], HighImportance);
    for (Counted& each : dpcs) {
      KeSetTargetProcessorDpc(&each.dpc, 1);
      EXPECT(KeInsertQueueDpc(&each.dpc, nullptr, nullptr));
      EXPECT(!KeInsertQueueDpc(&each.dpc, nullptr, nullptr) || each.runs != 0);
    }
    KeFlushQueuedDpcs();
    EXPECT(dpcs[0].runs >= 1 && dpcs[1].runs >= 1);
    // Nobody flushes: the other processor's clock does it.
    Prepare(dpcs[0], MediumImportance);
    KeSetTargetProcessorDpc(&dpcs[0].dpc, 1);
    KeInsertQueueDpc(&dpcs[0].dpc, nullptr, nullptr);
    for (int i = 0; i < 1000 && dpcs[0].runs == 0; i++) Sleep(1);
    EXPECT_EQ(dpcs[0].runs, 1);
    spinner.stop = 1;
  }
  KeRevertToUserAffinityThread();
}

extern "C" NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueDpcEx(PRKDPC, BOOLEAN);

namespace {
struct Lasting {
  KDPC dpc;
  volatile LONG begun, ended;
};
void Last(PKDPC, PVOID context, PVOID, PVOID) {
  auto* const lasting = static_cast<Lasting*>(context);
  lasting->begun = 1;
  for (int i = 0; i < 2000; i++) KeQueryPerformanceCounter(nullptr);
  lasting->ended = 1;
}
}  // namespace

KTEST(RemovingMayWaitForOneThatRuns) {
  Counted counted;
  Prepare(counted, MediumImportance);
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  KeInsertQueueDpc(&counted.dpc, nullptr, nullptr);
  EXPECT(KeRemoveQueueDpcEx(&counted.dpc, FALSE));
  EXPECT(!KeRemoveQueueDpcEx(&counted.dpc, FALSE));
  KeLowerIrql(old);
  EXPECT_EQ(counted.runs, 0);
  EXPECT(!KeRemoveQueueDpcEx(&counted.dpc, TRUE));
  if (KeQueryActiveProcessorCount(nullptr) < 2) return;
  KeSetSystemAffinityThread(1);
  Lasting lasting = {};
  KeInitializeDpc(&lasting.dpc, Last, &lasting);
  KeSetTargetProcessorDpc(&lasting.dpc, 1);
  KeInsertQueueDpc(&lasting.dpc, nullptr, nullptr);
  while (!lasting.begun) KeQueryPerformanceCounter(nullptr);
  EXPECT(!KeRemoveQueueDpcEx(&lasting.dpc, TRUE));
  EXPECT_EQ(lasting.ended, 1);
  KeRevertToUserAffinityThread();
}
