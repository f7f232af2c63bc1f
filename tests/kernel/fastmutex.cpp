// Fast mutexes and guarded mutexes: what they keep away, whom they let in.
#include "ktest.h"

using namespace ktest;

KTEST(AFastMutexRaisesToApcLevel) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  EXPECT_EQ(mutex.Count, 1);
  EXPECT(mutex.Owner == nullptr);
  ExAcquireFastMutex(&mutex);
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  // By the IRQL, not by the thread's counts.
  EXPECT(KeAreAllApcsDisabled());
  EXPECT(!KeAreApcsDisabled());
  EXPECT_EQ(mutex.Count, 0);
  EXPECT(mutex.Owner == KeGetCurrentThread());
  EXPECT_EQ(mutex.OldIrql, PASSIVE_LEVEL);
  ExReleaseFastMutex(&mutex);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT(mutex.Owner == nullptr);
  EXPECT_EQ(mutex.Count, 1);
}

KTEST(AFastMutexRestoresTheIrqlItWasAcquiredAt) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  KIRQL irql;
  KeRaiseIrql(APC_LEVEL, &irql);
  ExAcquireFastMutex(&mutex);
  EXPECT_EQ(mutex.OldIrql, APC_LEVEL);
  ExReleaseFastMutex(&mutex);
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  KeLowerIrql(irql);
}

KTEST(TryingAFastMutex) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  EXPECT(ExTryToAcquireFastMutex(&mutex));
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  // It is not recursive.
  EXPECT(!ExTryToAcquireFastMutex(&mutex));
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  ExReleaseFastMutex(&mutex);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

KTEST(TheUnsafeFormLeavesTheIrqlToItsCaller) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  KeEnterCriticalRegion();
  EXPECT(KeAreApcsDisabled());
  EXPECT(!KeAreAllApcsDisabled());
  ExAcquireFastMutexUnsafe(&mutex);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT(mutex.Owner == KeGetCurrentThread());
  ExReleaseFastMutexUnsafe(&mutex);
  KeLeaveCriticalRegion();
  EXPECT(!KeAreApcsDisabled());
}

KTEST(AGuardedMutexDisablesAllApcs) {
  KGUARDED_MUTEX mutex;
  KeInitializeGuardedMutex(&mutex);
  KeAcquireGuardedMutex(&mutex);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT(KeAreAllApcsDisabled());
  EXPECT(KeAreApcsDisabled());
  EXPECT(mutex.Owner == KeGetCurrentThread());
  EXPECT(!KeTryToAcquireGuardedMutex(&mutex));
  EXPECT(KeAreAllApcsDisabled());
  KeReleaseGuardedMutex(&mutex);
  EXPECT(!KeAreAllApcsDisabled());
  EXPECT(!KeAreApcsDisabled());
  EXPECT(KeTryToAcquireGuardedMutex(&mutex));
  KeReleaseGuardedMutex(&mutex);
}

KTEST(TheUnsafeGuardedFormNeedsAGuardedRegion) {
  KGUARDED_MUTEX mutex;
  KeInitializeGuardedMutex(&mutex);
  KeEnterGuardedRegion();
  KeAcquireGuardedMutexUnsafe(&mutex);
  KeReleaseGuardedMutexUnsafe(&mutex);
  EXPECT(KeAreAllApcsDisabled());
  KeLeaveGuardedRegion();
  EXPECT(!KeAreAllApcsDisabled());
}

namespace {
struct Shared {
  FAST_MUTEX fast;
  KGUARDED_MUTEX guarded;
  LONG inside, most, rounds;
};

void Enter(Shared* shared) {
  const LONG inside = InterlockedIncrement(&shared->inside);
  if (inside > shared->most) shared->most = inside;
  Sleep(1);
  InterlockedDecrement(&shared->inside);
  shared->rounds++;
}

void UseFast(Shared* shared) {
  for (int i = 0; i < 5; i++) {
    ExAcquireFastMutex(&shared->fast);
    Enter(shared);
    ExReleaseFastMutex(&shared->fast);
  }
}

void UseGuarded(Shared* shared) {
  for (int i = 0; i < 5; i++) {
    KeAcquireGuardedMutex(&shared->guarded);
    Enter(shared);
    KeReleaseGuardedMutex(&shared->guarded);
  }
}

void TryFast(Shared* shared) { shared->rounds = ExTryToAcquireFastMutex(&shared->fast); }
}  // namespace

KTEST(OneThreadIsInside) {
  Shared shared = {};
  ExInitializeFastMutex(&shared.fast);
  KeInitializeGuardedMutex(&shared.guarded);
  {
    Thread first(UseFast, &shared), second(UseFast, &shared), third(UseFast, &shared);
  }
  EXPECT_EQ(shared.most, 1);
  EXPECT_EQ(shared.rounds, 15);
  EXPECT(shared.fast.Contention > 0);
  {
    Thread first(UseGuarded, &shared), second(UseGuarded, &shared), third(UseGuarded, &shared);
  }
  EXPECT_EQ(shared.most, 1);
  EXPECT_EQ(shared.rounds, 30);
}

KTEST(AnotherThreadDoesNotWaitIfItOnlyTries) {
  Shared shared = {};
  shared.rounds = 7;
  ExInitializeFastMutex(&shared.fast);
  KeEnterCriticalRegion();
  ExAcquireFastMutexUnsafe(&shared.fast);
  Thread(TryFast, &shared).Join();
  EXPECT_EQ(shared.rounds, 0);
  ExReleaseFastMutexUnsafe(&shared.fast);
  KeLeaveCriticalRegion();
}

extern "C" {
NTKERNELAPI VOID NTAPI ExEnterCriticalRegionAndAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex);
NTKERNELAPI VOID NTAPI ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(PFAST_MUTEX FastMutex);
}

KTEST(AFastMutexWithItsCriticalRegion) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  ExEnterCriticalRegionAndAcquireFastMutexUnsafe(&mutex);
  EXPECT(KeAreApcsDisabled());
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT(mutex.Owner == KeGetCurrentThread());
  ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(&mutex);
  EXPECT(!KeAreApcsDisabled());
  EXPECT(mutex.Owner == nullptr);
}
