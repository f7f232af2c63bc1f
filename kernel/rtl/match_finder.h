// Finds what came before, for compressors: hash chains over three bytes.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernel/rtl/compression.h"

namespace nt::rtl {

struct Match {
  ULONG length = 0;
  ULONG distance = 0;
};

class MatchFinder {
 public:
  static constexpr ULONG kShortest = 3;

  /// `effort` is how many earlier places are tried.
  MatchFinder(ConstBytes data, ULONG effort, MatchTable* table) : data_(data), effort_(effort), table_(table) {
    std::memset(table->head, 0, sizeof table->head);
  }

  /// The longest match for `position`, at most `longest` bytes and `farthest` bytes before; none if it is shorter than three bytes.
  Match Find(ULONG position, ULONG longest, ULONG farthest) const {
    Match best;
    longest = std::min(longest, static_cast<ULONG>(data_.size()) - position);
    if (longest < kShortest) return best;
    ULONG tries = effort_;
    for (ULONG at = table_->head[HashAt(position)]; at != 0 && tries != 0; at = table_->previous[(at - 1) % MatchTable::kWindow], --tries) {
      const ULONG distance = position - (at - 1);
      if (distance > farthest || distance >= MatchTable::kWindow) break;
      const ULONG length = LengthOf(position, at - 1, longest);
      if (length > best.length) best = {length, distance};
    }
    return best.length < kShortest ? Match{} : best;
  }

  /// Remembers `count` positions from `position` on.
  void Insert(ULONG position, ULONG count) {
    for (const ULONG end = position + count; position < end && position + kShortest <= data_.size(); ++position) {
      ULONG& head = table_->head[HashAt(position)];
      table_->previous[position % MatchTable::kWindow] = head;
      head = position + 1;
    }
  }

 private:
  ULONG HashAt(ULONG position) const {
    const ULONG bytes = static_cast<ULONG>(data_[position] | data_[position + 1] << 8 | data_[position + 2] << 16);
    return bytes * 0x9E3779B1 >> (32 - MatchTable::kHashBits);
  }
  ULONG LengthOf(ULONG position, ULONG earlier, ULONG longest) const {
    ULONG length = 0;
    while (length < longest && data_[position + length] == data_[earlier + length]) ++length;
    return length;
  }

  ConstBytes data_;
  ULONG effort_;
  MatchTable* table_;
};

}  // namespace nt::rtl
