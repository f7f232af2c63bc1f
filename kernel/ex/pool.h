// The pools' inner parts. Private to ex.
//
// A pool is a range of pages. A page holds blocks of one size class, or belongs to a large block: one of whole pages, which has no
// header. A freed block waits in its class's queue, filled with a pattern, until enough others were freed after it; whatever is
// written to it meanwhile is found when it is used again.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "kernel/ex/ex.h"
#include "kernel/hal/memory.h"
#include "nt/types.h"

namespace nt::ex {

enum class BlockState : UCHAR { Live = 0xa7, Free = 0x5f };

/// Before each small block. The tag is where NT's POOL_HEADER has it.
struct PoolHeader {
  USHORT check;  ///< of the other fields
  BlockState state;
  UCHAR by_kernel;
  ULONG tag;
  ULONG caller;      ///< EncodeCaller
  USHORT size;       ///< bytes asked for
  USHORT statistic;  ///< index of its tag's statistics
};
static_assert(sizeof(PoolHeader) == 16 && offsetof(PoolHeader, tag) == 4);

inline constexpr SIZE_T kHeaderSize = sizeof(PoolHeader);
/// Behind every block, unless a large one ends with its page.
inline constexpr SIZE_T kGuardSize = 4;
/// Greatest small request: a block never crosses a page.
inline constexpr SIZE_T kMaxSmall = PAGE_SIZE - kHeaderSize - kGuardSize;
/// Large blocks of up to this many pages keep their pages when freed.
inline constexpr SIZE_T kCachedPages = 16;

/// Block sizes: as many as possible into a page, and not too many different ones.
inline constexpr USHORT kClassSize[] = {32,  48,  64,  80,  96,  112, 128, 144, 160, 176, 192, 208,  224,  240,  256,
                                        272, 288, 304, 336, 368, 400, 448, 512, 576, 672, 816, 1024, 1360, 2048, 4096};
inline constexpr SIZE_T kClasses = std::size(kClassSize);

/// What a large block is; its first page points to it.
struct LargeBlock {
  SIZE_T size;
  SIZE_T pages;
  ULONG tag;
  ULONG caller;
  ULONG freed_by;
  USHORT statistic;
  bool by_kernel;
  BlockState state;
};

enum class PageUse : UCHAR { Unused, Small, LargeHead, LargeBody };

struct Page {
  PageUse use = PageUse::Unused;
  UCHAR size_class = 0;               ///< Small
  ULONG head = 0;                     ///< LargeBody: index of the block's first page
  std::unique_ptr<ULONG[]> freed_by;  ///< Small: who freed each block last
  std::unique_ptr<LargeBlock> large;  ///< LargeHead
};

/// First in, first out: what was freed last is used again last.
class BlockQueue {
 public:
  SIZE_T count() const { return count_; }
  void Push(ULONG_PTR block) {
    if (count_ == slots_.size()) Grow();
    slots_[(first_ + count_++) & (slots_.size() - 1)] = block;
  }
  ULONG_PTR Pop() {
    const ULONG_PTR block = slots_[first_];
    first_ = (first_ + 1) & (slots_.size() - 1);
    --count_;
    return block;
  }

 private:
  void Grow();
  std::vector<ULONG_PTR> slots_;
  SIZE_T first_ = 0;
  SIZE_T count_ = 0;
};

/// One pool's pages.
struct Region {
  Pool pool{};
  ULONG_PTR base = 0;
  SIZE_T limit = 0;  ///< pages
  hal::Protection protection{};
  SIZE_T mapped = 0;                   ///< pages that are mapped, from base on
  std::vector<Page> pages;             ///< those that were ever used
  std::map<SIZE_T, SIZE_T> free_runs;  ///< first page → pages: neighbours are always joined
  std::array<BlockQueue, kClasses> small;
  std::array<BlockQueue, kCachedPages + 1> large;
  struct Carving {
    ULONG_PTR next = 0, end = 0;
  };
  std::array<Carving, kClasses> carving;  ///< what is left of each class's newest page
};

/// A block with pages of its own; see SetSpecialPool.
struct SpecialBlock {
  ULONG_PTR address;
  SIZE_T size;
  SIZE_T pages;
  ULONG tag;
  ULONG caller;
  ULONG freed_by;
  USHORT statistic;
  bool by_kernel;
  bool live;
  Pool pool;
};

/// Where a block of special pool lies on its pages, if it is to be one.
enum class Special : UCHAR {
  AsSet,     ///< special pool only if SetSpecialPool says so
  Overrun,   ///< at the end: what writes behind it faults
  Underrun,  ///< at the start: what writes before it faults
};

/// A block whose process was charged for it.
struct QuotaBlock {
  PEPROCESS process;
  bool paged;
  SIZE_T size;
};

/// A block that only ExSecurePoolUpdate may write.
struct SecureBlock {
  const void* pool;
  SIZE_T size;
  ULONG tag;
  ULONG flags;
  ULONG_PTR cookie;
};

struct PoolState {
  std::array<Region, 3> regions;
  std::vector<TagStatistics> statistics;
  std::array<USHORT, 2> recent_statistic{};
  std::vector<USHORT> statistics_index;       ///< hash table of indices + 1; its length is a power of two
  std::map<ULONG_PTR, SpecialBlock> special;  ///< by first page
  std::array<ULONG_PTR, 2> special_next;      ///< next address for non-paged and paged blocks
  SIZE_T special_live = 0;
  bool special_on = false;
  std::array<SIZE_T, 2> pages{};        ///< in use by non-paged and paged pool
  std::array<SIZE_T, 2> quota_limit{};  ///< bytes a process may have; 0: no limit
  std::unordered_map<PEPROCESS, std::array<PoolQuotaUse, 2>> quotas;
  std::unordered_map<void*, QuotaBlock> quota_blocks;
  std::unordered_map<void*, SecureBlock> secure_blocks;
  AllocationFaults faults;
  bool faults_on = false;
  ULONG64 allocation_number = 0;
};
extern PoolState* pool_state;

/// PE addresses lie in the images' range: four bytes tell them apart. 0 is the kernel.
ULONG EncodeCaller();
ULONG_PTR DecodeCaller(ULONG caller);

/// The block of `size` bytes, or null. `aligned`: on a page of its own.
void* AllocateFrom(Pool pool, SIZE_T size, ULONG tag, bool by_kernel, bool aligned, Special special = Special::AsSet);
/// Frees it; `check_tag` 0 fits every block that is not protected. Bugchecks for what is no live block.
void FreeBlock(void* block, ULONG check_tag);

/// The region that contains an address, or null.
Region* RegionOf(ULONG_PTR address);
inline PoolHeader* HeaderOf(ULONG_PTR block) { return reinterpret_cast<PoolHeader*>(block - kHeaderSize); }
/// The products' upper bits depend on every field: a change of any one is seen.
inline USHORT CheckOf(const PoolHeader& header) {
  const ULONG64 first = static_cast<ULONG64>(header.state) | ULONG64{header.by_kernel} << 8 | ULONG64{header.tag} << 16;
  const ULONG64 second = header.caller | ULONG64{header.size} << 32 | ULONG64{header.statistic} << 48;
  return static_cast<USHORT>((first * 0x9e3779b97f4a7c15 ^ second * 0xc2b2ae3d27d4eb4f) >> 48);
}
bool GuardIntact(ULONG_PTR block, SIZE_T size, SIZE_T room);
void WriteGuard(ULONG_PTR block, SIZE_T size, SIZE_T room);
/// Bytes of a freed block's pattern.
inline SIZE_T FillSize(SIZE_T room) { return room < 256 ? room : 256; }
void Fill(ULONG_PTR block, SIZE_T size);
/// The first address that was written to, or 0.
ULONG_PTR FindWrite(ULONG_PTR block, SIZE_T size);

// pages (pool_pages.cpp)
/// Counts pages as a pool's; false if the pool or the machine has no more.
bool ChargePages(bool paged, SIZE_T count);
void UnchargePages(bool paged, SIZE_T count);
bool AllocatePages(Region& region, SIZE_T count, SIZE_T* first);
void ReleasePages(Region& region, SIZE_T first, SIZE_T count);

// statistics (pool_statistics.cpp)
USHORT AddStatistic(ULONG tag, bool paged);
/// Index of a tag's statistics; mostly the one that was asked for last.
inline USHORT StatisticOf(ULONG tag, bool paged) {
  const USHORT recent = pool_state->recent_statistic[paged];
  if (recent < pool_state->statistics.size() && pool_state->statistics[recent].tag == tag && pool_state->statistics[recent].paged == paged)
      [[likely]] {
    return recent;
  }
  return pool_state->recent_statistic[paged] = AddStatistic(tag, paged);
}
inline void Account(USHORT statistic, SIZE_T size) {
  TagStatistics& tag = pool_state->statistics[statistic];
  ++tag.allocations;
  tag.bytes += size;
  if (tag.peak_bytes < tag.bytes) tag.peak_bytes = tag.bytes;
}
inline void Unaccount(USHORT statistic, SIZE_T size) {
  TagStatistics& tag = pool_state->statistics[statistic];
  ++tag.frees;
  tag.bytes -= size;
}

// special pool (pool_special.cpp)
void* AllocateSpecial(Pool pool, SIZE_T size, ULONG tag, bool by_kernel, bool underrun);
bool IsSpecialAddress(ULONG_PTR address);
void FreeSpecial(ULONG_PTR block, ULONG check_tag);
const SpecialBlock* FindSpecial(ULONG_PTR address);

// quotas (pool_quota.cpp)
/// Notes for whom a block was charged, and returns the charge.
void NoteQuotaBlock(void* block, PEPROCESS process, bool paged, SIZE_T size);
void ReturnBlockQuota(void* block);
/// So little is left of a pool that requests of low priority get nothing.
bool PoolIsScarce(bool paged);

// what is wrong (pool_bugcheck.cpp)
[[noreturn]] void BugCheckDoubleFree(ULONG_PTR block);
[[noreturn]] void BugCheckBadAddress(ULONG_PTR block);
[[noreturn]] void BugCheckWrongTag(ULONG_PTR block, ULONG allocated, ULONG freed);
[[noreturn]] void BugCheckCorrupt(ULONG_PTR block, ULONG tag);
[[noreturn]] void BugCheckWrittenAfterFree(ULONG_PTR address);
/// A tag given at the free fits the one given at the allocation.
inline bool TagFits(ULONG allocated, ULONG freed) { return freed == allocated || (freed == 0 && (allocated & PROTECTED_POOL) == 0); }

}  // namespace nt::ex
