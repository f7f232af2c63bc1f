// What a thread knows of its kernel stack.
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/ps.h"

namespace ke = nt::ke;

extern "C" {

PVOID IoGetInitialStack() { return ke::CurrentThread()->InitialStack; }

VOID IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit) {
  *LowLimit = reinterpret_cast<ULONG_PTR>(ke::CurrentThread()->StackLimit);
  *HighLimit = reinterpret_cast<ULONG_PTR>(ke::CurrentThread()->StackBase);
}

ULONG_PTR IoGetRemainingStackSize() {
  return reinterpret_cast<ULONG_PTR>(__builtin_frame_address(0)) - reinterpret_cast<ULONG_PTR>(ke::CurrentThread()->StackLimit);
}

ULONG IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize) {
  ULONG_PTR low = 0;
  ULONG_PTR high = 0;
  IoGetStackLimits(&low, &high);
  return RegionStart >= low && RegionStart <= high && RegionSize <= high - RegionStart ? 1u : 0u;
}

}  // extern "C"
