// Page frames of user memory that MDLs have locked. They keep their contents, whatever becomes of the addresses they were mapped at; who
// maps memory there again meanwhile gets other frames.
#include "kernel/ke/ke.h"
#include "kernel/mm/section.h"
#include "nt/bugcodes.h"
#include "nt/ps.h"

namespace nt::mm {
namespace {

constexpr SIZE_T kNone = 0;

bool InSections(ULONG_PTR physical) { return physical >= kSectionPages; }

/// A frame without a linear place that is a page's own goes back to where sections take theirs.
void Discard(ULONG_PTR physical, SIZE_T size) {
  hal::Discard(VirtualOf(physical), size);
  if (InSections(physical)) state->section_pages.erase(physical);
}

}  // namespace

void LockFrame(PFN_NUMBER frame) { ++state->locked_frames[frame].locks; }

void UnlockFrame(PFN_NUMBER frame) {
  const auto found = state->locked_frames.find(frame);
  if (found == state->locked_frames.end() || --found->second.locks != kNone) return;
  const bool orphan = found->second.orphan;
  state->locked_frames.erase(found);
  if (orphan) Discard(frame << PAGE_SHIFT, PAGE_SIZE);
}

void FreeFrames(ULONG_PTR physical, SIZE_T size) {
  const ULONG_PTR end = physical + size;
  auto locked = state->locked_frames.lower_bound(physical >> PAGE_SHIFT);
  while (physical < end) {
    const bool any = locked != state->locked_frames.end() && locked->first < end >> PAGE_SHIFT;
    const ULONG_PTR stop = any ? locked->first << PAGE_SHIFT : end;
    if (physical < stop) Discard(physical, stop - physical);
    if (!any) return;
    locked->second.orphan = true;
    physical = stop + PAGE_SIZE;
    ++locked;
  }
}

bool AddressSpace::MapOwn(Allocation& allocation, ULONG_PTR base, SIZE_T size, hal::Protection protection) {
  if (!hal::MapLinear(base, size, protection)) return false;
  const PFN_NUMBER end = PfnOf(base + size);
  for (auto locked = state->locked_frames.lower_bound(PfnOf(base)); locked != state->locked_frames.end() && locked->first < end; ++locked) {
    const ULONG_PTR page = VirtualOf(locked->first << PAGE_SHIFT);
    const ULONG_PTR other = TakeSectionPages(PAGE_SIZE);
    if (other == 0 || !hal::MapAlias(page, other, PAGE_SIZE, protection)) return false;
    allocation.displaced[page] = other;
  }
  return true;
}

void AddressSpace::FreeOwn(Allocation& allocation, ULONG_PTR base, SIZE_T size) {
  const auto first = allocation.displaced.lower_bound(base), end = allocation.displaced.lower_bound(base + size);
  for (auto page = first; page != end; ++page) FreeFrames(page->second, PAGE_SIZE);
  allocation.displaced.erase(first, end);
  FreeFrames(PhysicalOf(base), size);
}

void CheckLockedPages(PEPROCESS process) {
  SIZE_T pages = 0;
  ULONG_PTR mdl = 0;
  for (const auto& [address, locked] : state->locked) {
    if (locked.process != process) continue;
    pages += PagesSpanned(locked.mapping.address, locked.mapping.size);
    if (mdl == 0 || address < mdl) mdl = address;
  }
  if (pages == 0) return;
  ke::BugCheck(PROCESS_HAS_LOCKED_PAGES, 0, reinterpret_cast<ULONG_PTR>(process), pages, mdl,
               "A driver locked pages of a process and did not unlock them before the process ended: a cancelled or completed request "
               "must unlock what was locked for it.");
}

}  // namespace nt::mm
