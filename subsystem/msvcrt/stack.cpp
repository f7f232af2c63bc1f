// _resetstkoflw: puts the guard page back that an overflow of the stack has used up.
#include "kernel/mm/mm.h"
#include "subsystem/msvcrt/crt.h"

using namespace nt::crt;
namespace sys = nt::sys;

extern "C" {

/// Makes the stack ready for another overflow. 0 if the caller is still too deep in it.
int Msvcrt__resetstkoflw() {
  TEB* const teb = nt::user::CurrentTeb();
  const auto allocation = reinterpret_cast<ULONG_PTR>(teb->DeallocationStack);
  const ULONG_PTR guard = nt::mm::LowestStackGuard(allocation, *teb);
  if (reinterpret_cast<ULONG_PTR>(teb->NtTib.StackLimit) > guard) return 1;  // it has its guard page
  if (reinterpret_cast<ULONG_PTR>(__builtin_frame_address(0)) < guard + 2 * PAGE_SIZE) return 0;
  PVOID base = teb->DeallocationStack;
  SIZE_T size = guard - allocation;
  NTSTATUS status = sys::NtFreeVirtualMemory(nt::user::CurrentProcessHandle(), &base, &size, MEM_DECOMMIT);
  ULONG old = 0;
  base = reinterpret_cast<PVOID>(guard);
  size = PAGE_SIZE;
  if (NT_SUCCESS(status)) {
    status = sys::NtProtectVirtualMemory(nt::user::CurrentProcessHandle(), &base, &size, PAGE_READWRITE | PAGE_GUARD, &old);
  }
  if (!NT_SUCCESS(status)) return 0;
  teb->NtTib.StackLimit = reinterpret_cast<PVOID>(guard + PAGE_SIZE);
  return 1;
}

}  // extern "C"
