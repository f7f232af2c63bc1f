// What the C runtime's char and WCHAR functions have in common, written once for both.
#pragma once

#include <type_traits>

#include "nt/types.h"

namespace nt::rtl {

inline constexpr int kEINVAL = 22;
inline constexpr int kERANGE = 34;
inline constexpr int kSTRUNCATE = 80;
inline constexpr SIZE_T kTruncate = ~SIZE_T{0};  ///< _TRUNCATE

template <class Char>
ULONG Unit(Char character) {
  return static_cast<std::make_unsigned_t<Char>>(character);
}

inline constexpr ULONG AsciiUpper(ULONG c) { return c >= 'a' && c <= 'z' ? c - 0x20 : c; }
inline constexpr ULONG AsciiLower(ULONG c) { return c >= 'A' && c <= 'Z' ? c + 0x20 : c; }
inline constexpr bool IsDigit(ULONG c) { return c >= '0' && c <= '9'; }
inline constexpr bool IsUpper(ULONG c) { return c >= 'A' && c <= 'Z'; }
inline constexpr bool IsLower(ULONG c) { return c >= 'a' && c <= 'z'; }
inline constexpr bool IsSpace(ULONG c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

template <class Char>
SIZE_T Length(const Char* text, SIZE_T most = ~SIZE_T{0}) {
  SIZE_T length = 0;
  while (length < most && text[length] != 0) ++length;
  return length;
}

}  // namespace nt::rtl
