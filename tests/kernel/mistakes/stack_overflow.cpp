// Recurses until its stack is used up.
#include "mistake.h"

static __declspec(noinline) ULONG Recurse(ULONG depth) {
  volatile UCHAR local[256];
  local[depth % sizeof local] = static_cast<UCHAR>(depth);
  return Recurse(depth + 1) + local[0];
}

void Mistake(PDRIVER_OBJECT) { DbgPrint("%u\n", Recurse(0)); }
