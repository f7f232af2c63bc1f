// Finds what drivers get wrong with IRPs. Private.
//
// The rules compare what a dispatch routine returns with what became of its IRP. The IRP may be gone by then, so completion notes each
// stack location it passes in a short log, and the call looks there afterwards.
#pragma once

#include "kernel/io/state.h"

namespace nt::io {

/// A stack location that completion passed, or, with location 0, an IRP that was freed.
struct PassedLocation {
  PIRP irp;
  NTSTATUS status;
  CHAR location;
  bool pending;  ///< marked so
};

/// The last locations passed, for the dispatch routines that have not returned yet.
struct PassedLog {
  static constexpr ULONGLONG kSize = 256;
  PassedLocation entries[kSize];
  ULONGLONG next = 0;
  void Add(const PassedLocation& passed) { entries[next++ % kSize] = passed; }
};
extern PassedLog passed_log;

/// In the Control of a location: its dispatch routine has returned STATUS_PENDING. No flag of NT's.
inline constexpr UCHAR kReturnedPending = 0x10;
inline constexpr UCHAR kInvokeFlags = SL_INVOKE_ON_CANCEL | SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR;

/// A call of a dispatch routine.
struct DispatchCall {
  PIRP irp;
  const void* routine;
  CHAR location;
  UCHAR major;
  ULONGLONG log_start;  ///< the log's `next` before the call
};

/// The rest of CheckReturn, for all but the plainest case.
void JudgeReturn(const DispatchCall& call, NTSTATUS status);
/// Judges what a dispatch routine returned.
inline void CheckReturn(const DispatchCall& call, NTSTATUS status) {
  const PassedLocation& first = passed_log.entries[call.log_start % PassedLog::kSize];
  const bool plain = passed_log.next != call.log_start && first.irp == call.irp && first.location == call.location &&
                     first.status == status && !first.pending;
  if (!plain) [[unlikely]]
    JudgeReturn(call, status);
}

/// A location whose routine returned STATUS_PENDING is passed without being marked.
void WarnNotMarked(PIO_STACK_LOCATION location);
/// An IRP is sent on by a driver that skipped its location after it had set a completion routine.
void WarnSkippedRoutine(PIRP irp, PIO_STACK_LOCATION unused);
/// An IRP is completed with a status that is none, or with its cancel routine set.
void WarnBadStatus(PIRP irp);
void WarnCancelRoutineSet(PIRP irp);
/// An IRP is freed while a driver works on it.
void WarnFreedInFlight(PIRP irp);

/// Whether the IRP was sent to a driver and has not been completed.
inline bool InFlight(const IRP* irp) { return irp->CurrentLocation <= static_cast<CHAR>(irp->Reserved); }
/// Notes that the IRP was sent at its current location; the highest such is where it started.
inline void NoteSent(PIRP irp) {
  if (irp->Reserved < irp->CurrentLocation) irp->Reserved = static_cast<USHORT>(irp->CurrentLocation);
}

/// Visits all IRPs that were allocated and not freed.
void ForEachIrp(const std::function<void(PIRP irp, ULONG_PTR allocated_by)>& visit);
/// A device is deleted while a driver has IRPs for it.
void WarnDeletedInUse(PDEVICE_OBJECT device);
/// What waits for drivers among a thread's requests: "; its IRP_MJ_READ is pending in …". Empty if nothing does.
std::string DescribePendingIrps(PETHREAD thread);

}  // namespace nt::io
