// How much memory there is and what is promised of it. Every page that the machine hands out is counted here.
#pragma once

#include <array>

#include "nt/ke.h"

namespace nt::mm {

/// What the events in \KernelObjects tell, in the order of their names' table.
enum class MemoryCondition : ULONG {
  LowMemory,
  HighMemory,
  LowPagedPool,
  HighPagedPool,
  LowNonPagedPool,
  HighNonPagedPool,
  LowCommit,
  HighCommit,
  MaximumCommit,
  Count
};
inline constexpr ULONG kMemoryConditions = static_cast<ULONG>(MemoryCondition::Count);

/// What a machine has if nothing else is said.
inline constexpr SIZE_T kDefaultMemory = SIZE_T{8} << 30;

/// All in pages.
struct Memory {
  SIZE_T physical = kDefaultMemory >> PAGE_SHIFT;
  SIZE_T commit_limit = (kDefaultMemory + kDefaultMemory / 4) >> PAGE_SHIFT;
  SIZE_T committed = 0;
  SIZE_T peak = 0;
  SIZE_T low_threshold = 0;  ///< 0: by the size of memory
  SIZE_T high_threshold = 0;
  std::array<PKEVENT, kMemoryConditions> events{};
  ULONG told = 0;  ///< the conditions that the events tell, as bits
  bool pending = false;
  KDPC dpc{};
};

/// Counts pages as taken; false if there are not so many.
bool Commit(SIZE_T pages);
void Decommit(SIZE_T pages);

}  // namespace nt::mm
