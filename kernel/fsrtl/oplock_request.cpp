// Opportunistic locks: asking for one, and answering a break.
#include "kernel/fsrtl/oplock.h"
#include "nt/status.h"

extern "C" BOOLEAN IoIsOperationSynchronous(PIRP Irp);

namespace nt::fsrtl {
namespace {

/// What is asked for.
struct Request {
  PIRP irp;
  PFILE_OBJECT file;
  OplockKind kind;
  ULONG level;
  ULONG open_count;  ///< for who wants to write: the stream's openings; else how many byte-range locks there are
  bool all_keys_match;
};

ULONG LevelOf(OplockKind kind) {
  switch (kind) {
    case OplockKind::Level1:
      return kRead | kWrite;
    case OplockKind::Batch:
      return kRead | kHandle | kWrite;
    case OplockKind::Level2:
      return kRead;
    default:
      return kRead | kHandle;
  }
}

/// Holds the request, which has the oplock from now on.
NTSTATUS Grant(Oplock* oplock, PIRP irp, OplockKind kind, ULONG level) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  OplockHolder* const holder = AddHolder(oplock, kind, level, location->FileObject, irp);
  if (holder == nullptr) return CompleteRequest(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  location->Control |= SL_PENDING_RETURNED;
  if (HoldRequest(irp, oplock, "FsRtlpCancelOplock") == STATUS_CANCELLED) {
    RemoveHolder(oplock, holder);
    CompleteRequest(irp, STATUS_CANCELLED, FILE_OPLOCK_BROKEN_TO_NONE);
  }
  return STATUS_PENDING;
}

/// Whether the oplock may be had beside one that is there.
bool Agrees(const Request& request, const OplockHolder& there) {
  if (there.breaking) return false;
  if (there.kind == OplockKind::Reserved) return there.file == request.file;
  switch (request.kind) {
    case OplockKind::Level1:
    case OplockKind::Batch:
    case OplockKind::Filter:
      return there.kind == OplockKind::Level2 && there.file == request.file;
    case OplockKind::Level2:
      return there.level == kRead;
    default:
      break;
  }
  if ((request.level & kWrite) != 0) {
    return there.kind == OplockKind::Levels && SameKey(there.file, request.file) && (there.level & ~request.level) == 0;
  }
  if (!IsShared(there) || ((request.level & kHandle) != 0 && there.kind == OplockKind::Level2)) return false;
  const bool same = there.kind == OplockKind::Levels && SameKey(there.file, request.file);
  return !same || (there.level & ~request.level) == 0;
}

/// Whether the new oplock takes the place of one that is there.
bool Replaces(const Request& request, const OplockHolder& there) {
  if (there.kind == OplockKind::Reserved) return true;
  if (request.kind == OplockKind::Level2) return false;
  if (request.kind != OplockKind::Levels) return true;
  return there.kind == OplockKind::Levels && SameKey(there.file, request.file);
}

bool MayGrant(const Oplock* oplock, const Request& request) {
  if (IoIsOperationSynchronous(request.irp) != FALSE) return false;
  const bool exclusive = request.kind == OplockKind::Filter || (request.level & kWrite) != 0;
  if (exclusive ? request.open_count > 1 && !request.all_keys_match : request.open_count != 0) return false;
  for (const OplockHolder* holder = oplock->holders; holder != nullptr; holder = holder->next) {
    if (!Agrees(request, *holder)) return false;
  }
  return true;
}

void Replace(Oplock* oplock, const Request& request) {
  for (OplockHolder* holder = oplock->holders; holder != nullptr;) {
    if (!Replaces(request, *holder)) {
      holder = holder->next;
      continue;
    }
    EndHolder(oplock, holder, STATUS_OPLOCK_SWITCHED_TO_NEW_HANDLE, request.level);
    holder = oplock->holders;
  }
}

NTSTATUS Ask(POPLOCK where, const Request& request) {
  Oplock* const oplock = MakeOplock(where);
  if (oplock == nullptr) return CompleteRequest(request.irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  if (!MayGrant(oplock, request)) return CompleteRequest(request.irp, STATUS_OPLOCK_NOT_GRANTED, 0);
  Replace(oplock, request);
  return Grant(oplock, request.irp, request.kind, request.level);
}

/// The one that this file object has, and that breaks.
OplockHolder* FindBreaking(const Oplock* oplock, const FILE_OBJECT* file, bool legacy) {
  OplockHolder* holder = oplock != nullptr ? oplock->holders : nullptr;
  while (holder != nullptr && (holder->file != file || !holder->breaking || (holder->kind != OplockKind::Levels) != legacy))
    holder = holder->next;
  return holder;
}

/// The holder takes no more than `level` of what it was told that it may keep, and no more than nobody minds by now.
NTSTATUS Accept(Oplock* oplock, OplockHolder* holder, PIRP irp, ULONG level) {
  const OplockKind kind = holder->kind == OplockKind::Levels ? OplockKind::Levels : OplockKind::Level2;
  const ULONG keep = level & holder->break_to;
  RemoveHolder(oplock, holder);
  NTSTATUS status = STATUS_SUCCESS;
  if (level == 0 || IoIsOperationSynchronous(irp) != FALSE || (keep == 0 && kind == OplockKind::Level2)) {
    status = CompleteRequest(irp, STATUS_SUCCESS, kind == OplockKind::Level2 ? FILE_OPLOCK_BROKEN_TO_NONE : 0);
  } else {
    PFILE_OBJECT const file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    status = Grant(oplock, irp, kind, level);
    OplockHolder* const granted = FindHolder(oplock, file);
    if (keep != level && granted != nullptr) {
      Break how{};
      how.keep = keep;
      how.everyone = true;
      BreakHolder(oplock, granted, how);
    }
  }
  ResumeWaiters(oplock);
  return status;
}

/// The holder closes its handle soon: who waits goes on then.
NTSTATUS AwaitClose(Oplock* oplock, OplockHolder* holder, PIRP irp) {
  if (holder->kind == OplockKind::Level1) return Accept(oplock, holder, irp, 0);
  holder->break_to = holder->told = 0;
  return CompleteRequest(irp, STATUS_SUCCESS, 0);
}

NTSTATUS Acknowledge(Oplock* oplock, PIRP irp, ULONG code) {
  OplockHolder* const holder = FindBreaking(oplock, IoGetCurrentIrpStackLocation(irp)->FileObject, true);
  if (holder == nullptr) return CompleteRequest(irp, STATUS_INVALID_OPLOCK_PROTOCOL, 0);
  if (code == FSCTL_OPBATCH_ACK_CLOSE_PENDING) return AwaitClose(oplock, holder, irp);
  return Accept(oplock, holder, irp, code == FSCTL_OPLOCK_BREAK_ACKNOWLEDGE ? holder->told : 0);
}

NTSTATUS AcknowledgeLevels(Oplock* oplock, PIRP irp, const REQUEST_OPLOCK_INPUT_BUFFER& input) {
  OplockHolder* const holder = FindBreaking(oplock, IoGetCurrentIrpStackLocation(irp)->FileObject, false);
  if (holder == nullptr || (input.RequestedOplockLevel & ~holder->told) != 0)
    return CompleteRequest(irp, STATUS_INVALID_OPLOCK_PROTOCOL, 0);
  if ((input.Flags & REQUEST_OPLOCK_INPUT_FLAG_COMPLETE_ACK_ON_CLOSE) != 0 && input.RequestedOplockLevel == 0)
    return AwaitClose(oplock, holder, irp);
  return Accept(oplock, holder, irp, input.RequestedOplockLevel);
}

bool IsLevel(ULONG level) { return (level & kRead) != 0 && (level & ~(kRead | kHandle | kWrite)) == 0; }

/// FSCTL_REQUEST_OPLOCK: a request or an acknowledgment, by its flags.
NTSTATUS AskByLevel(POPLOCK oplock, Request* request) {
  const auto& parameters = IoGetCurrentIrpStackLocation(request->irp)->Parameters.DeviceIoControl;
  if (parameters.InputBufferLength < sizeof(REQUEST_OPLOCK_INPUT_BUFFER) ||
      parameters.OutputBufferLength < sizeof(REQUEST_OPLOCK_OUTPUT_BUFFER)) {
    return CompleteRequest(request->irp, STATUS_BUFFER_TOO_SMALL, 0);
  }
  const REQUEST_OPLOCK_INPUT_BUFFER input = *static_cast<const REQUEST_OPLOCK_INPUT_BUFFER*>(request->irp->AssociatedIrp.SystemBuffer);
  const ULONG purpose = input.Flags & (REQUEST_OPLOCK_INPUT_FLAG_REQUEST | REQUEST_OPLOCK_INPUT_FLAG_ACK);
  const bool asks = purpose == REQUEST_OPLOCK_INPUT_FLAG_REQUEST;
  const bool valid = input.StructureVersion == REQUEST_OPLOCK_CURRENT_VERSION && input.StructureLength >= sizeof input &&
                     (asks || purpose == REQUEST_OPLOCK_INPUT_FLAG_ACK) &&
                     (IsLevel(input.RequestedOplockLevel) || (!asks && input.RequestedOplockLevel == 0));
  if (!valid) return CompleteRequest(request->irp, STATUS_INVALID_PARAMETER, 0);
  if (!asks) return AcknowledgeLevels(OplockOf(oplock), request->irp, input);
  request->level = input.RequestedOplockLevel;
  return Ask(oplock, *request);
}

/// A create request wants to be sure of the oplock that it will ask for.
NTSTATUS Reserve(POPLOCK where, PIO_STACK_LOCATION location, const Request& request) {
  const ULONG options = location->Parameters.Create.Options;
  if ((options & (kReserveOpfilter | kOpenRequiringOplock)) == 0) return STATUS_INVALID_PARAMETER;
  const NTSTATUS refusal = (options & kReserveOpfilter) != 0 ? STATUS_OPLOCK_NOT_GRANTED : STATUS_CANNOT_GRANT_REQUESTED_OPLOCK;
  Oplock* const oplock = MakeOplock(where);
  if (oplock == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  if (oplock->holders != nullptr || (request.open_count > 1 && !request.all_keys_match)) return refusal;
  return AddHolder(oplock, OplockKind::Reserved, kRead | kHandle, location->FileObject, nullptr) != nullptr ? STATUS_SUCCESS
                                                                                                            : STATUS_INSUFFICIENT_RESOURCES;
}

}  // namespace
}  // namespace nt::fsrtl

using namespace nt::fsrtl;

extern "C" {

NTSTATUS FsRtlOplockFsctrlEx(POPLOCK Oplock, PIRP Irp, ULONG OpenCount, ULONG Flags) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  Request request{Irp, location->FileObject, OplockKind::Levels, 0, OpenCount, (Flags & OPLOCK_FSCTRL_FLAG_ALL_KEYS_MATCH) != 0};
  if (location->MajorFunction == IRP_MJ_CREATE) return Reserve(Oplock, location, request);
  const ULONG code = location->Parameters.DeviceIoControl.IoControlCode;
  switch (code) {
    case FSCTL_REQUEST_OPLOCK_LEVEL_1:
      request.kind = OplockKind::Level1;
      break;
    case FSCTL_REQUEST_OPLOCK_LEVEL_2:
      request.kind = OplockKind::Level2;
      break;
    case FSCTL_REQUEST_BATCH_OPLOCK:
      request.kind = OplockKind::Batch;
      break;
    case FSCTL_REQUEST_FILTER_OPLOCK:
      request.kind = OplockKind::Filter;
      break;
    case FSCTL_OPLOCK_BREAK_ACKNOWLEDGE:
    case FSCTL_OPLOCK_BREAK_ACK_NO_2:
    case FSCTL_OPBATCH_ACK_CLOSE_PENDING:
      return Acknowledge(OplockOf(Oplock), Irp, code);
    case FSCTL_OPLOCK_BREAK_NOTIFY:
      return NotifyOfBreakEnd(OplockOf(Oplock), Irp);
    case FSCTL_REQUEST_OPLOCK:
      return AskByLevel(Oplock, &request);
    default:
      return CompleteRequest(Irp, STATUS_INVALID_PARAMETER, 0);
  }
  request.level = LevelOf(request.kind);
  return Ask(Oplock, request);
}

NTSTATUS FsRtlOplockFsctrl(POPLOCK Oplock, PIRP Irp, ULONG OpenCount) { return FsRtlOplockFsctrlEx(Oplock, Irp, OpenCount, 0); }

}  // extern "C"
