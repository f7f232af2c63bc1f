// Rundown protection, plain and cache-aware: users keep the wait up, and nobody comes in once it began.
#include "ktest.h"

using namespace ktest;

KTEST(ProtectionIsCounted) {
  EX_RUNDOWN_REF ref;
  ExInitializeRundownProtection(&ref);
  EXPECT_EQ(ref.Count, 0);
  EXPECT(ExAcquireRundownProtection(&ref));
  EXPECT_EQ(ref.Count, 2);
  EXPECT(ExAcquireRundownProtectionEx(&ref, 3));
  EXPECT_EQ(ref.Count, 8);
  ExReleaseRundownProtectionEx(&ref, 3);
  ExReleaseRundownProtection(&ref);
  EXPECT_EQ(ref.Count, 0);
}

KTEST(AfterRundownNobodyComesIn) {
  EX_RUNDOWN_REF ref;
  ExInitializeRundownProtection(&ref);
  ExWaitForRundownProtectionRelease(&ref);
  EXPECT(!ExAcquireRundownProtection(&ref));
  EXPECT(!ExAcquireRundownProtectionEx(&ref, 2));
  // Again is harmless.
  ExWaitForRundownProtectionRelease(&ref);
  ExRundownCompleted(&ref);
  EXPECT(!ExAcquireRundownProtection(&ref));
  ExReInitializeRundownProtection(&ref);
  EXPECT(ExAcquireRundownProtection(&ref));
  ExReleaseRundownProtection(&ref);
}

namespace {
struct Owner {
  EX_RUNDOWN_REF ref;
  PEX_RUNDOWN_REF_CACHE_AWARE aware;
  volatile LONG done;
};

void RunDown(Owner* owner) {
  ExWaitForRundownProtectionRelease(&owner->ref);
  owner->done = 1;
}

void RunDownAware(Owner* owner) {
  ExWaitForRundownProtectionReleaseCacheAware(owner->aware);
  owner->done = 1;
}
}  // namespace

KTEST(TheWaitEndsWithTheLastUser) {
  Owner owner = {};
  ExInitializeRundownProtection(&owner.ref);
  EXPECT(ExAcquireRundownProtection(&owner.ref));
  EXPECT(ExAcquireRundownProtection(&owner.ref));
  Thread waiter(RunDown, &owner);
  Sleep(20);
  EXPECT_EQ(owner.done, 0);
  EXPECT(!ExAcquireRundownProtection(&owner.ref));
  ExReleaseRundownProtection(&owner.ref);
  Sleep(20);
  EXPECT_EQ(owner.done, 0);
  ExReleaseRundownProtection(&owner.ref);
  waiter.Join();
  EXPECT_EQ(owner.done, 1);
}

KTEST(UsersMayBeAtDispatchLevel) {
  EX_RUNDOWN_REF ref;
  ExInitializeRundownProtection(&ref);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  EXPECT(ExAcquireRundownProtection(&ref));
  ExReleaseRundownProtection(&ref);
  KeLowerIrql(irql);
}

KTEST(TheCacheAwareKind) {
  Owner owner = {};
  owner.aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'wdRk');
  REQUIRE(owner.aware != nullptr);
  EXPECT(ExAcquireRundownProtectionCacheAware(owner.aware));
  EXPECT(ExAcquireRundownProtectionCacheAwareEx(owner.aware, 2));
  Thread waiter(RunDownAware, &owner);
  Sleep(20);
  EXPECT(!ExAcquireRundownProtectionCacheAware(owner.aware));
  ExReleaseRundownProtectionCacheAwareEx(owner.aware, 2);
  EXPECT_EQ(owner.done, 0);
  ExReleaseRundownProtectionCacheAware(owner.aware);
  waiter.Join();
  ExRundownCompletedCacheAware(owner.aware);
  EXPECT(!ExAcquireRundownProtectionCacheAware(owner.aware));
  ExReInitializeRundownProtectionCacheAware(owner.aware);
  EXPECT(ExAcquireRundownProtectionCacheAware(owner.aware));
  ExReleaseRundownProtectionCacheAware(owner.aware);
  ExFreeCacheAwareRundownProtection(owner.aware);
}

KTEST(InMemoryOfTheCallersOwn) {
  const SIZE_T size = ExSizeOfRundownProtectionCacheAware();
  REQUIRE(size >= sizeof(EX_RUNDOWN_REF));
  auto* const aware = (PEX_RUNDOWN_REF_CACHE_AWARE)ExAllocatePoolWithTag(NonPagedPoolNx, size, 'wdRk');
  REQUIRE(aware != nullptr);
  ExInitializeRundownProtectionCacheAware(aware, size);
  EXPECT(ExAcquireRundownProtectionCacheAware(aware));
  ExReleaseRundownProtectionCacheAware(aware);
  ExWaitForRundownProtectionReleaseCacheAware(aware);
  EXPECT(!ExAcquireRundownProtectionCacheAware(aware));
  ExFreePoolWithTag(aware, 'wdRk');
}
