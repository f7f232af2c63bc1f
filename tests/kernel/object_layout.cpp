// What drivers see of the synchronization objects' fields: debuggers' eyes, and assertions that look at owners and counts.
#include "ktest.h"

using namespace ktest;

KTEST(HeadersOfDispatcherObjects) {
  KEVENT event;
  KeInitializeEvent(&event, SynchronizationEvent, TRUE);
  EXPECT_EQ(event.Header.Type, 1);
  EXPECT_EQ(event.Header.Size, sizeof(KEVENT) / sizeof(ULONG));
  EXPECT_EQ(event.Header.SignalState, 1);
  EXPECT(IsListEmpty(&event.Header.WaitListHead));
  KSEMAPHORE semaphore;
  KeInitializeSemaphore(&semaphore, 3, 9);
  EXPECT_EQ(semaphore.Header.Type, 5);
  EXPECT_EQ(semaphore.Header.Size, sizeof(KSEMAPHORE) / sizeof(ULONG));
  EXPECT_EQ(semaphore.Header.SignalState, 3);
  EXPECT_EQ(semaphore.Limit, 9);
  KMUTEX mutex;
  KeInitializeMutex(&mutex, 0);
  EXPECT_EQ(mutex.Header.Type, 2);
  EXPECT_EQ(mutex.Header.Size, sizeof(KMUTEX) / sizeof(ULONG));
  EXPECT_EQ(mutex.Header.SignalState, 1);
  EXPECT_EQ(mutex.ApcDisable, 1);
  EXPECT(mutex.OwnerThread == nullptr);
  KeWaitForSingleObject(&mutex, Executive, KernelMode, FALSE, nullptr);
  EXPECT(mutex.OwnerThread == KeGetCurrentThread());
  EXPECT(!mutex.Abandoned);
  KeReleaseMutex(&mutex, FALSE);
  EXPECT(mutex.OwnerThread == nullptr);
  KTIMER timer;
  KeInitializeTimerEx(&timer, SynchronizationTimer);
  EXPECT_EQ(timer.Header.Type, 9);
  KeInitializeTimer(&timer);
  EXPECT_EQ(timer.Header.Type, 8);
  EXPECT_EQ(timer.Header.SignalState, 0);
}

KTEST(FieldsOfAFastMutex) {
  FAST_MUTEX mutex;
  ExInitializeFastMutex(&mutex);
  EXPECT_EQ(mutex.Count, FM_LOCK_BIT);
  EXPECT(mutex.Owner == nullptr);
  EXPECT_EQ(mutex.Contention, 0);
  ExAcquireFastMutex(&mutex);
  EXPECT_EQ(mutex.Count, 0);
  EXPECT(mutex.Owner == KeGetCurrentThread());
  EXPECT_EQ(mutex.OldIrql, PASSIVE_LEVEL);
  ExReleaseFastMutex(&mutex);
  EXPECT_EQ(mutex.Count, FM_LOCK_BIT);
  EXPECT(mutex.Owner == nullptr);
}

KTEST(FieldsOfAResource) {
  ERESOURCE resource;
  REQUIRE(NT_SUCCESS(ExInitializeResourceLite(&resource)));
  EXPECT_EQ(resource.ActiveCount, 0);
  KeEnterCriticalRegion();
  ExAcquireResourceExclusiveLite(&resource, TRUE);
  EXPECT_EQ(resource.ActiveCount, 1);
  EXPECT(resource.Flag & ResourceOwnedExclusive);
  EXPECT_EQ(resource.OwnerEntry.OwnerThread, ExGetCurrentResourceThread());
  ExReleaseResourceLite(&resource);
  EXPECT_EQ(resource.ActiveCount, 0);
  EXPECT(!(resource.Flag & ResourceOwnedExclusive));
  KeLeaveCriticalRegion();
  ExDeleteResourceLite(&resource);
}

KTEST(FieldsOfADeviceQueue) {
  KDEVICE_QUEUE queue;
  KeInitializeDeviceQueue(&queue);
  EXPECT_EQ(queue.Type, 20);
  EXPECT_EQ(queue.Size, sizeof(KDEVICE_QUEUE));
  EXPECT(!queue.Busy);
  EXPECT(IsListEmpty(&queue.DeviceListHead));
}

KTEST(FieldsOfALookasideList) {
  NPAGED_LOOKASIDE_LIST list;
  ExInitializeNPagedLookasideList(&list, nullptr, nullptr, 0, 100, 'tset', 0);
  EXPECT_EQ(list.L.Size, 100);
  EXPECT_EQ(list.L.Tag, 'tset');
  EXPECT_EQ(list.L.Depth, 4);
  EXPECT_EQ(list.L.MaximumDepth, 256);
  EXPECT_EQ(list.L.TotalAllocates, 0);
  const PVOID entry = ExAllocateFromNPagedLookasideList(&list);
  EXPECT_EQ(list.L.TotalAllocates, 1);
  EXPECT_EQ(list.L.AllocateMisses, 1);
  ExFreeToNPagedLookasideList(&list, entry);
  EXPECT_EQ(list.L.TotalFrees, 1);
  EXPECT_EQ(ExQueryDepthSList(&list.L.ListHead), 1);
  ExDeleteNPagedLookasideList(&list);
}

KTEST(SpinLocksAreZeroWhenFree) {
  KSPIN_LOCK lock = 7;
  KeInitializeSpinLock(&lock);
  EXPECT_EQ(lock, 0);
  KIRQL old;
  KeAcquireSpinLock(&lock, &old);
  EXPECT(lock != 0);
  KeReleaseSpinLock(&lock, old);
  EXPECT_EQ(lock, 0);
  KLOCK_QUEUE_HANDLE handle;
  KeAcquireInStackQueuedSpinLock(&lock, &handle);
  EXPECT_EQ(handle.OldIrql, PASSIVE_LEVEL);
  EXPECT(lock != 0);
  KeReleaseInStackQueuedSpinLock(&handle);
  EXPECT_EQ(lock, 0);
}

KTEST(FieldsOfAnApcAndAThread) {
  const PKTHREAD thread = KeGetCurrentThread();
  EXPECT(PsGetCurrentThread() == reinterpret_cast<PETHREAD>(thread));
  EXPECT(PsGetThreadProcess(PsGetCurrentThread()) == PsGetCurrentProcess());
  ULONG_PTR low = 0, high = 0;
  IoGetStackLimits(&low, &high);
  const auto here = reinterpret_cast<ULONG_PTR>(&low);
  EXPECT(low < here && here < high);
  EXPECT(IoGetRemainingStackSize() > 4096 && IoGetRemainingStackSize() < high - low);
  EXPECT(IoGetInitialStack() != nullptr);
}
