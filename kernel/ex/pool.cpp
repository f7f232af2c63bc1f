// Allocating and freeing pool blocks.
#include "kernel/ex/pool.h"

#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/mm/layout.h"

namespace nt::ex {

PoolState* pool_state = nullptr;

namespace {

/// Neither an address (it is not canonical) nor a likely value.
constexpr ULONG64 kPattern = 0xfeeefeeefeeefeee;
constexpr ULONG kGuard = 0xbdbdbdbd;
using Vector __attribute__((vector_size(16))) = ULONG64;

constexpr auto kClassOf = [] {
  std::array<UCHAR, PAGE_SIZE / 16 + 1> classes{};
  SIZE_T size_class = 0;
  for (SIZE_T units = 0; units < classes.size(); ++units) {
    while (kClassSize[size_class] < units * 16) ++size_class;
    classes[units] = static_cast<UCHAR>(size_class);
  }
  return classes;
}();

/// Division of an offset in a page by its class's size, as a multiplication: rounded up, and exact for so small numbers.
constexpr auto kReciprocal = [] {
  std::array<ULONG64, kClasses> reciprocals{};
  for (SIZE_T i = 0; i < kClasses; ++i) reciprocals[i] = (ULONG64{1} << 32) / kClassSize[i] + 1;
  return reciprocals;
}();

/// Freed blocks of a class that wait before the first of them is used again: few enough to stay in the processor's cache.
constexpr auto kDelay = [] {
  std::array<USHORT, kClasses> delays{};
  for (SIZE_T i = 0; i < kClasses; ++i) delays[i] = static_cast<USHORT>(kClassSize[i] <= 256 ? 32 : 8192 / kClassSize[i]);
  return delays;
}();

constexpr SIZE_T kMaxQueuedPages = 256;

ULONG_PTR AddressOf(const Region& region, SIZE_T page) { return region.base + (page << PAGE_SHIFT); }

/// A block that was never used: the rest of a page, or a new page.
ULONG_PTR Carve(Region& region, SIZE_T size_class) {
  Region::Carving& carving = region.carving[size_class];
  const SIZE_T size = kClassSize[size_class];
  if (carving.next == carving.end) {
    SIZE_T page;
    if (!AllocatePages(region, 1, &page)) return 0;
    region.pages[page].use = PageUse::Small;
    region.pages[page].size_class = static_cast<UCHAR>(size_class);
    region.pages[page].freed_by = std::make_unique<ULONG[]>(PAGE_SIZE / size);
    carving = {AddressOf(region, page), AddressOf(region, page) + PAGE_SIZE / size * size};
  }
  const ULONG_PTR block = carving.next + kHeaderSize;
  carving.next += size;
  Fill(block, FillSize(size - kHeaderSize));
  return block;
}

ULONG_PTR Reuse(BlockQueue& queue, SIZE_T room) {
  const ULONG_PTR block = queue.Pop();
  const ULONG_PTR written = FindWrite(block, FillSize(room));
  if (written != 0) [[unlikely]]
    BugCheckWrittenAfterFree(written);
  return block;
}

void* AllocateSmall(Region& region, SIZE_T size, ULONG tag, bool by_kernel) {
  const SIZE_T size_class = kClassOf[(size + kHeaderSize + kGuardSize + 15) / 16];
  const SIZE_T room = kClassSize[size_class] - kHeaderSize;
  BlockQueue& queue = region.small[size_class];
  ULONG_PTR block = queue.count() > kDelay[size_class] ? Reuse(queue, room) : Carve(region, size_class);
  if (block == 0 && queue.count() != 0) block = Reuse(queue, room);
  if (block == 0) return nullptr;
  PoolHeader& header = *HeaderOf(block);
  header.state = BlockState::Live;
  header.by_kernel = by_kernel;
  header.tag = tag;
  header.caller = EncodeCaller();
  header.size = static_cast<USHORT>(size);
  header.statistic = StatisticOf(tag, region.pool == Pool::Paged);
  header.check = CheckOf(header);
  WriteGuard(block, size, room);
  Account(header.statistic, size);
  return reinterpret_cast<void*>(block);
}

SIZE_T PageOf(const Region& region, ULONG_PTR address) { return (address - region.base) >> PAGE_SHIFT; }

ULONG_PTR NewLarge(Region& region, SIZE_T pages) {
  SIZE_T first;
  if (!AllocatePages(region, pages, &first)) return 0;
  for (SIZE_T i = 1; i < pages; ++i) {
    region.pages[first + i].use = PageUse::LargeBody;
    region.pages[first + i].head = static_cast<ULONG>(first);
  }
  region.pages[first].use = PageUse::LargeHead;
  region.pages[first].large = std::make_unique<LargeBlock>();
  Fill(AddressOf(region, first), FillSize(PAGE_SIZE));
  return AddressOf(region, first);
}

void* AllocateLarge(Region& region, SIZE_T size, ULONG tag, bool by_kernel) {
  const SIZE_T pages = size == 0 ? 1 : (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
  if (size > region.limit << PAGE_SHIFT) return nullptr;
  ULONG_PTR block;
  if (pages <= kCachedPages && region.large[pages].count() > 4) {
    block = Reuse(region.large[pages], PAGE_SIZE);
  } else {
    block = NewLarge(region, pages);
  }
  if (block == 0) return nullptr;
  const USHORT statistic = StatisticOf(tag, region.pool == Pool::Paged);
  *region.pages[PageOf(region, block)].large = {size, pages, tag, EncodeCaller(), 0, statistic, by_kernel, BlockState::Live};
  WriteGuard(block, size, pages << PAGE_SHIFT);
  Account(statistic, size);
  return reinterpret_cast<void*>(block);
}

void FreeSmall(Region& region, Page& page, ULONG_PTR block, ULONG check_tag) {
  const ULONG size = kClassSize[page.size_class];
  const auto offset = static_cast<ULONG>((block & (PAGE_SIZE - 1)) - kHeaderSize);
  const auto index = static_cast<ULONG>(offset * kReciprocal[page.size_class] >> 32);
  if (index * size != offset || offset + size > PAGE_SIZE) BugCheckBadAddress(block);
  PoolHeader& header = *HeaderOf(block);
  if (header.check != CheckOf(header)) [[unlikely]] {
    // A block that was never given out has no header yet.
    if (header.check == 0 && header.tag == 0) BugCheckBadAddress(block);
    BugCheckCorrupt(block, header.tag);
  }
  if (header.state != BlockState::Live) [[unlikely]]
    BugCheckDoubleFree(block);
  if (!TagFits(header.tag, check_tag)) [[unlikely]]
    BugCheckWrongTag(block, header.tag, check_tag);
  const SIZE_T room = size - kHeaderSize;
  if (!GuardIntact(block, header.size, room)) [[unlikely]]
    BugCheckCorrupt(block, header.tag);
  Unaccount(header.statistic, header.size);
  header.state = BlockState::Free;
  header.check = CheckOf(header);
  page.freed_by[index] = EncodeCaller();
  Fill(block, FillSize(room));
  region.small[page.size_class].Push(block);
}

/// Pages of a large block go back to the pool, and their memory to the host.
void ReleaseLarge(Region& region, ULONG_PTR block) {
  const SIZE_T first = PageOf(region, block);
  const SIZE_T pages = region.pages[first].large->pages;
  for (SIZE_T i = 0; i < pages; ++i) region.pages[first + i] = Page{};
  hal::Discard(block, pages << PAGE_SHIFT);
  ReleasePages(region, first, pages);
}

void FreeLarge(Region& region, Page& page, ULONG_PTR block, ULONG check_tag) {
  LargeBlock& large = *page.large;
  if ((block & (PAGE_SIZE - 1)) != 0) BugCheckBadAddress(block);
  if (large.state != BlockState::Live) BugCheckDoubleFree(block);
  if (!TagFits(large.tag, check_tag)) BugCheckWrongTag(block, large.tag, check_tag);
  if (!GuardIntact(block, large.size, large.pages << PAGE_SHIFT)) BugCheckCorrupt(block, large.tag);
  Unaccount(large.statistic, large.size);
  large.state = BlockState::Free;
  large.freed_by = EncodeCaller();
  if (large.pages > kCachedPages) return ReleaseLarge(region, block);
  Fill(block, FillSize(PAGE_SIZE));
  BlockQueue& queue = region.large[large.pages];
  queue.Push(block);
  if (queue.count() * large.pages > kMaxQueuedPages) ReleaseLarge(region, Reuse(queue, PAGE_SIZE));
}

}  // namespace

void BlockQueue::Grow() {
  std::vector<ULONG_PTR> larger(slots_.empty() ? 16 : slots_.size() * 2);
  for (SIZE_T i = 0; i < count_; ++i) larger[i] = slots_[(first_ + i) & (slots_.size() - 1)];
  slots_ = std::move(larger);
  first_ = 0;
}

ULONG EncodeCaller() {
  const auto address = reinterpret_cast<ULONG_PTR>(ke::CallerAddress());
  const ULONG_PTR offset = address - mm::kImages;
  return offset < 0xffff'ffff ? static_cast<ULONG>(offset) : 0;
}

ULONG_PTR DecodeCaller(ULONG caller) { return caller == 0 ? 0 : mm::kImages + caller; }

void WriteGuard(ULONG_PTR block, SIZE_T size, SIZE_T room) {
  if (room - size >= kGuardSize) std::memcpy(reinterpret_cast<void*>(block + size), &kGuard, kGuardSize);
}

bool GuardIntact(ULONG_PTR block, SIZE_T size, SIZE_T room) {
  return room - size < kGuardSize || std::memcmp(reinterpret_cast<const void*>(block + size), &kGuard, kGuardSize) == 0;
}

void Fill(ULONG_PTR block, SIZE_T size) {
  constexpr Vector kPatterns = {kPattern, kPattern};
#pragma GCC unroll 8
  for (SIZE_T i = 0; i < size; i += sizeof(Vector)) *reinterpret_cast<Vector*>(block + i) = kPatterns;
}

ULONG_PTR FindWrite(ULONG_PTR block, SIZE_T size) {
  constexpr Vector kPatterns = {kPattern, kPattern};
  Vector difference = {};
#pragma GCC unroll 8
  for (SIZE_T i = 0; i < size; i += sizeof(Vector)) difference |= *reinterpret_cast<const Vector*>(block + i) ^ kPatterns;
  if ((difference[0] | difference[1]) == 0) [[likely]]
    return 0;
  for (SIZE_T i = 0; i < size; ++i) {
    if (*reinterpret_cast<const UCHAR*>(block + i) != static_cast<UCHAR>(kPattern >> i % 8 * 8)) return block + i;
  }
  return 0;
}

Region* RegionOf(ULONG_PTR address) {
  for (Region& region : pool_state->regions) {
    if (address - region.base < region.limit << PAGE_SHIFT) return &region;
  }
  return nullptr;
}

void* AllocateFrom(Pool pool, SIZE_T size, ULONG tag, bool by_kernel, bool aligned, Special special) {
  if (pool_state->special_on || special != Special::AsSet) [[unlikely]] {
    if (void* const block = AllocateSpecial(pool, size, tag, by_kernel, special == Special::Underrun)) return block;
  }
  Region& region = pool_state->regions[static_cast<SIZE_T>(pool)];
  return size <= kMaxSmall && !aligned ? AllocateSmall(region, size, tag, by_kernel) : AllocateLarge(region, size, tag, by_kernel);
}

void FreeBlock(void* pointer, ULONG check_tag) {
  const auto block = reinterpret_cast<ULONG_PTR>(pointer);
  Region* const region = RegionOf(block);
  if (region == nullptr) [[unlikely]] {
    if (IsSpecialAddress(block)) return FreeSpecial(block, check_tag);
    BugCheckBadAddress(block);
  }
  const SIZE_T index = PageOf(*region, block);
  if (index >= region->pages.size()) BugCheckBadAddress(block);
  Page& page = region->pages[index];
  switch (page.use) {
    case PageUse::Small:
      return FreeSmall(*region, page, block, check_tag);
    case PageUse::LargeHead:
      return FreeLarge(*region, page, block, check_tag);
    default:
      BugCheckBadAddress(block);
  }
}

void* AllocatePool(POOL_TYPE type, SIZE_T size, ULONG tag) {
  const ULONG bits = static_cast<ULONG>(type);
  const Pool pool = (bits & PagedPool) != 0 ? Pool::Paged : (bits & POOL_NX_ALLOCATION) != 0 ? Pool::NonPagedNx : Pool::NonPagedExecute;
  return AllocateFrom(pool, size, tag, true, (bits & NonPagedPoolCacheAligned) != 0);
}

void FreePool(void* block) {
  const auto address = reinterpret_cast<ULONG_PTR>(block);
  ULONG tag = 0;
  if (const Region* const region = RegionOf(address); region != nullptr && PageOf(*region, address) < region->pages.size()) {
    const Page& page = region->pages[PageOf(*region, address)];
    if (page.use == PageUse::Small && (address & (PAGE_SIZE - 1)) >= kHeaderSize) tag = HeaderOf(address)->tag;
    if (page.use == PageUse::LargeHead) tag = page.large->tag;
  } else if (const SpecialBlock* const special = FindSpecial(address)) {
    tag = special->tag;
  }
  FreeBlock(block, tag);
}

}  // namespace nt::ex
