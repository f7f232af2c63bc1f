// Reads through a null pointer at DISPATCH_LEVEL, where __try does not help.
#include "mistake.h"

static __declspec(noinline) ULONG Read(volatile ULONG* address) { return *address; }

void Mistake(PDRIVER_OBJECT) {
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  __try {
    Read(nullptr);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
  }
  KeLowerIrql(old);
}
