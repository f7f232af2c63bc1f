// The pages of the pools: mapping more of them, and runs of free ones.
#include "kernel/ex/pool.h"

#include <algorithm>

#include "kernel/mm/commit.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/mm.h"
#include "nt/mm.h"

namespace nt::ex {
namespace {

/// Mapped at a time: what lies beyond faults, as unused pool does on NT.
constexpr SIZE_T kChunkPages = 64;

/// Extends the pool at its end.
bool Extend(Region& region, SIZE_T count, SIZE_T* first) {
  const SIZE_T used = region.pages.size();
  if (count > region.limit - used) return false;
  if (used + count > region.mapped) {
    const SIZE_T wanted = (used + count + kChunkPages - 1) / kChunkPages * kChunkPages;
    const SIZE_T mapped = wanted < region.limit ? wanted : region.limit;
    const ULONG_PTR start = region.base + (region.mapped << PAGE_SHIFT);
    if (!hal::MapLinear(start, (mapped - region.mapped) << PAGE_SHIFT, region.protection)) return false;
    region.mapped = mapped;
  }
  region.pages.resize(used + count);
  *first = used;
  return true;
}

/// Takes pages that were used before, or new ones.
bool TakePages(Region& region, SIZE_T count, SIZE_T* first) {
  for (auto run = region.free_runs.begin(); run != region.free_runs.end(); ++run) {
    if (run->second < count) continue;
    *first = run->first;
    const SIZE_T rest = run->second - count;
    region.free_runs.erase(run);
    if (rest != 0) region.free_runs[*first + count] = rest;
    return true;
  }
  return Extend(region, count, first);
}

}  // namespace

bool ChargePages(bool paged, SIZE_T count) {
  SIZE_T& used = pool_state->pages[paged];
  if (count > (PoolLimit(paged) >> PAGE_SHIFT) - used || !mm::Commit(count)) return false;
  used += count;
  return true;
}

void UnchargePages(bool paged, SIZE_T count) {
  pool_state->pages[paged] -= count;
  mm::Decommit(count);
}

SIZE_T PoolPages(bool paged) { return pool_state->pages[paged]; }

SIZE_T PoolLimit(bool paged) {
  const SIZE_T memory = mm::PhysicalPages() << PAGE_SHIFT;
  return paged ? std::min(memory, mm::kPagedPoolSize) : std::min(memory / 4 * 3, mm::kNonPagedPoolSize);
}

bool PoolIsScarce(bool paged) {
  const SIZE_T most = PoolLimit(paged) >> PAGE_SHIFT;
  return most - pool_state->pages[paged] < most / 20 || mm::AvailablePages() < mm::PhysicalPages() / 50;
}

bool AllocatePages(Region& region, SIZE_T count, SIZE_T* first) {
  const bool paged = region.pool == Pool::Paged;
  if (!ChargePages(paged, count)) return false;
  if (TakePages(region, count, first)) return true;
  UnchargePages(paged, count);
  return false;
}

void ReleasePages(Region& region, SIZE_T first, SIZE_T count) {
  UnchargePages(region.pool == Pool::Paged, count);
  auto next = region.free_runs.lower_bound(first);
  if (next != region.free_runs.end() && next->first == first + count) {
    count += next->second;
    next = region.free_runs.erase(next);
  }
  if (next != region.free_runs.begin()) {
    const auto previous = std::prev(next);
    if (previous->first + previous->second == first) {
      previous->second += count;
      return;
    }
  }
  region.free_runs.emplace(first, count);
}

bool IsPoolAddress(ULONG_PTR address) {
  if (pool_state == nullptr) return false;
  const Region* const region = RegionOf(address);
  if (region != nullptr) return (address - region->base) >> PAGE_SHIFT < region->pages.size();
  const SpecialBlock* const special = FindSpecial(address);
  return special != nullptr && special->live && PageAlign(address) < special->address + special->size;
}

bool IsPagedPoolAddress(ULONG_PTR address) { return address - mm::kPagedPool < mm::kPagedPoolSize; }

void ProtectPagedPool(bool accessible) {
  const Region& region = pool_state->regions[static_cast<SIZE_T>(Pool::Paged)];
  if (region.mapped != 0) {
    hal::Protect(region.base, region.mapped << PAGE_SHIFT, accessible ? region.protection : hal::Protection::None);
  }
  for (const auto& [page, block] : pool_state->special) {
    if (block.pool != Pool::Paged || !block.live || block.by_kernel) continue;
    hal::Protect(page, block.pages << PAGE_SHIFT, accessible ? hal::Protection::ReadWrite : hal::Protection::None);
  }
}

}  // namespace nt::ex
