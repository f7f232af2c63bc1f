// KeExpandKernelStackAndCallout: a call with as much stack as it needs. Kernel stacks here are larger than NT's expanded ones, so there is
// always room, unless the thread is deep in it already.
#include "kernel/ke/ki.h"
#include "nt/status.h"

using namespace nt::ke;

namespace {

constexpr SIZE_T kMostExpansion = 0x12000 - PAGE_SIZE / 2;  // MAXIMUM_EXPANSION_SIZE

NTSTATUS CallWithStack(PVOID routine, PVOID parameter, SIZE_T size) {
  if (size > kMostExpansion) return STATUS_INVALID_PARAMETER_3;
  const auto left = reinterpret_cast<ULONG_PTR>(__builtin_frame_address(0)) - reinterpret_cast<ULONG_PTR>(KiThread->Tcb.StackLimit);
  if (left < size) return STATUS_NO_MEMORY;
  Callout<void>(routine, parameter);
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS KeExpandKernelStackAndCallout(PVOID Callout, PVOID Parameter, SIZE_T Size) { return CallWithStack(Callout, Parameter, Size); }

NTSTATUS KeExpandKernelStackAndCalloutEx(PVOID Callout, PVOID Parameter, SIZE_T Size, BOOLEAN, PVOID Context) {
  // There is no context that a caller could have.
  return Context == nullptr ? CallWithStack(Callout, Parameter, Size) : STATUS_INVALID_PARAMETER_5;
}

}  // extern "C"
