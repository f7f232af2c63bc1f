// Pool use by tag.
#include <algorithm>

#include "kernel/ex/pool.h"

namespace nt::ex {
namespace {

SIZE_T Hash(ULONG tag, bool paged) { return (tag * 0x9e3779b1u + paged) >> 16; }

USHORT* SlotOf(ULONG tag, bool paged) {
  auto& index = pool_state->statistics_index;
  for (SIZE_T i = Hash(tag, paged);; ++i) {
    USHORT& slot = index[i & (index.size() - 1)];
    if (slot == 0) return &slot;
    const TagStatistics& known = pool_state->statistics[slot - 1u];
    if (known.tag == tag && known.paged == paged) return &slot;
  }
}

void GrowIndex() {
  auto& index = pool_state->statistics_index;
  index.assign(index.size() * 2, 0);
  for (SIZE_T i = 0; i < pool_state->statistics.size(); ++i) {
    *SlotOf(pool_state->statistics[i].tag, pool_state->statistics[i].paged) = static_cast<USHORT>(i + 1);
  }
}

/// So many tags can be told apart; further ones are counted under the last.
constexpr SIZE_T kMaxStatistics = 0xfffe;

}  // namespace

USHORT AddStatistic(ULONG tag, bool paged) {
  auto& statistics = pool_state->statistics;
  const USHORT* const slot = SlotOf(tag, paged);
  if (*slot != 0) return static_cast<USHORT>(*slot - 1);
  if (statistics.size() == kMaxStatistics) return static_cast<USHORT>(kMaxStatistics - 1);
  if (statistics.size() * 2 >= pool_state->statistics_index.size()) GrowIndex();
  statistics.push_back({tag, paged, 0, 0, 0, 0});
  *SlotOf(tag, paged) = static_cast<USHORT>(statistics.size());
  return static_cast<USHORT>(statistics.size() - 1);
}

std::vector<TagStatistics> PoolStatistics() {
  std::vector<TagStatistics> result = pool_state->statistics;
  std::ranges::sort(result,
                    [](const TagStatistics& a, const TagStatistics& b) { return a.tag != b.tag ? a.tag < b.tag : a.paged < b.paged; });
  return result;
}

}  // namespace nt::ex
