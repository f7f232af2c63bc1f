// Byte-range locks of the file system run-time library.
#include "ktest.h"

namespace {

LARGE_INTEGER At(LONG64 value) {
  LARGE_INTEGER large;
  large.QuadPart = value;
  return large;
}

/// One owner: a file object (no more than an address to the locks) and a key.
struct Owner {
  PFILE_LOCK locks;
  PFILE_OBJECT file;
  ULONG key;

  NTSTATUS Lock(LONG64 start, LONG64 length, bool exclusive) const {
    LARGE_INTEGER from = At(start), size = At(length);
    IO_STATUS_BLOCK result = {};
    EXPECT(FsRtlPrivateLock(locks, file, &from, &size, PsGetCurrentProcess(), key, TRUE, exclusive, &result, nullptr, nullptr, FALSE));
    return result.Status;
  }
  NTSTATUS Unlock(LONG64 start, LONG64 length) const {
    LARGE_INTEGER from = At(start), size = At(length);
    return FsRtlFastUnlockSingle(locks, file, &from, &size, PsGetCurrentProcess(), key, nullptr, FALSE);
  }
  bool Reads(LONG64 start, LONG64 length) const {
    LARGE_INTEGER from = At(start), size = At(length);
    return FsRtlFastCheckLockForRead(locks, &from, &size, key, file, PsGetCurrentProcess()) != FALSE;
  }
  bool Writes(LONG64 start, LONG64 length) const {
    LARGE_INTEGER from = At(start), size = At(length);
    return FsRtlFastCheckLockForWrite(locks, &from, &size, key, file, PsGetCurrentProcess()) != FALSE;
  }
};

PFILE_OBJECT const kOne = reinterpret_cast<PFILE_OBJECT>(0x1000), kOther = reinterpret_cast<PFILE_OBJECT>(0x2000);

ULONG unlocked;
VOID NTAPI CountUnlock(PVOID, PFILE_LOCK_INFO) { ++unlocked; }

}  // namespace

KTEST(ExclusiveLocksOverlapNothing) {
  FILE_LOCK locks;
  FsRtlInitializeFileLock(&locks, nullptr, nullptr);
  const Owner one = {&locks, kOne, 1}, other = {&locks, kOther, 1};
  EXPECT(!locks.FastIoIsQuestionable);
  EXPECT_EQ(one.Lock(100, 50, true), STATUS_SUCCESS);
  EXPECT(locks.FastIoIsQuestionable);
  EXPECT_EQ(other.Lock(149, 1, true), STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(other.Lock(149, 1, false), STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(one.Lock(120, 1, true), STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(one.Lock(120, 1, false), STATUS_SUCCESS);
  EXPECT_EQ(other.Lock(150, 10, true), STATUS_SUCCESS);
  EXPECT_EQ(other.Lock(0, 100, true), STATUS_SUCCESS);
  EXPECT_EQ(one.Lock(2, -1, true), STATUS_INVALID_LOCK_RANGE);
  EXPECT_EQ(one.Unlock(100, 49), STATUS_RANGE_NOT_LOCKED);
  EXPECT_EQ(other.Unlock(100, 50), STATUS_RANGE_NOT_LOCKED);
  LARGE_INTEGER allocation = At(0);
  EXPECT(FsRtlCheckLockForOplockRequest(&locks, &allocation));
  allocation = At(1);
  EXPECT(!FsRtlCheckLockForOplockRequest(&locks, &allocation));
  EXPECT_EQ(one.Unlock(100, 50), STATUS_SUCCESS);
  FsRtlUninitializeFileLock(&locks);
}

KTEST(LocksAllowReadsAndWritesOrNot) {
  FILE_LOCK locks;
  FsRtlInitializeFileLock(&locks, nullptr, nullptr);
  const Owner one = {&locks, kOne, 1}, key = {&locks, kOne, 2}, other = {&locks, kOther, 1};
  EXPECT(one.Reads(0, 10) && one.Writes(0, 10));
  one.Lock(0, 10, true);
  one.Lock(20, 10, false);
  EXPECT(one.Reads(0, 10) && one.Writes(0, 10));
  EXPECT(!other.Reads(9, 1) && !other.Writes(9, 1));
  EXPECT(!key.Reads(0, 1));
  EXPECT(other.Reads(10, 10) && other.Writes(10, 10));
  EXPECT(other.Reads(0, 0));
  EXPECT(other.Reads(20, 5) && !other.Writes(20, 5));
  EXPECT(!one.Writes(29, 5));
  FsRtlUninitializeFileLock(&locks);
}

KTEST(LocksAreEnumeratedAndDroppedTogether) {
  PFILE_LOCK const locks = FsRtlAllocateFileLock(nullptr, CountUnlock);
  REQUIRE(locks != nullptr);
  const Owner one = {locks, kOne, 1}, key = {locks, kOne, 2}, other = {locks, kOther, 1};
  EXPECT_EQ(FsRtlFastUnlockAll(locks, kOne, PsGetCurrentProcess(), nullptr), STATUS_RANGE_NOT_LOCKED);
  one.Lock(40, 1, true);
  key.Lock(30, 1, true);
  other.Lock(50, 1, true);
  one.Lock(20, 1, false);
  LONG64 last = -1;
  int count = 0;
  for (PFILE_LOCK_INFO info = FsRtlGetNextFileLock(locks, TRUE); info != nullptr; info = FsRtlGetNextFileLock(locks, FALSE)) {
    EXPECT(info->StartingByte.QuadPart > last);
    last = info->StartingByte.QuadPart;
    ++count;
  }
  EXPECT_EQ(count, 4);
  unlocked = 0;
  EXPECT_EQ(FsRtlFastUnlockAllByKey(locks, kOne, PsGetCurrentProcess(), 2, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(unlocked, 1);
  EXPECT_EQ(FsRtlFastUnlockAll(locks, kOne, PsGetCurrentProcess(), nullptr), STATUS_SUCCESS);
  EXPECT_EQ(unlocked, 3);
  EXPECT(!other.Writes(40, 1) == FALSE);
  EXPECT_EQ(other.Unlock(50, 1), STATUS_SUCCESS);
  EXPECT(!locks->FastIoIsQuestionable);
  FsRtlFreeFileLock(locks);
}

namespace {

struct Completed {
  ULONG count;
  NTSTATUS status;
};

NTSTATUS NTAPI NoteCompletion(PVOID context, PIRP irp) {
  auto* const completed = static_cast<Completed*>(context);
  ++completed->count;
  completed->status = irp->IoStatus.Status;
  return irp->IoStatus.Status;
}

/// A lock control request that nobody sent.
PIRP LockRequest(UCHAR flags, LARGE_INTEGER* length) {
  PIRP irp = IoAllocateIrp(1, FALSE);
  if (irp == nullptr) return nullptr;
  irp->Tail.Overlay.Thread = PsGetCurrentThread();
  IoSetNextIrpStackLocation(irp);
  PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  stack->MajorFunction = IRP_MJ_LOCK_CONTROL;
  stack->MinorFunction = IRP_MN_LOCK;
  stack->Flags = flags;
  stack->FileObject = kOther;
  stack->Parameters.LockControl.Length = length;
  stack->Parameters.LockControl.ByteOffset.QuadPart = 0;
  stack->Parameters.LockControl.Key = 0;
  return irp;
}

}  // namespace

KTEST(ARequestWaitsUntilItsRangeIsFree) {
  FILE_LOCK locks;
  FsRtlInitializeFileLock(&locks, NoteCompletion, nullptr);
  const Owner one = {&locks, kOne, 0}, other = {&locks, kOther, 0};
  EXPECT_EQ(one.Lock(5, 5, true), STATUS_SUCCESS);
  LARGE_INTEGER length = At(10);
  Completed completed = {};
  PIRP irp = LockRequest(SL_EXCLUSIVE_LOCK | SL_FAIL_IMMEDIATELY, &length);
  REQUIRE(irp != nullptr);
  EXPECT_EQ(FsRtlProcessFileLock(&locks, irp, &completed), STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(completed.count, 1);
  IoFreeIrp(irp);
  irp = LockRequest(SL_EXCLUSIVE_LOCK, &length);
  REQUIRE(irp != nullptr);
  EXPECT_EQ(FsRtlProcessFileLock(&locks, irp, &completed), STATUS_PENDING);
  EXPECT(FsRtlAreThereWaitingFileLocks(&locks));
  EXPECT_EQ(completed.count, 1);
  EXPECT_EQ(one.Unlock(5, 5), STATUS_SUCCESS);
  EXPECT_EQ(completed.count, 2);
  EXPECT_EQ(completed.status, STATUS_SUCCESS);
  EXPECT(!one.Reads(0, 1));
  IoFreeIrp(irp);
  // A request that waits can be cancelled.
  EXPECT_EQ(other.Unlock(0, 10), STATUS_SUCCESS);
  EXPECT_EQ(one.Lock(0, 1, true), STATUS_SUCCESS);
  irp = LockRequest(0, &length);
  REQUIRE(irp != nullptr);
  EXPECT_EQ(FsRtlProcessFileLock(&locks, irp, &completed), STATUS_PENDING);
  EXPECT(IoCancelIrp(irp));
  EXPECT_EQ(completed.count, 3);
  EXPECT_EQ(completed.status, STATUS_CANCELLED);
  EXPECT(!FsRtlAreThereWaitingFileLocks(&locks));
  IoFreeIrp(irp);
  FsRtlUninitializeFileLock(&locks);
}

KTEST(FileSystemPoolRaises) {
  PVOID block = FsRtlAllocatePoolWithTag(PagedPool, 100, 'tsrF');
  EXPECT(block != nullptr);
  ExFreePoolWithTag(block, 'tsrF');
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    FsRtlAllocatePoolWithTag(static_cast<POOL_TYPE>(NonPagedPoolNx), 0xffffffff, 'tsrF');
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
  }
  EXPECT_EQ(status, STATUS_INSUFFICIENT_RESOURCES);
}

KTEST(ARequestAsksForItsRange) {
  FILE_LOCK locks;
  FsRtlInitializeFileLock(&locks, nullptr, nullptr);
  EXPECT(!FsRtlAreThereCurrentOrInProgressFileLocks(&locks));
  const Owner one = {&locks, kOne, 1};
  EXPECT_EQ(one.Lock(0, 10, false), STATUS_SUCCESS);
  EXPECT(FsRtlAreThereCurrentOrInProgressFileLocks(&locks));
  PIRP irp = IoAllocateIrp(1, FALSE);
  REQUIRE(irp);
  irp->Tail.Overlay.Thread = PsGetCurrentThread();
  IoSetNextIrpStackLocation(irp);
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  location->MajorFunction = IRP_MJ_WRITE;
  location->FileObject = kOther;
  location->Parameters.Write.Length = 5;
  location->Parameters.Write.ByteOffset.QuadPart = 8;
  // Shared, so that everybody reads and nobody writes.
  EXPECT(!FsRtlCheckLockForWriteAccess(&locks, irp));
  EXPECT(FsRtlCheckLockForReadAccess(&locks, irp));
  location->Parameters.Write.ByteOffset.QuadPart = 10;
  EXPECT(FsRtlCheckLockForWriteAccess(&locks, irp));
  IoFreeIrp(irp);
  FsRtlUninitializeFileLock(&locks);
}
