// Bitmaps. Bit n is bit n % 32 of word n / 32.
#include <algorithm>
#include <bit>

#include "kernel/rtl/rtl.h"

namespace {

constexpr ULONG kNone = 0xFFFFFFFF;
constexpr ULONG kWordBits = 32;

bool Bit(const RTL_BITMAP* map, ULONG index) { return (map->Buffer[index / kWordBits] >> (index % kWordBits) & 1) != 0; }

/// The bits of one word that belong to the range [first, end).
ULONG WordMask(ULONG word, ULONG first, ULONG end) {
  ULONG mask = ~0U;
  if (first > word * kWordBits) mask &= ~0U << (first % kWordBits);
  if (end - word * kWordBits < kWordBits) mask &= ~(~0U << (end % kWordBits));
  return mask;
}

void Write(PRTL_BITMAP map, ULONG first, ULONG count, bool value) {
  if (count == 0) return;
  const ULONG end = first + count;
  for (ULONG word = first / kWordBits; word <= (end - 1) / kWordBits; ++word) {
    const ULONG mask = WordMask(word, first, end);
    if (value)
      map->Buffer[word] |= mask;
    else
      map->Buffer[word] &= ~mask;
  }
}

/// The first index in [first, end) whose bit is `value`; `end` if there is none.
ULONG Next(const RTL_BITMAP* map, ULONG first, ULONG end, bool value) {
  while (first < end) {
    ULONG word = map->Buffer[first / kWordBits];
    if (!value) word = ~word;
    word &= ~0U << (first % kWordBits);
    const ULONG base = first & ~(kWordBits - 1);
    if (word != 0) return std::min(end, base + static_cast<ULONG>(std::countr_zero(word)));
    first = base + kWordBits;
    if (first < base) break;  // the largest bitmap ends here
  }
  return end;
}

bool All(const RTL_BITMAP* map, ULONG first, ULONG count, bool value) {
  const bool inside = count != 0 && first < map->SizeOfBitMap && count <= map->SizeOfBitMap - first;
  return inside && Next(map, first, first + count, !value) == first + count;
}

/// The first run of `count` bits of `value` that begins in [first, last].
ULONG FindRun(const RTL_BITMAP* map, ULONG first, ULONG last, ULONG count, bool value) {
  for (ULONG at = first; (at = Next(map, at, map->SizeOfBitMap, value)) <= last && at < map->SizeOfBitMap;) {
    const ULONG end = Next(map, at, map->SizeOfBitMap, !value);
    if (end - at >= count) return at;
    at = end;
  }
  return kNone;
}

ULONG Find(const RTL_BITMAP* map, ULONG count, ULONG hint, bool value) {
  if (count > map->SizeOfBitMap) return kNone;
  if (hint >= map->SizeOfBitMap) hint = 0;
  if (count == 0) return hint & ~7U;
  const ULONG found = FindRun(map, hint, map->SizeOfBitMap - count, count, value);
  return found != kNone || hint == 0 ? found : FindRun(map, 0, hint - 1, count, value);
}

ULONG FindAndWrite(PRTL_BITMAP map, ULONG count, ULONG hint, bool value) {
  const ULONG found = Find(map, count, hint, value);
  if (found != kNone) Write(map, found, count, !value);
  return found;
}

ULONG CountSet(const RTL_BITMAP* map) {
  ULONG set = 0;
  for (ULONG word = 0; word < map->SizeOfBitMap / kWordBits; ++word) set += static_cast<ULONG>(std::popcount(map->Buffer[word]));
  const ULONG rest = map->SizeOfBitMap % kWordBits;
  if (rest != 0) set += static_cast<ULONG>(std::popcount(map->Buffer[map->SizeOfBitMap / kWordBits] & ~(~0U << rest)));
  return set;
}

}  // namespace

VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap) {
  BitMapHeader->SizeOfBitMap = SizeOfBitMap;
  BitMapHeader->Buffer = BitMapBuffer;
}

VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { Write(BitMapHeader, BitNumber, 1, false); }
VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { Write(BitMapHeader, BitNumber, 1, true); }
BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber) { return Bit(BitMapHeader, BitNumber); }

VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader) { std::fill_n(BitMapHeader->Buffer, (BitMapHeader->SizeOfBitMap + 31ULL) / kWordBits, 0U); }

VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader) { std::fill_n(BitMapHeader->Buffer, (BitMapHeader->SizeOfBitMap + 31ULL) / kWordBits, ~0U); }

VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear) {
  Write(BitMapHeader, StartingIndex, NumberToClear, false);
}
VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet) { Write(BitMapHeader, StartingIndex, NumberToSet, true); }
BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
  return All(BitMapHeader, StartingIndex, Length, false);
}
BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length) {
  return All(BitMapHeader, StartingIndex, Length, true);
}
ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  return Find(BitMapHeader, NumberToFind, HintIndex, false);
}
ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  return Find(BitMapHeader, NumberToFind, HintIndex, true);
}

ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  return FindAndWrite(BitMapHeader, NumberToFind, HintIndex, false);
}

ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex) {
  return FindAndWrite(BitMapHeader, NumberToFind, HintIndex, true);
}

ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader) { return CountSet(BitMapHeader); }
ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader) { return BitMapHeader->SizeOfBitMap - CountSet(BitMapHeader); }
ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target) { return static_cast<ULONG>(std::popcount(Target)); }

ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex) {
  const ULONG first = Next(BitMapHeader, FromIndex, BitMapHeader->SizeOfBitMap, false);
  *StartingRunIndex = first;
  return first >= BitMapHeader->SizeOfBitMap ? 0 : Next(BitMapHeader, first, BitMapHeader->SizeOfBitMap, true) - first;
}

ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
  return RtlFindNextForwardRunClear(BitMapHeader, 0, StartingIndex);
}

ULONG RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex) {
  ULONG end = BitMapHeader->SizeOfBitMap == 0 ? 0 : std::min(FromIndex, BitMapHeader->SizeOfBitMap - 1) + 1;
  while (end > 0 && Bit(BitMapHeader, end - 1)) --end;
  ULONG first = end;
  while (first > 0 && !Bit(BitMapHeader, first - 1)) --first;
  *StartingRunIndex = first;
  return end - first;
}

ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex) {
  ULONG longest = 0;
  *StartingIndex = 0;
  ULONG first = 0;
  for (ULONG at = 0, length; (length = RtlFindNextForwardRunClear(BitMapHeader, at, &first)) != 0; at = first + length) {
    if (length <= longest) continue;
    longest = length;
    *StartingIndex = first;
  }
  return longest;
}

ULONG RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray, BOOLEAN LocateLongestRuns) {
  ULONG count = 0;
  ULONG first = 0;
  for (ULONG at = 0, length; SizeOfRunArray != 0 && (length = RtlFindNextForwardRunClear(BitMapHeader, at, &first)) != 0;
       at = first + length) {
    if (!LocateLongestRuns) {
      if (count == SizeOfRunArray) break;
      RunArray[count++] = {first, length};
      continue;
    }
    // Keeps the array sorted, longest first, and drops the shortest.
    ULONG place = count;
    while (place > 0 && RunArray[place - 1].NumberOfBits < length) --place;
    if (place == SizeOfRunArray) continue;
    count = std::min(count + 1, SizeOfRunArray);
    for (ULONG i = count - 1; i > place; --i) RunArray[i] = RunArray[i - 1];
    RunArray[place] = {first, length};
  }
  return count;
}

CCHAR RtlFindLeastSignificantBit(ULONGLONG Set) { return static_cast<CCHAR>(Set == 0 ? -1 : std::countr_zero(Set)); }
CCHAR RtlFindMostSignificantBit(ULONGLONG Set) { return static_cast<CCHAR>(63 - std::countl_zero(Set)); }
