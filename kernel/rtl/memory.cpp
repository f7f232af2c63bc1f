// Memory routines beside the leaves of memory.S.
#include "kernel/rtl/rtl.h"

SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern) {
  const auto* const values = static_cast<const ULONG*>(Source);
  SIZE_T equal = 0;
  while (equal < Length / sizeof(ULONG) && values[equal] == Pattern) ++equal;
  return equal * sizeof(ULONG);
}
