// IRPs in words, for traces and reports. Private.
#pragma once

#include <string>

#include "kernel/io/state.h"

namespace nt::io {

/// "IRP_MJ_READ"; "IRP_MJ_DEVICE_CONTROL 0x222003"; "IRP_MJ_PNP IRP_MN_START_DEVICE".
std::string DescribeFunction(const IO_STACK_LOCATION& location);
/// "IRP_MJ_READ", or "IRP_MJ_0x2a" if there is no such function.
std::string MajorName(UCHAR major);
/// "\Device\Zero of zero.sys", or "a device without a name of zero.sys"; "a deleted device" for an address where no device is any more.
std::string DescribeDevice(PDEVICE_OBJECT device);
/// The routine for the location's function; null if its device is deleted.
PDRIVER_DISPATCH RoutineFor(const IO_STACK_LOCATION& location);
/// "STATUS_PENDING", or the number if it has no name.
std::string DescribeStatus(NTSTATUS status);
/// "zero.sys!ZeroRead (zero.cpp:31)": a routine, as good as it can be told.
std::string DescribeRoutine(const void* routine);

/// The stack location an IRP is at, 1 to its StackCount, in memory.
inline PIO_STACK_LOCATION LocationOf(PIRP irp, CHAR number) { return reinterpret_cast<PIO_STACK_LOCATION>(irp + 1) + number - 1; }

}  // namespace nt::io
