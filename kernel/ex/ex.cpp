// Birth and death of the executive's state.
#include "kernel/ex/ex.h"

#include "kernel/ex/pool.h"
#include "kernel/ex/state.h"
#include "kernel/mm/layout.h"

namespace nt::ex {

State* state = nullptr;

void Initialize() {
  pool_state = new PoolState;
  pool_state->statistics_index.assign(512, 0);
  constexpr SIZE_T kHalf = mm::kNonPagedPoolSize / 4;
  const auto set = [](Pool pool, ULONG_PTR base, SIZE_T size, hal::Protection protection) {
    Region& region = pool_state->regions[static_cast<SIZE_T>(pool)];
    region.pool = pool;
    region.base = base;
    region.limit = size >> PAGE_SHIFT;
    region.protection = protection;
  };
  // The upper half of each range is special pool's.
  set(Pool::NonPagedExecute, mm::kNonPagedPool, kHalf, hal::Protection::ReadWriteExecute);
  set(Pool::NonPagedNx, mm::kNonPagedPool + kHalf, kHalf, hal::Protection::ReadWrite);
  set(Pool::Paged, mm::kPagedPool, mm::kPagedPoolSize / 2, hal::Protection::ReadWrite);
  state = new State;
}

void Shutdown() {
  delete state;
  state = nullptr;
  delete pool_state;
  pool_state = nullptr;
}

std::vector<Leftover> Leftovers() { return state->leftovers; }

void Track(const char* kind, const void* address, const std::string& description) {
  state->leftovers.push_back({kind, reinterpret_cast<ULONG_PTR>(address), DecodeCaller(EncodeCaller()), description});
}

void DescribeTracked(const void* address, const std::string& description) {
  for (Leftover& leftover : state->leftovers) {
    if (leftover.address == reinterpret_cast<ULONG_PTR>(address)) leftover.description = description;
  }
}

void Untrack(const void* address) {
  std::erase_if(state->leftovers, [&](const Leftover& leftover) { return leftover.address == reinterpret_cast<ULONG_PTR>(address); });
}

}  // namespace nt::ex
