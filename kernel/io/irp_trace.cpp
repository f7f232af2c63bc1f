#include "kernel/io/irp_trace.h"

#include "kernel/io/irp_text.h"
#include "nt/status.h"

namespace nt::io {
namespace {

void Line(ULONG number, const std::string& text) { ke::Trace(ke::kTraceIrp, "irp " + std::to_string(number) + " " + text); }

/// ", 16 bytes in, 4 out", as far as the function has lengths.
std::string Lengths(const IO_STACK_LOCATION& location) {
  switch (location.MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
      return ", " + std::to_string(location.Parameters.Read.Length) + " bytes at " +
             std::to_string(location.Parameters.Read.ByteOffset.QuadPart);
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
      return ", " + std::to_string(location.Parameters.DeviceIoControl.InputBufferLength) + " bytes in, " +
             std::to_string(location.Parameters.DeviceIoControl.OutputBufferLength) + " out";
    default:
      return {};
  }
}

}  // namespace

ULONG TracedNumber(PIRP irp) {
  ULONG& number = Io().traced_irps[irp];
  if (number == 0) number = ++Io().last_traced_irp;
  return number;
}

void ForgetTraced(PIRP irp) { Io().traced_irps.erase(irp); }

void TraceSent(PIRP irp) {
  const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(irp);
  Line(TracedNumber(irp), "sent to " + DescribeDevice(location.DeviceObject) + ": " + DescribeFunction(location) + Lengths(location) +
                              " (location " + std::to_string(irp->CurrentLocation) + " of " + std::to_string(irp->StackCount) + ")");
}

void TraceReturned(ULONG number, PDEVICE_OBJECT device, NTSTATUS status) {
  Line(number, DescribeDevice(device) + " returned " + DescribeStatus(status));
}

void TraceCompleted(PIRP irp) {
  const bool sent = irp->CurrentLocation <= irp->StackCount;
  const IO_STACK_LOCATION* const location = sent ? IoGetCurrentIrpStackLocation(irp) : nullptr;
  const bool pending = sent && (location->Control & SL_PENDING_RETURNED) != 0;
  const bool has_device = sent && location->DeviceObject != nullptr;
  Line(TracedNumber(irp), "completed" + (has_device ? " by " + DescribeDevice(location->DeviceObject) : std::string()) + ": " +
                              DescribeStatus(irp->IoStatus.Status) + ", information " + std::to_string(irp->IoStatus.Information) +
                              (pending ? ", pending" : ""));
}

void TraceCompletionRoutine(ULONG number, const void* routine, NTSTATUS result) {
  const bool stops = result == STATUS_MORE_PROCESSING_REQUIRED;
  Line(number, "completion routine " + DescribeRoutine(routine) + (stops ? " keeps it" : " lets it go on"));
}

void TraceCancelled(PIRP irp, const void* routine) {
  Line(TracedNumber(irp), routine != nullptr ? "cancelled: calls " + DescribeRoutine(routine) : "cancelled: has no cancel routine");
}

}  // namespace nt::io
