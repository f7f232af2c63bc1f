#include "kernel/io/mistakes.h"

#include <algorithm>

#include "kernel/ex/ex.h"
#include "kernel/io/irp_text.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/warnings.h"
#include "nt/status.h"

namespace nt::io {

PassedLog passed_log;

namespace {

enum class Mistake : ULONGLONG {
  OtherStatus,
  NotMarked,
  MarkedOnly,
  NeitherDone,
  SkippedRoutine,
  BadStatus,
  CancelRoutineSet,
  FreedInFlight,
  DeletedInUse,
};

ULONGLONG Kind(Mistake mistake, UCHAR major, ULONG status = 0) {
  return static_cast<ULONGLONG>(mistake) << 48 | ULONGLONG{major} << 40 | status;
}

void WarnRoutine(const DispatchCall& call, Mistake mistake, NTSTATUS status, const std::string& what) {
  ke::Warn(reinterpret_cast<ULONG_PTR>(call.routine), Kind(mistake, call.major, static_cast<ULONG>(status)),
           [&] { return "The dispatch routine " + DescribeRoutine(call.routine) + " " + what; });
}

/// What became of the location since the call; null if it has not been passed.
const PassedLocation* FindPassed(const DispatchCall& call) {
  for (ULONGLONG i = call.log_start; i != passed_log.next; ++i) {
    const PassedLocation& passed = passed_log.entries[i % PassedLog::kSize];
    if (passed.irp == call.irp && (passed.location == call.location || passed.location == 0)) return &passed;
  }
  return nullptr;
}

void JudgeCompleted(const DispatchCall& call, const PassedLocation& passed, NTSTATUS status) {
  const bool marked_as_returned = passed.pending == (status == STATUS_PENDING);
  if (marked_as_returned && (passed.pending || passed.status == status)) return;
  const std::string major = MajorName(call.major);
  if (status == STATUS_PENDING) {
    WarnRoutine(call, Mistake::NotMarked, 0, "returned STATUS_PENDING for " + major + ", which nobody marked with IoMarkIrpPending.");
  } else if (passed.pending) {
    WarnRoutine(call, Mistake::MarkedOnly, status,
                "returned " + DescribeStatus(status) + " for " + major + ", which is marked pending: it must return STATUS_PENDING.");
  } else {
    WarnRoutine(
        call, Mistake::OtherStatus, status,
        "returned " + DescribeStatus(status) + " for " + major + ", which was completed with " + DescribeStatus(passed.status) + ".");
  }
}

}  // namespace

void JudgeReturn(const DispatchCall& call, NTSTATUS status) {
  if (passed_log.next - call.log_start > PassedLog::kSize) return;  // too much happened meanwhile to know
  if (const PassedLocation* const passed = FindPassed(call)) {
    if (passed->location != 0) JudgeCompleted(call, *passed, status);
    return;
  }
  PIO_STACK_LOCATION const location = LocationOf(call.irp, call.location);
  if (status == STATUS_PENDING) {
    location->Control |= kReturnedPending;
  } else if ((location->Control & SL_PENDING_RETURNED) != 0) {
    WarnRoutine(call, Mistake::MarkedOnly, status,
                "returned " + DescribeStatus(status) + " for " + MajorName(call.major) +
                    ", which is marked pending: it must return STATUS_PENDING.");
  } else {
    WarnRoutine(call, Mistake::NeitherDone, status,
                "returned " + DescribeStatus(status) + " for " + MajorName(call.major) +
                    ", which is not completed: it must return STATUS_PENDING after IoMarkIrpPending.");
  }
}

void WarnNotMarked(PIO_STACK_LOCATION location) {
  PDRIVER_DISPATCH const routine = RoutineFor(*location);
  if (routine == nullptr) return;
  WarnRoutine({nullptr, reinterpret_cast<const void*>(routine), 0, location->MajorFunction, 0}, Mistake::NotMarked, 0,
              "returned STATUS_PENDING for " + MajorName(location->MajorFunction) +
                  ", but neither it nor a completion routine of its driver marked the request with IoMarkIrpPending.");
}

void WarnSkippedRoutine(PIRP irp, PIO_STACK_LOCATION unused) {
  PIO_COMPLETION_ROUTINE const routine = unused->CompletionRoutine;
  const UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
  ke::Warn(reinterpret_cast<ULONG_PTR>(routine), Kind(Mistake::SkippedRoutine, major), [&] {
    return "The completion routine " + DescribeRoutine(reinterpret_cast<const void*>(routine)) + " will never run: the " +
           MajorName(major) + " was sent on with IoSkipCurrentIrpStackLocation after IoSetCompletionRoutine.";
  });
}

void WarnBadStatus(PIRP irp) {
  const auto caller = reinterpret_cast<ULONG_PTR>(ke::CallerAddress());
  const NTSTATUS status = irp->IoStatus.Status;
  ke::Warn(caller, Kind(Mistake::BadStatus, 0, static_cast<ULONG>(status)), [&] {
    return "The IoCompleteRequest at " + ke::DescribeCode(caller) + " completes a request with " + DescribeStatus(status) +
           ", which is no end of a request.";
  });
}

void WarnCancelRoutineSet(PIRP irp) {
  const auto caller = reinterpret_cast<ULONG_PTR>(ke::CallerAddress());
  ke::Warn(caller, Kind(Mistake::CancelRoutineSet, 0), [&] {
    return "The IoCompleteRequest at " + ke::DescribeCode(caller) + " completes a request whose cancel routine " +
           DescribeRoutine(reinterpret_cast<const void*>(irp->CancelRoutine)) + " is still set; clear it with IoSetCancelRoutine first.";
  });
}

void WarnFreedInFlight(PIRP irp) {
  const auto caller = reinterpret_cast<ULONG_PTR>(ke::CallerAddress());
  const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  ke::Warn(caller, Kind(Mistake::FreedInFlight, location.MajorFunction), [&] {
    return "The IoFreeIrp at " + ke::DescribeCode(caller) + " frees an IRP in flight: " + DescribeFunction(location) +
           ", not completed yet by " + DescribeDevice(location.DeviceObject) + ".";
  });
}

void ForEachIrp(const std::function<void(PIRP, ULONG_PTR)>& visit) {
  ex::ForEachAllocation([&](const ex::Allocation& block) {
    if (block.tag != kIrpTag || !block.by_kernel) return;
    auto* const irp = reinterpret_cast<PIRP>(block.address);
    if (irp->Type == IO_TYPE_IRP) visit(irp, (irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION) != 0 ? 0 : block.caller);
  });
}

void WarnDeletedInUse(PDEVICE_OBJECT device) {
  const auto caller = reinterpret_cast<ULONG_PTR>(ke::CallerAddress());
  if (caller == 0) return;
  ForEachIrp([&](PIRP irp, ULONG_PTR) {
    if (!InFlight(irp) || IoGetCurrentIrpStackLocation(irp)->DeviceObject != device) return;
    const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
    ke::Warn(caller, Kind(Mistake::DeletedInUse, location.MajorFunction), [&] {
      return "The IoDeleteDevice at " + ke::DescribeCode(caller) + " deletes a device that has not completed its " +
             DescribeFunction(location) + ".";
    });
  });
}

std::string DescribePendingIrps(PETHREAD thread) {
  std::string text;
  for (LIST_ENTRY* link = thread->IrpList.Flink; link != &thread->IrpList; link = link->Flink) {
    PIRP const irp = CONTAINING_RECORD(link, IRP, ThreadListEntry);
    if (!InFlight(irp)) continue;
    const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
    PDRIVER_DISPATCH const routine = RoutineFor(location);
    if (routine == nullptr) continue;
    text += "; its " + DescribeFunction(location) + " is pending in " + DescribeDevice(location.DeviceObject) + ", whose routine is " +
            DescribeRoutine(reinterpret_cast<const void*>(routine)) +
            (irp->CancelRoutine != nullptr ? ", and can be cancelled" : ", and cannot be cancelled");
  }
  return text;
}

}  // namespace nt::io
