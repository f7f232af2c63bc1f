// Second mappings of page frames, and low memory.
#include <cstring>
#include <vector>

#include "kernel/mm/state.h"

namespace nt::mm {
namespace {

/// Ranges of one size that stay unmapped before the first of them is used again, so that late uses fault.
constexpr SIZE_T kDelay = 64;

ULONG_PTR TakePtes(SIZE_T pages) {
  auto& free = state->free_ptes[pages];
  if (free.size() > kDelay) {
    const ULONG_PTR address = free.front();
    free.pop_front();
    return address;
  }
  // A page that is never mapped follows each mapping.
  const SIZE_T size = (pages + 1) << PAGE_SHIFT;
  if (size > kSystemPtes + kSystemPtesSize - state->next_pte) return 0;
  const ULONG_PTR address = state->next_pte;
  state->next_pte += size;
  return address;
}

/// Maps frames at an address, or nothing.
bool MapFrames(ULONG_PTR address, const PFN_NUMBER* frames, SIZE_T count, hal::Protection protection) {
  // One call for each run of adjacent frames.
  for (SIZE_T i = 0; i < count;) {
    SIZE_T run = 1;
    while (i + run < count && frames[i + run] == frames[i] + run) ++run;
    if (!hal::MapAlias(address + (i << PAGE_SHIFT), frames[i] << PAGE_SHIFT, run << PAGE_SHIFT, protection)) {
      hal::Unmap(address, count << PAGE_SHIFT);
      return false;
    }
    i += run;
  }
  return true;
}

}  // namespace

ULONG_PTR ReserveSystem(const char* kind, SIZE_T count) {
  const ULONG_PTR address = TakePtes(count);
  if (address != 0) state->mappings.emplace(address, SystemMapping{kind, count, {}, Caller()});
  return address;
}

bool MapReserved(ULONG_PTR address, const PFN_NUMBER* frames, SIZE_T count, hal::Protection protection) {
  if (!MapFrames(address, frames, count, protection)) return false;
  state->mappings[address].frames.assign(frames, frames + count);
  return true;
}

void UnmapReserved(ULONG_PTR address) {
  SystemMapping& mapping = state->mappings[address];
  hal::Unmap(address, mapping.frames.size() << PAGE_SHIFT);
  mapping.frames.clear();
}

ULONG_PTR MapSystem(const char* kind, const PFN_NUMBER* frames, SIZE_T count, hal::Protection protection) {
  const ULONG_PTR address = TakePtes(count);
  if (address == 0) return 0;
  if (!MapFrames(address, frames, count, protection)) {
    state->free_ptes[count].push_back(address);
    return 0;
  }
  state->mappings.emplace(address, SystemMapping{kind, count, {frames, frames + count}, Caller()});
  return address;
}

bool UnmapSystem(ULONG_PTR address) {
  const auto found = state->mappings.find(address);
  if (found == state->mappings.end()) return false;
  hal::Unmap(address, found->second.pages << PAGE_SHIFT);
  state->free_ptes[found->second.pages].push_back(address);
  state->mappings.erase(found);
  return true;
}

ULONG_PTR AllocateLow(const char* kind, SIZE_T size, ULONG_PTR lowest, ULONG_PTR highest, ULONG_PTR boundary) {
  ULONG_PTR candidate = PageRoundUp(lowest < kLowMemoryStart ? kLowMemoryStart : lowest);
  const ULONG_PTR end = highest < kLowMemoryEnd - 1 ? highest + 1 : kLowMemoryEnd;
  if (lowest > highest || size == 0 || (boundary != 0 && size > boundary)) return kNoLowMemory;
  const auto fit = [&](ULONG_PTR address) {
    if (boundary == 0 || address / boundary == (address + size - 1) / boundary) return address;
    return (address + size - 1) / boundary * boundary;
  };
  candidate = fit(candidate);
  for (const auto& [start, block] : state->low) {
    if (candidate + size <= start) break;
    if (start + block.size > candidate) candidate = fit(start + block.size);
  }
  if (candidate + size > end || candidate + size < candidate) return kNoLowMemory;
  if (!Commit(size >> PAGE_SHIFT)) return kNoLowMemory;
  state->low.emplace(candidate, LowBlock{kind, size, false, Caller()});
  return candidate;
}

void FreeLow(ULONG_PTR physical) {
  const auto found = state->low.find(physical);
  if (found == state->low.end()) return;
  if (found->second.mapped) hal::Unmap(kContiguous + physical, found->second.size);
  hal::Discard(VirtualOf(physical), found->second.size);
  Decommit(found->second.size >> PAGE_SHIFT);
  state->low.erase(found);
}

}  // namespace nt::mm
