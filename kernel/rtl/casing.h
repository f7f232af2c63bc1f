// Letter case as NT's tables have it: simple mappings of single UTF-16 units, the same in every language.
#pragma once

#include <span>

#include "nt/types.h"

namespace nt::rtl {

/// Characters `first`, `first + stride` ... `last` are mapped by adding `delta` (modulo 65536).
struct CaseRun {
  WCHAR first;
  WCHAR last;
  USHORT stride;
  USHORT delta;
};

extern const std::span<const CaseRun> kUpcaseRuns;
extern const std::span<const CaseRun> kDowncaseRuns;

WCHAR MapCase(std::span<const CaseRun> runs, WCHAR character);

/// The character in upper case. Any IRQL.
inline WCHAR Upcase(WCHAR character) {
  if (character < 0x80) return character >= u'a' && character <= u'z' ? static_cast<WCHAR>(character - 0x20) : character;
  return MapCase(kUpcaseRuns, character);
}

/// The character in lower case. Any IRQL.
inline WCHAR Downcase(WCHAR character) {
  if (character < 0x80) return character >= u'A' && character <= u'Z' ? static_cast<WCHAR>(character + 0x20) : character;
  return MapCase(kDowncaseRuns, character);
}

}  // namespace nt::rtl
