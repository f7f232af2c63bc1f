// What the file system run-time library shares with drivers (ntifs.h): byte-range locks.
#pragma once

#include "nt/io.h"

using PCOMPLETE_LOCK_IRP_ROUTINE = NTSTATUS (*)(PVOID Context, PIRP Irp);

struct FILE_LOCK_INFO {
  LARGE_INTEGER StartingByte;
  LARGE_INTEGER Length;
  BOOLEAN ExclusiveLock;
  ULONG Key;
  PFILE_OBJECT FileObject;
  PVOID ProcessId;  ///< the process
  LARGE_INTEGER EndingByte;
};
using PFILE_LOCK_INFO = FILE_LOCK_INFO*;
NT_SIZE(FILE_LOCK_INFO, 0x30);
NT_OFFSET(FILE_LOCK_INFO, FileObject, 0x18);

using PUNLOCK_ROUTINE = VOID (*)(PVOID Context, PFILE_LOCK_INFO FileLockInfo);

struct FILE_LOCK {
  PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine;
  PUNLOCK_ROUTINE UnlockRoutine;
  BOOLEAN FastIoIsQuestionable;  ///< there are locks
  PVOID LockInformation;
  FILE_LOCK_INFO LastReturnedLockInfo;
  PVOID LastReturnedLock;
  LONG LockRequestsInProgress;
};
using PFILE_LOCK = FILE_LOCK*;
NT_SIZE(FILE_LOCK, 0x60);
NT_OFFSET(FILE_LOCK, LockInformation, 0x18);
NT_OFFSET(FILE_LOCK, LastReturnedLock, 0x50);
