// Faults in a function that has two registers on the stack but no unwind data, as mingw's ___chkstk_ms.
#include <ntddk.h>

asm(R"(
.text
PushAndFault:
  pushq %rcx
  pushq %rax
  movq (%rdx), %rax
  popq %rax
  popq %rcx
  retq
)");
extern "C" int PushAndFault(int, void* address);

static __declspec(noinline) int CallLeaf() { return PushAndFault(1, nullptr) + 1; }

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) { return CallLeaf() != 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL; }
