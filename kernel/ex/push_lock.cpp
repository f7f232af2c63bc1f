// Push locks: reader/writer locks of one pointer's size. Bit 0: held; bit 1: waited for; above: the number of shared holders.
#include "kernel/ex/state.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::ex {
namespace {

constexpr ULONG_PTR kHeld = 1;
constexpr ULONG_PTR kWaiting = 2;
constexpr ULONG_PTR kShare = 0x10;
constexpr ULONG kTag = 0x6c507845;  // 'ExPl'

void Wait(PEX_PUSH_LOCK lock, bool exclusive) {
  PushLockWaiter waiter{};
  waiter.exclusive = exclusive;
  KeInitializeEvent(&waiter.event, SynchronizationEvent, FALSE);
  PushLockQueue& queue = state->push_locks[lock];
  (queue.last != nullptr ? queue.last->next : queue.first) = &waiter;
  queue.last = &waiter;
  *lock |= kWaiting;
  // Who releases the lock hands it over.
  KeWaitForSingleObject(&waiter.event, WrPushLock, KernelMode, FALSE, nullptr);
}

/// The lock is free: it goes to the first waiter, and if that one shares, to those behind it that share too.
void HandOver(PEX_PUSH_LOCK lock) {
  PushLockQueue& queue = state->push_locks[lock];
  PushLockWaiter* woken = queue.first;
  const bool exclusive = woken->exclusive;
  ULONG count = 0;
  PushLockWaiter* rest = woken;
  do {
    rest = rest->next;
    ++count;
  } while (!exclusive && rest != nullptr && !rest->exclusive);
  queue.first = rest;
  *lock = kHeld | (exclusive ? 0 : count * kShare) | (rest != nullptr ? kWaiting : 0);
  if (rest == nullptr) state->push_locks.erase(lock);
  // Setting an event may let its waiter run, and with it goes what it waited on.
  for (; count != 0; --count) {
    PushLockWaiter* const next = woken->next;
    KeSetEvent(&woken->event, EVENT_INCREMENT, FALSE);
    woken = next;
  }
}

void Acquire(PEX_PUSH_LOCK lock, bool exclusive) {
  if (exclusive ? *lock == 0 : (*lock & kWaiting) == 0 && *lock != kHeld) {
    *lock = exclusive ? kHeld : (*lock + kShare) | kHeld;
    return;
  }
  Wait(lock, exclusive);
}

bool TryAcquire(PEX_PUSH_LOCK lock, bool exclusive) {
  if (exclusive ? *lock != 0 : (*lock & kWaiting) != 0 || *lock == kHeld) return false;
  Acquire(lock, exclusive);
  return true;
}

void Release(PEX_PUSH_LOCK lock) {
  if ((*lock & kHeld) == 0) {
    ke::BugCheck(RESOURCE_NOT_OWNED, reinterpret_cast<ULONG_PTR>(lock), *lock, 0, 5, "A push lock was released that nobody holds.");
  }
  if (*lock >= kShare) *lock -= kShare;
  if (*lock >= kShare) return;
  if ((*lock & kWaiting) != 0) return HandOver(lock);
  *lock = 0;
}

/// What a thread gives that waits for a change rather than for a lock: EX_PUSH_LOCK_WAIT_BLOCK. The lock is the head of their list.
struct WaitBlock {
  KEVENT WakeEvent;
  WaitBlock* Next;
  WaitBlock* Last;
  WaitBlock* Previous;
  LONG ShareCount;
  LONG Flags;
};
static_assert(sizeof(WaitBlock) == 0x38 && offsetof(WaitBlock, Flags) == 0x34);
constexpr LONG kBlocked = 2;

/// Wakes all that are on the list.
void UnblockAll(PEX_PUSH_LOCK lock) {
  auto* block = reinterpret_cast<WaitBlock*>(*lock);
  *lock = 0;
  while (block != nullptr) {
    // Woken, it may be gone.
    WaitBlock* const next = block->Next;
    block->Flags &= ~kBlocked;
    KeSetEvent(&block->WakeEvent, EVENT_INCREMENT, FALSE);
    block = next;
  }
}

NTSTATUS WaitForUnblock(PEX_PUSH_LOCK lock, WaitBlock* block, PLARGE_INTEGER timeout) {
  if ((block->Flags & kBlocked) == 0) return STATUS_SUCCESS;
  const NTSTATUS status = KeWaitForSingleObject(&block->WakeEvent, WrPushLock, KernelMode, FALSE, timeout);
  // The block is its thread's own: it must not stay on the list. The others look again and block anew.
  if (status == STATUS_TIMEOUT && (block->Flags & kBlocked) != 0) UnblockAll(lock);
  return status;
}

}  // namespace
}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" {

VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock) { *PushLock = 0; }
VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG) { Acquire(PushLock, true); }
VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG) { Acquire(PushLock, false); }
BOOLEAN ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG) { return TryAcquire(PushLock, true); }
BOOLEAN ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG) { return TryAcquire(PushLock, false); }
VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG) { Release(PushLock); }
VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG) { Release(PushLock); }
VOID ExReleasePushLockEx(PEX_PUSH_LOCK PushLock, ULONG) { Release(PushLock); }
/// Acquires a push lock shared if that needs no wait. IRQL <= APC_LEVEL.
BOOLEAN ExfTryAcquirePushLockShared(PEX_PUSH_LOCK PushLock) { return TryAcquire(PushLock, false); }
/// Wakes who waits for a lock that is free. Whoever releases a lock hands it over at once: a free one has no waiters. IRQL <= APC_LEVEL.
VOID ExfTryToWakePushLock(PEX_PUSH_LOCK PushLock) {
  if ((*PushLock & (kHeld | kWaiting)) == kWaiting) HandOver(PushLock);
}
VOID ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock) { Acquire(PushLock, true); }
VOID ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock) { Acquire(PushLock, false); }
VOID ExfReleasePushLock(PEX_PUSH_LOCK PushLock) { Release(PushLock); }
VOID ExfReleasePushLockExclusive(PEX_PUSH_LOCK PushLock) { Release(PushLock); }
VOID ExfReleasePushLockShared(PEX_PUSH_LOCK PushLock) { Release(PushLock); }

VOID ExBlockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock) {
  auto* const block = static_cast<nt::ex::WaitBlock*>(WaitBlock);
  *block = {};
  KeInitializeEvent(&block->WakeEvent, SynchronizationEvent, FALSE);
  block->Flags = kBlocked;
  block->Next = reinterpret_cast<nt::ex::WaitBlock*>(*PushLock);
  *PushLock = reinterpret_cast<EX_PUSH_LOCK>(block);
}
VOID ExWaitForUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock) {
  WaitForUnblock(PushLock, static_cast<nt::ex::WaitBlock*>(WaitBlock), nullptr);
}
NTSTATUS ExTimedWaitForUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock, PLARGE_INTEGER Timeout) {
  return WaitForUnblock(PushLock, static_cast<nt::ex::WaitBlock*>(WaitBlock), Timeout);
}
VOID ExfUnblockPushLock(PEX_PUSH_LOCK PushLock, PVOID WaitBlock) {
  if (*PushLock != 0) UnblockAll(PushLock);
  // The caller's own block, which another thread is just waking.
  if (WaitBlock != nullptr) WaitForUnblock(PushLock, static_cast<nt::ex::WaitBlock*>(WaitBlock), nullptr);
}

PEX_PUSH_LOCK ExAllocateCacheAwarePushLock() {
  auto* const lock = static_cast<PEX_PUSH_LOCK>(AllocatePool(NonPagedPoolNx, sizeof(EX_PUSH_LOCK), kTag));
  if (lock != nullptr) *lock = 0;
  return lock;
}
VOID ExFreeCacheAwarePushLock(PEX_PUSH_LOCK PushLock) { FreePool(PushLock); }
VOID ExAcquireCacheAwarePushLockExclusive(PEX_PUSH_LOCK PushLock) { Acquire(PushLock, true); }
VOID ExAcquireCacheAwarePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG) { Acquire(PushLock, true); }
PEX_PUSH_LOCK ExAcquireCacheAwarePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG) {
  Acquire(PushLock, false);
  return PushLock;
}
VOID ExReleaseCacheAwarePushLockExclusive(PEX_PUSH_LOCK PushLock) { Release(PushLock); }
VOID ExReleaseCacheAwarePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG) { Release(PushLock); }
VOID ExReleaseCacheAwarePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG) { Release(PushLock); }

}  // extern "C"
