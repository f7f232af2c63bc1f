// Spin locks: classic, tried, queued in the stack, reader-writer; and what they do to IRQL.
#include "ktest.h"

using namespace ktest;

namespace {
/// A counter that would lose increments without its lock.
struct Counter {
  KSPIN_LOCK lock;
  EX_SPIN_LOCK shared_lock;
  volatile LONG value, readers, most_readers;
};

constexpr int kRounds = 500;

void Increment(Counter* counter) {
  const LONG seen = counter->value;
  YieldProcessor();
  counter->value = seen + 1;
}

void CountClassic(Counter* counter) {
  for (int i = 0; i < kRounds; i++) {
    KIRQL old;
    KeAcquireSpinLock(&counter->lock, &old);
    Increment(counter);
    KeReleaseSpinLock(&counter->lock, old);
  }
}

void CountQueued(Counter* counter) {
  for (int i = 0; i < kRounds; i++) {
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(&counter->lock, &handle);
    Increment(counter);
    KeReleaseInStackQueuedSpinLock(&handle);
  }
}

void CountExclusive(Counter* counter) {
  for (int i = 0; i < kRounds; i++) {
    const KIRQL old = ExAcquireSpinLockExclusive(&counter->shared_lock);
    Increment(counter);
    ExReleaseSpinLockExclusive(&counter->shared_lock, old);
  }
}

LONG CountWithTwo(void (*routine)(Counter*)) {
  Counter counter = {};
  KeInitializeSpinLock(&counter.lock);
  {
    Thread first(routine, &counter), second(routine, &counter);
  }
  return counter.value;
}
}  // namespace

KTEST(ClassicExcludes) { EXPECT_EQ(CountWithTwo(CountClassic), 2 * kRounds); }
KTEST(QueuedExcludes) { EXPECT_EQ(CountWithTwo(CountQueued), 2 * kRounds); }
KTEST(ExclusiveExcludes) { EXPECT_EQ(CountWithTwo(CountExclusive), 2 * kRounds); }

KTEST(AcquireRaisesAndReleaseRestores) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  KIRQL old = 9;
  KeAcquireSpinLock(&lock, &old);
  EXPECT_EQ(old, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  EXPECT(!KeTestSpinLock(&lock));
  KeReleaseSpinLock(&lock, old);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT(KeTestSpinLock(&lock));
}

KTEST(AtDpcLevelLeavesIrqlAlone) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  KeAcquireSpinLockAtDpcLevel(&lock);
  EXPECT(!KeTryToAcquireSpinLockAtDpcLevel(&lock));
  KeReleaseSpinLockFromDpcLevel(&lock);
  EXPECT(KeTryToAcquireSpinLockAtDpcLevel(&lock));
  KeReleaseSpinLockFromDpcLevel(&lock);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeLowerIrql(old);
}

KTEST(QueuedAtDpcLevel) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  KLOCK_QUEUE_HANDLE handle;
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  KeAcquireInStackQueuedSpinLockAtDpcLevel(&lock, &handle);
  EXPECT(!KeTestSpinLock(&lock));
  KeReleaseInStackQueuedSpinLockFromDpcLevel(&handle);
  EXPECT(KeTestSpinLock(&lock));
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeLowerIrql(old);
  KeAcquireInStackQueuedSpinLock(&lock, &handle);
  EXPECT_EQ(handle.OldIrql, PASSIVE_LEVEL);
  KeReleaseInStackQueuedSpinLock(&handle);
}

KTEST(NestedLocks) {
  KSPIN_LOCK outer, inner;
  KeInitializeSpinLock(&outer);
  KeInitializeSpinLock(&inner);
  KIRQL first, second;
  KeAcquireSpinLock(&outer, &first);
  KeAcquireSpinLock(&inner, &second);
  EXPECT_EQ(second, DISPATCH_LEVEL);
  KeReleaseSpinLock(&inner, second);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeReleaseSpinLock(&outer, first);
}

KTEST(SharedIsShared) {
  EX_SPIN_LOCK lock = 0;
  const KIRQL old = ExAcquireSpinLockShared(&lock);
  EXPECT_EQ(old, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  ExAcquireSpinLockSharedAtDpcLevel(&lock);
  EXPECT(!ExTryConvertSharedSpinLockExclusive(&lock));  // two hold it
  ExReleaseSpinLockSharedFromDpcLevel(&lock);
  EXPECT(ExTryConvertSharedSpinLockExclusive(&lock));
  ExReleaseSpinLockExclusive(&lock, old);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT_EQ(lock, 0);
}

KTEST(ForDpcSuitsEveryLevelADpcHas) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  constexpr KIRQL kLevels[] = {PASSIVE_LEVEL, DISPATCH_LEVEL};
  for (const KIRQL level : kLevels) {
    KIRQL old;
    KeRaiseIrql(level, &old);
    const KIRQL before = KeAcquireSpinLockForDpc(&lock);
    EXPECT_EQ(before, level);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    EXPECT(!KeTestSpinLock(&lock));
    KeReleaseSpinLockForDpc(&lock, before);
    EXPECT_EQ(KeGetCurrentIrql(), level);
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLockForDpc(&lock, &handle);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLockForDpc(&handle);
    EXPECT_EQ(KeGetCurrentIrql(), level);
    EXPECT(KeTestSpinLock(&lock));
    KeLowerIrql(old);
  }
}

extern "C" {
NTKERNELAPI ULONG NTAPI ExTryAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock);
NTKERNELAPI ULONG NTAPI ExTryAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock);
}

KTEST(TryingAReaderWriterLock) {
  EX_SPIN_LOCK lock = 0;
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT(ExTryAcquireSpinLockSharedAtDpcLevel(&lock));
  EXPECT(ExTryAcquireSpinLockSharedAtDpcLevel(&lock));
  EXPECT(!ExTryAcquireSpinLockExclusiveAtDpcLevel(&lock));
  ExReleaseSpinLockSharedFromDpcLevel(&lock);
  ExReleaseSpinLockSharedFromDpcLevel(&lock);
  EXPECT(ExTryAcquireSpinLockExclusiveAtDpcLevel(&lock));
  EXPECT(!ExTryAcquireSpinLockSharedAtDpcLevel(&lock));
  ExReleaseSpinLockExclusiveFromDpcLevel(&lock);
  EXPECT_EQ(lock, 0);
  KeLowerIrql(old);
}

namespace {
struct Handoff {
  KSPIN_LOCK lock;
  volatile LONG held, acquired;
};

void AcquireAfterOther(Handoff* handoff) {
  KIRQL old;
  KeAcquireSpinLock(&handoff->lock, &old);
  handoff->acquired = 1;
  KeReleaseSpinLock(&handoff->lock, old);
}
}  // namespace

KTEST(AContendedLockIsAcquiredLater) {
  Handoff handoff = {};
  KeInitializeSpinLock(&handoff.lock);
  KIRQL old;
  KeAcquireSpinLock(&handoff.lock, &old);
  KeReleaseSpinLock(&handoff.lock, old);
  Thread other(AcquireAfterOther, &handoff);
  for (int i = 0; i < 50; i++) {
    KeAcquireSpinLock(&handoff.lock, &old);
    KeStallExecutionProcessor(10);
    KeReleaseSpinLock(&handoff.lock, old);
  }
  other.Join();
  EXPECT_EQ(handoff.acquired, 1);
}
