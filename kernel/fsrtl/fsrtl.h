// The file system run-time library: what file systems share. What other components call of it.
#pragma once

#include "nt/fsrtl.h"
#include "nt/fsrtl_oplock.h"

namespace nt::fsrtl {

/// Takes a file's locks for a flush of its cache, as its file system and the filters above want it, and gives them back.
NTSTATUS AcquireForFlush(PFILE_OBJECT file);
void ReleaseForFlush(PFILE_OBJECT file);

/// Fills the table behind FsRtlLegalAnsiCharacterArray.
void InitializeLegalCharacters();

}  // namespace nt::fsrtl

extern "C" {
VOID FsRtlInitializeFileLock(PFILE_LOCK FileLock, PCOMPLETE_LOCK_IRP_ROUTINE CompleteLockIrpRoutine, PUNLOCK_ROUTINE UnlockRoutine);
VOID FsRtlUninitializeFileLock(PFILE_LOCK FileLock);
NTSTATUS FsRtlProcessFileLock(PFILE_LOCK FileLock, PIRP Irp, PVOID Context);
NTSTATUS FsRtlFastUnlockAll(PFILE_LOCK FileLock, PFILE_OBJECT FileObject, PEPROCESS ProcessId, PVOID Context);
BOOLEAN FsRtlFastCheckLockForRead(PFILE_LOCK FileLock, PLARGE_INTEGER StartingByte, PLARGE_INTEGER Length, ULONG Key,
                                  PFILE_OBJECT FileObject, PVOID ProcessId);
BOOLEAN FsRtlFastCheckLockForWrite(PFILE_LOCK FileLock, PLARGE_INTEGER StartingByte, PLARGE_INTEGER Length, ULONG Key,
                                   PFILE_OBJECT FileObject, PVOID ProcessId);
BOOLEAN FsRtlAreThereCurrentOrInProgressFileLocks(PFILE_LOCK FileLock);

VOID FsRtlInitializeOplock(POPLOCK Oplock);
VOID FsRtlUninitializeOplock(POPLOCK Oplock);
NTSTATUS FsRtlOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount);
NTSTATUS FsRtlCheckOplock(POPLOCK Oplock, PIRP Irp, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                          POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
NTSTATUS FsRtlOplockBreakH(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                           POPLOCK_FS_PREPOST_IRP PostIrpRoutine);
BOOLEAN FsRtlCurrentBatchOplock(POPLOCK Oplock);
BOOLEAN FsRtlOplockIsSharedRequest(PIRP Irp);
}
