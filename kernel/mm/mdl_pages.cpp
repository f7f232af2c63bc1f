// MDLs of pages that are nobody's: drivers ask for them by physical address, and map them where they like.
#include <algorithm>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "nt/bugcodes.h"

extern "C" PMDL MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length);

namespace nt::mm {
namespace {

constexpr ULONG kKnownFlags = 0x1ff;
/// A count of bytes has 32 bits.
constexpr SIZE_T kMostBytes = 0x100000000 - PAGE_SIZE;

PFN_NUMBER* Frames(PMDL mdl) { return reinterpret_cast<PFN_NUMBER*>(mdl + 1); }

/// A range of physical addresses, both ends included, and how much of it must be in one piece.
struct Wish {
  ULONG_PTR lowest;
  ULONG_PTR highest;
  SIZE_T chunk;
};

void AddFrames(PMDL mdl, ULONG_PTR physical, SIZE_T size) {
  const SIZE_T pages = mdl->ByteCount >> PAGE_SHIFT;
  for (SIZE_T i = 0; i < size >> PAGE_SHIFT; ++i) Frames(mdl)[pages + i] = (physical >> PAGE_SHIFT) + i;
  mdl->ByteCount += static_cast<ULONG>(size);
}

/// Adds up to `size` bytes of the range to the MDL, in pieces as large as there are.
void Take(PMDL mdl, SIZE_T size, const Wish& wish) {
  SIZE_T left = size;
  for (SIZE_T piece = left; piece != 0;) {
    const ULONG_PTR physical = AllocateLow("MDL pages", piece, wish.lowest, wish.highest, 0);
    if (physical != kNoLowMemory) {
      AddFrames(mdl, physical, piece);
      left -= piece;
      piece = std::min(piece, left);
    } else {
      piece = piece / 2 / wish.chunk * wish.chunk;
    }
  }
}

/// Looks in one range after the other, `skip` bytes apart, until there is enough or no range is left.
void TakeFromRanges(PMDL mdl, SIZE_T size, Wish wish, ULONG_PTR skip) {
  while (mdl->ByteCount < size && wish.lowest < kLowMemoryEnd) {
    Take(mdl, size - mdl->ByteCount, wish);
    if (skip == 0) break;
    wish.lowest += skip;
    wish.highest = wish.highest + skip < skip ? ~ULONG_PTR{0} : wish.highest + skip;
  }
}

/// Whether all of a run of so many bytes can be made of chunks; a chunk of zero is the whole of it.
bool IsChunk(SIZE_T chunk, SIZE_T size) { return chunk == 0 || (chunk >= PAGE_SIZE && (chunk & (chunk - 1)) == 0 && size % chunk == 0); }

void FreePages(PMDL mdl) {
  const SIZE_T pages = mdl->ByteCount >> PAGE_SHIFT;
  for (SIZE_T i = 0; i < pages;) {
    const ULONG_PTR physical = Frames(mdl)[i] << PAGE_SHIFT;
    const auto block = state->low.find(physical);
    if (block == state->low.end()) {
      ke::BugCheck(PFN_LIST_CORRUPT, 0x07, Frames(mdl)[i], 0, 0, "MmFreePagesFromMdl needs an MDL of MmAllocatePagesForMdl, once.");
    }
    i += block->second.size >> PAGE_SHIFT;
    FreeLow(physical);
  }
}

PMDL AllocatePages(Wish wish, ULONG_PTR skip, SIZE_T size, ULONG flags) {
  auto* const mdl = MmCreateMdl(nullptr, nullptr, size);
  if (mdl == nullptr) return nullptr;
  mdl->ByteCount = 0;
  if (!ex::LetAllocationFail()) TakeFromRanges(mdl, size, wish, skip);
  const bool enough = mdl->ByteCount == size || (mdl->ByteCount != 0 && (flags & MM_ALLOCATE_FULLY_REQUIRED) == 0);
  if (!enough) {
    FreePages(mdl);
    ex::FreePool(mdl);
    return nullptr;
  }
  mdl->MdlFlags = static_cast<CSHORT>(mdl->MdlFlags | MDL_PAGES_LOCKED);
  return mdl;
}

}  // namespace
}  // namespace nt::mm

using namespace nt;
using namespace nt::mm;

extern "C" {

PMDL MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                             MEMORY_CACHING_TYPE, ULONG Flags) {
  const SIZE_T size = PageRoundUp(std::min(TotalBytes, kMostBytes));
  const auto skip = static_cast<ULONG_PTR>(SkipBytes.QuadPart);
  Wish wish = {static_cast<ULONG_PTR>(LowAddress.QuadPart), static_cast<ULONG_PTR>(HighAddress.QuadPart), PAGE_SIZE};
  if (size == 0 || skip % PAGE_SIZE != 0 || (Flags & ~kKnownFlags) != 0) return nullptr;
  if ((Flags & MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS) == 0) return AllocatePages(wish, skip, size, Flags);
  if (!IsChunk(skip, size)) return nullptr;
  wish.chunk = skip == 0 ? size : skip;
  return AllocatePages(wish, 0, size, Flags);
}

PMDL MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes) {
  return MmAllocatePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, MmCached, 0);
}

PMDL MmAllocateNodePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress, PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                                 MEMORY_CACHING_TYPE CacheType, ULONG /*IdealNode*/, ULONG Flags) {
  return MmAllocatePagesForMdlEx(LowAddress, HighAddress, SkipBytes, TotalBytes, CacheType, Flags);
}

VOID MmFreePagesFromMdl(PMDL MemoryDescriptorList) {
  PMDL const mdl = MemoryDescriptorList;
  if ((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) != 0) MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
  FreePages(mdl);
  mdl->MdlFlags = static_cast<CSHORT>(mdl->MdlFlags & ~MDL_PAGES_LOCKED);
}

}  // extern "C"
