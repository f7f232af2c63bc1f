// Edges of the synchronization routines: limits, counts that are returned, ordering, forms that other tests leave out.
#include "ktest.h"

using namespace ktest;

namespace {
template <class Body>
NTSTATUS StatusOf(Body body) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    body();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
  }
  return status;
}
}  // namespace

// ---- events, semaphores, mutexes

KTEST(EventsReturnTheirPreviousState) {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  EXPECT_EQ(KePulseEvent(&event, 0, FALSE), 0);
  EXPECT_EQ(KeSetEvent(&event, 0, FALSE), 0);
  EXPECT_EQ(KePulseEvent(&event, 0, FALSE), 1);
  EXPECT_EQ(KeReadStateEvent(&event), 0);
  KeSetEvent(&event, 0, FALSE);
  KeClearEvent(&event);
  EXPECT_EQ(KeResetEvent(&event), 0);
}

KTEST(AStateMayBeSetBeforeAWaitWithoutLoweringTheLevel) {
  KEVENT first, second;
  KeInitializeEvent(&first, SynchronizationEvent, FALSE);
  KeInitializeEvent(&second, SynchronizationEvent, TRUE);
  KeSetEvent(&first, 0, TRUE);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  LARGE_INTEGER zero = {};
  EXPECT_EQ(KeWaitForSingleObject(&second, Executive, KernelMode, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateEvent(&first), 1);
}

KTEST(SemaphoresWithLimits) {
  KSEMAPHORE semaphore;
  KeInitializeSemaphore(&semaphore, 2, 3);
  EXPECT_EQ(KeReadStateSemaphore(&semaphore), 2);
  EXPECT_EQ(KeReleaseSemaphore(&semaphore, 0, 1, FALSE), 2);
  EXPECT_EQ(StatusOf([&] { KeReleaseSemaphore(&semaphore, 0, 1, FALSE); }), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  EXPECT_EQ(KeReadStateSemaphore(&semaphore), 3);
  // More than fits into a LONG.
  EXPECT_EQ(StatusOf([&] { KeReleaseSemaphore(&semaphore, 0, MAXLONG, FALSE); }), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
  LARGE_INTEGER zero = {};
  for (int i = 0; i < 3; i++) EXPECT_EQ(KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(KeWaitForSingleObject(&semaphore, Executive, KernelMode, FALSE, &zero), STATUS_TIMEOUT);
}

KTEST(StatesOfAMutant) {
  KMUTANT mutant;
  KeInitializeMutant(&mutant, FALSE);
  EXPECT_EQ(KeReadStateMutant(&mutant), 1);
  LARGE_INTEGER zero = {};
  EXPECT_EQ(KeWaitForSingleObject(&mutant, Executive, KernelMode, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateMutant(&mutant), 0);
  EXPECT_EQ(KeWaitForSingleObject(&mutant, Executive, KernelMode, FALSE, &zero), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateMutant(&mutant), -1);
  EXPECT_EQ(KeReleaseMutant(&mutant, 0, FALSE, FALSE), -1);
  EXPECT_EQ(KeReleaseMutant(&mutant, 0, FALSE, FALSE), 0);
  EXPECT_EQ(StatusOf([&] { KeReleaseMutant(&mutant, 0, FALSE, FALSE); }), STATUS_MUTANT_NOT_OWNED);
  // A mutant, unlike a mutex, leaves APCs alone.
  KeWaitForSingleObject(&mutant, Executive, KernelMode, FALSE, nullptr);
  EXPECT(!KeAreApcsDisabled());
  KeReleaseMutant(&mutant, 0, FALSE, FALSE);
}

KTEST(AMutexReturnsItsCount) {
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 5);
  EXPECT_EQ(KeReadStateMutex(&mutex), 1);
  EXPECT_EQ(KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
  EXPECT(KeAreApcsDisabled());
  EXPECT(!KeAreAllApcsDisabled());
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), -1);
  EXPECT(KeAreApcsDisabled());
  EXPECT_EQ(KeReleaseMutex(&mutex, FALSE), 0);
  EXPECT(!KeAreApcsDisabled());
  EXPECT_EQ(StatusOf([&] { KeReleaseMutex(&mutex, FALSE); }), STATUS_MUTANT_NOT_OWNED);
  EXPECT(!KeAreApcsDisabled());
}

// ---- waits

KTEST(ThreeObjectsNeedNoWaitBlocks) {
  KEVENT events[THREAD_WAIT_OBJECTS];
  PVOID objects[THREAD_WAIT_OBJECTS];
  for (int i = 0; i < THREAD_WAIT_OBJECTS; i++) {
    KeInitializeEvent(&events[i], SynchronizationEvent, FALSE);
    objects[i] = &events[i];
  }
  LARGE_INTEGER zero = {};
  EXPECT_EQ(KeWaitForMultipleObjects(THREAD_WAIT_OBJECTS, objects, WaitAny, Executive, KernelMode, FALSE, &zero, nullptr), STATUS_TIMEOUT);
  for (KEVENT& event : events) KeSetEvent(&event, 0, FALSE);
  EXPECT_EQ(KeWaitForMultipleObjects(THREAD_WAIT_OBJECTS, objects, WaitAll, Executive, KernelMode, FALSE, &zero, nullptr), STATUS_SUCCESS);
  KeSetEvent(&events[2], 0, FALSE);
  EXPECT_EQ(KeWaitForMultipleObjects(THREAD_WAIT_OBJECTS, objects, WaitAny, Executive, KernelMode, FALSE, nullptr, nullptr), STATUS_WAIT_2);
}

KTEST(TheSameObjectTwiceIsTakenTwice) {
  KSEMAPHORE semaphore;
  KeInitializeSemaphore(&semaphore, 2, 2);
  PVOID objects[] = {&semaphore, &semaphore};
  LARGE_INTEGER zero = {};
  EXPECT_EQ(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, &zero, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(KeReadStateSemaphore(&semaphore), 0);
}

KTEST(ADelayOfNothingYields) {
  LARGE_INTEGER zero = {};
  EXPECT_EQ(KeDelayExecutionThread(KernelMode, FALSE, &zero), STATUS_SUCCESS);
  LARGE_INTEGER past;
  past.QuadPart = 1;  // absolute, in 1601
  EXPECT_EQ(KeDelayExecutionThread(KernelMode, TRUE, &past), STATUS_SUCCESS);
}

// ---- spin locks

KTEST(TryingASpinLock) {
  KSPIN_LOCK lock;
  KeInitializeSpinLock(&lock);
  EXPECT_EQ(lock, 0);
  EXPECT(KeTestSpinLock(&lock));
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT(KeTryToAcquireSpinLockAtDpcLevel(&lock));
  EXPECT(!KeTestSpinLock(&lock));
  EXPECT(!KeTryToAcquireSpinLockAtDpcLevel(&lock));
  KeReleaseSpinLockFromDpcLevel(&lock);
  KeLowerIrql(old);
  EXPECT(KeTestSpinLock(&lock));
}

KTEST(ReaderWriterLocksTellTheOldLevel) {
  EX_SPIN_LOCK lock = 0;
  EXPECT_EQ(ExAcquireSpinLockShared(&lock), PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  EXPECT(ExTryConvertSharedSpinLockExclusive(&lock));
  ExReleaseSpinLockExclusive(&lock, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  EXPECT_EQ(lock, 0);
  const KIRQL old = ExAcquireSpinLockExclusive(&lock);
  ExReleaseSpinLockExclusiveFromDpcLevel(&lock);
  ExAcquireSpinLockExclusiveAtDpcLevel(&lock);
  ExReleaseSpinLockExclusiveFromDpcLevel(&lock);
  ExAcquireSpinLockSharedAtDpcLevel(&lock);
  ExAcquireSpinLockSharedAtDpcLevel(&lock);
  EXPECT(!ExTryConvertSharedSpinLockExclusive(&lock));
  ExReleaseSpinLockSharedFromDpcLevel(&lock);
  ExReleaseSpinLockShared(&lock, old);
  EXPECT_EQ(lock, 0);
}

KTEST(RaisingToTheSynchronizationLevel) {
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT_EQ(old, PASSIVE_LEVEL);
  EXPECT_EQ(KfRaiseIrql(DISPATCH_LEVEL), DISPATCH_LEVEL);
  EXPECT_EQ(KfRaiseIrql(CLOCK_LEVEL), DISPATCH_LEVEL);
  EXPECT_EQ(KfRaiseIrql(HIGH_LEVEL), CLOCK_LEVEL);
  KeLowerIrql(old);
}

// ---- resources

KTEST(ResourcesTellWhoHolds) {
  ERESOURCE resource;
  REQUIRE(NT_SUCCESS(ExInitializeResourceLite(&resource)));
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 0);
  KeEnterCriticalRegion();
  EXPECT(ExAcquireResourceExclusiveLite(&resource, TRUE));
  EXPECT(ExAcquireResourceSharedLite(&resource, TRUE));
  EXPECT(ExIsResourceAcquiredExclusiveLite(&resource));
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 2);
  EXPECT_EQ(ExIsResourceAcquiredLite(&resource), 2);
  ExReleaseResourceLite(&resource);
  ExConvertExclusiveToSharedLite(&resource);
  EXPECT(!ExIsResourceAcquiredExclusiveLite(&resource));
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 1);
  EXPECT(!ExAcquireResourceExclusiveLite(&resource, FALSE));
  EXPECT(ExAcquireSharedStarveExclusive(&resource, FALSE));
  EXPECT(ExAcquireSharedWaitForExclusive(&resource, FALSE));
  ExReleaseResourceForThreadLite(&resource, ExGetCurrentResourceThread());
  ExReleaseResourceLite(&resource);
  ExReleaseResourceLite(&resource);
  EXPECT_EQ(ExGetExclusiveWaiterCount(&resource), 0);
  EXPECT_EQ(ExGetSharedWaiterCount(&resource), 0);
  ExDisableResourceBoostLite(&resource);
  KeLeaveCriticalRegion();
  EXPECT(ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(&resource) != nullptr);
  EXPECT(KeAreApcsDisabled());
  ExReleaseResourceAndLeaveCriticalRegion(&resource);
  EXPECT(!KeAreApcsDisabled());
  EXPECT_EQ(ExDeleteResourceLite(&resource), STATUS_SUCCESS);
}

// ---- push locks and rundown protection

extern "C" {
NTKERNELAPI PVOID NTAPI ExAllocateCacheAwarePushLock();
NTKERNELAPI VOID NTAPI ExFreeCacheAwarePushLock(PVOID);
NTKERNELAPI VOID NTAPI ExAcquireCacheAwarePushLockExclusive(PVOID);
NTKERNELAPI VOID NTAPI ExAcquireCacheAwarePushLockExclusiveEx(PVOID, ULONG);
NTKERNELAPI PVOID NTAPI ExAcquireCacheAwarePushLockSharedEx(PVOID, ULONG);
NTKERNELAPI VOID NTAPI ExReleaseCacheAwarePushLockExclusive(PVOID);
NTKERNELAPI VOID NTAPI ExReleaseCacheAwarePushLockExclusiveEx(PVOID, ULONG);
NTKERNELAPI VOID NTAPI ExReleaseCacheAwarePushLockSharedEx(PVOID, ULONG);
}

namespace {
struct Reader {
  PVOID lock;
  volatile LONG entered;
};
void ReadOnce(Reader* reader) {
  KeEnterCriticalRegion();
  const PVOID held = ExAcquireCacheAwarePushLockSharedEx(reader->lock, 0);
  reader->entered = 1;
  ExReleaseCacheAwarePushLockSharedEx(held, 0);
  KeLeaveCriticalRegion();
}
}  // namespace

KTEST(CacheAwarePushLocksExclude) {
  const PVOID lock = ExAllocateCacheAwarePushLock();
  REQUIRE(lock != nullptr);
  KeEnterCriticalRegion();
  const PVOID first = ExAcquireCacheAwarePushLockSharedEx(lock, 0);
  EXPECT(first != nullptr);
  ExReleaseCacheAwarePushLockSharedEx(first, 0);
  ExAcquireCacheAwarePushLockExclusive(lock);
  Reader reader = {lock, 0};
  {
    Thread thread(ReadOnce, &reader);
    Sleep(3);
    EXPECT_EQ(reader.entered, 0);
    ExReleaseCacheAwarePushLockExclusive(lock);
  }
  EXPECT_EQ(reader.entered, 1);
  ExAcquireCacheAwarePushLockExclusiveEx(lock, 0);
  ExReleaseCacheAwarePushLockExclusiveEx(lock, 0);
  KeLeaveCriticalRegion();
  ExFreeCacheAwarePushLock(lock);
}

KTEST(RundownByTheDozen) {
  EX_RUNDOWN_REF reference;
  ExInitializeRundownProtection(&reference);
  EXPECT_EQ(reference.Count, 0);
  EXPECT(ExAcquireRundownProtectionEx(&reference, 12));
  ExReleaseRundownProtectionEx(&reference, 11);
  ExReleaseRundownProtection(&reference);
  ExWaitForRundownProtectionRelease(&reference);
  EXPECT(!ExAcquireRundownProtection(&reference));
  EXPECT(!ExAcquireRundownProtectionEx(&reference, 3));
  ExWaitForRundownProtectionRelease(&reference);  // again: at once
  ExRundownCompleted(&reference);
  EXPECT(!ExAcquireRundownProtection(&reference));
  ExReInitializeRundownProtection(&reference);
  EXPECT(ExAcquireRundownProtection(&reference));
  ExReleaseRundownProtection(&reference);
}

// ---- time

KTEST(TheClocksResolution) {
  ULONG longest = 0, shortest = 0, now = 0;
  ExQueryTimerResolution(&longest, &shortest, &now);
  EXPECT_EQ(longest, KeQueryTimeIncrement());
  EXPECT(shortest > 0 && shortest <= now && now <= longest);
  const ULONG set = ExSetTimerResolution(10'000, TRUE);
  EXPECT(set >= shortest && set <= longest);
  ExQueryTimerResolution(&longest, &shortest, &now);
  EXPECT(now <= 10'000 + 10'000 / 2);
  ExSetTimerResolution(0, FALSE);
}

KTEST(LocalTime) {
  LARGE_INTEGER system, local, back;
  KeQuerySystemTime(&system);
  ExSystemTimeToLocalTime(&system, &local);
  ExLocalTimeToSystemTime(&local, &back);
  EXPECT_EQ(back.QuadPart, system.QuadPart);
  ULONG64 stamp = 0;
  const ULONG64 precise = KeQueryInterruptTimePrecise(&stamp);
  EXPECT(precise + 1'000'000 >= KeQueryInterruptTime() && stamp != 0);
  LARGE_INTEGER ticks;
  KeQueryTickCount(&ticks);
  EXPECT(ticks.QuadPart >= 0);
}

KTEST(ThereIsNoAuxiliaryCounter) {
  ULONG64 value = 7, error = 0;
  EXPECT_EQ(KeQueryAuxiliaryCounterFrequency(&value), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(KeConvertAuxiliaryCounterToPerformanceCounter(1, &value, &error), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(KeConvertPerformanceCounterToAuxiliaryCounter(1, &value, nullptr), STATUS_NOT_SUPPORTED);
  EXPECT_EQ(value, 7);
  KeInvalidateRangeAllCaches(&value, sizeof value);
}

// ---- threads

extern "C" NTKERNELAPI LONG NTAPI KeQueryBasePriorityThread(PKTHREAD Thread);
extern "C" NTKERNELAPI BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread);

KTEST(BasePrioritiesAreRelative) {
  const PKTHREAD self = KeGetCurrentThread();
  const LONG old = KeSetBasePriorityThread(self, 1);
  EXPECT_EQ(KeQueryBasePriorityThread(self), 1);
  EXPECT_EQ(KeSetBasePriorityThread(self, -2), 1);
  EXPECT_EQ(KeQueryBasePriorityThread(self), -2);
  KeSetBasePriorityThread(self, old);
  EXPECT(!PsIsThreadTerminating(PsGetCurrentThread()));
  EXPECT(!KeIsExecutingDpc());
  EXPECT_EQ(KeQueryMaximumProcessorCount(), KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS));
  const ULONG alignment = KeGetRecommendedSharedDataAlignment();
  EXPECT(alignment >= 32 && (alignment & (alignment - 1)) == 0);
}

KTEST(AttachingByTheOldNames) {
  KeAttachProcess(PsInitialSystemProcess);
  EXPECT(PsGetCurrentProcess() == PsInitialSystemProcess);
  KeDetachProcess();
  EXPECT(PsGetCurrentProcess() == PsInitialSystemProcess);
}
