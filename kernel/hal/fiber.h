// Fibers and the GS base: what a thread and a processor are made of.
#pragma once

#include "nt/types.h"

namespace nt::hal {

/// A suspended flow of control; its registers are on its stack.
struct Fiber {
  void* stack_pointer = nullptr;
  const void* stack_low = nullptr;  ///< bounds of the stack it runs on, for AddressSanitizer
  SIZE_T stack_size = 0;
  void* sanitizer_state = nullptr;
};

/// Prepares a fiber that will run `entry(argument)` on the given stack. `entry` must never return.
void MakeFiber(Fiber& fiber, void* stack_low, SIZE_T stack_size, void (*entry)(void*), void* argument);

/// Leaves `from` (the running one) for `to`; returns when somebody switches back. Set `dying` if that will never be.
void SwitchFiber(Fiber& from, Fiber& to, bool dying = false);

/// The GS base: KPCR in kernel mode, TEB in user mode.
inline void SetGsBase(const void* base) { asm volatile("wrgsbase %0" ::"r"(base) : "memory"); }
inline void* GsBase() {
  void* base;
  asm volatile("rdgsbase %0" : "=r"(base));
  return base;
}

}  // namespace nt::hal
