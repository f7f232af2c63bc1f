// Special pool: each block on pages of its own, its end at the end of the last one, nothing mapped behind it nor in its place once it is
// freed. So the instruction at fault is the one that faults.
#include <algorithm>
#include <cstring>

#include "kernel/ex/pool.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/layout.h"
#include "nt/bugcodes.h"
#include "nt/mm.h"

namespace nt::ex {
namespace {

constexpr SIZE_T kSpecialSize = mm::kNonPagedPoolSize / 2;
/// Each live block is a mapping of the host's, and the host has a limit.
constexpr SIZE_T kMaxLive = 16384;

ULONG_PTR Start(bool paged) {
  return paged ? mm::kPagedPool + mm::kPagedPoolSize - kSpecialSize : mm::kNonPagedPool + mm::kNonPagedPoolSize - kSpecialSize;
}

constexpr UCHAR kSlack = 0xbd;

/// The bytes of a block's pages that are not the block's get a pattern.
void FillSlack(ULONG_PTR first, ULONG_PTR block, SIZE_T size, SIZE_T bytes) {
  std::memset(reinterpret_cast<void*>(first), kSlack, block - first);
  std::memset(reinterpret_cast<void*>(block + size), kSlack, first + bytes - block - size);
}

/// The first of them that was written to, or 0.
ULONG_PTR FindInSlack(ULONG_PTR first, ULONG_PTR block, SIZE_T size, SIZE_T bytes) {
  const auto find = [](ULONG_PTR from, ULONG_PTR to) {
    while (from < to && *reinterpret_cast<const UCHAR*>(from) == kSlack) ++from;
    return from < to ? from : 0;
  };
  const ULONG_PTR before = find(first, block);
  return before != 0 ? before : find(block + size, first + bytes);
}

}  // namespace

bool IsSpecialAddress(ULONG_PTR address) { return address - Start(false) < kSpecialSize || address - Start(true) < kSpecialSize; }

void SetSpecialPool(bool on) { pool_state->special_on = on; }

bool SpecialPool() { return pool_state->special_on; }

void* AllocateSpecial(Pool pool, SIZE_T size, ULONG tag, bool by_kernel, bool underrun) {
  const bool paged = pool == Pool::Paged;
  ULONG_PTR& next = pool_state->special_next[paged];
  if (next == 0) next = Start(paged);
  if (size > kSpecialSize) return nullptr;
  const SIZE_T bytes = std::max<SIZE_T>(PageRoundUp(size), PAGE_SIZE);
  // Addresses are never used twice; when they or the host's mappings run out, blocks come from ordinary pool.
  if (pool_state->special_live == kMaxLive || next + bytes + PAGE_SIZE > Start(paged) + kSpecialSize) return nullptr;
  const auto protection = pool == Pool::NonPagedExecute ? hal::Protection::ReadWriteExecute : hal::Protection::ReadWrite;
  if (!ChargePages(paged, bytes >> PAGE_SHIFT)) return nullptr;
  if (!hal::MapLinear(next, bytes, protection)) {
    UnchargePages(paged, bytes >> PAGE_SHIFT);
    return nullptr;
  }
  const ULONG_PTR first = next;
  next += bytes + PAGE_SIZE;
  const ULONG_PTR block = size >= PAGE_SIZE || underrun ? first : (first + bytes - std::max<SIZE_T>(size, 1)) & ~ULONG_PTR{15};
  Fill(block, FillSize(first + bytes - block));
  FillSlack(first, block, size, bytes);
  const USHORT statistic = StatisticOf(tag, paged);
  pool_state->special.emplace(first,
                              SpecialBlock{block, size, bytes >> PAGE_SHIFT, tag, EncodeCaller(), 0, statistic, by_kernel, true, pool});
  ++pool_state->special_live;
  Account(statistic, size);
  return reinterpret_cast<void*>(block);
}

const SpecialBlock* FindSpecial(ULONG_PTR address) {
  auto found = pool_state->special.upper_bound(address);
  if (found == pool_state->special.begin()) return nullptr;
  --found;
  const ULONG_PTR end = found->first + ((found->second.pages + 1) << PAGE_SHIFT);  // with the page that guards it
  return address < end ? &found->second : nullptr;
}

void FreeSpecial(ULONG_PTR address, ULONG check_tag) {
  auto* const block = const_cast<SpecialBlock*>(FindSpecial(address));
  if (block == nullptr || block->address != address) BugCheckBadAddress(address);
  if (!block->live) BugCheckDoubleFree(address);
  if (!TagFits(block->tag, check_tag)) BugCheckWrongTag(address, block->tag, check_tag);
  const ULONG_PTR first = PageAlign(address);
  const SIZE_T bytes = block->pages << PAGE_SHIFT;
  if (const ULONG_PTR written = FindInSlack(first, address, block->size, bytes); written != 0) {
    ke::BugCheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, address, written, block->size, written < address ? 0x24 : 0x23,
                 written < address
                     ? "Nobody may write before the start of a pool block: the bytes before it on its page are overwritten."
                     : "Nobody may write behind the end of a pool block: the bytes up to the end of its page are overwritten.");
  }
  Unaccount(block->statistic, block->size);
  block->live = false;
  block->freed_by = EncodeCaller();
  --pool_state->special_live;
  hal::Discard(first, bytes);
  hal::Unmap(first, bytes);
  UnchargePages(block->pool == Pool::Paged, block->pages);
}

bool IsFreedSpecialPool(ULONG_PTR address) {
  const SpecialBlock* const block = pool_state != nullptr ? FindSpecial(address) : nullptr;
  return block != nullptr && !block->live && address < PageAlign(block->address) + (block->pages << PAGE_SHIFT);
}

bool IsBeyondSpecialPool(ULONG_PTR address) {
  const SpecialBlock* const block = pool_state != nullptr ? FindSpecial(address) : nullptr;
  return block != nullptr && block->live && address >= PageAlign(block->address) + (block->pages << PAGE_SHIFT);
}

}  // namespace nt::ex
