// Raises IRQL to a level below the current one, by the kernel's own routine.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"KfRaiseIrql");
  const auto raise = reinterpret_cast<KIRQL(NTAPI*)(KIRQL)>(MmGetSystemRoutineAddress(&name));
  raise(DISPATCH_LEVEL);
  raise(APC_LEVEL);
}
