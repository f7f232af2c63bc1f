// A process's address space: reservations, their pages, and where they go.
#include <algorithm>
#include <cstring>

#include "kernel/hal/sanitizer.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "nt/ps.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

constexpr ULONG_PTR kGranularity = 0x10000;

/// NT keeps its tree of reservations at EPROCESS.VadRoot; this one is the host's.
AddressSpace*& SpaceField(PEPROCESS process) { return *reinterpret_cast<AddressSpace**>(reinterpret_cast<char*>(process) + 0x7d8); }

constexpr ULONG kAccessBits = 0xff;

bool ValidProtection(ULONG protection) {
  const ULONG access = protection & kAccessBits;
  const ULONG modifiers = protection & ~kAccessBits & ~PAGE_TARGETS_INVALID;
  if (access == 0 || (access & (access - 1)) != 0) return false;
  if ((modifiers & ~(PAGE_GUARD | PAGE_NOCACHE | PAGE_WRITECOMBINE)) != 0) return false;
  return access != PAGE_NOACCESS || modifiers == 0;
}

/// Private memory has no original to copy from.
bool ValidPrivateProtection(ULONG protection) {
  return ValidProtection(protection) && (protection & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) == 0;
}

}  // namespace

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

ULONG_PTR AddressSpace::Place(SIZE_T size, bool top_down) const {
  if (size > kWindowSize - 2 * kGranularity) return 0;
  const auto round_up = [](ULONG_PTR address) { return (address + kGranularity - 1) & ~(kGranularity - 1); };
  if (!top_down) {
    ULONG_PTR candidate = low_ + kGranularity;
    for (const auto& [start, allocation] : allocations_) {
      if (candidate + size <= start) break;
      candidate = std::max(candidate, round_up(start + allocation.size));
    }
    return candidate + size <= high() - kGranularity ? candidate : 0;
  }
  ULONG_PTR end = high() - kGranularity;
  for (auto at = allocations_.rbegin(); at != allocations_.rend(); ++at) {
    const ULONG_PTR candidate = (end - size) & ~(kGranularity - 1);
    if (candidate >= at->first + at->second.size) break;
    end = at->first;
    if (end < low_ + kGranularity + size) return 0;
  }
  return (end - size) & ~(kGranularity - 1);
}

NTSTATUS AddressSpace::Reserve(ULONG_PTR* base, SIZE_T size, bool top_down, Allocation allocation) {
  if (*base == 0) {
    *base = Place(size, top_down);
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

bool AddressSpace::Map(ULONG_PTR start, const Allocation& allocation, ULONG_PTR base, SIZE_T size, ULONG protection) {
  const hal::Protection host = HostProtection(protection);
  if (allocation.section != nullptr) {
    const auto memory = reinterpret_cast<ULONG_PTR>(SectionMemory(allocation.section));
    return hal::MapAlias(base, PhysicalOf(memory) + allocation.section_offset + (base - start), size, host);
  }
  if (allocation.frames.empty()) return hal::MapLinear(base, size, host);
  for (SIZE_T offset = 0; offset < size; offset += PAGE_SIZE) {
    const PFN_NUMBER frame = allocation.frames[(base + offset - start) >> PAGE_SHIFT];
    if (!hal::MapAlias(base + offset, frame << PAGE_SHIFT, PAGE_SIZE, host)) return false;
  }
  return true;
}

void AddressSpace::Unmap(const Allocation& allocation, ULONG_PTR base, SIZE_T size) {
  if (allocation.section == nullptr && allocation.frames.empty()) hal::Discard(base, size);
  hal::Unmap(base, size);
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
  for (auto run = allocation.runs.find(base); run != allocation.runs.end() && run->first < base + size; ++run) {
    const SIZE_T bytes = run->second.pages << PAGE_SHIFT;
    if (run->second.protection == protection) continue;
    if (protection == 0) {
      Unmap(allocation, run->first, bytes);
    } else if (run->second.protection == 0) {
      done = Map(start, allocation, run->first, bytes, protection);
    } else {
      done = hal::Protect(run->first, bytes, HostProtection(protection));
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
    allocations_.emplace(from, std::move(part));
  };
  keep(start, base);
  keep(base + size, end);
  if (rest.section != nullptr) DereferenceSectionPages(rest.section);
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
  if ((type & (MEM_LARGE_PAGES | MEM_PHYSICAL)) != 0) return STATUS_NOT_SUPPORTED;
  if (!ValidPrivateProtection(protection)) return STATUS_INVALID_PAGE_PROTECTION;
  if (const NTSTATUS status = CheckWish(base, size); status != STATUS_SUCCESS) return status;
  // All windows lie above what zero bits leave.
  if (zero_bits != 0 && *base == 0) return STATUS_NO_MEMORY;
  const bool reserve = (type & MEM_RESERVE) != 0 || *base == 0;
  const ULONG_PTR end = PageRoundUp(*base + *size);
  ULONG_PTR start = *base & ~((reserve ? kGranularity : ULONG_PTR{PAGE_SIZE}) - 1);
  const SIZE_T bytes = end - start;
  if (reserve) {
    const NTSTATUS status = Reserve(&start, bytes, (type & MEM_TOP_DOWN) != 0, {0, protection, MEM_PRIVATE, false, nullptr, 0, {}, {}});
    if (status != STATUS_SUCCESS) return status;
  }
  const auto found = Find(start);
  if (found == allocations_.end() || start + bytes > found->first + found->second.size) return STATUS_CONFLICTING_ADDRESSES;
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

// ---- images, views, stacks -----------------------------------------------------------------------------------------------------

NTSTATUS AddressSpace::MapImage(ULONG_PTR* base, SIZE_T size) {
  size = PageRoundUp(size);
  if (size == 0) return STATUS_INVALID_PARAMETER;
  const NTSTATUS status = Reserve(base, size, false, {0, PAGE_EXECUTE_WRITECOPY, MEM_IMAGE, false, nullptr, 0, {}, {}});
  if (status != STATUS_SUCCESS) return status;
  const auto found = Find(*base);
  if (SetRange(*base, found->second, *base, size, PAGE_READWRITE)) return STATUS_SUCCESS;
  Release(found, *base, size);
  return STATUS_NO_MEMORY;
}

NTSTATUS AddressSpace::MapView(SectionPages* pages, ULONG64 offset, ULONG_PTR* base, SIZE_T* size, ULONG type, ULONG protection) {
  if (!ValidProtection(protection)) return STATUS_INVALID_PAGE_PROTECTION;
  if (offset % kGranularity != 0 || *base % kGranularity != 0) return STATUS_MAPPED_ALIGNMENT;
  const SIZE_T total = SectionSize(pages);
  if (offset >= total || *size > total - offset) return STATUS_INVALID_VIEW_SIZE;
  const SIZE_T bytes = *size == 0 ? total - offset : PageRoundUp(*size);
  const NTSTATUS status = Reserve(base, bytes, (type & MEM_TOP_DOWN) != 0, {0, protection, MEM_MAPPED, false, pages, offset, {}, {}});
  if (status != STATUS_SUCCESS) return status;
  ReferenceSectionPages(pages);
  const auto found = Find(*base);
  if (!SetRange(*base, found->second, *base, bytes, protection)) {
    Release(found, *base, bytes);
    return STATUS_NO_MEMORY;
  }
  *size = bytes;
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::MapFrames(ULONG_PTR* base, const PFN_NUMBER* frames, SIZE_T count, ULONG protection) {
  const SIZE_T bytes = count << PAGE_SHIFT;
  const NTSTATUS status = Reserve(base, bytes, false, {0, protection, MEM_MAPPED, false, nullptr, 0, {frames, frames + count}, {}});
  if (status != STATUS_SUCCESS) return status;
  const auto found = Find(*base);
  if (SetRange(*base, found->second, *base, bytes, protection)) return STATUS_SUCCESS;
  Release(found, *base, bytes);
  return STATUS_NO_MEMORY;
}

NTSTATUS AddressSpace::UnmapView(ULONG_PTR address) {
  const auto found = Find(address);
  if (found == allocations_.end() || found->second.type == MEM_PRIVATE) return STATUS_NOT_MAPPED_VIEW;
  Release(found, found->first, found->second.size);
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::CreateStack(SIZE_T reserve, SIZE_T commit, ULONG_PTR* allocation, ULONG_PTR* limit, ULONG_PTR* base) {
  reserve = std::max<SIZE_T>((reserve + kGranularity - 1) & ~(kGranularity - 1), kGranularity);
  // Below the committed part is the guard page.
  commit = std::clamp<SIZE_T>(PageRoundUp(commit), PAGE_SIZE, reserve - PAGE_SIZE);
  reserve += kStackOverflowRoom;
  ULONG_PTR start = 0;
  const NTSTATUS status = Reserve(&start, reserve, false, {0, PAGE_READWRITE, MEM_PRIVATE, true, nullptr, 0, {}, {}});
  if (status != STATUS_SUCCESS) return status;
  const auto found = Find(start);
  const ULONG_PTR end = start + reserve;
  const ULONG_PTR guard = end - commit - PAGE_SIZE;
  if (!SetRange(start, found->second, end - commit, commit, PAGE_READWRITE) ||
      !SetRange(start, found->second, guard, PAGE_SIZE, PAGE_READWRITE | PAGE_GUARD)) {
    Release(found, start, reserve);
    return STATUS_NO_MEMORY;
  }
  hal::ForgetFrames(start, end);
  *allocation = start;
  *limit = end - commit;
  *base = end;
  return STATUS_SUCCESS;
}

ULONG_PTR LowestStackGuard(ULONG_PTR allocation, const TEB& teb) {
  return allocation + kStackOverflowRoom + PageRoundUp(teb.GuaranteedStackBytes);
}

// ---- faults --------------------------------------------------------------------------------------------------------------------

/// The guard page becomes part of the stack, the page below it the guard page. The last one has none: what is left of the stack is given
/// to who handles the overflow, but for the very last page, which stays out of reach.
NTSTATUS AddressSpace::GrowStack(ULONG_PTR start, Allocation& allocation, ULONG_PTR guard) {
  TEB* const teb = ke::CurrentThread()->Teb;
  teb->NtTib.StackLimit = reinterpret_cast<PVOID>(guard);
  if (guard > LowestStackGuard(start, *teb)) {
    const bool moved = SetRange(start, allocation, guard - PAGE_SIZE, PAGE_SIZE, PAGE_READWRITE | PAGE_GUARD);
    return moved ? STATUS_SUCCESS : STATUS_STACK_OVERFLOW;
  }
  const ULONG_PTR last = start + PAGE_SIZE;
  if (SetRange(start, allocation, last, guard - last, PAGE_READWRITE)) teb->NtTib.StackLimit = reinterpret_cast<PVOID>(last);
  return STATUS_STACK_OVERFLOW;
}

NTSTATUS AddressSpace::HandleFault(ULONG_PTR address, bool) {
  const auto found = Find(address);
  if (found == allocations_.end()) return STATUS_ACCESS_VIOLATION;
  Allocation& allocation = found->second;
  const ULONG protection = RunAt(allocation, address)->protection;
  if ((protection & PAGE_GUARD) == 0) return STATUS_ACCESS_VIOLATION;
  const ULONG_PTR page = PageAlign(address);
  if (!SetRange(found->first, allocation, page, PAGE_SIZE, protection & ~PAGE_GUARD)) return STATUS_ACCESS_VIOLATION;
  if (!allocation.stack) return STATUS_GUARD_PAGE_VIOLATION;
  const auto* const tib = reinterpret_cast<const NT_TIB*>(ke::CurrentThread()->Teb);
  const bool own = tib != nullptr && reinterpret_cast<ULONG_PTR>(tib->StackBase) == found->first + allocation.size;
  return own ? GrowStack(found->first, allocation, page) : STATUS_GUARD_PAGE_VIOLATION;
}

NTSTATUS HandleUserFault(ULONG_PTR address, bool write) {
  AddressSpace* const space = state != nullptr ? AddressSpaceAt(address) : nullptr;
  return space != nullptr ? space->HandleFault(address, write) : STATUS_ACCESS_VIOLATION;
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
  if (allocation.section == nullptr) return PhysicalOf(address);
  return PhysicalOf(reinterpret_cast<ULONG_PTR>(SectionMemory(allocation.section))) + allocation.section_offset + (address - found->first);
}

SIZE_T AddressSpace::committed() const {
  SIZE_T pages = 0;
  for (const auto& [start, allocation] : allocations_) {
    for (const auto& [at, run] : allocation.runs) pages += run.protection != 0 ? run.pages : 0;
  }
  return pages << PAGE_SHIFT;
}

}  // namespace nt::mm
