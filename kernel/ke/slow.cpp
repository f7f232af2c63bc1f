// Where the leaf exports of thunk.S go when something is not as usual.
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {

void AcquireSpinLock(PKSPIN_LOCK lock) {
  const auto mine = reinterpret_cast<ULONG_PTR>(KiThread) | 1;
  while (*lock != 0) {
    // The holder runs on another processor, which gets its turn; with nobody there, this would spin for ever.
    const ULONG here = Ki().current;
    const bool held_here = *lock == mine || ThreadOf(reinterpret_cast<KTHREAD*>(*lock & ~ULONG_PTR{1}))->host.processor == here;
    if (held_here) {
      BugCheck(SPIN_LOCK_ALREADY_OWNED, reinterpret_cast<ULONG_PTR>(lock), *lock, 0, 0,
               "A spin lock was acquired that this processor already holds: it would spin for ever.");
    }
    if (Ki().virtual_time) VirtualStep();
    RotateProcessor();
  }
  *lock = mine;
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KiIrqlMistakeSlow(ULONG_PTR Argument) {
  const KIRQL irql = KiPcr->irql;
  const auto level = static_cast<KIRQL>(Argument);
  if (Argument <= HIGH_LEVEL && level < irql) {
    BugCheck(IRQL_NOT_GREATER_OR_EQUAL, level, irql, 0, 0, "KeRaiseIrql was asked for a level below the current IRQL.");
  }
  if (Argument <= HIGH_LEVEL) {
    BugCheck(IRQL_NOT_LESS_OR_EQUAL, level, irql, 0, 0, "KeLowerIrql was asked for a level above the current IRQL.");
  }
  BugCheck(IRQL_NOT_GREATER_OR_EQUAL, DISPATCH_LEVEL, irql, 0, 0, "A spin lock was acquired above DISPATCH_LEVEL.");
}

VOID KiInterruptsDueSlow(ULONG_PTR /*NewIrql*/) { DeliverSoftwareInterrupts(); }

KIRQL KiLockContendedSlow(PKSPIN_LOCK SpinLock) {
  const KIRQL old = KiPcr->irql;
  if (old < DISPATCH_LEVEL) KiPcr->irql = DISPATCH_LEVEL;
  AcquireSpinLock(SpinLock);
  return old;
}

VOID KiLockNotOwnedSlow(PKSPIN_LOCK SpinLock) {
  BugCheck(SPIN_LOCK_NOT_OWNED, reinterpret_cast<ULONG_PTR>(SpinLock), 0, 0, 0, "A spin lock was released that nobody holds.");
}

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock) { *SpinLock = 0; }

BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock) { return *SpinLock == 0 ? TRUE : FALSE; }

VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  LockHandle->LockQueue.Next = nullptr;
  LockHandle->LockQueue.Lock = SpinLock;
  LockHandle->OldIrql = RaiseIrql(DISPATCH_LEVEL);
  AcquireSpinLock(SpinLock);
}

VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) {
  *LockHandle->LockQueue.Lock = 0;
  LowerIrql(LockHandle->OldIrql);
}

VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) {
  LockHandle->LockQueue.Next = nullptr;
  LockHandle->LockQueue.Lock = SpinLock;
  AcquireSpinLock(SpinLock);
}

VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) { *LockHandle->LockQueue.Lock = 0; }

}  // extern "C"
