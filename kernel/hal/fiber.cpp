#include "kernel/hal/fiber.h"

#include "kernel/hal/sanitizer.h"

#ifdef RINGLET_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

extern "C" {
void HalpSwitchStack(void** save, void* to);
void HalpFiberStart();
}

namespace nt::hal {
namespace {

struct FirstFrame {
  ULONG mxcsr = 0x1f80;
  ULONG x87_control = 0x37f;
  ULONG_PTR r15 = 0, r14 = 0;
  ULONG_PTR entry = 0;     // r13
  ULONG_PTR argument = 0;  // r12
  ULONG_PTR rbx = 0, rbp = 0;
  ULONG_PTR start = 0;
};

struct StartArguments {
  void (*entry)(void*);
  void* argument;
};

#ifdef RINGLET_ASAN
[[noreturn]] void StartUnderSanitizer(void* raw) {
  const auto arguments = *static_cast<StartArguments*>(raw);
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
  arguments.entry(arguments.argument);
  __builtin_unreachable();
}
#endif

}  // namespace

void MakeFiber(Fiber& fiber, void* stack_low, SIZE_T stack_size, void (*entry)(void*), void* argument) {
  fiber.stack_low = stack_low;
  fiber.stack_size = stack_size;
  char* top = static_cast<char*>(stack_low) + stack_size;
  top -= sizeof(StartArguments);
  auto* const arguments = reinterpret_cast<StartArguments*>(top);
  *arguments = {entry, argument};
  auto* const frame = reinterpret_cast<FirstFrame*>(top - sizeof(FirstFrame));
  *frame = FirstFrame{};
#ifdef RINGLET_ASAN
  frame->entry = reinterpret_cast<ULONG_PTR>(&StartUnderSanitizer);
  frame->argument = reinterpret_cast<ULONG_PTR>(arguments);
#else
  frame->entry = reinterpret_cast<ULONG_PTR>(entry);
  frame->argument = reinterpret_cast<ULONG_PTR>(argument);
#endif
  frame->start = reinterpret_cast<ULONG_PTR>(&HalpFiberStart);
  fiber.stack_pointer = frame;
}

void SwitchFiber(Fiber& from, Fiber& to, [[maybe_unused]] bool dying) {
#ifdef RINGLET_ASAN
  NoteStackSwitch(from, to);
  __sanitizer_start_switch_fiber(dying ? nullptr : &from.sanitizer_state, to.stack_low, to.stack_size);
#endif
  HalpSwitchStack(&from.stack_pointer, to.stack_pointer);
#ifdef RINGLET_ASAN
  __sanitizer_finish_switch_fiber(from.sanitizer_state, nullptr, nullptr);
#endif
}

}  // namespace nt::hal
