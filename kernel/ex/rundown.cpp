// Rundown protection. Bit 0: rundown began; the rest is twice the number of users, or, once somebody waits, the address of the wait.
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"

/// The cache-aware kind: one counter does for processors that take turns.
struct EX_RUNDOWN_REF_CACHE_AWARE {
  EX_RUNDOWN_REF ref;
};

namespace nt::ex {
namespace {

constexpr ULONG_PTR kActive = 1;
constexpr ULONG kTag = 0x77526445;  // 'EdRw'

/// Lies on the waiter's stack.
struct RundownWait {
  ULONG_PTR users;
  KEVENT event;
};

bool Acquire(PEX_RUNDOWN_REF ref, ULONG count) {
  if ((ref->Count & kActive) != 0) return false;
  ref->Count = ref->Count + count * 2;
  return true;
}

void Release(PEX_RUNDOWN_REF ref, ULONG count) {
  const bool waited = (ref->Count & kActive) != 0;
  auto* const wait = reinterpret_cast<RundownWait*>(ref->Count & ~kActive);
  const ULONG_PTR users = !waited ? ref->Count / 2 : wait != nullptr ? wait->users : 0;
  if (users < count) {
    ke::BugCheck(RESOURCE_NOT_OWNED, reinterpret_cast<ULONG_PTR>(ref), ref->Count, count, 6,
                 "Rundown protection was released more often than it was acquired.");
  }
  if (!waited) {
    ref->Count = ref->Count - count * 2;
    return;
  }
  wait->users -= count;
  if (wait->users == 0) KeSetEvent(&wait->event, 0, FALSE);
}

void Wait(PEX_RUNDOWN_REF ref) {
  if ((ref->Count & ~kActive) == 0) {
    ref->Count = kActive;
    return;
  }
  RundownWait wait{};
  wait.users = ref->Count / 2;
  KeInitializeEvent(&wait.event, SynchronizationEvent, FALSE);
  ref->Count = reinterpret_cast<ULONG_PTR>(&wait) | kActive;
  KeWaitForSingleObject(&wait.event, WrRundown, KernelMode, FALSE, nullptr);
  ref->Count = kActive;
}

}  // namespace
}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { RunRef->Count = 0; }
VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { RunRef->Count = 0; }
BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) { return Acquire(RunRef, 1); }
BOOLEAN ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) { return Acquire(RunRef, Count); }
VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) { Release(RunRef, 1); }
VOID ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count) { Release(RunRef, Count); }
VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef) { RunRef->Count = kActive; }
VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) { Wait(RunRef); }

PEX_RUNDOWN_REF_CACHE_AWARE ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag) {
  auto* const ref =
      static_cast<PEX_RUNDOWN_REF_CACHE_AWARE>(AllocatePool(PoolType, sizeof(EX_RUNDOWN_REF_CACHE_AWARE), PoolTag != 0 ? PoolTag : kTag));
  if (ref != nullptr) ref->ref.Count = 0;
  return ref;
}
SIZE_T ExSizeOfRundownProtectionCacheAware() { return sizeof(EX_RUNDOWN_REF_CACHE_AWARE); }
VOID ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, SIZE_T) { RunRefCacheAware->ref.Count = 0; }
VOID ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) { RunRefCacheAware->ref.Count = 0; }
VOID ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) { FreePool(RunRefCacheAware); }
BOOLEAN ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) { return Acquire(&RunRefCacheAware->ref, 1); }
BOOLEAN ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, ULONG Count) {
  return Acquire(&RunRefCacheAware->ref, Count);
}
VOID ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) { Release(&RunRefCacheAware->ref, 1); }
VOID ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware, ULONG Count) {
  Release(&RunRefCacheAware->ref, Count);
}
VOID ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) { RunRefCacheAware->ref.Count = kActive; }
VOID ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware) { Wait(&RunRefCacheAware->ref); }

}  // extern "C"
