#include "kernel/rtl/casing.h"

#include <algorithm>

namespace nt::rtl {

WCHAR MapCase(std::span<const CaseRun> runs, WCHAR character) {
  const auto run = std::ranges::lower_bound(runs, character, {}, &CaseRun::last);
  if (run == runs.end() || character < run->first || (character - run->first) % run->stride != 0) return character;
  return static_cast<WCHAR>(character + run->delta);
}

}  // namespace nt::rtl
