// Opportunistic locks: what a stream keeps, who waits, and what can be asked.
#include "kernel/fsrtl/oplock.h"

#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/file_extension.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::fsrtl {

using io::ExtensionOf;
using io::FileExtension;

namespace {

constexpr ULONG kTag = 'kpOF';

PDRIVER_CANCEL SetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine) {
  PDRIVER_CANCEL const old = irp->CancelRoutine;
  irp->CancelRoutine = routine;
  return old;
}

/// Takes a waiter off a list; false if it is not there.
bool Unlink(OplockWaiter** list, const OplockWaiter* waiter) {
  for (OplockWaiter** place = list; *place != nullptr; place = &(*place)->next) {
    if (*place != waiter) continue;
    *place = waiter->next;
    return true;
  }
  return false;
}

/// The first of a list that is not being cancelled, off the list; null if there is none.
OplockWaiter* TakeFirst(OplockWaiter** list) {
  for (OplockWaiter* waiter = *list; waiter != nullptr; waiter = waiter->next) {
    if (!TakeBack(waiter->irp)) continue;
    Unlink(list, waiter);
    return waiter;
  }
  return nullptr;
}

/// What is being cancelled outlives the oplock.
void Orphan(OplockWaiter* list) {
  for (; list != nullptr; list = list->next) list->oplock = nullptr;
}

/// Lets a request go on, whose cancel routine is gone and which is on no list any more.
void Resume(OplockWaiter* waiter, NTSTATUS status) {
  PIRP const irp = waiter->irp;
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = 0;
  if (waiter->event != nullptr) {
    KeSetEvent(waiter->event, 0, FALSE);
    return;
  }
  const OplockWaiter copy = *waiter;
  ex::FreePool(waiter);
  ke::Callout<void>(copy.routine, copy.context, irp);
}

}  // namespace

Oplock* MakeOplock(POPLOCK oplock) {
  if (*oplock == nullptr) {
    auto* const made = static_cast<Oplock*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Oplock), kTag));
    if (made == nullptr) return nullptr;
    *made = {};
    *oplock = made;
  }
  return OplockOf(oplock);
}

bool AnyBreaking(const Oplock* oplock) {
  for (const OplockHolder* holder = oplock->holders; holder != nullptr; holder = holder->next) {
    if (holder->breaking) return true;
  }
  return false;
}

bool SameKey(const FILE_OBJECT* a, const FILE_OBJECT* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr) return false;
  const FileExtension *of_a = ExtensionOf(a), *of_b = ExtensionOf(b);
  return of_a != nullptr && of_b != nullptr && of_a->has_oplock_key && of_b->has_oplock_key &&
         std::memcmp(&of_a->oplock_key, &of_b->oplock_key, sizeof(GUID)) == 0;
}

OplockHolder* AddHolder(Oplock* oplock, OplockKind kind, ULONG level, PFILE_OBJECT file, PIRP irp) {
  auto* const holder = static_cast<OplockHolder*>(ex::AllocatePool(NonPagedPoolNx, sizeof(OplockHolder), kTag));
  if (holder == nullptr) return nullptr;
  *holder = {nullptr, kind, level, level, level, false, file, irp};
  OplockHolder** last = &oplock->holders;
  while (*last != nullptr) last = &(*last)->next;
  *last = holder;
  return holder;
}

void RemoveHolder(Oplock* oplock, OplockHolder* holder) {
  OplockHolder** place = &oplock->holders;
  while (*place != holder) place = &(*place)->next;
  *place = holder->next;
  ex::FreePool(holder);
}

OplockHolder* FindHolder(const Oplock* oplock, const FILE_OBJECT* file) {
  OplockHolder* holder = oplock->holders;
  while (holder != nullptr && holder->file != file) holder = holder->next;
  return holder;
}

NTSTATUS HoldRequest(PIRP irp, void* owner, const char* cancel_stub) {
  irp->IoStatus.Information = reinterpret_cast<ULONG_PTR>(owner);
  SetCancelRoutine(irp, reinterpret_cast<PDRIVER_CANCEL>(api::StubOf(cancel_stub)));
  return irp->Cancel != FALSE && TakeBack(irp) ? STATUS_CANCELLED : STATUS_PENDING;
}

bool TakeBack(PIRP irp) { return SetCancelRoutine(irp, nullptr) != nullptr; }

NTSTATUS CompleteRequest(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IofCompleteRequest(irp, 1);
  return status;
}

void ResumeWaiters(Oplock* oplock) {
  // Each may make something break again.
  while (!AnyBreaking(oplock)) {
    if (OplockWaiter* const notified = TakeFirst(&oplock->notified)) {
      PIRP const irp = notified->irp;
      ex::FreePool(notified);
      CompleteRequest(irp, STATUS_SUCCESS, 0);
      continue;
    }
    OplockWaiter* const waiter = TakeFirst(&oplock->waiters);
    if (waiter == nullptr) return;
    Resume(waiter, STATUS_SUCCESS);
  }
}

NTSTATUS WaitForBreak(Oplock* oplock, PIRP irp, PVOID context, POPLOCK_WAIT_COMPLETE_ROUTINE routine, POPLOCK_FS_PREPOST_IRP prepost) {
  OplockWaiter** last = &oplock->waiters;
  while (*last != nullptr) last = &(*last)->next;
  if (routine == nullptr) {
    KEVENT event;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    OplockWaiter here{nullptr, oplock, irp, nullptr, nullptr, &event};
    *last = &here;
    if (HoldRequest(irp, &here, "FsRtlpCancelOplockWait") == STATUS_CANCELLED) {
      Unlink(&oplock->waiters, &here);
      return STATUS_CANCELLED;
    }
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
    return irp->IoStatus.Status;
  }
  auto* const waiter = static_cast<OplockWaiter*>(ex::AllocatePool(NonPagedPoolNx, sizeof(OplockWaiter), kTag));
  if (waiter == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *waiter = {nullptr, oplock, irp, context, routine, nullptr};
  if (prepost != nullptr) ke::Callout<void>(prepost, context, irp);
  IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
  for (last = &oplock->waiters; *last != nullptr;) last = &(*last)->next;
  *last = waiter;
  if (HoldRequest(irp, waiter, "FsRtlpCancelOplockWait") == STATUS_CANCELLED) {
    Unlink(&oplock->waiters, waiter);
    Resume(waiter, STATUS_CANCELLED);
  } else {
    ResumeWaiters(oplock);  // the file system's routine may have let others run
  }
  return STATUS_PENDING;
}

NTSTATUS NotifyOfBreakEnd(Oplock* oplock, PIRP irp) {
  if (oplock == nullptr || !AnyBreaking(oplock)) return CompleteRequest(irp, STATUS_SUCCESS, 0);
  auto* const waiter = static_cast<OplockWaiter*>(ex::AllocatePool(NonPagedPoolNx, sizeof(OplockWaiter), kTag));
  if (waiter == nullptr) return CompleteRequest(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
  *waiter = {oplock->notified, oplock, irp, nullptr, nullptr, nullptr};
  oplock->notified = waiter;
  IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
  if (HoldRequest(irp, waiter, "FsRtlpCancelOplockWait") == STATUS_CANCELLED) {
    Unlink(&oplock->notified, waiter);
    ex::FreePool(waiter);
    CompleteRequest(irp, STATUS_CANCELLED, 0);
  }
  return STATUS_PENDING;
}

}  // namespace nt::fsrtl

using namespace nt;
using namespace nt::fsrtl;

extern "C" {

VOID FsRtlInitializeOplock(POPLOCK Oplock) { *Oplock = nullptr; }

VOID FsRtlUninitializeOplock(POPLOCK Oplock) {
  nt::fsrtl::Oplock* const oplock = OplockOf(Oplock);
  if (oplock == nullptr) return;
  while (oplock->holders != nullptr) EndHolder(oplock, oplock->holders, STATUS_SUCCESS, 0);
  ResumeWaiters(oplock);
  Orphan(oplock->waiters);
  Orphan(oplock->notified);
  *Oplock = nullptr;
  ex::FreePool(oplock);
}

BOOLEAN FsRtlOplockIsFastIoPossible(POPLOCK Oplock) {
  const nt::fsrtl::Oplock* const oplock = OplockOf(Oplock);
  if (oplock == nullptr) return TRUE;
  for (const OplockHolder* holder = oplock->holders; holder != nullptr; holder = holder->next) {
    if (holder->breaking || IsShared(*holder)) return FALSE;
  }
  return TRUE;
}

BOOLEAN FsRtlCurrentBatchOplock(POPLOCK Oplock) {
  const nt::fsrtl::Oplock* const oplock = OplockOf(Oplock);
  for (const OplockHolder* holder = oplock != nullptr ? oplock->holders : nullptr; holder != nullptr; holder = holder->next) {
    if (holder->kind == OplockKind::Batch || holder->kind == OplockKind::Filter) return TRUE;
  }
  return FALSE;
}

BOOLEAN FsRtlCurrentOplock(POPLOCK Oplock) { return OplockOf(Oplock) != nullptr && OplockOf(Oplock)->holders != nullptr; }

BOOLEAN FsRtlCurrentOplockH(POPLOCK Oplock) {
  const nt::fsrtl::Oplock* const oplock = OplockOf(Oplock);
  for (const OplockHolder* holder = oplock != nullptr ? oplock->holders : nullptr; holder != nullptr; holder = holder->next) {
    if (holder->kind == OplockKind::Levels && (holder->level & kHandle) != 0) return TRUE;
  }
  return FALSE;
}

BOOLEAN FsRtlOplockKeysEqual(PFILE_OBJECT Fo1, PFILE_OBJECT Fo2) { return SameKey(Fo1, Fo2); }

BOOLEAN FsRtlOplockIsSharedRequest(PIRP Irp) {
  const PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
  if (location->MajorFunction != IRP_MJ_FILE_SYSTEM_CONTROL) return FALSE;
  const auto& parameters = location->Parameters.DeviceIoControl;
  if (parameters.IoControlCode == FSCTL_REQUEST_OPLOCK_LEVEL_2) return TRUE;
  if (parameters.IoControlCode != FSCTL_REQUEST_OPLOCK || parameters.InputBufferLength < sizeof(REQUEST_OPLOCK_INPUT_BUFFER)) return FALSE;
  const auto* const input = static_cast<const REQUEST_OPLOCK_INPUT_BUFFER*>(Irp->AssociatedIrp.SystemBuffer);
  return (input->Flags & REQUEST_OPLOCK_INPUT_FLAG_REQUEST) != 0 && (input->RequestedOplockLevel & kWrite) == 0;
}

/// The cancel routine of requests that hold an oplock: it is given up. Called with the cancel spin lock held.
VOID FsRtlpCancelOplock(PDEVICE_OBJECT, PIRP Irp) {
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  auto* const oplock = reinterpret_cast<nt::fsrtl::Oplock*>(Irp->IoStatus.Information);
  OplockHolder* holder = oplock != nullptr ? oplock->holders : nullptr;
  while (holder != nullptr && holder->irp != Irp) holder = holder->next;
  if (holder != nullptr) RemoveHolder(oplock, holder);
  CompleteRequest(Irp, STATUS_CANCELLED, FILE_OPLOCK_BROKEN_TO_NONE);
  if (holder != nullptr) ResumeWaiters(oplock);
}

/// The cancel routine of requests that wait for the end of a break.
VOID FsRtlpCancelOplockWait(PDEVICE_OBJECT, PIRP Irp) {
  IoReleaseCancelSpinLock(Irp->CancelIrql);
  auto* const waiter = reinterpret_cast<OplockWaiter*>(Irp->IoStatus.Information);
  nt::fsrtl::Oplock* const oplock = waiter->oplock;
  if (oplock != nullptr && !Unlink(&oplock->waiters, waiter)) Unlink(&oplock->notified, waiter);
  if (waiter->routine != nullptr || waiter->event != nullptr) {
    Resume(waiter, STATUS_CANCELLED);
    return;
  }
  ex::FreePool(waiter);
  CompleteRequest(Irp, STATUS_CANCELLED, 0);
}

}  // extern "C"
