// Kernel stacks, each above a page that is never mapped.
#include "kernel/hal/sanitizer.h"
#include "kernel/mm/state.h"

namespace nt::mm {
namespace {

/// Free stacks of one size that keep their memory.
constexpr SIZE_T kWarmStacks = 32;

}  // namespace

void* AllocateKernelStack(SIZE_T size) {
  size = PageRoundUp(size);
  if (!Commit(size >> PAGE_SHIFT)) return nullptr;
  auto& free = state->free_stacks[size];
  ULONG_PTR stack;
  if (!free.empty()) {
    stack = free.back();
    free.pop_back();
  } else {
    stack = state->next_stack + PAGE_SIZE;
    if (stack + size > kStacks + kStacksSize || !hal::MapLinear(stack, size, hal::Protection::ReadWrite)) {
      Decommit(size >> PAGE_SHIFT);
      return nullptr;
    }
    state->next_stack = stack + size;
  }
  hal::ForgetFrames(stack, stack + size);
  state->stacks.emplace(stack, size);
  return reinterpret_cast<void*>(stack);
}

void FreeKernelStack(void* stack, SIZE_T size) {
  size = PageRoundUp(size);
  const auto address = reinterpret_cast<ULONG_PTR>(stack);
  auto& free = state->free_stacks[size];
  if (free.size() >= kWarmStacks) hal::Discard(address, size);
  free.push_back(address);
  state->stacks.erase(address);
  Decommit(size >> PAGE_SHIFT);
}

}  // namespace nt::mm
