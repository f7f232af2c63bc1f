// Mutexes: owned, recursive, released by their owner only; abandoned mutants.
#include "ktest.h"

using namespace ktest;

extern "C" NTKERNELAPI VOID NTAPI KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner);
extern "C" NTKERNELAPI LONG NTAPI KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait);

namespace {
NTSTATUS Acquire(PKMUTEX mutex) { return KeWaitForSingleObject(mutex, Executive, KernelMode, FALSE, nullptr); }

template <class Action>
NTSTATUS Raises(Action action) {
  __try {
    action();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}
}  // namespace

KTEST(AcquireAndRelease) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  EXPECT_EQ(KeReadStateMutex(&mutex), 1);
  EXPECT_EQ(Acquire(&mutex), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateMutex(&mutex), 0);
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
  EXPECT_EQ(KeReadStateMutex(&mutex), 1);
}

KTEST(OwnerMayAcquireAgain) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  for (int i = 0; i < 3; i++) EXPECT_EQ(Acquire(&mutex), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateMutex(&mutex), -2);
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), -2);
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), -1);
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
  EXPECT_EQ(KeReadStateMutex(&mutex), 1);
}

KTEST(ReleaseOfAFreeMutexRaises) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  EXPECT_EQ(Raises([&] { KeReleaseMutex(&mutex, FALSE); }), STATUS_MUTANT_NOT_OWNED);
  EXPECT_EQ(KeReadStateMutex(&mutex), 1);
}

KTEST(NobodyAcquiresWithoutEnd) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  Acquire(&mutex);
  mutex.Header.SignalState = MINLONG;  // as if acquired so often
  EXPECT_EQ(Raises([&] { Acquire(&mutex); }), STATUS_MUTANT_LIMIT_EXCEEDED);
  EXPECT_EQ(KeReadStateMutex(&mutex), static_cast<LONG>(MINLONG));
  mutex.Header.SignalState = 0;
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
}

namespace {
struct Shared {
  KMUTEX mutex;
  volatile LONG step;
  NTSTATUS status;
};

void ReleaseOthers(Shared* shared) {
  shared->status = Raises([&] { KeReleaseMutex(&shared->mutex, FALSE); });
}

void TryAcquire(Shared* shared) { shared->status = WaitFor(&shared->mutex, 0); }

void AcquireThenRelease(Shared* shared) {
  shared->status = Acquire(&shared->mutex);
  shared->step = 1;
  KeReleaseMutex(&shared->mutex, FALSE);
}
}  // namespace

KTEST(OnlyTheOwnerReleases) {
  Shared shared = {};
  KeInitializeMutex(&shared.mutex, 0);
  Acquire(&shared.mutex);
  Thread(ReleaseOthers, &shared).Join();
  EXPECT_EQ(shared.status, STATUS_MUTANT_NOT_OWNED);
  Thread(TryAcquire, &shared).Join();
  EXPECT_EQ(shared.status, STATUS_TIMEOUT);
  KeReleaseMutex(&shared.mutex, FALSE);
}

KTEST(ReleaseHandsItToWhoWaits) {
  Shared shared = {};
  KeInitializeMutex(&shared.mutex, 0);
  Acquire(&shared.mutex);
  Thread waiter(AcquireThenRelease, &shared);
  EXPECT(!waiter.EndsWithin(10));
  EXPECT_EQ(shared.step, 0);
  KeReleaseMutex(&shared.mutex, FALSE);
  waiter.Join();
  EXPECT_EQ(shared.step, 1);
  EXPECT_EQ(shared.status, STATUS_SUCCESS);
}

KTEST(AMutexDisablesNormalKernelApcs) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  EXPECT(!KeAreApcsDisabled());
  Acquire(&mutex);
  EXPECT(KeAreApcsDisabled());
  EXPECT(!KeAreAllApcsDisabled());
  Acquire(&mutex);
  KeReleaseMutex(&mutex, FALSE);
  EXPECT(KeAreApcsDisabled());
  KeReleaseMutex(&mutex, FALSE);
  EXPECT(!KeAreApcsDisabled());
}

KTEST(AMutantIsBornOwnedIfAsked) {
  KMUTANT mutant;
  KeInitializeMutant(&mutant, TRUE);
  EXPECT_EQ(KeReadStateMutex(&mutant), 0);
  EXPECT(mutant.OwnerThread == KeGetCurrentThread());
  EXPECT(!KeAreApcsDisabled());  // unlike a mutex
  EXPECT_EQ(KeReleaseMutant(&mutant, 0, FALSE, FALSE), 0);
}

KTEST(ADeadOwnersMutantIsAbandoned) {
  // A mutex of KeInitializeMutex would be a bugcheck here: it disables APCs.
  KMUTANT mutant;
  KeInitializeMutant(&mutant, FALSE);
  const auto take = +[](KMUTANT* object) { KeWaitForSingleObject(object, Executive, KernelMode, FALSE, nullptr); };
  Thread(take, &mutant).Join();
  EXPECT_EQ(KeReadStateMutex(&mutant), 1);
  EXPECT_EQ(Acquire(&mutant), STATUS_ABANDONED);
  EXPECT_EQ(KeReadStateMutex(&mutant), 0);
  EXPECT_EQ(KeReleaseMutant(&mutant, 0, FALSE, FALSE), 0);
  EXPECT_EQ(Acquire(&mutant), STATUS_SUCCESS);  // told once
  KeReleaseMutant(&mutant, 0, FALSE, FALSE);
}

KTEST(AbandonedAmongSeveralAddsToTheIndex) {
  KMUTANT mutant;
  KEVENT event;
  KeInitializeMutant(&mutant, FALSE);
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  const auto take = +[](KMUTANT* object) { KeWaitForSingleObject(object, Executive, KernelMode, FALSE, nullptr); };
  Thread(take, &mutant).Join();
  PVOID objects[] = {&event, &mutant};
  EXPECT_EQ(KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr), STATUS_ABANDONED + 1);
  KeReleaseMutant(&mutant, 0, FALSE, FALSE);
}

KTEST(QueryOwner) {
  KMUTANT mutant;
  KeInitializeMutant(&mutant, TRUE);
  CLIENT_ID owner = {};
  KeQueryOwnerMutant(&mutant, &owner);
  EXPECT(owner.UniqueThread == PsGetCurrentThreadId());
  EXPECT(owner.UniqueProcess == PsGetCurrentProcessId());
  KeReleaseMutant(&mutant, 0, FALSE, FALSE);
  KeQueryOwnerMutant(&mutant, &owner);
  EXPECT(owner.UniqueThread == nullptr);
}
