#include "kernel/hal/trap.h"

#include <signal.h>
#include <sys/mman.h>

#include <array>

namespace nt::hal {
namespace {

constexpr std::array kSignals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
constexpr SIZE_T kSignalStackSize = 128 * 1024;

TrapHandler trap_handler;
ClockHandler clock_handler;
CrashHandler crash_handler;
std::array<struct sigaction, kSignals.size()> previous_actions;
struct sigaction previous_clock;
struct sigaction previous_crash;
stack_t previous_stack;
void* signal_stack;

void OnFault(int signal, siginfo_t* info, void* raw) {
  auto* const context = static_cast<ucontext_t*>(raw);
  const auto& registers = context->uc_mcontext.gregs;
  Trap trap{signal,
            info->si_code,
            reinterpret_cast<ULONG_PTR>(info->si_addr),
            static_cast<ULONG_PTR>(registers[REG_TRAPNO]),
            static_cast<ULONG_PTR>(registers[REG_ERR]),
            context};
  if (trap_handler(trap)) return;
  // The host's own fault: let it happen again with the previous disposition, so that core dumps and sanitizers see it.
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    if (kSignals[i] == signal) sigaction(signal, &previous_actions[i], nullptr);
  }
}

void OnClock(int, siginfo_t*, void* raw) { clock_handler(static_cast<ucontext_t*>(raw)); }

void OnCrash(int, siginfo_t*, void* raw) { crash_handler(static_cast<ucontext_t*>(raw)); }

}  // namespace

void InstallTrapHandlers(TrapHandler on_trap, ClockHandler on_clock, CrashHandler on_crash) {
  trap_handler = on_trap;
  clock_handler = on_clock;
  crash_handler = on_crash;
  signal_stack = mmap(nullptr, kSignalStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack_t stack{};
  stack.ss_sp = signal_stack;
  stack.ss_size = kSignalStackSize;
  sigaltstack(&stack, &previous_stack);
  struct sigaction action{};
  action.sa_sigaction = &OnFault;
  // SA_NODEFER: the handler is left by changing the interrupted registers, after which the next fault must come through.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaddset(&action.sa_mask, SIGALRM);
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &previous_actions[i]);
  action.sa_sigaction = &OnClock;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigaction(SIGALRM, &action, &previous_clock);
  action.sa_sigaction = &OnCrash;
  sigaction(SIGQUIT, &action, &previous_crash);
}

void RemoveTrapHandlers() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous_actions[i], nullptr);
  sigaction(SIGALRM, &previous_clock, nullptr);
  sigaction(SIGQUIT, &previous_crash, nullptr);
  sigaltstack(&previous_stack, nullptr);
  munmap(signal_stack, kSignalStackSize);
}

}  // namespace nt::hal
