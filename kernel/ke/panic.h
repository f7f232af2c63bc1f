// A bugcheck on its way: what is known, and the stack it is told on.
#pragma once

#include "kernel/ke/ki.h"

namespace nt::ke {

struct PanicReport {
  ULONG code;
  ULONG_PTR parameters[4];
  const char* rule;  ///< null: none
  CONTEXT context;   ///< of the PE code at fault; Rip is 0 if only the transition records know
};

/// The report that KiPanic will tell.
PanicReport& Panic();
/// Top of a stack that nothing else uses.
ULONG_PTR PanicStackTop();
/// The PE code that the host's clock interrupts just now; null outside of such an interrupt.
const CONTEXT* InterruptedCode();
/// What the clock does next is done on behalf of no interrupted code.
void ForgetInterruptedCode();
/// Stops the machine with this report.
[[noreturn]] void StopWith(const PanicReport& report);
/// Tells Panic() and leaves the machine. Runs on the panic stack.
extern "C" [[noreturn]] void KiPanic();
/// Ends the current process with a status; runs on the kernel stack, coming from user mode.
extern "C" [[noreturn]] void KiEndUserProcess(ULONG status);
/// In the host program's own code.
bool IsHostCode(ULONG_PTR address);

}  // namespace nt::ke
