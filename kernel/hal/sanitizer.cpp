#include "kernel/hal/sanitizer.h"

#ifdef RINGLET_ASAN
#include <pthread.h>
#include <sanitizer/asan_interface.h>

#include "kernel/hal/fiber.h"

namespace nt::hal {
namespace {

struct Stack {
  ULONG_PTR low = 0;
  ULONG_PTR high = 0;
};

thread_local Stack running_stack;
bool stacks_abandoned = false;

void TakeHostStack(Fiber& fiber) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void* low = nullptr;
  if (pthread_attr_getstack(&attributes, &low, &fiber.stack_size) == 0) fiber.stack_low = low;
  pthread_attr_destroy(&attributes);
}

}  // namespace

void ForgetFrames(ULONG_PTR low, ULONG_PTR high) {
  constexpr ULONG_PTR kMostFrames = 64 * 1024 * 1024;
  if (low < high && high - low <= kMostFrames) __asan_unpoison_memory_region(reinterpret_cast<void*>(low), high - low);
}

void NoteStackSwitch(Fiber& from, const Fiber& to) {
  if (from.stack_low == nullptr) TakeHostStack(from);
  const auto low = reinterpret_cast<ULONG_PTR>(to.stack_low);
  running_stack = {low, low + to.stack_size};
}

void AbandonStacks() { stacks_abandoned = true; }

}  // namespace nt::hal

/// Called before every call that does not return, a C++ throw among them. The library's own knows one stack to a thread, and complains
/// of programs, whose code runs on another.
extern "C" void __asan_handle_no_return() {
  using nt::hal::running_stack;
  if (running_stack.high == 0) {
    nt::hal::Fiber host;
    nt::hal::TakeHostStack(host);
    const auto low = reinterpret_cast<ULONG_PTR>(host.stack_low);
    running_stack = {low, low + host.stack_size};
  }
  const auto here = reinterpret_cast<ULONG_PTR>(__builtin_frame_address(0));
  if (here >= running_stack.low && here < running_stack.high) nt::hal::ForgetFrames(here, running_stack.high);
}

/// LeakSanitizer asks.
extern "C" int __lsan_is_turned_off() { return nt::hal::stacks_abandoned ? 1 : 0; }
#endif
