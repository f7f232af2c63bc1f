// Structured exceptions in C++, in a file that also has objects with destructors.
#include <ntddk.h>

namespace {
struct Region {
  Region() { KeEnterCriticalRegion(); }
  ~Region() { KeLeaveCriticalRegion(); }
};

ULONG Guarded(ULONG value) {
  Region region;
  return value + 1;
}
}  // namespace

extern "C" NTSTATUS CppCapture(PVOID User, PULONG Value) {
  __try {
    *Value = Guarded(*static_cast<volatile ULONG*>(User));
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}
