// Lowers IRQL to a level above the current one, by the kernel's own routine.
#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"KeLowerIrql");
  reinterpret_cast<VOID(NTAPI*)(KIRQL)>(MmGetSystemRoutineAddress(&name))(DISPATCH_LEVEL);
}
