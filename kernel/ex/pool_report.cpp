// What the pools know: live blocks, broken blocks, and whose an address is.
#include <algorithm>
#include <cstdio>

#include "kernel/ex/pool.h"
#include "kernel/ke/machine.h"

namespace nt::ex {
namespace {

const char* NameOf(Pool pool) {
  switch (pool) {
    case Pool::NonPagedExecute:
      return "executable non-paged pool";
    case Pool::NonPagedNx:
      return "non-paged pool";
    case Pool::Paged:
      return "paged pool";
  }
  return "pool";
}

/// A block with all that is known of it, whatever its kind.
struct Known {
  ULONG_PTR address;
  SIZE_T size;
  SIZE_T room;
  ULONG tag;
  ULONG caller;
  ULONG freed_by;
  Pool pool;
  bool by_kernel;
  bool live;
};

std::string ByWhom(ULONG caller) { return caller == 0 ? std::string("the kernel") : ke::DescribeCode(DecodeCaller(caller)); }

std::string Describe(const Known& block) {
  std::string text = block.live ? "live " : "freed ";
  text += NameOf(block.pool);
  text += " block, tag " + TagText(block.tag) + ", " + std::to_string(block.size) + " bytes, allocated by " + ByWhom(block.caller);
  if (!block.live) text += ", freed by " + ByWhom(block.freed_by);
  return text;
}

std::string Place(ULONG_PTR address, const Known& block) {
  if (address < block.address) return std::to_string(block.address - address) + " bytes before a ";
  const SIZE_T offset = address - block.address;
  if (offset == 0) return "start of a ";
  if (offset < block.size) return std::to_string(offset) + " bytes into a ";
  return std::to_string(offset - block.size) + " bytes behind the end of a ";
}

Known KnowSmall(const Region& region, const Page& page, ULONG_PTR block, SIZE_T index) {
  const PoolHeader& header = *HeaderOf(block);
  return {block,       header.size,           kClassSize[page.size_class] - kHeaderSize, header.tag, header.caller, page.freed_by[index],
          region.pool, header.by_kernel != 0, header.state == BlockState::Live};
}

Known KnowLarge(const Region& region, ULONG_PTR address, const LargeBlock& large) {
  return {address,     large.size,      large.pages << PAGE_SHIFT,      large.tag, large.caller, large.freed_by,
          region.pool, large.by_kernel, large.state == BlockState::Live};
}

Known KnowSpecial(const SpecialBlock& block) {
  return {block.address, block.size, block.size, block.tag, block.caller, block.freed_by, block.pool, block.by_kernel, block.live};
}

/// Blocks of a page that were ever given out.
template <class Visit>
void ForEachSmall(const Region& region, SIZE_T index, Visit&& visit) {
  const Page& page = region.pages[index];
  const ULONG_PTR start = region.base + (index << PAGE_SHIFT);
  const SIZE_T size = kClassSize[page.size_class];
  const auto& carving = region.carving[page.size_class];
  for (SIZE_T i = 0; i < PAGE_SIZE / size; ++i) {
    const ULONG_PTR slot = start + i * size;
    if (slot >= carving.next && slot < carving.end) break;
    visit(KnowSmall(region, page, slot + kHeaderSize, i));
  }
}

template <class Visit>
void ForEachKnown(Visit&& visit) {
  for (const Region& region : pool_state->regions) {
    for (SIZE_T i = 0; i < region.pages.size(); ++i) {
      const Page& page = region.pages[i];
      if (page.use == PageUse::Small) ForEachSmall(region, i, visit);
      if (page.use == PageUse::LargeHead) visit(KnowLarge(region, region.base + (i << PAGE_SHIFT), *page.large));
    }
  }
}

bool FindKnown(ULONG_PTR address, Known* known) {
  if (const SpecialBlock* const special = FindSpecial(address)) {
    *known = KnowSpecial(*special);
    return true;
  }
  const Region* const region = RegionOf(address);
  if (region == nullptr) return false;
  SIZE_T index = (address - region->base) >> PAGE_SHIFT;
  if (index >= region->pages.size()) return false;
  if (region->pages[index].use == PageUse::LargeBody) index = region->pages[index].head;
  const Page& page = region->pages[index];
  const ULONG_PTR start = region->base + (index << PAGE_SHIFT);
  if (page.use == PageUse::LargeHead) {
    *known = KnowLarge(*region, start, *page.large);
    return true;
  }
  if (page.use != PageUse::Small) return false;
  bool found = false;
  ForEachSmall(*region, index, [&](const Known& block) {
    if (address < block.address - kHeaderSize || address >= block.address + block.room) return;
    *known = block;
    found = true;
  });
  return found;
}

bool Broken(const Known& block) {
  const bool small = block.room < PAGE_SIZE - kHeaderSize + 1;
  if (small && HeaderOf(block.address)->check != CheckOf(*HeaderOf(block.address))) return true;
  return block.live && !GuardIntact(block.address, block.size, block.room);
}

}  // namespace

std::string TagText(ULONG tag) {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    const auto c = static_cast<char>((i == 3 ? tag & ~PROTECTED_POOL : tag) >> i * 8);
    text += c >= ' ' && c <= '~' ? c : '.';
  }
  return text;
}

void ForEachAllocation(const std::function<void(const Allocation&)>& visit) {
  const auto report = [&](const Known& block) {
    if (block.live) visit({block.address, block.size, block.tag, block.pool, block.by_kernel, DecodeCaller(block.caller)});
  };
  ForEachKnown(report);
  for (const auto& [page, block] : pool_state->special) report(KnowSpecial(block));
}

std::vector<std::string> VerifyPool() {
  std::vector<std::string> result;
  ForEachKnown([&](const Known& block) {
    if (Broken(block)) {
      result.push_back("Written before the start or behind the end of a " + Describe(block));
    } else if (!block.live) {
      const ULONG_PTR written = FindWrite(block.address, FillSize(block.room));
      if (written != 0) result.push_back("Written after the free, " + Place(written, block) + Describe(block));
    }
  });
  return result;
}

std::string DescribePoolAddress(ULONG_PTR address) {
  if (pool_state == nullptr) return {};
  Known block{};
  if (FindKnown(address, &block)) return Place(address, block) + Describe(block);
  const Region* const region = RegionOf(address);
  if (region == nullptr) return {};
  return std::string("in unused ") + NameOf(region->pool);
}

}  // namespace nt::ex
