// Wide characters' kinds, text changed in place, and small operations on memory and bits. All leaves. The locale is "C".
#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "subsystem/msvcrt/crt.h"

using namespace nt::crt;

namespace {

constexpr int kEinval = 22;

bool IsUpper(unsigned c) { return c - 'A' < 26; }
bool IsLower(unsigned c) { return c - 'a' < 26; }
bool IsDigit(unsigned c) { return c - '0' < 10; }
bool IsGraph(unsigned c) { return c > 32 && c < 127; }
bool IsAlnum(unsigned c) { return IsUpper(c) || IsLower(c) || IsDigit(c); }
bool IsHex(unsigned c) { return IsDigit(c) || (c | 32) - 'a' < 6; }
unsigned Lower(unsigned c) { return IsUpper(c) ? c + 32 : c; }

/// Changes the case of a text that must end within `size` characters; else it becomes empty.
template <class C>
int ChangeCase(C* text, size_t size, bool upper) {
  if (!text || !size) return kEinval;
  size_t length = 0;
  while (length < size && text[length]) length++;
  if (length == size) return *text = 0, kEinval;
  std::transform(text, text + length, text, [upper](C c) {
    const auto code = static_cast<std::make_unsigned_t<C>>(c);
    const bool changes = upper ? IsLower(code) : IsUpper(code);
    return changes ? static_cast<C>(code ^ 32u) : c;
  });
  return 0;
}

template <class T>
T Rotate(T value, int shift) {
  constexpr unsigned kBits = sizeof(T) * 8;
  const unsigned left = static_cast<unsigned>(shift) % kBits;
  return left == 0 ? value : static_cast<T>(value << left | value >> (kBits - left));
}

/// div_t, ldiv_t.
struct Quotient {
  int quot, rem;
};

}  // namespace

extern "C" {

/// Whether a wide character is of a kind.
MSABI int Msvcrt_iswalnum(USHORT Character) { return IsAlnum(Character); }
MSABI int Msvcrt_iswcntrl(USHORT Character) { return Character < 32 || Character == 127; }
MSABI int Msvcrt_iswgraph(USHORT Character) { return IsGraph(Character); }
MSABI int Msvcrt_iswlower(USHORT Character) { return IsLower(Character); }
MSABI int Msvcrt_iswprint(USHORT Character) { return IsGraph(Character) || Character == ' '; }
MSABI int Msvcrt_iswpunct(USHORT Character) { return IsGraph(Character) && !IsAlnum(Character); }
MSABI int Msvcrt_iswupper(USHORT Character) { return IsUpper(Character); }
MSABI int Msvcrt_iswxdigit(USHORT Character) { return IsHex(Character); }
MSABI int Msvcrt_iswascii(USHORT Character) { return Character < 128; }
MSABI int Msvcrt___isascii(int Character) { return static_cast<unsigned>(Character) < 128; }
MSABI int Msvcrt___toascii(int Character) { return Character & 127; }
MSABI int Msvcrt___iscsym(int Character) { return IsAlnum(static_cast<unsigned>(Character)) || Character == '_'; }
MSABI int Msvcrt___iscsymf(int Character) {
  return (IsAlnum(static_cast<unsigned>(Character)) && !IsDigit(static_cast<unsigned>(Character))) || Character == '_';
}

/// Changes the case of letters in place; EINVAL if the text does not end within its buffer.
MSABI int Msvcrt__strlwr_s(char* Text, size_t Size) { return ChangeCase(Text, Size, false); }
MSABI int Msvcrt__strupr_s(char* Text, size_t Size) { return ChangeCase(Text, Size, true); }
MSABI int Msvcrt__wcslwr_s(WCHAR* Text, size_t Size) { return ChangeCase(Text, Size, false); }
MSABI int Msvcrt__wcsupr_s(WCHAR* Text, size_t Size) { return ChangeCase(Text, Size, true); }

/// Compares memory without regard to case.
MSABI int Msvcrt__memicmp(const VOID* Left, const VOID* Right, size_t Count) {
  const auto* const left = static_cast<const UCHAR*>(Left);
  const auto* const right = static_cast<const UCHAR*>(Right);
  for (size_t i = 0; i < Count; i++)
    if (Lower(left[i]) != Lower(right[i])) return static_cast<int>(Lower(left[i])) - static_cast<int>(Lower(right[i]));
  return 0;
}

/// Copies memory up to a byte: the place behind it, or null.
MSABI PVOID Msvcrt__memccpy(PVOID To, const VOID* From, int Value, size_t Count) {
  auto* const to = static_cast<UCHAR*>(To);
  const auto* const from = static_cast<const UCHAR*>(From);
  for (size_t i = 0; i < Count; i++) {
    to[i] = from[i];
    if (to[i] == static_cast<UCHAR>(Value)) return to + i + 1;
  }
  return nullptr;
}

/// Copies memory with its bytes swapped by pairs.
MSABI VOID Msvcrt__swab(char* From, char* To, int Count) {
  for (int i = 0; i + 1 < Count; i += 2) {
    const char first = From[i];
    To[i] = From[i + 1];
    To[i + 1] = first;
  }
}

/// The first character of a text that is in a set.
MSABI WCHAR* Msvcrt_wcspbrk(const WCHAR* Text, const WCHAR* Set) {
  for (; *Text; Text++)
    for (const WCHAR* at = Set; *at; at++)
      if (*at == *Text) return const_cast<WCHAR*>(Text);
  return nullptr;
}

/// Rotates bits.
MSABI unsigned Msvcrt__rotl(unsigned Value, int Shift) { return Rotate(Value, Shift); }
MSABI unsigned Msvcrt__rotr(unsigned Value, int Shift) { return Rotate(Value, -Shift); }
MSABI ULONGLONG Msvcrt__rotl64(ULONGLONG Value, int Shift) { return Rotate(Value, Shift); }
MSABI ULONGLONG Msvcrt__rotr64(ULONGLONG Value, int Shift) { return Rotate(Value, -Shift); }

/// Quotient and remainder; the absolute value.
MSABI Quotient Msvcrt_div(int Numerator, int Denominator) { return {Numerator / Denominator, Numerator % Denominator}; }
MSABI LONGLONG Msvcrt__abs64(LONGLONG Value) { return Value < 0 ? static_cast<LONGLONG>(0 - static_cast<ULONGLONG>(Value)) : Value; }

/// Floating point.
MSABI double Msvcrt__hypot(double X, double Y) { return std::hypot(X, Y); }
MSABI double Msvcrt__chgsign(double X) { return -X; }
MSABI double Msvcrt__nextafter(double X, double Y) { return std::nextafter(X, Y); }
MSABI double Msvcrt__logb(double X) { return std::logb(X); }
MSABI double Msvcrt__scalb(double X, LONG Power) { return std::ldexp(X, static_cast<int>(Power)); }
MSABI double Msvcrt_wcstod(const WCHAR* Text, WCHAR** End) {
  // As many characters as can be a number's, narrowed.
  char narrow[400];
  size_t length = 0;
  for (; length + 1 < sizeof narrow && Text[length] && Text[length] < 128; length++) narrow[length] = static_cast<char>(Text[length]);
  narrow[length] = 0;
  char* end = narrow;
  const double value = std::strtod(narrow, &end);
  if (End) *End = const_cast<WCHAR*>(Text) + (end - narrow);
  return value;
}
MSABI double Msvcrt__wtof(const WCHAR* Text) { return Msvcrt_wcstod(Text, nullptr); }

}  // extern "C"
