// A process's address space: reservations, their pages, and where they go.
#include <algorithm>
#include <cstring>

#include "kernel/hal/sanitizer.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/section.h"
#include "nt/ps.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

constexpr SIZE_T kLargePage = 2 << 20;

/// NT keeps its tree of reservations at EPROCESS.VadRoot; this one is the host's.
AddressSpace*& SpaceField(PEPROCESS process) { return *reinterpret_cast<AddressSpace**>(reinterpret_cast<char*>(process) + 0x7d8); }

constexpr ULONG kAccessBits = 0xff;

/// Private memory has no original to copy from.
bool ValidPrivateProtection(ULONG protection) {
  return ValidProtection(protection) && (protection & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) == 0;
}

}  // namespace

bool ValidProtection(ULONG protection) {
  const ULONG access = protection & kAccessBits;
  const ULONG modifiers = protection & ~kAccessBits & ~PAGE_TARGETS_INVALID;
  if (access == 0 || (access & (access - 1)) != 0) return false;
  if ((modifiers & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)) != 0) return false;
  return access != PAGE_NOACCESS || modifiers == 0;
}

hal::Protection HostProtection(ULONG protection) {
  if ((protection & PAGE_GUARD) != 0) return hal::Protection::None;
  switch (protection & kAccessBits) {
    case PAGE_READONLY:
      return hal::Protection::Read;
    case PAGE_READWRITE:
    case PAGE_WRITECOPY:
      return hal::Protection::ReadWrite;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
      return hal::Protection::ReadExecute;
    case PAGE_EXECUTE_READWRITE:
    case PAGE_EXECUTE_WRITECOPY:
      return hal::Protection::ReadWriteExecute;
    default:
      return hal::Protection::None;
  }
}

AddressSpace* AddressSpace::Create(PEPROCESS process) {
  // The first window's physical memory is low memory: see state.h.
  for (SIZE_T i = 1; i < kWindowCount; ++i) {
    if (state->spaces[i] != nullptr) continue;
    auto* const space = new AddressSpace;
    space->low_ = kWindowsStart + i * kWindowSize;
    space->process_ = process;
    state->spaces[i] = space;
    if (process != nullptr) SpaceField(process) = space;
    return space;
  }
  return nullptr;
}

void AddressSpace::Destroy(AddressSpace* space) {
  while (!space->allocations_.empty()) {
    const auto first = space->allocations_.begin();
    space->Release(first, first->first, first->second.size);
  }
  state->spaces[(space->low_ - kWindowsStart) / kWindowSize] = nullptr;
  if (space->process_ != nullptr) SpaceField(space->process_) = nullptr;
  delete space;
}

AddressSpace* AddressSpaceOf(PEPROCESS process) { return process == nullptr ? nullptr : SpaceField(process); }

AddressSpace* AddressSpaceAt(ULONG_PTR address) {
  const SIZE_T window = (address - kWindowsStart) / kWindowSize;
  return window < kWindowCount ? state->spaces[window] : nullptr;
}

// ---- finding -----------------------------------------------------------------------------------------------------------------

AddressSpace::Allocations::iterator AddressSpace::Find(ULONG_PTR address) {
  auto found = allocations_.upper_bound(address);
  if (found == allocations_.begin()) return allocations_.end();
  --found;
  return address < found->first + found->second.size ? found : allocations_.end();
}

AddressSpace::Allocations::const_iterator AddressSpace::Find(ULONG_PTR address) const {
  return const_cast<AddressSpace*>(this)->Find(address);
}

const AddressSpace::Run* AddressSpace::RunAt(const Allocation& allocation, ULONG_PTR address) {
  return &std::prev(allocation.runs.upper_bound(address))->second;
}

bool AddressSpace::Available(ULONG_PTR base, SIZE_T size) const {
  if (base < low_ || base + size > high() || base + size < base) return false;
  const auto next = allocations_.upper_bound(base);
  if (next != allocations_.end() && next->first < base + size) return false;
  if (next == allocations_.begin()) return true;
  const auto previous = std::prev(next);
  return previous->first + previous->second.size <= base;
}

ULONG_PTR AddressSpace::Place(SIZE_T size, bool top_down, SIZE_T alignment) const {
  if (size > kWindowSize - 2 * alignment) return 0;
  const auto round_up = [=](ULONG_PTR address) { return (address + alignment - 1) & ~(alignment - 1); };
  if (!top_down) {
    ULONG_PTR candidate = low_ + alignment;
    for (const auto& [start, allocation] : allocations_) {
      if (candidate + size <= start) break;
      candidate = std::max(candidate, round_up(start + allocation.size));
    }
    return candidate + size <= high() - alignment ? candidate : 0;
  }
  ULONG_PTR end = high() - alignment;
  for (auto at = allocations_.rbegin(); at != allocations_.rend(); ++at) {
    const ULONG_PTR candidate = (end - size) & ~(alignment - 1);
    if (candidate >= at->first + at->second.size) break;
    end = at->first;
    if (end < low_ + alignment + size) return 0;
  }
  return (end - size) & ~(alignment - 1);
}

NTSTATUS AddressSpace::Reserve(ULONG_PTR* base, SIZE_T size, ULONG type, Allocation allocation) {
  if (*base == 0) {
    *base = Place(size, (type & MEM_TOP_DOWN) != 0, (type & MEM_LARGE_PAGES) != 0 ? kLargePage : kGranularity);
    if (*base == 0) return STATUS_NO_MEMORY;
  } else if (!Available(*base, size)) {
    return STATUS_CONFLICTING_ADDRESSES;
  }
  allocation.size = size;
  allocation.runs[*base] = {size >> PAGE_SHIFT, 0};
  allocations_.emplace(*base, std::move(allocation));
  return STATUS_SUCCESS;
}

// ---- runs --------------------------------------------------------------------------------------------------------------------

void AddressSpace::Split(Allocation& allocation, ULONG_PTR address) {
  const auto next = allocation.runs.lower_bound(address);
  if (next != allocation.runs.end() && next->first == address) return;
  const auto run = std::prev(next);
  const SIZE_T pages = (address - run->first) >> PAGE_SHIFT;
  if (pages >= run->second.pages) return;
  const Run rest{run->second.pages - pages, run->second.protection};
  run->second.pages = pages;
  allocation.runs.emplace(address, rest);
}

void AddressSpace::Merge(Allocation& allocation) {
  for (auto run = allocation.runs.begin(); run != allocation.runs.end();) {
    const auto next = std::next(run);
    if (next == allocation.runs.end()) break;
    if (next->second.protection != run->second.protection) {
      run = next;
      continue;
    }
    run->second.pages += next->second.pages;
    allocation.runs.erase(next);
  }
}

/// What the host lets a process do with a page at once. The first write to a page that is copied on write faults.
hal::Protection AddressSpace::HostProtectionIn(const Allocation& allocation, ULONG protection) {
  if (allocation.section == nullptr || (protection & PAGE_GUARD) != 0) return HostProtection(protection);
  if ((protection & PAGE_WRITECOPY) != 0) return hal::Protection::Read;
  return (protection & PAGE_EXECUTE_WRITECOPY) != 0 ? hal::Protection::ReadExecute : HostProtection(protection);
}

bool AddressSpace::Map(ULONG_PTR start, Allocation& allocation, ULONG_PTR base, SIZE_T size, ULONG protection) {
  const hal::Protection host = HostProtectionIn(allocation, protection);
  if (allocation.section != nullptr) {
    return hal::MapAlias(base, SectionPhysical(allocation.section) + allocation.section_offset + (base - start), size, host);
  }
  if (allocation.frames.empty()) return MapOwn(allocation, base, size, host);
  for (SIZE_T offset = 0; offset < size; offset += PAGE_SIZE) {
    const PFN_NUMBER frame = allocation.frames[(base + offset - start) >> PAGE_SHIFT];
    if (!hal::MapAlias(base + offset, frame << PAGE_SHIFT, PAGE_SIZE, host)) return false;
  }
  return true;
}

void AddressSpace::Unmap(Allocation& allocation, ULONG_PTR base, SIZE_T size) {
  // First the mapping: pages that are mapped are dearer to give back.
  hal::Unmap(base, size);
  const auto first = allocation.copied.lower_bound(base), end = allocation.copied.lower_bound(base + size);
  for (auto page = first; page != end; ++page) FreeOwn(allocation, *page, PAGE_SIZE);
  Decommit(static_cast<SIZE_T>(std::distance(first, end)));
  allocation.copied.erase(first, end);
  if (allocation.section == nullptr && allocation.frames.empty()) FreeOwn(allocation, base, size);
}

/// Unmaps all between a range's first and last committed pages at once: each call of the host is dear.
void AddressSpace::UnmapCommitted(Allocation& allocation, ULONG_PTR base, SIZE_T size) {
  ULONG_PTR first = 0, end = 0;
  for (auto run = allocation.runs.lower_bound(base); run != allocation.runs.end() && run->first < base + size; ++run) {
    if (run->second.protection == 0) continue;
    if (end == 0) first = run->first;
    end = run->first + (run->second.pages << PAGE_SHIFT);
  }
  if (end != 0) Unmap(allocation, first, end - first);
}

/// Pages of a range that are the process's own and committed.
SIZE_T AddressSpace::PrivatePages(const Allocation& allocation, ULONG_PTR base, SIZE_T size) {
  if (allocation.section != nullptr || !allocation.frames.empty()) return 0;
  SIZE_T pages = 0;
  for (auto run = allocation.runs.lower_bound(base); run != allocation.runs.end() && run->first < base + size; ++run) {
    pages += run->second.protection != 0 ? run->second.pages : 0;
  }
  return pages;
}

/// Gives pages a protection; 0 decommits them. False if there is no memory for new ones.
bool AddressSpace::SetRange(ULONG_PTR start, Allocation& allocation, ULONG_PTR base, SIZE_T size, ULONG protection) {
  Split(allocation, base);
  Split(allocation, base + size);
  const SIZE_T before = PrivatePages(allocation, base, size);
  const bool own = allocation.section == nullptr && allocation.frames.empty();
  if (own && protection != 0 && !Commit((size >> PAGE_SHIFT) - before)) {
    Merge(allocation);
    return false;
  }
  bool done = true;
  if (protection == 0) UnmapCommitted(allocation, base, size);
  for (auto run = allocation.runs.find(base); run != allocation.runs.end() && run->first < base + size; ++run) {
    const SIZE_T bytes = run->second.pages << PAGE_SHIFT;
    if (run->second.protection == protection) continue;
    if (protection == 0) {
      run->second.protection = 0;
    } else if (run->second.protection == 0) {
      done = Map(start, allocation, run->first, bytes, protection);
    } else {
      done = hal::Protect(run->first, bytes, HostProtectionIn(allocation, protection));
    }
    if (!done) break;
    run->second.protection = protection;
  }
  const SIZE_T counted = own && protection != 0 ? size >> PAGE_SHIFT : before;
  if (const SIZE_T after = PrivatePages(allocation, base, size); counted > after) Decommit(counted - after);
  Merge(allocation);
  return done;
}

/// Removes a part of an allocation, or all of it.
void AddressSpace::Release(Allocations::iterator found, ULONG_PTR base, SIZE_T size) {
  const ULONG_PTR start = found->first;
  SetRange(start, found->second, base, size, 0);
  Allocation rest = std::move(found->second);
  allocations_.erase(found);
  const ULONG_PTR end = start + rest.size;
  const auto keep = [&](ULONG_PTR from, ULONG_PTR to) {
    if (from == to) return;
    Split(rest, from);
    Split(rest, to);
    Allocation part{to - from, rest.protection, rest.type, rest.stack, nullptr, 0, {}, {}};
    for (const auto& [at, run] : rest.runs) {
      if (at >= from && at < to) part.runs[at] = run;
    }
    part.displaced.insert(rest.displaced.lower_bound(from), rest.displaced.lower_bound(to));
    allocations_.emplace(from, std::move(part));
  };
  keep(start, base);
  keep(base + size, end);
  if (rest.section != nullptr) DereferenceSectionPages(rest.section);
  if (rest.image != nullptr) DereferenceImage(rest.image);
}

// ---- what NtXxxVirtualMemory asks for ------------------------------------------------------------------------------------------

NTSTATUS AddressSpace::CheckWish(ULONG_PTR* base, SIZE_T* size) const {
  if (*size == 0) return STATUS_INVALID_PARAMETER_4;
  if (*base > kUserHigh) return STATUS_INVALID_PARAMETER_2;
  if (*size > kUserHigh + 1 - *base) return STATUS_INVALID_PARAMETER_4;
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::Allocate(ULONG_PTR* base, ULONG_PTR zero_bits, SIZE_T* size, ULONG type, ULONG protection) {
  constexpr ULONG kKnown =
      MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO | MEM_TOP_DOWN | MEM_WRITE_WATCH | MEM_PHYSICAL | MEM_LARGE_PAGES;
  if (zero_bits > 21 && zero_bits < 32) return STATUS_INVALID_PARAMETER_3;
  if ((type & ~kKnown) != 0 || (type & (MEM_COMMIT | MEM_RESERVE | MEM_RESET | MEM_RESET_UNDO)) == 0) return STATUS_INVALID_PARAMETER_5;
  if ((type & (MEM_RESET | MEM_RESET_UNDO)) != 0 && (type & (type - 1)) != 0) return STATUS_INVALID_PARAMETER_5;
  if ((type & (MEM_WRITE_WATCH | MEM_PHYSICAL)) != 0 && (type & MEM_RESERVE) == 0) return STATUS_INVALID_PARAMETER_5;
  if ((type & MEM_PHYSICAL) != 0 && (type & ~(MEM_RESERVE | MEM_PHYSICAL | MEM_TOP_DOWN)) != 0) return STATUS_INVALID_PARAMETER_5;
  if ((type & MEM_PHYSICAL) != 0 && protection != PAGE_READWRITE) return STATUS_INVALID_PARAMETER_6;
  constexpr ULONG kBoth = MEM_COMMIT | MEM_RESERVE;
  if ((type & MEM_LARGE_PAGES) != 0 && (type & kBoth) != kBoth) return STATUS_INVALID_PARAMETER_5;
  if (!ValidPrivateProtection(protection)) return STATUS_INVALID_PAGE_PROTECTION;
  if (const NTSTATUS status = CheckWish(base, size); status != STATUS_SUCCESS) return status;
  if ((type & MEM_LARGE_PAGES) != 0 && *size % kLargePage != 0) return STATUS_INVALID_PARAMETER_4;
  // All windows lie above what zero bits leave.
  if (zero_bits != 0 && *base == 0) return STATUS_NO_MEMORY;
  const bool reserve = (type & MEM_RESERVE) != 0 || *base == 0;
  const ULONG_PTR end = PageRoundUp(*base + *size);
  ULONG_PTR start = *base & ~((reserve ? kGranularity : ULONG_PTR{PAGE_SIZE}) - 1);
  const SIZE_T bytes = end - start;
  if (reserve) {
    Allocation allocation{0, protection, MEM_PRIVATE, false, nullptr, 0, {}, {}};
    allocation.uncommittable = (type & MEM_PHYSICAL) != 0;
    const NTSTATUS status = Reserve(&start, bytes, type, std::move(allocation));
    if (status != STATUS_SUCCESS) return status;
  }
  const auto found = Find(start);
  if (found == allocations_.end() || start + bytes > found->first + found->second.size) return STATUS_CONFLICTING_ADDRESSES;
  if (!reserve && (found->second.uncommittable || found->second.type != MEM_PRIVATE)) {
    *base = start;
    *size = bytes;
    return (type & MEM_COMMIT) == 0 ? STATUS_CONFLICTING_ADDRESSES : CommitView(found->first, found->second, start, bytes, protection);
  }
  if ((type & MEM_COMMIT) != 0 && !SetRange(found->first, found->second, start, bytes, protection)) {
    if (reserve) Release(found, start, bytes);
    return STATUS_COMMITMENT_LIMIT;
  }
  *base = start;
  *size = bytes;
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::Free(ULONG_PTR* base, SIZE_T* size, ULONG type) {
  if (type != MEM_DECOMMIT && type != MEM_RELEASE) return STATUS_INVALID_PARAMETER_4;
  if (*base > kUserHigh) return STATUS_INVALID_PARAMETER_2;
  if (*size > kUserHigh + 1 - *base) return STATUS_INVALID_PARAMETER_3;
  ULONG_PTR start = PageAlign(*base);
  const auto found = Find(start);
  if (found == allocations_.end()) return STATUS_MEMORY_NOT_ALLOCATED;
  if (found->second.type != MEM_PRIVATE) return type == MEM_RELEASE ? STATUS_UNABLE_TO_DELETE_SECTION : STATUS_UNABLE_TO_DECOMMIT_VM;
  const ULONG_PTR end = *size == 0 ? found->first + found->second.size : PageRoundUp(*base + *size);
  if (*size == 0 && start != found->first) return STATUS_FREE_VM_NOT_AT_BASE;
  if (end > found->first + found->second.size) return STATUS_UNABLE_TO_FREE_VM;
  if (!MaySet(start, end - start, PAGE_NOACCESS)) return STATUS_INVALID_PAGE_PROTECTION;
  if (type == MEM_DECOMMIT) {
    SetRange(found->first, found->second, start, end - start, 0);
  } else {
    Release(found, start, end - start);
  }
  *base = start;
  *size = end - start;
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::Protect(ULONG_PTR* base, SIZE_T* size, ULONG protection, ULONG* old) {
  if (!ValidProtection(protection)) return STATUS_INVALID_PAGE_PROTECTION;
  if (*size == 0 || *base > kUserHigh || *size > kUserHigh + 1 - *base) return STATUS_INVALID_PARAMETER_3;
  const ULONG_PTR start = PageAlign(*base);
  const SIZE_T bytes = PageRoundUp(*base + *size) - start;
  const auto found = Find(start);
  if (found == allocations_.end() || start + bytes > found->first + found->second.size) return STATUS_CONFLICTING_ADDRESSES;
  Allocation& allocation = found->second;
  if (allocation.type == MEM_PRIVATE && !ValidPrivateProtection(protection)) return STATUS_INVALID_PAGE_PROTECTION;
  for (ULONG_PTR page = start; page < start + bytes;) {
    const auto run = std::prev(allocation.runs.upper_bound(page));
    if (run->second.protection == 0) return STATUS_NOT_COMMITTED;
    page = run->first + (run->second.pages << PAGE_SHIFT);
  }
  if (allocation.section != nullptr) {
    const NTSTATUS status = LimitToView(allocation.protection, &protection);
    if (status != STATUS_SUCCESS) return status;
  }
  if (!MaySet(start, bytes, protection)) return STATUS_INVALID_PAGE_PROTECTION;
  *old = RunAt(allocation, start)->protection;
  if (!SetRange(found->first, allocation, start, bytes, protection & ~PAGE_TARGETS_INVALID)) return STATUS_INSUFFICIENT_RESOURCES;
  *base = start;
  *size = bytes;
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::Query(ULONG_PTR address, MEMORY_BASIC_INFORMATION* information) const {
  if (address > kUserHigh) return STATUS_INVALID_PARAMETER;
  const ULONG_PTR page = PageAlign(address);
  *information = {};
  information->BaseAddress = reinterpret_cast<PVOID>(page);
  if (page == kSharedUserData) {
    information->AllocationBase = information->BaseAddress;
    information->AllocationProtect = information->Protect = PAGE_READONLY;
    information->RegionSize = PAGE_SIZE;
    information->State = MEM_COMMIT;
    information->Type = MEM_PRIVATE;
    return STATUS_SUCCESS;
  }
  const auto found = Find(page);
  if (found == allocations_.end()) {
    const auto next = allocations_.upper_bound(page);
    ULONG_PTR end = next == allocations_.end() ? kUserHigh + 1 : next->first;
    if (page < kSharedUserData) end = kSharedUserData;
    information->RegionSize = end - page;
    information->State = MEM_FREE;
    information->Protect = PAGE_NOACCESS;
    return STATUS_SUCCESS;
  }
  const auto run = std::prev(found->second.runs.upper_bound(page));
  information->AllocationBase = reinterpret_cast<PVOID>(found->first);
  information->AllocationProtect = found->second.protection;
  information->RegionSize = run->first + (run->second.pages << PAGE_SHIFT) - page;
  information->State = run->second.protection != 0 ? MEM_COMMIT : MEM_RESERVE;
  information->Protect = run->second.protection;
  information->Type = found->second.type;
  return STATUS_SUCCESS;
}

ULONG UserProtection(ULONG_PTR address) {
  const AddressSpace* const space = state != nullptr ? AddressSpaceAt(address) : nullptr;
  return space != nullptr ? space->ProtectionOf(address) : 0;
}

ULONG AddressSpace::ProtectionOf(ULONG_PTR address) const {
  const auto found = Find(address);
  return found == allocations_.end() ? 0 : RunAt(found->second, address)->protection;
}

ULONG_PTR AddressSpace::PhysicalAddressOf(ULONG_PTR address) const {
  const auto found = Find(address);
  if (found == allocations_.end()) return 0;
  const Allocation& allocation = found->second;
  if (!allocation.frames.empty()) {
    return (allocation.frames[(address - found->first) >> PAGE_SHIFT] << PAGE_SHIFT) + (address & (PAGE_SIZE - 1));
  }
  if (allocation.section == nullptr || allocation.copied.contains(PageAlign(address))) {
    const auto displaced = allocation.displaced.find(PageAlign(address));
    return displaced == allocation.displaced.end() ? PhysicalOf(address) : displaced->second + (address & (PAGE_SIZE - 1));
  }
  return SectionPhysical(allocation.section) + allocation.section_offset + (address - found->first);
}

SIZE_T AddressSpace::committed() const {
  SIZE_T pages = 0;
  for (const auto& [start, allocation] : allocations_) {
    for (const auto& [at, run] : allocation.runs) pages += run.protection != 0 ? run.pages : 0;
  }
  return pages << PAGE_SHIFT;
}

}  // namespace nt::mm
