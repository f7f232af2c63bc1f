// Opportunistic locks: which operations break them, how their holders are told, and who waits.
#include "kernel/api/api.h"
#include "kernel/fsrtl/ecp.h"
#include "kernel/fsrtl/oplock.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::fsrtl {
namespace {

/// What a holder may keep of what it has.
ULONG KeptBy(const OplockHolder& holder, const Break& how) {
  const ULONG keep = holder.break_to & how.keep;
  switch (holder.kind) {
    case OplockKind::Level1:
      return how.handles ? holder.break_to : keep & kRead;
    case OplockKind::Batch:
      return how.handles ? (how.filter ? 0 : holder.break_to) : keep & kRead;
    case OplockKind::Filter:
      return how.filter ? 0 : holder.break_to;
    case OplockKind::Level2:
      return keep;
    case OplockKind::Levels:
      return (keep & kRead) != 0 ? keep : 0;
    case OplockKind::Reserved:
      break;
  }
  return 0;
}

bool Concerns(const OplockHolder& holder, const Break& how) {
  if (how.everyone || (holder.kind == OplockKind::Level2 && how.keep == 0)) return true;
  PFILE_OBJECT const file = IoGetCurrentIrpStackLocation(how.cause)->FileObject;
  return how.ignore_keys ? holder.file != file : !SameKey(holder.file, file);
}

bool Loses(const OplockHolder& holder, const Break& how) {
  return Concerns(holder, how) && (holder.kind == OplockKind::Reserved || KeptBy(holder, how) != holder.break_to);
}

/// Whether the operation cannot go on before this one has acknowledged. Whoever only cached reads has nothing to write back.
bool MustWaitFor(const OplockHolder& holder, const Break& how) {
  if (!Concerns(holder, how)) return false;
  if (!holder.breaking && !Loses(holder, how)) return false;
  switch (holder.kind) {
    case OplockKind::Level1:
      return !how.handles;
    case OplockKind::Batch:
      return !how.handles || how.filter;
    case OplockKind::Filter:
      return how.filter;
    case OplockKind::Levels:
      return (holder.level & kWrite) != 0 || (how.handles && (holder.level & kHandle) != 0);
    default:
      return false;
  }
}

bool MustWait(const Oplock* oplock, const Break& how) {
  for (const OplockHolder* holder = oplock->holders; holder != nullptr; holder = holder->next) {
    if (MustWaitFor(*holder, how)) return true;
  }
  return false;
}

/// Telling one may change anything: the search starts anew after each.
void TellAll(Oplock* oplock, const Break& how) {
  for (OplockHolder* holder = oplock->holders; holder != nullptr;) {
    if (!Loses(*holder, how)) {
      holder = holder->next;
      continue;
    }
    BreakHolder(oplock, holder, how);
    holder = oplock->holders;
  }
}

constexpr ULONG kAttributeAccess = FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE;
constexpr ULONG kFilterAccess =
    FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | FILE_READ_DATA | FILE_READ_EA | FILE_EXECUTE | SYNCHRONIZE | READ_CONTROL;

bool BreaksByCreate(PIO_STACK_LOCATION location, Break* how) {
  const auto& create = location->Parameters.Create;
  const ULONG disposition = create.Options >> 24, access = create.SecurityContext->DesiredAccess;
  const bool overwrites = disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF;
  if (!overwrites && (access & ~kAttributeAccess) == 0 && (create.Options & kReserveOpfilter) == 0) return false;
  how->keep = overwrites ? 0 : kRead | kHandle;
  how->filter = overwrites || (access & ~kFilterAccess) != 0 || (create.ShareAccess & FILE_SHARE_READ) == 0;
  return true;
}

bool BreaksBySet(PIRP irp, PIO_STACK_LOCATION location, Break* how) {
  const auto& set = location->Parameters.SetFile;
  const bool advance_only = (reinterpret_cast<ULONG_PTR>(set.DeleteHandle) >> 8 & 0xff) != 0;
  const auto* const flags = static_cast<const ULONG*>(irp->AssociatedIrp.SystemBuffer);
  switch (set.FileInformationClass) {
    case FileEndOfFileInformation:
      if (advance_only) return false;
      [[fallthrough]];
    case FileAllocationInformation:
    case FileValidDataLengthInformation:
      how->filter = true;
      return true;
    case FileRenameInformation:
    case FileRenameInformationEx:
    case FileLinkInformation:
    case FileShortNameInformation:
      how->filter = true;
      break;
    case FileDispositionInformation:
      if (*reinterpret_cast<const BOOLEAN*>(flags) == FALSE) return false;
      break;
    case FileDispositionInformationEx:
      if ((*flags & 1) == 0) return false;
      break;
    default:
      return false;
  }
  how->keep = kRead | kWrite;
  how->handles = true;
  return true;
}

/// Whether a request breaks oplocks of others, and how.
bool BreaksBy(PIRP irp, Break* how) {
  PIO_STACK_LOCATION const location = IoGetCurrentIrpStackLocation(irp);
  if ((irp->Flags & IRP_PAGING_IO) != 0) return false;
  switch (location->MajorFunction) {
    case IRP_MJ_CREATE:
      return BreaksByCreate(location, how);
    case IRP_MJ_READ:
    case IRP_MJ_FLUSH_BUFFERS:
      how->keep = kRead | kHandle;
      return true;
    case IRP_MJ_WRITE:
      how->filter = true;
      return true;
    case IRP_MJ_LOCK_CONTROL:
      return location->MinorFunction == IRP_MN_LOCK;
    case IRP_MJ_SET_INFORMATION:
      return BreaksBySet(irp, location, how);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
      how->filter = true;
      return location->Parameters.DeviceIoControl.IoControlCode == FSCTL_SET_ZERO_DATA;
    default:
      return false;
  }
}

struct Waiting {
  ULONG flags;
  PVOID context;
  POPLOCK_WAIT_COMPLETE_ROUTINE routine;
  POPLOCK_FS_PREPOST_IRP prepost;
};

/// Breaks what is in the way, and waits if that is needed.
NTSTATUS BreakAndWait(Oplock* oplock, const Break& how, const Waiting& waiting) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(how.cause);
  const ULONG options = location->MajorFunction == IRP_MJ_CREATE ? location->Parameters.Create.Options : 0;
  const bool wait = MustWait(oplock, how);
  if (wait && (options & kOpenRequiringOplock) != 0) return STATUS_CANNOT_BREAK_OPLOCK;
  TellAll(oplock, how);
  if (!wait || !MustWait(oplock, how)) return STATUS_SUCCESS;
  if ((options & kCompleteIfOplocked) != 0 || (waiting.flags & OPLOCK_FLAG_COMPLETE_IF_OPLOCKED) != 0)
    return STATUS_OPLOCK_BREAK_IN_PROGRESS;
  return WaitForBreak(oplock, how.cause, waiting.context, waiting.routine, waiting.prepost);
}

void BackOut(Oplock* oplock, const FILE_OBJECT* file) {
  OplockHolder* const holder = FindHolder(oplock, file);
  if (holder != nullptr && holder->kind == OplockKind::Reserved) RemoveHolder(oplock, holder);
}

void Tell(OplockHolder* holder, REQUEST_OPLOCK_OUTPUT_BUFFER* output, ULONG keep, const Break& how) {
  *output = {REQUEST_OPLOCK_CURRENT_VERSION, sizeof *output, holder->level, keep, 0, 0, 0};
  if (holder->level != kRead) output->Flags |= REQUEST_OPLOCK_OUTPUT_FLAG_ACK_REQUIRED;
  if (!how.tell_modes) return;
  const auto& create = IoGetCurrentIrpStackLocation(how.cause)->Parameters.Create;
  output->Flags |= REQUEST_OPLOCK_OUTPUT_FLAG_MODES_PROVIDED;
  output->AccessMode = create.SecurityContext->DesiredAccess;
  output->ShareMode = create.ShareAccess;
}

}  // namespace

void BreakHolder(Oplock* oplock, OplockHolder* holder, const Break& how) {
  const ULONG keep = KeptBy(*holder, how);
  PIRP const irp = holder->irp;
  if (holder->breaking) {
    holder->break_to = keep;
    return;
  }
  if (irp == nullptr || !TakeBack(irp)) {  // only reserved, or being cancelled
    EndHolder(oplock, holder, STATUS_SUCCESS, 0);
    return;
  }
  ULONG_PTR information = keep != 0 ? FILE_OPLOCK_BROKEN_TO_LEVEL_2 : FILE_OPLOCK_BROKEN_TO_NONE;
  if (holder->kind == OplockKind::Levels) {
    Tell(holder, static_cast<REQUEST_OPLOCK_OUTPUT_BUFFER*>(irp->AssociatedIrp.SystemBuffer), keep, how);
    information = sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER);
  }
  if (holder->level == kRead) {
    RemoveHolder(oplock, holder);
  } else {
    holder->irp = nullptr;
    holder->breaking = true;
    holder->break_to = holder->told = keep;
  }
  CompleteRequest(irp, STATUS_SUCCESS, information);
}

void EndHolder(Oplock* oplock, OplockHolder* holder, NTSTATUS status, ULONG new_level) {
  const OplockHolder ended = *holder;
  RemoveHolder(oplock, holder);
  if (ended.irp == nullptr) return;
  if (!TakeBack(ended.irp)) {
    ended.irp->IoStatus.Information = 0;  // being cancelled: nothing is left to give up
    return;
  }
  if (ended.kind != OplockKind::Levels) {
    CompleteRequest(ended.irp, STATUS_SUCCESS, FILE_OPLOCK_BROKEN_TO_NONE);
    return;
  }
  auto* const output = static_cast<REQUEST_OPLOCK_OUTPUT_BUFFER*>(ended.irp->AssociatedIrp.SystemBuffer);
  *output = {REQUEST_OPLOCK_CURRENT_VERSION, sizeof *output, ended.level, new_level, 0, 0, 0};
  CompleteRequest(ended.irp, status, sizeof *output);
}

void EndOplocksOf(Oplock* oplock, const FILE_OBJECT* file) {
  while (OplockHolder* const holder = FindHolder(oplock, file)) EndHolder(oplock, holder, STATUS_OPLOCK_HANDLE_CLOSED, 0);
  ResumeWaiters(oplock);
}

}  // namespace nt::fsrtl

using namespace nt::fsrtl;

extern "C" {

NTSTATUS FsRtlCheckOplockEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                            POPLOCK_FS_PREPOST_IRP PostIrpRoutine) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  if (location->MajorFunction == IRP_MJ_CREATE) {
    const NTSTATUS status = TakeOplockKey(Irp, location->FileObject);
    if (!NT_SUCCESS(status) || (Flags & OPLOCK_FLAG_OPLOCK_KEY_CHECK_ONLY) != 0) return status;
  }
  nt::fsrtl::Oplock* const oplock = OplockOf(Oplock);
  if (oplock == nullptr) return STATUS_SUCCESS;
  if ((Flags & OPLOCK_FLAG_BACK_OUT_ATOMIC_OPLOCK) != 0) {
    BackOut(oplock, location->FileObject);
    return STATUS_SUCCESS;
  }
  if (location->MajorFunction == IRP_MJ_CLEANUP) {
    EndOplocksOf(oplock, location->FileObject);
    return STATUS_SUCCESS;
  }
  Break how{};
  how.cause = Irp;
  how.ignore_keys = (Flags & OPLOCK_FLAG_IGNORE_OPLOCK_KEYS) != 0;
  if (!BreaksBy(Irp, &how)) return STATUS_SUCCESS;
  return BreakAndWait(oplock, how, {Flags, Context, CompletionRoutine, PostIrpRoutine});
}

NTSTATUS FsRtlCheckOplock(POPLOCK Oplock, PIRP Irp, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                          POPLOCK_FS_PREPOST_IRP PostIrpRoutine) {
  return FsRtlCheckOplockEx(Oplock, Irp, 0, Context, CompletionRoutine, PostIrpRoutine);
}

NTSTATUS FsRtlOplockBreakToNoneEx(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                                  POPLOCK_FS_PREPOST_IRP PostIrpRoutine) {
  if (OplockOf(Oplock) == nullptr) return STATUS_SUCCESS;
  Break how{};
  how.cause = Irp;
  how.filter = how.everyone = true;
  return BreakAndWait(OplockOf(Oplock), how, {Flags, Context, CompletionRoutine, PostIrpRoutine});
}

NTSTATUS FsRtlOplockBreakToNone(POPLOCK Oplock, PIO_STACK_LOCATION /*IrpSp*/, PIRP Irp, PVOID Context,
                                POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine, POPLOCK_FS_PREPOST_IRP PostIrpRoutine) {
  return FsRtlOplockBreakToNoneEx(Oplock, Irp, 0, Context, CompletionRoutine, PostIrpRoutine);
}

NTSTATUS FsRtlOplockBreakH(POPLOCK Oplock, PIRP Irp, ULONG Flags, PVOID Context, POPLOCK_WAIT_COMPLETE_ROUTINE CompletionRoutine,
                           POPLOCK_FS_PREPOST_IRP PostIrpRoutine) {
  if (OplockOf(Oplock) == nullptr) return STATUS_SUCCESS;
  Break how{};
  how.cause = Irp;
  how.keep = kRead | kWrite;
  how.handles = true;
  how.ignore_keys = (Flags & OPLOCK_FLAG_IGNORE_OPLOCK_KEYS) != 0;
  how.tell_modes = IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_CREATE;
  return BreakAndWait(OplockOf(Oplock), how, {Flags, Context, CompletionRoutine, PostIrpRoutine});
}

}  // extern "C"
