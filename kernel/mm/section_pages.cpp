// The pages of pagefile-backed sections. They are paged pool, so views of them are second mappings like any other.
#include "kernel/ex/ex.h"
#include "kernel/mm/state.h"

#include <cstring>

namespace nt::mm {

struct SectionPages {
  void* memory;
  SIZE_T size;
  LONG references;
};

namespace {
constexpr ULONG kTag = 0x74536d4d;  // 'MmSt'
}

SectionPages* CreateSectionPages(SIZE_T size) {
  const SIZE_T bytes = PageRoundUp(size);
  if (bytes < size || bytes == 0) return nullptr;
  void* const memory = ex::AllocatePool(PagedPoolCacheAligned, bytes, kTag);
  if (memory == nullptr) return nullptr;
  // Pool that was used before holds patterns; new pages are zero but for the first bytes.
  if (bytes <= 64 * PAGE_SIZE) {
    std::memset(memory, 0, bytes);
  } else {
    hal::Discard(reinterpret_cast<ULONG_PTR>(memory), bytes);
  }
  return new SectionPages{memory, bytes, 1};
}

void ReferenceSectionPages(SectionPages* pages) { ++pages->references; }

void DereferenceSectionPages(SectionPages* pages) {
  if (--pages->references != 0) return;
  ex::FreePool(pages->memory);
  delete pages;
}

SIZE_T SectionSize(const SectionPages* pages) { return pages->size; }

void* SectionMemory(const SectionPages* pages) { return pages->memory; }

}  // namespace nt::mm
