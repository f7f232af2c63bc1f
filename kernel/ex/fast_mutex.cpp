// Fast mutexes and guarded mutexes: the same lock, which differs in what it keeps away.
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"

extern "C" {
VOID KeEnterCriticalRegion();
VOID KeLeaveCriticalRegion();
VOID KeEnterGuardedRegion();
VOID KeLeaveGuardedRegion();
}

namespace nt::ex {
namespace {

// Count is 1 when the mutex is free, 0 when it is owned, and lower by one for each waiter; the release that finds a waiter hands the
// mutex over by the event. A KGATE serves as an event.

template <class Mutex>
void Prepare(Mutex* mutex, PKEVENT event) {
  mutex->Count = 1;
  mutex->Owner = nullptr;
  mutex->Contention = 0;
  KeInitializeEvent(event, SynchronizationEvent, FALSE);
}

template <class Mutex>
void Acquire(Mutex* mutex, PKEVENT event, KWAIT_REASON reason) {
  if (--mutex->Count != 0) {
    ++mutex->Contention;
    ke::WaitForLock(event, reason, mutex);
  }
  mutex->Owner = ke::CurrentThread();
}

template <class Mutex>
bool TryAcquire(Mutex* mutex) {
  if (mutex->Count != 1) return false;
  mutex->Count = 0;
  mutex->Owner = ke::CurrentThread();
  return true;
}

template <class Mutex>
void Release(Mutex* mutex, PKEVENT event) {
  mutex->Owner = nullptr;
  if (++mutex->Count <= 0) KeSetEvent(event, EVENT_INCREMENT, FALSE);
}

PKEVENT EventOf(PKGUARDED_MUTEX mutex) { return reinterpret_cast<PKEVENT>(&mutex->Gate); }

}  // namespace
}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex) { Prepare(FastMutex, &FastMutex->Event); }

VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex) {
  const KIRQL old = ke::RaiseIrql(APC_LEVEL);
  Acquire(FastMutex, &FastMutex->Event, WrFastMutex);
  FastMutex->OldIrql = old;
}

BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) {
  const KIRQL old = ke::RaiseIrql(APC_LEVEL);
  if (!TryAcquire(FastMutex)) {
    ke::LowerIrql(old);
    return FALSE;
  }
  FastMutex->OldIrql = old;
  return TRUE;
}

VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex) {
  const auto old = static_cast<KIRQL>(FastMutex->OldIrql);
  Release(FastMutex, &FastMutex->Event);
  ke::LowerIrql(old);
}

VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) { Acquire(FastMutex, &FastMutex->Event, WrFastMutex); }

VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) { Release(FastMutex, &FastMutex->Event); }

VOID ExEnterCriticalRegionAndAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) {
  KeEnterCriticalRegion();
  Acquire(FastMutex, &FastMutex->Event, WrFastMutex);
}

VOID ExReleaseFastMutexUnsafeAndLeaveCriticalRegion(PFAST_MUTEX FastMutex) {
  Release(FastMutex, &FastMutex->Event);
  KeLeaveCriticalRegion();
}

VOID KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex) {
  Prepare(Mutex, EventOf(Mutex));
  Mutex->CombinedApcDisable = 0;
}

VOID KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  KeEnterGuardedRegion();
  Acquire(Mutex, EventOf(Mutex), WrGuardedMutex);
}

BOOLEAN KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex) {
  KeEnterGuardedRegion();
  if (TryAcquire(Mutex)) return TRUE;
  KeLeaveGuardedRegion();
  return FALSE;
}

VOID KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex) {
  Release(Mutex, EventOf(Mutex));
  KeLeaveGuardedRegion();
}

VOID KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex) { Acquire(Mutex, EventOf(Mutex), WrGuardedMutex); }

VOID KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex) { Release(Mutex, EventOf(Mutex)); }

}  // extern "C"
