// Executive resources: who may own them with whom, recursion, conversion, waiters, owner pointers.
#include "ktest.h"

using namespace ktest;

namespace {
/// What another thread tries to do with a resource, and whether it could.
struct Attempt {
  PERESOURCE resource;
  BOOLEAN(NTAPI* acquire)(PERESOURCE, BOOLEAN);
  BOOLEAN wait;
  BOOLEAN got;
  KEVENT done;
  KEVENT release;
};

void TryIt(Attempt* attempt) {
  KeEnterCriticalRegion();
  attempt->got = attempt->acquire(attempt->resource, attempt->wait);
  KeSetEvent(&attempt->done, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(&attempt->release, Executive, KernelMode, FALSE, nullptr);
  if (attempt->got) ExReleaseResourceLite(attempt->resource);
  KeLeaveCriticalRegion();
}

void Prepare(Attempt& attempt, PERESOURCE resource, BOOLEAN(NTAPI* acquire)(PERESOURCE, BOOLEAN), BOOLEAN wait) {
  attempt.resource = resource;
  attempt.acquire = acquire;
  attempt.wait = wait;
  attempt.got = FALSE;
  KeInitializeEvent(&attempt.done, NotificationEvent, FALSE);
  KeInitializeEvent(&attempt.release, NotificationEvent, FALSE);
}

/// Whether another thread gets it without waiting.
bool AnotherGets(PERESOURCE resource, BOOLEAN(NTAPI* acquire)(PERESOURCE, BOOLEAN)) {
  Attempt attempt;
  Prepare(attempt, resource, acquire, FALSE);
  KeSetEvent(&attempt.release, IO_NO_INCREMENT, FALSE);
  Thread thread(TryIt, &attempt);
  thread.Join();
  return attempt.got != FALSE;
}

/// A resource for one test, in a critical region as the contract wants it.
struct Resource {
  Resource() {
    ExInitializeResourceLite(&it);
    KeEnterCriticalRegion();
  }
  ~Resource() {
    KeLeaveCriticalRegion();
    ExDeleteResourceLite(&it);
  }
  ERESOURCE it;
};
}  // namespace

KTEST(ExclusiveKeepsOthersOut) {
  Resource resource;
  EXPECT(ExAcquireResourceExclusiveLite(&resource.it, TRUE));
  EXPECT(ExIsResourceAcquiredExclusiveLite(&resource.it));
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource.it), 1);
  EXPECT(!AnotherGets(&resource.it, ExAcquireResourceExclusiveLite));
  EXPECT(!AnotherGets(&resource.it, ExAcquireResourceSharedLite));
  ExReleaseResourceLite(&resource.it);
  EXPECT(!ExIsResourceAcquiredExclusiveLite(&resource.it));
  EXPECT(AnotherGets(&resource.it, ExAcquireResourceExclusiveLite));
}

KTEST(SharedAdmitsSharersOnly) {
  Resource resource;
  EXPECT(ExAcquireResourceSharedLite(&resource.it, TRUE));
  EXPECT(!ExIsResourceAcquiredExclusiveLite(&resource.it));
  EXPECT(AnotherGets(&resource.it, ExAcquireResourceSharedLite));
  EXPECT(!AnotherGets(&resource.it, ExAcquireResourceExclusiveLite));
  ExReleaseResourceLite(&resource.it);
}

KTEST(RecursionIsCounted) {
  Resource resource;
  EXPECT(ExAcquireResourceExclusiveLite(&resource.it, FALSE));
  EXPECT(ExAcquireResourceExclusiveLite(&resource.it, FALSE));
  EXPECT(ExAcquireResourceSharedLite(&resource.it, FALSE));
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource.it), 3);
  ExReleaseResourceLite(&resource.it);
  ExReleaseResourceLite(&resource.it);
  EXPECT(!AnotherGets(&resource.it, ExAcquireResourceSharedLite));
  ExReleaseResourceLite(&resource.it);
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource.it), 0);
  EXPECT(AnotherGets(&resource.it, ExAcquireResourceSharedLite));
}

KTEST(SharerDoesNotBecomeExclusive) {
  Resource resource;
  EXPECT(ExAcquireResourceSharedLite(&resource.it, TRUE));
  EXPECT(!ExAcquireResourceExclusiveLite(&resource.it, FALSE));
  ExReleaseResourceLite(&resource.it);
}

KTEST(ConversionLetsSharersIn) {
  Resource resource;
  ExAcquireResourceExclusiveLite(&resource.it, TRUE);
  Attempt sharer;
  Prepare(sharer, &resource.it, ExAcquireResourceSharedLite, TRUE);
  Thread thread(TryIt, &sharer);
  while (ExGetSharedWaiterCount(&resource.it) == 0) Sleep(1);
  ExConvertExclusiveToSharedLite(&resource.it);
  EXPECT_EQ(WaitFor(&sharer.done, 1000), STATUS_SUCCESS);
  EXPECT(sharer.got);
  EXPECT(!ExIsResourceAcquiredExclusiveLite(&resource.it));
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource.it), 1);
  EXPECT_EQ(ExGetSharedWaiterCount(&resource.it), 0);
  KeSetEvent(&sharer.release, IO_NO_INCREMENT, FALSE);
  thread.Join();
  ExReleaseResourceLite(&resource.it);
}

KTEST(WaiterForExclusiveHoldsSharersBack) {
  Resource resource;
  ExAcquireResourceSharedLite(&resource.it, TRUE);
  Attempt writer;
  Prepare(writer, &resource.it, ExAcquireResourceExclusiveLite, TRUE);
  Thread thread(TryIt, &writer);
  while (ExGetExclusiveWaiterCount(&resource.it) == 0) Sleep(1);
  EXPECT(!AnotherGets(&resource.it, ExAcquireResourceSharedLite));
  EXPECT(!AnotherGets(&resource.it, ExAcquireSharedWaitForExclusive));
  EXPECT(AnotherGets(&resource.it, ExAcquireSharedStarveExclusive));
  // A sharer may take it again, unless it wants to wait for the writer.
  EXPECT(ExAcquireResourceSharedLite(&resource.it, FALSE));
  ExReleaseResourceLite(&resource.it);
  EXPECT(!ExAcquireSharedWaitForExclusive(&resource.it, FALSE));
  ExReleaseResourceLite(&resource.it);
  EXPECT_EQ(WaitFor(&writer.done, 1000), STATUS_SUCCESS);
  EXPECT_EQ(ExGetExclusiveWaiterCount(&resource.it), 0);
  KeSetEvent(&writer.release, IO_NO_INCREMENT, FALSE);
  thread.Join();
}

namespace {
/// Lets `more` threads share the resource at the same time.
void Share(PERESOURCE resource, int more, int* owners) {
  if (more == 0) {
    *owners = static_cast<int>(resource->ActiveEntries);
    return;
  }
  Attempt attempt;
  Prepare(attempt, resource, ExAcquireResourceSharedLite, TRUE);
  Thread thread(TryIt, &attempt);
  EXPECT_EQ(WaitFor(&attempt.done, 1000), STATUS_SUCCESS);
  Share(resource, more - 1, owners);
  KeSetEvent(&attempt.release, IO_NO_INCREMENT, FALSE);
}
}  // namespace

KTEST(ManySharersGrowTheOwnerTable) {
  Resource resource;
  int owners = 0;
  Share(&resource.it, 12, &owners);
  EXPECT_EQ(owners, 12);
  EXPECT_EQ(resource.it.ActiveEntries, 0);
  EXPECT(ExAcquireResourceExclusiveLite(&resource.it, FALSE));
  ExReleaseResourceLite(&resource.it);
}

KTEST(OwnerPointerMayBeReleasedByAnother) {
  Resource resource;
  const PVOID owner = reinterpret_cast<PVOID>(reinterpret_cast<ULONG_PTR>(&resource) | 3);
  ExAcquireResourceSharedLite(&resource.it, TRUE);
  ExSetResourceOwnerPointer(&resource.it, owner);
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource.it), 0);
  EXPECT(!AnotherGets(&resource.it, ExAcquireResourceExclusiveLite));
  ExReleaseResourceForThreadLite(&resource.it, reinterpret_cast<ERESOURCE_THREAD>(owner));
  EXPECT(AnotherGets(&resource.it, ExAcquireResourceExclusiveLite));
}

KTEST(OwnerPointerMayBeAThreadIfThatIsSaid) {
  Resource resource;
  const auto self = reinterpret_cast<ERESOURCE_THREAD>(KeGetCurrentThread());
  ExAcquireResourceSharedLite(&resource.it, TRUE);
  ExSetResourceOwnerPointerEx(&resource.it, KeGetCurrentThread(), FLAG_OWNER_POINTER_IS_THREAD);
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource.it), 1);
  ExReleaseResourceForThreadLite(&resource.it, self);
  EXPECT(AnotherGets(&resource.it, ExAcquireResourceExclusiveLite));
}

KTEST(ReinitializedResourceIsFree) {
  Resource resource;
  ExAcquireResourceSharedLite(&resource.it, TRUE);
  ExReleaseResourceLite(&resource.it);
  EXPECT_EQ(ExReinitializeResourceLite(&resource.it), STATUS_SUCCESS);
  EXPECT(ExAcquireResourceExclusiveLite(&resource.it, FALSE));
  ExReleaseResourceLite(&resource.it);
}

KTEST(RegionFormsDisableApcs) {
  ERESOURCE resource;
  ExInitializeResourceLite(&resource);
  EXPECT(!KeAreApcsDisabled());
  EXPECT(ExEnterCriticalRegionAndAcquireResourceExclusive(&resource) != nullptr);
  EXPECT(KeAreApcsDisabled());
  EXPECT(ExIsResourceAcquiredExclusiveLite(&resource));
  ExReleaseResourceAndLeaveCriticalRegion(&resource);
  EXPECT(!KeAreApcsDisabled());
  ExEnterCriticalRegionAndAcquireResourceShared(&resource);
  EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 1);
  ExReleaseResourceAndLeaveCriticalRegion(&resource);
  ExDeleteResourceLite(&resource);
}
