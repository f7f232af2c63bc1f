// What else than allocations an address space holds: images, views of sections, mappings of page frames, stacks.
#include <algorithm>

#include "kernel/hal/sanitizer.h"
#include "kernel/mm/section.h"
#include "kernel/mm/state.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

constexpr ULONG kWritable = PAGE_READWRITE | PAGE_EXECUTE_READWRITE;

}  // namespace

NTSTATUS LimitToView(ULONG view, ULONG* protection) {
  constexpr ULONG kExecutable = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
  if ((*protection & kExecutable) != 0 && (view & kExecutable) == 0) return STATUS_SECTION_PROTECTION;
  if ((*protection & kWritable) == 0 || (view & kWritable) != 0) return STATUS_SUCCESS;
  if ((view & (PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) == 0) return STATUS_SECTION_PROTECTION;
  // The bit after READWRITE is WRITECOPY, that after EXECUTE_READWRITE is EXECUTE_WRITECOPY.
  *protection = (*protection & ~kWritable) | ((*protection & kWritable) << 1);
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::MapImage(ULONG_PTR* base, SIZE_T size) {
  size = PageRoundUp(size);
  if (size == 0) return STATUS_INVALID_PARAMETER;
  const NTSTATUS status = Reserve(base, size, 0, {0, PAGE_EXECUTE_WRITECOPY, MEM_IMAGE, false, nullptr, 0, {}, {}});
  if (status != STATUS_SUCCESS) return status;
  const auto found = Find(*base);
  if (SetRange(*base, found->second, *base, size, PAGE_READWRITE)) return STATUS_SUCCESS;
  Release(found, *base, size);
  return STATUS_NO_MEMORY;
}

NTSTATUS AddressSpace::MapView(const SectionPart& part, ULONG_PTR* base, SIZE_T* size, ULONG type, ULONG protection) {
  if (!ValidProtection(protection)) return STATUS_INVALID_PAGE_PROTECTION;
  if (part.offset % kGranularity != 0 || *base % kGranularity != 0) return STATUS_MAPPED_ALIGNMENT;
  if (part.offset >= part.size || *size > part.size - part.offset) return STATUS_INVALID_VIEW_SIZE;
  const SIZE_T bytes = PageRoundUp(*size == 0 ? part.size - part.offset : *size);
  const NTSTATUS status = Reserve(base, bytes, type, {0, protection, MEM_MAPPED, false, part.pages, part.offset, {}, {}});
  if (status != STATUS_SUCCESS) return status;
  ReferenceSectionPages(part.pages);
  const auto found = Find(*base);
  if (part.pages->reserved()) {
    ShowCommitted(part.pages);
  } else if (!SetRange(*base, found->second, *base, bytes, protection)) {
    Release(found, *base, bytes);
    return STATUS_NO_MEMORY;
  }
  if ((protection & kWritable) != 0) part.pages->written = true;
  *size = bytes;
  return STATUS_SUCCESS;
}

/// Commits pages of a reserved section, for all of its views.
NTSTATUS AddressSpace::CommitView(ULONG_PTR start, Allocation& allocation, ULONG_PTR base, SIZE_T size, ULONG protection) {
  if (allocation.section == nullptr) return STATUS_CONFLICTING_ADDRESSES;
  if (!allocation.section->reserved()) return STATUS_ALREADY_COMMITTED;
  NTSTATUS status = LimitToView(allocation.protection, &protection);
  if (status != STATUS_SUCCESS) return status;
  const SIZE_T first = (allocation.section_offset + (base - start)) >> PAGE_SHIFT;
  if (!CommitSectionPages(allocation.section, first, size >> PAGE_SHIFT)) return STATUS_COMMITMENT_LIMIT;
  if (!SetRange(start, allocation, base, size, protection)) return STATUS_NO_MEMORY;
  for (AddressSpace* const space : state->spaces) {
    if (space != nullptr) space->ShowCommitted(allocation.section);
  }
  return STATUS_SUCCESS;
}

void AddressSpace::ShowCommitted(const SectionPages* pages) {
  for (auto& [start, view] : allocations_) {
    if (view.section != pages) continue;
    for (ULONG_PTR page = start; page < start + view.size; page += PAGE_SIZE) {
      const bool shown = RunAt(view, page)->protection != 0;
      if (shown || !pages->Committed((view.section_offset + (page - start)) >> PAGE_SHIFT)) continue;
      SetRange(start, view, page, PAGE_SIZE, view.protection);
    }
  }
}

NTSTATUS AddressSpace::MapFrames(ULONG_PTR* base, const PFN_NUMBER* frames, SIZE_T count, ULONG protection) {
  const SIZE_T bytes = count << PAGE_SHIFT;
  const NTSTATUS status = Reserve(base, bytes, 0, {0, protection, MEM_MAPPED, false, nullptr, 0, {frames, frames + count}, {}});
  if (status != STATUS_SUCCESS) return status;
  const auto found = Find(*base);
  if (SetRange(*base, found->second, *base, bytes, protection)) return STATUS_SUCCESS;
  Release(found, *base, bytes);
  return STATUS_NO_MEMORY;
}

NTSTATUS AddressSpace::UnmapView(ULONG_PTR address) {
  const auto found = Find(address);
  if (found == allocations_.end() || found->second.type == MEM_PRIVATE) return STATUS_NOT_MAPPED_VIEW;
  if (!MaySet(found->first, found->second.size, PAGE_NOACCESS)) return STATUS_INVALID_PAGE_PROTECTION;
  Release(found, found->first, found->second.size);
  return STATUS_SUCCESS;
}

NTSTATUS AddressSpace::FlushView(ULONG_PTR* base, SIZE_T* size) {
  const auto found = Find(*base);
  if (found == allocations_.end() || found->second.type == MEM_PRIVATE) return STATUS_NOT_MAPPED_VIEW;
  if (found->second.section == nullptr || found->second.section->file == nullptr) return STATUS_NOT_MAPPED_DATA;
  const ULONG_PTR start = PageAlign(*base), view_end = found->first + found->second.size;
  const ULONG_PTR end = *size == 0 ? view_end : PageRoundUp(*base + *size);
  if (end > view_end) return STATUS_INVALID_VIEW_SIZE;
  *base = start;
  *size = end - start;
  return STATUS_SUCCESS;
}

PFILE_OBJECT AddressSpace::FileOf(ULONG_PTR address) const {
  const auto found = Find(address);
  if (found == allocations_.end()) return nullptr;
  if (found->second.image != nullptr) return found->second.image->file;
  return found->second.section != nullptr ? found->second.section->file : nullptr;
}

SectionPages* AddressSpace::SectionAt(ULONG_PTR address) const {
  const auto found = Find(address);
  return found == allocations_.end() || found->second.copied.contains(PageAlign(address)) ? nullptr : found->second.section;
}

NTSTATUS AddressSpace::KeepImage(ULONG_PTR base, PFILE_OBJECT file, std::span<const std::byte> bytes) {
  const NTSTATUS status = ReferenceImage(file, bytes, &Find(base)->second.image);
  if (!NT_SUCCESS(status)) Find(base)->second.image = nullptr;
  return status;
}

void AddressSpace::KeepImage(ULONG_PTR base, ImagePages* image) {
  ++image->references;
  Find(base)->second.image = image;
}

NTSTATUS AddressSpace::CreateStack(SIZE_T reserve, SIZE_T commit, ULONG_PTR* allocation, ULONG_PTR* limit, ULONG_PTR* base) {
  reserve = std::max<SIZE_T>((reserve + kGranularity - 1) & ~(kGranularity - 1), kGranularity);
  // Below the committed part is the guard page.
  commit = std::clamp<SIZE_T>(PageRoundUp(commit), PAGE_SIZE, reserve - PAGE_SIZE);
  reserve += kStackOverflowRoom;
  ULONG_PTR start = 0;
  const NTSTATUS status = Reserve(&start, reserve, 0, {0, PAGE_READWRITE, MEM_PRIVATE, true, nullptr, 0, {}, {}});
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

}  // namespace nt::mm
