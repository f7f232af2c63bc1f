// The machine's two 8-bit character sets: Windows-1252 is its ANSI code page, 437 its OEM code page.
#pragma once

#include <span>

#include "nt/types.h"

namespace nt::rtl {

/// A single-byte code page whose lower half is ASCII.
class CodePage {
 public:
  struct Pair {
    WCHAR character;
    UCHAR byte;
  };

  constexpr CodePage(ULONG number, const WCHAR (&high)[128], std::span<const Pair> reverse)
      : number_(number), high_(high), reverse_(reverse) {}

  /// The number Windows gives it.
  ULONG number() const { return number_; }
  WCHAR Decode(UCHAR byte) const { return byte < 0x80 ? byte : high_[byte - 0x80]; }
  /// The byte of a character, or of the letter that resembles it; '?' if there is none.
  UCHAR Encode(WCHAR character) const;

 private:
  ULONG number_;
  const WCHAR* high_;
  std::span<const Pair> reverse_;  ///< sorted by character
};

extern const CodePage kAnsiCodePage;
extern const CodePage kOemCodePage;

}  // namespace nt::rtl
