// Touches a system address that is not valid, and believes that __try could catch that.
#include "mistake.h"

static __declspec(noinline) void Write(volatile ULONG* address) { *address = 1; }

void Mistake(PDRIVER_OBJECT) {
  __try {
    Write(reinterpret_cast<ULONG*>(0xFFFFF80000000018));
  } __except (EXCEPTION_EXECUTE_HANDLER) {
  }
}
