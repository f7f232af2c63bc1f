// Pseudo-random numbers: a linear congruential generator, shuffled through a table (Knuth's algorithm M), as NT describes it.
#include <array>

#include "kernel/rtl/rtl.h"

namespace {

constexpr ULONG kModulus = 0x7FFFFFFF;
constexpr ULONG kFirstSeed = 0x12345678;

ULONG Step(PULONG seed) {
  *seed = static_cast<ULONG>((0x7FFFFFEDULL * *seed + 0x7FFFFFC3) % kModulus);
  return *seed;
}

struct Table {
  std::array<ULONG, 128> values;
  ULONG last;
};
Table table;

}  // namespace

void nt::rtl::Initialize() {
  ULONG seed = kFirstSeed;
  for (ULONG& value : table.values) value = Step(&seed);
  table.last = Step(&seed);
  SetTimeZoneBias(0);
  ResetRandom();
}

void nt::rtl::Shutdown() {}

ULONG RtlRandom(PULONG Seed) {
  const ULONG place = Step(Seed);
  ULONG* const slot = &table.values[place % table.values.size()];
  const ULONG result = *slot;
  *slot = Step(Seed);
  return result;
}

ULONG RtlRandomEx(PULONG Seed) {
  ULONG* const slot = &table.values[table.last % table.values.size()];
  table.last = *slot;
  *slot = Step(Seed);
  return table.last;
}
