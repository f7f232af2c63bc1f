// Byte-range locks of files, as file systems and filters keep them.
//
// A lock's owner is its file object, process and key together. Shared ranges may overlap one another, and an exclusive one of their own
// owner; exclusive ones overlap nothing that is there already.
#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/fsrtl/fsrtl.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

extern "C" PEPROCESS IoGetRequestorProcess(PIRP Irp);

namespace nt::fsrtl {
namespace {

constexpr ULONG kTag = 0x6b4c6c46;  // 'FlLk'

struct Lock {
  FILE_LOCK_INFO info;
  Lock* next;
};

/// A request that waits until its range is free.
struct Wait {
  FILE_LOCK_INFO info;
  PIRP irp;
  PVOID context;
  Wait* next;
};

/// FILE_LOCK.LockInformation: granted locks by their start, and who waits, in the order of their coming.
struct Locks {
  Lock* granted;
  Wait* waiting;
};

Locks* LocksOf(const FILE_LOCK* file_lock) { return static_cast<Locks*>(file_lock->LockInformation); }

Locks* MakeLocks(PFILE_LOCK file_lock) {
  if (file_lock->LockInformation == nullptr) {
    auto* const locks = static_cast<Locks*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Locks), kTag));
    if (locks == nullptr) return nullptr;
    *locks = {};
    file_lock->LockInformation = locks;
  }
  return LocksOf(file_lock);
}

bool SameOwner(const FILE_LOCK_INFO& a, const FILE_LOCK_INFO& b) {
  return a.FileObject == b.FileObject && a.ProcessId == b.ProcessId && a.Key == b.Key;
}

/// Empty ranges overlap nothing.
bool Overlap(const FILE_LOCK_INFO& a, const FILE_LOCK_INFO& b) {
  if (a.Length.QuadPart == 0 || b.Length.QuadPart == 0) return false;
  return static_cast<ULONGLONG>(a.StartingByte.QuadPart) <= static_cast<ULONGLONG>(b.EndingByte.QuadPart) &&
         static_cast<ULONGLONG>(b.StartingByte.QuadPart) <= static_cast<ULONGLONG>(a.EndingByte.QuadPart);
}

/// Calls `test` for the locks that overlap a range; true if it is for one.
template <class Test>
bool AnyOverlapping(const Locks* locks, const FILE_LOCK_INFO& range, Test test) {
  for (const Lock* lock = locks != nullptr ? locks->granted : nullptr; lock != nullptr; lock = lock->next) {
    if (Overlap(lock->info, range) && test(lock->info)) return true;
  }
  return false;
}

bool MayLock(const Locks* locks, const FILE_LOCK_INFO& wanted) {
  return !AnyOverlapping(
      locks, wanted, [&](const FILE_LOCK_INFO& lock) { return wanted.ExclusiveLock || (lock.ExclusiveLock && !SameOwner(lock, wanted)); });
}

bool MayRead(const Locks* locks, const FILE_LOCK_INFO& range) {
  return !AnyOverlapping(locks, range, [&](const FILE_LOCK_INFO& lock) { return lock.ExclusiveLock && !SameOwner(lock, range); });
}

/// Nobody writes where there is a shared lock, not even its owner.
bool MayWrite(const Locks* locks, const FILE_LOCK_INFO& range) {
  return !AnyOverlapping(locks, range, [&](const FILE_LOCK_INFO& lock) { return !lock.ExclusiveLock || !SameOwner(lock, range); });
}

bool Grant(PFILE_LOCK file_lock, const FILE_LOCK_INFO& info) {
  auto* const lock = static_cast<Lock*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Lock), kTag));
  if (lock == nullptr) return false;
  Lock** place = &LocksOf(file_lock)->granted;
  while (*place != nullptr && (*place)->info.StartingByte.QuadPart <= info.StartingByte.QuadPart) place = &(*place)->next;
  *lock = {info, *place};
  *place = lock;
  file_lock->FastIoIsQuestionable = TRUE;
  return true;
}

/// Takes a lock out and frees it, and tells the file system if it wants to know.
void Drop(PFILE_LOCK file_lock, Lock** place, PVOID context, bool tell) {
  Lock* const lock = *place;
  *place = lock->next;
  FILE_LOCK_INFO info = lock->info;
  ex::FreePool(lock);
  file_lock->FastIoIsQuestionable = LocksOf(file_lock)->granted != nullptr;
  if (tell && file_lock->UnlockRoutine != nullptr) ke::Callout<void>(file_lock->UnlockRoutine, context, &info);
}

/// Ends a lock request: the file system's routine completes the IRP, or this does.
NTSTATUS Complete(PFILE_LOCK file_lock, PIRP irp, PVOID context, NTSTATUS status) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = 0;
  if (file_lock->CompleteLockIrpRoutine != nullptr) return ke::Callout<NTSTATUS>(file_lock->CompleteLockIrpRoutine, context, irp);
  IofCompleteRequest(irp, 1);
  return status;
}

/// The first lock that is exactly this one of this owner.
Lock** FindExact(Locks* locks, const FILE_LOCK_INFO& info) {
  for (Lock** place = &locks->granted; *place != nullptr; place = &(*place)->next) {
    const FILE_LOCK_INFO& lock = (*place)->info;
    if (lock.StartingByte.QuadPart == info.StartingByte.QuadPart && lock.Length.QuadPart == info.Length.QuadPart && SameOwner(lock, info))
      return place;
  }
  return nullptr;
}

PDRIVER_CANCEL SetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine) {
  PDRIVER_CANCEL const old = irp->CancelRoutine;
  irp->CancelRoutine = routine;
  return old;
}

/// Takes a waiting request off the list, unless it is being cancelled.
bool TakeBack(Wait* wait) { return SetCancelRoutine(wait->irp, nullptr) != nullptr; }

/// Grants what has become possible. A completion may change everything: the search starts anew after each.
void GrantWaiting(PFILE_LOCK file_lock) {
  for (Wait** place = &LocksOf(file_lock)->waiting; *place != nullptr;) {
    Wait* const wait = *place;
    if (!MayLock(LocksOf(file_lock), wait->info) || !TakeBack(wait)) {
      place = &wait->next;
      continue;
    }
    *place = wait->next;
    const Wait granted = *wait;
    ex::FreePool(wait);
    const NTSTATUS status = Grant(file_lock, granted.info) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    const NTSTATUS completed = Complete(file_lock, granted.irp, granted.context, status);
    if (file_lock->LockInformation == nullptr) return;
    if (NT_SUCCESS(status) && !NT_SUCCESS(completed)) {
      if (Lock** const refused = FindExact(LocksOf(file_lock), granted.info)) Drop(file_lock, refused, granted.context, false);
    }
    place = &LocksOf(file_lock)->waiting;
  }
}

/// Completes the waiting requests for which `test` is true.
template <class Test>
void RefuseWaiting(PFILE_LOCK file_lock, Test test) {
  for (Wait** place = &LocksOf(file_lock)->waiting; *place != nullptr;) {
    Wait* const wait = *place;
    if (!test(wait->info) || !TakeBack(wait)) {
      place = &wait->next;
      continue;
    }
    *place = wait->next;
    const Wait refused = *wait;
    ex::FreePool(wait);
    Complete(file_lock, refused.irp, refused.context, STATUS_RANGE_NOT_LOCKED);
    place = &LocksOf(file_lock)->waiting;
  }
}

/// Drops the granted locks for which `test` is true.
template <class Test>
NTSTATUS UnlockAll(PFILE_LOCK file_lock, PVOID context, Test test) {
  Locks* const locks = LocksOf(file_lock);
  if (locks == nullptr || (locks->granted == nullptr && locks->waiting == nullptr)) return STATUS_RANGE_NOT_LOCKED;
  for (Lock** place = &locks->granted; *place != nullptr;) {
    if (!test((*place)->info)) {
      place = &(*place)->next;
      continue;
    }
    Drop(file_lock, place, context, true);
    place = &locks->granted;
  }
  RefuseWaiting(file_lock, test);
  GrantWaiting(file_lock);
  return STATUS_SUCCESS;
}

NTSTATUS UnlockSingle(PFILE_LOCK file_lock, const FILE_LOCK_INFO& info, PVOID context) {
  Locks* const locks = LocksOf(file_lock);
  Lock** const place = locks != nullptr ? FindExact(locks, info) : nullptr;
  if (place == nullptr) return STATUS_RANGE_NOT_LOCKED;
  Drop(file_lock, place, context, true);
  GrantWaiting(file_lock);
  return STATUS_SUCCESS;
}

FILE_LOCK_INFO InfoOf(LONGLONG start, LONGLONG length, ULONG key, PFILE_OBJECT file, PVOID process, bool exclusive = false) {
  FILE_LOCK_INFO info{};
  info.StartingByte.QuadPart = start;
  info.Length.QuadPart = length;
  info.EndingByte.QuadPart = start + length - 1;
  info.ExclusiveLock = exclusive;
  info.Key = key;
  info.FileObject = file;
  info.ProcessId = process;
  return info;
}

/// Past the end of all files.
bool Wraps(const FILE_LOCK_INFO& info) {
  return info.Length.QuadPart != 0 && static_cast<ULONGLONG>(info.EndingByte.QuadPart) < static_cast<ULONGLONG>(info.StartingByte.QuadPart);
}

/// Grants a lock, refuses it, or lets its IRP wait: STATUS_PENDING.
NTSTATUS Request(PFILE_LOCK file_lock, const FILE_LOCK_INFO& info, bool fail_immediately, PIRP irp, PVOID context) {
  if (Wraps(info)) return STATUS_INVALID_LOCK_RANGE;
  Locks* const locks = MakeLocks(file_lock);
  if (locks == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  if (MayLock(locks, info)) return Grant(file_lock, info) ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
  if (fail_immediately || irp == nullptr) return STATUS_LOCK_NOT_GRANTED;
  auto* const wait = static_cast<Wait*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Wait), kTag));
  if (wait == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *wait = {info, irp, context, nullptr};
  Wait** place = &locks->waiting;
  while (*place != nullptr) place = &(*place)->next;
  *place = wait;
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(file_lock);
  IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
  SetCancelRoutine(irp, reinterpret_cast<PDRIVER_CANCEL>(api::StubOf("FsRtlpCancelWaitingLock")));
  if (irp->Cancel && TakeBack(wait)) {
    *place = nullptr;
    ex::FreePool(wait);
    Complete(file_lock, irp, context, STATUS_CANCELLED);
  }
  return STATUS_PENDING;
}

FILE_LOCK_INFO RangeOf(PIRP irp) {
  const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  const auto& parameters = stack->Parameters.LockControl;
  return InfoOf(parameters.ByteOffset.QuadPart, parameters.Length != nullptr ? parameters.Length->QuadPart : 0, parameters.Key,
                stack->FileObject, IoGetRequestorProcess(irp), (stack->Flags & SL_EXCLUSIVE_LOCK) != 0);
}

/// What a read or write IRP touches; both have their parameters at the same place.
FILE_LOCK_INFO TransferOf(PIRP irp) {
  const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
  const auto& parameters = stack->Parameters.Read;
  return InfoOf(parameters.ByteOffset.QuadPart, parameters.Length, parameters.Key, stack->FileObject, IoGetRequestorProcess(irp));
}

}  // namespace
}  // namespace nt::fsrtl

using namespace nt;
using namespace nt::fsrtl;

extern "C" {

VOID FsRtlInitializeFileLock(PFILE_LOCK FileLock, PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine, PUNLOCK_ROUTINE UnlockRoutine) {
  *FileLock = {};
  FileLock->CompleteLockIrpRoutine = CompleteLockIrpRoutine;
  FileLock->UnlockRoutine = UnlockRoutine;
}

VOID FsRtlUninitializeFileLock(PFILE_LOCK FileLock) {
  Locks* const locks = LocksOf(FileLock);
  if (locks == nullptr) return;
  while (locks->granted != nullptr) Drop(FileLock, &locks->granted, nullptr, false);
  RefuseWaiting(FileLock, [](const FILE_LOCK_INFO&) { return true; });
  ex::FreePool(locks);
  FileLock->LockInformation = nullptr;
}

PFILE_LOCK FsRtlAllocateFileLock(PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine, PUNLOCK_ROUTINE UnlockRoutine) {
  auto* const lock = static_cast<PFILE_LOCK>(ex::LetAllocationFail() ? nullptr : ex::AllocatePool(NonPagedPoolNx, sizeof(FILE_LOCK), kTag));
  if (lock != nullptr) FsRtlInitializeFileLock(lock, CompleteLockIrpRoutine, UnlockRoutine);
  return lock;
}

VOID FsRtlFreeFileLock(PFILE_LOCK FileLock) {
  FsRtlUninitializeFileLock(FileLock);
  ex::FreePool(FileLock);
}

BOOLEAN FsRtlPrivateLock(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length,
                         PEPROCESS ProcessId, ULONG Key, BOOLEAN FailImmediately, BOOLEAN ExclusiveLock, PIO_STATUS_BLOCK Iosb, PIRP Irp,
                         PVOID Context, BOOLEAN /*AlreadySynchronized*/) {
  const FILE_LOCK_INFO info = InfoOf(FileOffset->QuadPart, Length->QuadPart, Key, FileObject, ProcessId, ExclusiveLock != 0);
  NTSTATUS status = Request(FileLock, info, FailImmediately != 0, Irp, Context);
  Iosb->Information = 0;
  Iosb->Status = status;
  if (status == STATUS_PENDING) return FALSE;
  if (Irp == nullptr) return TRUE;
  const NTSTATUS completed = Complete(FileLock, Irp, Context, status);
  if (NT_SUCCESS(status) && !NT_SUCCESS(completed)) {
    if (Lock** const refused = FindExact(LocksOf(FileLock), info)) Drop(FileLock, refused, Context, false);
  }
  Iosb->Status = completed;
  return TRUE;
}

NTSTATUS FsRtlFastUnlockSingle(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PLARGE_INTEGER Length,
                               PEPROCESS ProcessId, ULONG Key, PVOID Context, BOOLEAN /*AlreadySynchronized*/) {
  return UnlockSingle(FileLock, InfoOf(FileOffset->QuadPart, Length->QuadPart, Key, FileObject, ProcessId), Context);
}

NTSTATUS FsRtlFastUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS ProcessId, PVOID Context) {
  return UnlockAll(FileLock, Context,
                   [=](const FILE_LOCK_INFO& lock) { return lock.FileObject == FileObject && lock.ProcessId == ProcessId; });
}

NTSTATUS FsRtlFastUnlockAllByKey(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS ProcessId, ULONG Key, PVOID Context) {
  return UnlockAll(FileLock, Context, [=](const FILE_LOCK_INFO& lock) {
    return lock.FileObject == FileObject && lock.ProcessId == ProcessId && lock.Key == Key;
  });
}

NTSTATUS FsRtlProcessFileLock(PFILE_LOCK FileLock, PIRP Irp, PVOID Context) {
  const PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
  FILE_LOCK_INFO info = RangeOf(Irp);
  NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
  switch (stack->MinorFunction) {
    case IRP_MN_LOCK: {
      IO_STATUS_BLOCK result;
      FsRtlPrivateLock(FileLock, info.FileObject, &info.StartingByte, &info.Length, static_cast<PEPROCESS>(info.ProcessId), info.Key,
                       (stack->Flags & SL_FAIL_IMMEDIATELY) != 0, info.ExclusiveLock, &result, Irp, Context, FALSE);
      return result.Status;
    }
    case IRP_MN_UNLOCK_SINGLE:
      status = UnlockSingle(FileLock, info, Context);
      break;
    case IRP_MN_UNLOCK_ALL:
      status = FsRtlFastUnlockAll(FileLock, info.FileObject, static_cast<PEPROCESS>(info.ProcessId), Context);
      break;
    case IRP_MN_UNLOCK_ALL_BY_KEY:
      status = FsRtlFastUnlockAllByKey(FileLock, info.FileObject, static_cast<PEPROCESS>(info.ProcessId), info.Key, Context);
      break;
    default:
      break;
  }
  return Complete(FileLock, Irp, Context, status);
}

BOOLEAN FsRtlCheckLockForReadAccess(PFILE_LOCK FileLock, PIRP Irp) { return MayRead(LocksOf(FileLock), TransferOf(Irp)); }

BOOLEAN FsRtlCheckLockForWriteAccess(PFILE_LOCK FileLock, PIRP Irp) { return MayWrite(LocksOf(FileLock), TransferOf(Irp)); }

BOOLEAN FsRtlFastCheckLockForRead(PFILE_LOCK FileLock, PLARGE_INTEGER StartingByte, PLARGE_INTEGER Length, ULONG Key,
                                  PFILE_OBJECT FileObject, PVOID ProcessId) {
  return MayRead(LocksOf(FileLock), InfoOf(StartingByte->QuadPart, Length->QuadPart, Key, FileObject, ProcessId));
}

BOOLEAN FsRtlFastCheckLockForWrite(PFILE_LOCK FileLock, PLARGE_INTEGER StartingByte, PLARGE_INTEGER Length, ULONG Key,
                                   PFILE_OBJECT FileObject, PVOID ProcessId) {
  return MayWrite(LocksOf(FileLock), InfoOf(StartingByte->QuadPart, Length->QuadPart, Key, FileObject, ProcessId));
}

PFILE_LOCK_INFO FsRtlGetNextFileLock(PFILE_LOCK FileLock, BOOLEAN Restart) {
  Locks* const locks = LocksOf(FileLock);
  Lock* lock = locks != nullptr ? locks->granted : nullptr;
  if (!Restart) {
    while (lock != nullptr && lock != FileLock->LastReturnedLock) lock = lock->next;
    lock = lock != nullptr ? lock->next : nullptr;
  }
  FileLock->LastReturnedLock = lock;
  if (lock == nullptr) return nullptr;
  FileLock->LastReturnedLockInfo = lock->info;
  return &FileLock->LastReturnedLockInfo;
}

BOOLEAN FsRtlAreThereCurrentOrInProgressFileLocks(PFILE_LOCK FileLock) {
  return FileLock->FastIoIsQuestionable || FileLock->LockRequestsInProgress != 0;
}

BOOLEAN FsRtlCheckLockForOplockRequest(PFILE_LOCK FileLock, PLARGE_INTEGER AllocationSize) {
  // Locks behind the end of the allocation guard nothing that an oplock's holder could cache.
  const FILE_LOCK_INFO allocated = InfoOf(0, AllocationSize->QuadPart, 0, nullptr, nullptr);
  return !AnyOverlapping(LocksOf(FileLock), allocated, [](const FILE_LOCK_INFO&) { return true; });
}

BOOLEAN FsRtlAreThereWaitingFileLocks(PFILE_LOCK FileLock) { return LocksOf(FileLock) != nullptr && LocksOf(FileLock)->waiting != nullptr; }

/// The cancel routine of lock requests that wait; the I/O manager calls it with the cancel spin lock held.
VOID FsRtlpCancelWaitingLock(PDEVICE_OBJECT, PIRP Irp) {
  auto* const file_lock = reinterpret_cast<PFILE_LOCK>(Irp->IoStatus.Information);
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  for (Wait** place = &LocksOf(file_lock)->waiting; *place != nullptr; place = &(*place)->next) {
    Wait* const wait = *place;
    if (wait->irp != Irp) continue;
    *place = wait->next;
    PVOID const context = wait->context;
    ex::FreePool(wait);
    Complete(file_lock, Irp, context, STATUS_CANCELLED);
    return;
  }
}

}  // extern "C"
