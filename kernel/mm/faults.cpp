// What an address space does at a fault: guard pages, stacks that grow, copies on write.
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "nt/ps.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

/// Each of them is the next bit after the protection of a copy.
constexpr ULONG kCopyOnWrite = PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY;

}  // namespace

ULONG_PTR LowestStackGuard(ULONG_PTR allocation, const TEB& teb) {
  return allocation + kStackOverflowRoom + PageRoundUp(teb.GuaranteedStackBytes);
}

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

bool AddressSpace::NeedsFault(ULONG_PTR address, bool write) const {
  const auto found = Find(address);
  if (found == allocations_.end()) return false;
  const ULONG protection = RunAt(found->second, address)->protection;
  return (protection & PAGE_GUARD) != 0 || (write && found->second.section != nullptr && (protection & kCopyOnWrite) != 0);
}

/// Gives the process a page of its own with the view's contents: the one that belongs to the address.
NTSTATUS AddressSpace::CopyPage(Allocation& allocation, ULONG_PTR page, ULONG protection) {
  const bool is_new = !allocation.copied.contains(page);
  if (is_new && !Commit(1)) return STATUS_COMMITMENT_LIMIT;
  char contents[PAGE_SIZE];
  std::memcpy(contents, reinterpret_cast<const void*>(page), sizeof contents);
  const ULONG own = (protection & ~kCopyOnWrite) | ((protection & kCopyOnWrite) >> 1);
  if (!MapOwn(allocation, page, PAGE_SIZE, HostProtection(own))) {
    if (is_new) Decommit(1);
    return STATUS_NO_MEMORY;
  }
  std::memcpy(reinterpret_cast<void*>(page), contents, sizeof contents);
  allocation.copied.insert(page);
  Split(allocation, page);
  Split(allocation, page + PAGE_SIZE);
  allocation.runs.at(page).protection = own;
  Merge(allocation);
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::HandleFault(ULONG_PTR address, bool write) {
  const auto found = Find(address);
  if (found == allocations_.end()) return STATUS_ACCESS_VIOLATION;
  Allocation& allocation = found->second;
  const ULONG protection = RunAt(allocation, address)->protection;
  const bool guard = (protection & PAGE_GUARD) != 0;
  if (!guard && write && NeedsFault(address, true)) return CopyPage(allocation, PageAlign(address), protection);
  if (!guard) return STATUS_ACCESS_VIOLATION;
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

}  // namespace nt::mm
