// Push locks: many may share one, one may have it to itself, and who waits gets it in order.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockExclusive(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfAcquirePushLockShared(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExfReleasePushLock(PEX_PUSH_LOCK PushLock);
NTKERNELAPI VOID FASTCALL ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID FASTCALL ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN FASTCALL ExTryAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI BOOLEAN FASTCALL ExTryAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID FASTCALL ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
NTKERNELAPI VOID FASTCALL ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags);
}

namespace {
struct Lock {
  EX_PUSH_LOCK lock;
  volatile LONG shared, exclusive, most_shared, wrong;
};

void Read(Lock* lock) {
  KeEnterCriticalRegion();
  ExAcquirePushLockSharedEx(&lock->lock, 0);
  const LONG inside = InterlockedIncrement(&lock->shared);
  if (inside > lock->most_shared) lock->most_shared = inside;
  if (lock->exclusive != 0) lock->wrong = 1;
  Sleep(5);
  InterlockedDecrement(&lock->shared);
  ExReleasePushLockSharedEx(&lock->lock, 0);
  KeLeaveCriticalRegion();
}

void Write(Lock* lock) {
  KeEnterCriticalRegion();
  ExAcquirePushLockExclusiveEx(&lock->lock, 0);
  if (InterlockedIncrement(&lock->exclusive) != 1 || lock->shared != 0) lock->wrong = 1;
  Sleep(5);
  InterlockedDecrement(&lock->exclusive);
  ExReleasePushLockExclusiveEx(&lock->lock, 0);
  KeLeaveCriticalRegion();
}
}  // namespace

KTEST(AFreeLockIsZero) {
  EX_PUSH_LOCK lock = 7;
  ExInitializePushLock(&lock);
  EXPECT_EQ((ULONG_PTR)lock, 0);
  KeEnterCriticalRegion();
  ExfAcquirePushLockExclusive(&lock);
  EXPECT((ULONG_PTR)lock != 0);
  ExfReleasePushLock(&lock);
  EXPECT_EQ((ULONG_PTR)lock, 0);
  ExfAcquirePushLockShared(&lock);
  ExfReleasePushLock(&lock);
  EXPECT_EQ((ULONG_PTR)lock, 0);
  KeLeaveCriticalRegion();
}

KTEST(TryingNeverWaits) {
  EX_PUSH_LOCK lock;
  ExInitializePushLock(&lock);
  KeEnterCriticalRegion();
  EXPECT(ExTryAcquirePushLockSharedEx(&lock, 0));
  EXPECT(ExTryAcquirePushLockSharedEx(&lock, 0));
  EXPECT(!ExTryAcquirePushLockExclusiveEx(&lock, 0));
  ExReleasePushLockSharedEx(&lock, 0);
  ExReleasePushLockSharedEx(&lock, 0);
  EXPECT(ExTryAcquirePushLockExclusiveEx(&lock, 0));
  EXPECT(!ExTryAcquirePushLockSharedEx(&lock, 0));
  ExReleasePushLockExclusiveEx(&lock, 0);
  KeLeaveCriticalRegion();
}

KTEST(ReadersShareAndWritersDoNot) {
  Lock lock = {};
  {
    Thread a(Read, &lock), b(Read, &lock), c(Write, &lock), d(Read, &lock), e(Write, &lock), f(Read, &lock);
  }
  EXPECT_EQ(lock.wrong, 0);
  EXPECT(lock.most_shared >= 2);
  EXPECT_EQ((ULONG_PTR)lock.lock, 0);
}

KTEST(WhoReadsWaitsBehindAWriter) {
  Lock lock = {};
  KeEnterCriticalRegion();
  ExAcquirePushLockSharedEx(&lock.lock, 0);
  Thread writer(Write, &lock);
  Sleep(20);
  EXPECT_EQ(lock.exclusive, 0);
  EXPECT(!ExTryAcquirePushLockSharedEx(&lock.lock, 0));
  ExReleasePushLockSharedEx(&lock.lock, 0);
  KeLeaveCriticalRegion();
  writer.Join();
  EXPECT_EQ((ULONG_PTR)lock.lock, 0);
}

namespace {

/// What a thread gives that waits for a change (EX_PUSH_LOCK_WAIT_BLOCK, which no header has).
struct alignas(16) WaitBlock {
  UCHAR room[0x40];
};

}  // namespace

extern "C" {
NTKERNELAPI VOID NTAPI ExBlockPushLock(PEX_PUSH_LOCK, PVOID);
NTKERNELAPI VOID NTAPI ExWaitForUnblockPushLock(PEX_PUSH_LOCK, PVOID);
NTKERNELAPI NTSTATUS NTAPI ExTimedWaitForUnblockPushLock(PEX_PUSH_LOCK, PVOID, PLARGE_INTEGER);
NTKERNELAPI VOID NTAPI ExfUnblockPushLock(PEX_PUSH_LOCK, PVOID);
}

KTEST(WhoBlocksIsUnblocked) {
  static EX_PUSH_LOCK lock;
  lock = 0;
  static LONG awake;
  awake = 0;
  Thread blocked(
      +[](EX_PUSH_LOCK* address) {
        WaitBlock block;
        ExBlockPushLock(address, &block);
        ExWaitForUnblockPushLock(address, &block);
        InterlockedIncrement(&awake);
      },
      &lock);
  Sleep(5);
  EXPECT_EQ(awake, 0);
  EXPECT((ULONG_PTR)lock != 0);
  ExfUnblockPushLock(&lock, nullptr);
  blocked.Join();
  EXPECT_EQ(awake, 1);
  EXPECT_EQ((ULONG_PTR)lock, 0);
  // A wait may end by time, and takes its block off the list.
  WaitBlock block;
  LARGE_INTEGER time = ktest::Milliseconds(2);
  ExBlockPushLock(&lock, &block);
  EXPECT_EQ(ExTimedWaitForUnblockPushLock(&lock, &block, &time), STATUS_TIMEOUT);
  EXPECT_EQ((ULONG_PTR)lock, 0);
}
