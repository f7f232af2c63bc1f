// Faults and clock interrupts, as the host's signals deliver them.
#pragma once

#include <ucontext.h>

#include "nt/types.h"

namespace nt::hal {

/// What the processor said about a fault.
struct Trap {
  int signal;           ///< SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP
  int code;             ///< si_code
  ULONG_PTR address;    ///< faulting address, if the fault has one
  ULONG_PTR trap;       ///< x86 vector
  ULONG_PTR error;      ///< x86 error code: bit 1 write, bit 4 instruction fetch
  ucontext_t* context;  ///< interrupted registers; changes take effect on return
};

/// Runs on the signal stack. Returns false if the fault is the host's own: the process then dies with a message.
using TrapHandler = bool (*)(Trap&);
/// Runs on the signal stack at each clock interrupt.
using ClockHandler = void (*)(ucontext_t* context);
/// Runs on the signal stack when the user asks for a crash (SIGQUIT).
using CrashHandler = void (*)(ucontext_t* context);

/// Takes over the fault and clock signals, on an alternate stack.
void InstallTrapHandlers(TrapHandler on_trap, ClockHandler on_clock, CrashHandler on_crash);
/// Gives the signals back to whom they belonged before.
void RemoveTrapHandlers();

}  // namespace nt::hal
