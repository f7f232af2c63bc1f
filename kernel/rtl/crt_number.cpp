// Numbers and text of the C runtime.
#include <limits>

#include "kernel/rtl/crt.h"
#include "kernel/rtl/crt_text.h"

namespace {

using namespace nt::rtl;

struct Parsed {
  ULONGLONG magnitude = 0;
  bool negative = false;
  bool overflow = false;
  SIZE_T end = 0;  ///< behind the last digit; 0 if there is no number
};

ULONG DigitOf(ULONG c) {
  if (IsDigit(c)) return c - '0';
  c = AsciiLower(c);
  return c >= 'a' && c <= 'z' ? c - 'a' + 10 : ~0U;
}

template <class Char>
Parsed Parse(const Char* text, int base) {
  Parsed result;
  SIZE_T at = 0;
  while (IsSpace(Unit(text[at]))) ++at;
  if (text[at] == '-' || text[at] == '+') result.negative = text[at++] == '-';
  const bool zero = text[at] == '0';
  const bool hexadecimal = zero && AsciiLower(Unit(text[at + 1])) == 'x' && DigitOf(Unit(text[at + 2])) < 16;
  if (base == 0) base = hexadecimal ? 16 : zero ? 8 : 10;
  if (base == 16 && hexadecimal) at += 2;
  const auto radix = static_cast<ULONG>(base);
  for (ULONG digit; (digit = DigitOf(Unit(text[at]))) < radix; result.end = ++at) {
    if (result.magnitude > (std::numeric_limits<ULONGLONG>::max() - digit) / radix) result.overflow = true;
    result.magnitude = result.magnitude * radix + digit;
  }
  return result;
}

template <class Char>
void SetEnd(const Char* text, Char** end, const Parsed& parsed) {
  if (end != nullptr) *end = const_cast<Char*>(text) + parsed.end;
}

bool IsBase(int base) { return base == 0 || (base >= 2 && base <= 36); }

/// strtoul's value: 32 bits, the largest if it does not fit.
template <class Char>
ULONG ToUlong(const Char* text, Char** end, int base) {
  const Parsed parsed = IsBase(base) ? Parse(text, base) : Parsed{};
  SetEnd(text, end, parsed);
  if (parsed.overflow || parsed.magnitude > 0xFFFFFFFF) return 0xFFFFFFFF;
  const auto value = static_cast<ULONG>(parsed.magnitude);
  return parsed.negative ? 0 - value : value;
}

template <class Char>
ULONGLONG ToUi64(const Char* text, Char** end, int base) {
  const Parsed parsed = IsBase(base) ? Parse(text, base) : Parsed{};
  SetEnd(text, end, parsed);
  if (parsed.overflow) return ~0ULL;
  return parsed.negative ? 0 - parsed.magnitude : parsed.magnitude;
}

/// atoi and atol of MSVC keep within the 32-bit range.
template <class Char>
int ToInt(const Char* text) {
  const Parsed parsed = Parse(text, 10);
  const ULONGLONG limit = parsed.negative ? 0x80000000ULL : 0x7FFFFFFFULL;
  const auto magnitude = static_cast<LONGLONG>(parsed.overflow || parsed.magnitude > limit ? limit : parsed.magnitude);
  return static_cast<int>(parsed.negative ? -magnitude : magnitude);
}

/// Writes a number with its terminator; returns false if `size` characters are too few.
template <class Char>
bool Write(Char* buffer, SIZE_T size, ULONGLONG magnitude, bool negative, ULONG radix) {
  Char digits[66];
  SIZE_T count = 0;
  do {
    digits[count++] = static_cast<Char>("0123456789abcdefghijklmnopqrstuvwxyz"[magnitude % radix]);
    magnitude /= radix;
  } while (magnitude != 0);
  if (negative) digits[count++] = '-';
  if (count >= size) return false;
  for (SIZE_T i = 0; i < count; ++i) buffer[i] = digits[count - 1 - i];
  buffer[count] = 0;
  return true;
}

/// A signed number has a sign only in base 10; otherwise it is shown as its bits.
template <class Char>
Char* FromInt(LONG value, Char* buffer, int radix) {
  const bool negative = radix == 10 && value < 0;
  const auto bits = static_cast<ULONG>(value);
  Write(buffer, ~SIZE_T{0}, negative ? 0 - bits : bits, negative, static_cast<ULONG>(radix));
  return buffer;
}

template <class Char>
int FromSecure(ULONGLONG bits, ULONGLONG magnitude, bool negative, Char* buffer, SIZE_T size, int radix) {
  if (buffer == nullptr || size == 0) return kEINVAL;
  *buffer = 0;
  if (radix < 2 || radix > 36) return kEINVAL;
  const bool sign = negative && radix == 10;
  if (Write(buffer, size, sign ? magnitude : bits, sign, static_cast<ULONG>(radix))) return 0;
  *buffer = 0;
  return kERANGE;
}

template <class Char>
int FromLong(LONG value, Char* buffer, SIZE_T size, int radix) {
  const auto bits = static_cast<ULONG>(value);
  return FromSecure(bits, 0U - bits, value < 0, buffer, size, radix);
}

template <class Char>
int FromI64(LONGLONG value, Char* buffer, SIZE_T size, int radix) {
  const auto bits = static_cast<ULONGLONG>(value);
  return FromSecure(bits, 0 - bits, value < 0, buffer, size, radix);
}

}  // namespace

int Crt_atoi(const char* text) { return ToInt(text); }
LONG Crt_atol(const char* text) { return ToInt(text); }
int Crt_wtoi(const WCHAR* text) { return ToInt(text); }
LONG Crt_wtol(const WCHAR* text) { return ToInt(text); }
ULONG Crt_wcstoul(const WCHAR* text, WCHAR** end, int base) { return ToUlong(text, end, base); }
ULONGLONG Crt_strtoui64(const char* text, char** end, int base) { return ToUi64(text, end, base); }
ULONGLONG Crt_wcstoui64(const WCHAR* text, WCHAR** end, int base) { return ToUi64(text, end, base); }

char* Crt_itoa(int value, char* buffer, int radix) { return FromInt(value, buffer, radix); }
WCHAR* Crt_itow(int value, WCHAR* buffer, int radix) { return FromInt(value, buffer, radix); }
int Crt_itoa_s(int value, char* buffer, SIZE_T size, int radix) { return FromLong(value, buffer, size, radix); }
int Crt_itow_s(int value, WCHAR* buffer, SIZE_T size, int radix) { return FromLong(value, buffer, size, radix); }
int Crt_ltoa_s(LONG value, char* buffer, SIZE_T size, int radix) { return FromLong(value, buffer, size, radix); }
int Crt_ltow_s(LONG value, WCHAR* buffer, SIZE_T size, int radix) { return FromLong(value, buffer, size, radix); }
int Crt_ultoa_s(ULONG value, char* buffer, SIZE_T size, int radix) { return FromSecure(value, value, false, buffer, size, radix); }
int Crt_ultow_s(ULONG value, WCHAR* buffer, SIZE_T size, int radix) { return FromSecure(value, value, false, buffer, size, radix); }
int Crt_i64toa_s(LONGLONG value, char* buffer, SIZE_T size, int radix) { return FromI64(value, buffer, size, radix); }
int Crt_i64tow_s(LONGLONG value, WCHAR* buffer, SIZE_T size, int radix) { return FromI64(value, buffer, size, radix); }
int Crt_ui64toa_s(ULONGLONG value, char* buffer, SIZE_T size, int radix) { return FromSecure(value, value, false, buffer, size, radix); }
int Crt_ui64tow_s(ULONGLONG value, WCHAR* buffer, SIZE_T size, int radix) { return FromSecure(value, value, false, buffer, size, radix); }
