// A thread's stack: where it lies, and how much of it is kept for who handles its overflow.
#include "kernel/mm/mm.h"
#include "subsystem/kernel32/base.h"

using namespace nt::win32;

extern "C" {

/// Tells where the thread's stack lies, with all that is reserved for it.
VOID GetCurrentThreadStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit) {
  *LowLimit = reinterpret_cast<ULONG_PTR>(CurrentTeb()->DeallocationStack);
  *HighLimit = reinterpret_cast<ULONG_PTR>(CurrentTeb()->NtTib.StackBase);
}

/// Keeps at least so many bytes of the thread's stack for who handles its overflow; tells how many were kept before. 0 only asks; the
/// guarantee never becomes smaller. ERROR_INVALID_PARAMETER if the stack is not that large.
BOOL SetThreadStackGuarantee(PULONG StackSizeInBytes) {
  TEB* const teb = CurrentTeb();
  const ULONG old = teb->GuaranteedStackBytes;
  const ULONGLONG wanted = (ULONGLONG{*StackSizeInBytes} + PAGE_SIZE - 1) & ~ULONGLONG{PAGE_SIZE - 1};
  const auto lowest = reinterpret_cast<ULONG_PTR>(teb->DeallocationStack) + nt::mm::kStackOverflowRoom;
  const auto committed = reinterpret_cast<ULONG_PTR>(teb->NtTib.StackLimit);
  if (wanted > old && lowest + wanted + PAGE_SIZE > committed) return Fail(ERROR_INVALID_PARAMETER);
  if (wanted > old) teb->GuaranteedStackBytes = static_cast<ULONG>(wanted);
  *StackSizeInBytes = old;
  return TRUE;
}

}  // extern "C"
