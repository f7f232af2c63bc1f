// Executive locks, with threads.
#include <string>

#include "ex_kernel_fixture.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace {

using namespace nt;
using Locks = ringlet::test::Kernel;

TEST_F(Locks, FastMutexIsHandedOver) {
  FAST_MUTEX mutex;
  std::string order;
  const std::function<void()> other = [&] {
    ExAcquireFastMutex(&mutex);
    order += 'b';
    ExReleaseFastMutex(&mutex);
  };
  Run([&] {
    ExInitializeFastMutex(&mutex);
    ExAcquireFastMutex(&mutex);
    EXPECT_EQ(ke::CurrentIrql(), APC_LEVEL);
    EXPECT_EQ(mutex.Owner, ke::CurrentThread());
    Spawn(other);
    Sleep();
    order += 'a';
    ExReleaseFastMutex(&mutex);
    EXPECT_EQ(ke::CurrentIrql(), PASSIVE_LEVEL);
    Sleep();
    EXPECT_EQ(order, "ab");
    EXPECT_EQ(mutex.Contention, 1u);
    EXPECT_TRUE(ExTryToAcquireFastMutex(&mutex));
    EXPECT_FALSE(ExTryToAcquireFastMutex(&mutex));
    EXPECT_EQ(ke::CurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&mutex);
  });
}

TEST_F(Locks, GuardedMutex) {
  KGUARDED_MUTEX mutex;
  Run([&] {
    KeInitializeGuardedMutex(&mutex);
    KeAcquireGuardedMutex(&mutex);
    EXPECT_EQ(KthreadSpecialApcDisable(ke::CurrentThread()), -1);
    EXPECT_FALSE(KeTryToAcquireGuardedMutex(&mutex));
    KeReleaseGuardedMutex(&mutex);
    EXPECT_EQ(KthreadSpecialApcDisable(ke::CurrentThread()), 0);
  });
}

TEST_F(Locks, ResourceRecursesAndConverts) {
  ERESOURCE resource;
  Run([&] {
    ExInitializeResourceLite(&resource);
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, FALSE));
    EXPECT_TRUE(ExAcquireResourceExclusiveLite(&resource, FALSE));
    EXPECT_TRUE(ExAcquireResourceSharedLite(&resource, FALSE));
    EXPECT_TRUE(ExIsResourceAcquiredExclusiveLite(&resource));
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 3u);
    ExReleaseResourceLite(&resource);
    ExReleaseResourceLite(&resource);
    ExConvertExclusiveToSharedLite(&resource);
    EXPECT_FALSE(ExIsResourceAcquiredExclusiveLite(&resource));
    EXPECT_EQ(ExIsResourceAcquiredSharedLite(&resource), 1u);
    EXPECT_FALSE(ExAcquireResourceExclusiveLite(&resource, FALSE));
    ExReleaseResourceLite(&resource);
    EXPECT_EQ(resource.ActiveEntries, 0u);
    EXPECT_EQ(ex::Leftovers().size(), 1u);
    ExDeleteResourceLite(&resource);
    EXPECT_TRUE(ex::Leftovers().empty());
  });
}

TEST_F(Locks, ResourceWriterComesBeforeLaterReaders) {
  ERESOURCE resource;
  std::string order;
  const std::function<void()> writer = [&] {
    ExAcquireResourceExclusiveLite(&resource, TRUE);
    order += 'w';
    Sleep();
    ExReleaseResourceLite(&resource);
  };
  const std::function<void()> reader = [&] {
    EXPECT_FALSE(ExAcquireResourceSharedLite(&resource, FALSE));
    ExAcquireResourceSharedLite(&resource, TRUE);
    order += 'r';
    Sleep();
    ExReleaseResourceLite(&resource);
  };
  const std::function<void()> starver = [&] {
    EXPECT_TRUE(ExAcquireSharedStarveExclusive(&resource, FALSE));
    order += 's';
    ExReleaseResourceLite(&resource);
  };
  Run([&] {
    ExInitializeResourceLite(&resource);
    ExAcquireResourceSharedLite(&resource, TRUE);
    Spawn(writer);
    Sleep();
    EXPECT_EQ(ExGetExclusiveWaiterCount(&resource), 1u);
    EXPECT_FALSE(ExAcquireSharedWaitForExclusive(&resource, FALSE));
    Spawn(reader);
    Spawn(reader);
    Spawn(starver);
    Sleep();
    EXPECT_EQ(ExGetSharedWaiterCount(&resource), 2u);
    ExReleaseResourceLite(&resource);
    for (int i = 0; i < 20; ++i) Sleep();
    EXPECT_EQ(order, "swrr");
    EXPECT_EQ(resource.ActiveEntries, 0u);
    ExDeleteResourceLite(&resource);
  });
}

TEST_F(Locks, ResourceOfAnother) {
  ERESOURCE resource;
  const auto& info = RunToBugCheck([&] {
    ExInitializeResourceLite(&resource);
    ExReleaseResourceLite(&resource);
  });
  EXPECT_EQ(info.code, RESOURCE_NOT_OWNED);
}

TEST_F(Locks, PushLockServesInOrder) {
  EX_PUSH_LOCK lock;
  std::string order;
  const std::function<void()> shared = [&] {
    ExAcquirePushLockSharedEx(&lock, 0);
    order += 's';
    Sleep();
    ExReleasePushLockSharedEx(&lock, 0);
  };
  const std::function<void()> exclusive = [&] {
    ExAcquirePushLockExclusiveEx(&lock, 0);
    order += 'x';
    Sleep();
    ExReleasePushLockExclusiveEx(&lock, 0);
  };
  Run([&] {
    ExInitializePushLock(&lock);
    ExAcquirePushLockExclusiveEx(&lock, 0);
    for (const auto* work : {&shared, &shared, &exclusive, &shared}) {
      Spawn(*work);
      Sleep();
    }
    EXPECT_FALSE(ExTryAcquirePushLockSharedEx(&lock, 0));
    ExReleasePushLockEx(&lock, 0);
    for (int i = 0; i < 20; ++i) Sleep();
    EXPECT_EQ(order, "ssxs");
    EXPECT_EQ(lock, 0u);
    EXPECT_TRUE(ExTryAcquirePushLockExclusiveEx(&lock, 0));
    ExReleasePushLockExclusiveEx(&lock, 0);
  });
}

TEST_F(Locks, RundownWaitsForItsUsers) {
  EX_RUNDOWN_REF ref;
  bool over = false;
  const std::function<void()> waiter = [&] {
    ExWaitForRundownProtectionRelease(&ref);
    over = true;
  };
  Run([&] {
    ExInitializeRundownProtection(&ref);
    EXPECT_TRUE(ExAcquireRundownProtection(&ref));
    EXPECT_TRUE(ExAcquireRundownProtectionEx(&ref, 2));
    EXPECT_EQ(ref.Count, 6u);
    Spawn(waiter);
    Sleep();
    EXPECT_FALSE(ExAcquireRundownProtection(&ref));
    ExReleaseRundownProtectionEx(&ref, 2);
    Sleep();
    EXPECT_FALSE(over);
    ExReleaseRundownProtection(&ref);
    Sleep();
    EXPECT_TRUE(over);
    EXPECT_EQ(ref.Count, 1u);
    ExReInitializeRundownProtection(&ref);
    EXPECT_TRUE(ExAcquireRundownProtection(&ref));
  });
}

TEST_F(Locks, InterlockedStacks) {
  alignas(16) SLIST_HEADER head;
  SLIST_ENTRY entries[3];
  InitializeSListHead(&head);
  EXPECT_EQ(ExpInterlockedPopEntrySList(&head), nullptr);
  for (auto& entry : entries) ExpInterlockedPushEntrySList(&head, &entry);
  EXPECT_EQ(ExQueryDepthSList(&head), 3);
  EXPECT_EQ(ExpInterlockedPopEntrySList(&head), &entries[2]);
  EXPECT_EQ(ExQueryDepthSList(&head), 2);
  EXPECT_EQ(ExpInterlockedFlushSList(&head), &entries[1]);
  EXPECT_EQ(ExQueryDepthSList(&head), 0);
}

}  // namespace
