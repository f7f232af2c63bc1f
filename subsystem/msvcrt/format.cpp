// The printf engine.
#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>

#include "subsystem/msvcrt/crt.h"

namespace nt::crt {
namespace {

constexpr int kPrecisionLimit = 512;

struct Spec {
  bool left = false, plus = false, space = false, alternate = false, zero = false;
  int width = 0, precision = -1;
  int size = 4;  ///< bytes of an integer
  bool narrow = false, wide = false;
};

template <class C>
class Formatter {
 public:
  Formatter(Sink* sink, const C* format, const ULONG_PTR* arguments) : sink_(sink), format_(format), arguments_(arguments) {}

  int Run() {
    while (const C c = *format_++) {
      if (c != '%')
        Put(static_cast<unsigned>(static_cast<std::make_unsigned_t<C>>(c)));
      else if (!One())
        return -1;
    }
    return static_cast<int>(sink_->count);
  }

 private:
  void Put(unsigned c) {
    sink_->put(sink_, c);
    sink_->count++;
  }
  void Pad(int count, char c = ' ') {
    while (count-- > 0) Put(static_cast<UCHAR>(c));
  }

  int Number() {
    if (*format_ == '*') {
      format_++;
      return static_cast<int>(*arguments_++);
    }
    int value = 0;
    while (*format_ >= '0' && *format_ <= '9') value = std::min(value * 10 + (*format_++ - '0'), 1 << 20);
    return value;
  }

  void Flags(Spec& spec) {
    for (;; format_++) {
      switch (*format_) {
        case '-':
          spec.left = true;
          break;
        case '+':
          spec.plus = true;
          break;
        case ' ':
          spec.space = true;
          break;
        case '#':
          spec.alternate = true;
          break;
        case '0':
          spec.zero = true;
          break;
        default:
          return;
      }
    }
  }

  void Size(Spec& spec) {
    for (;;) {
      switch (*format_) {
        case 'h':
          spec.size = spec.narrow ? 1 : 2, spec.narrow = true;
          break;
        case 'l':
          if (spec.wide) spec.size = 8;  // "ll"
          spec.wide = true;
          break;
        case 'w':
          spec.wide = true;
          break;
        case 'L':
          break;
        case 'z':
        case 't':
        case 'j':
          spec.size = 8;
          break;
        case 'I':
          spec.size = 8;
          if (format_[1] == '6' && format_[2] == '4')
            format_ += 2;
          else if (format_[1] == '3' && format_[2] == '2')
            format_ += 2, spec.size = 4;
          break;
        default:
          return;
      }
      format_++;
    }
  }

  bool One() {
    Spec spec;
    Flags(spec);
    spec.width = Number();
    if (spec.width < 0) spec.left = true, spec.width = -spec.width;
    if (*format_ == '.') {
      format_++;
      spec.precision = Number();
    }
    Size(spec);
    const C kind = *format_++;
    switch (kind) {
      case 0:
        return false;
      case 'd':
      case 'i':
        return Signed(spec), true;
      case 'u':
        return Unsigned(spec, 10, false, Fetch(spec), ""), true;
      case 'o':
        return Unsigned(spec, 8, false, Fetch(spec), spec.alternate ? "0" : ""), true;
      case 'x':
      case 'X': {
        const ULONGLONG value = Fetch(spec);
        return Unsigned(spec, 16, kind == 'X', value, spec.alternate && value ? (kind == 'X' ? "0X" : "0x") : ""), true;
      }
      case 'p':
        spec.size = 8;
        spec.precision = 16;
        return Unsigned(spec, 16, true, Fetch(spec), ""), true;
      case 'c':
      case 'C':
        return Character(spec, IsWide(spec, kind == 'C')), true;
      case 's':
      case 'S':
        return Text(spec, IsWide(spec, kind == 'S')), true;
      case 'Z':
        return Counted(spec), true;
      case 'n':
        return false;  // refused, as by the runtime since its security hardening
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
      case 'a':
      case 'A':
        return Floating(spec, static_cast<char>(kind)), true;
      default:
        return Put(static_cast<unsigned>(kind)), true;
    }
  }

  /// Whether a string or character argument is UTF-16: the format's own kind, unless a size or a capital letter says otherwise.
  static bool IsWide(const Spec& spec, bool other) {
    if (spec.narrow) return false;
    if (spec.wide) return true;
    return (sizeof(C) == 2) != other;
  }

  ULONGLONG Fetch(const Spec& spec) {
    const ULONG_PTR raw = *arguments_++;
    switch (spec.size) {
      case 1:
        return static_cast<UCHAR>(raw);
      case 2:
        return static_cast<USHORT>(raw);
      case 4:
        return static_cast<ULONG>(raw);
      default:
        return raw;
    }
  }

  void Signed(const Spec& spec) {
    const int shift = 64 - spec.size * 8;
    const LONGLONG value = static_cast<LONGLONG>(Fetch(spec) << shift) >> shift;
    const char* const sign = value < 0 ? "-" : spec.plus ? "+" : spec.space ? " " : "";
    Unsigned(spec, 10, false, value < 0 ? 0 - static_cast<ULONGLONG>(value) : static_cast<ULONGLONG>(value), sign);
  }

  void Unsigned(const Spec& spec, unsigned base, bool upper, ULONGLONG value, const char* prefix) {
    char digits[24];
    int count = 0;
    const char* const alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (; value; value /= base) digits[count++] = alphabet[value % base];
    int zeros = std::max(spec.precision < 0 ? 1 : spec.precision, 0) - count;
    const int prefixed = static_cast<int>(std::strlen(prefix));
    if (spec.precision < 0 && spec.zero && !spec.left) zeros = std::max(zeros, spec.width - count - prefixed);
    zeros = std::max(zeros, 0);
    const int padding = spec.width - count - zeros - prefixed;
    if (!spec.left) Pad(padding);
    for (const char* c = prefix; *c; c++) Put(static_cast<UCHAR>(*c));
    Pad(zeros, '0');
    while (count) Put(static_cast<UCHAR>(digits[--count]));
    if (spec.left) Pad(padding);
  }

  void PutConverted(unsigned c, bool wide) {
    // Between the widths the C locale maps code for code; what does not fit is '?'.
    Put(wide && sizeof(C) == 1 && c > 0xFF ? '?' : c);
  }

  void Character(const Spec& spec, bool wide) {
    const ULONG_PTR raw = *arguments_++;
    if (!spec.left) Pad(spec.width - 1, spec.zero ? '0' : ' ');
    PutConverted(wide ? static_cast<USHORT>(raw) : static_cast<UCHAR>(raw), wide);
    if (spec.left) Pad(spec.width - 1);
  }

  template <class S>
  void Characters(const Spec& spec, const S* text, int limit, bool wide) {
    int length = 0;
    while ((limit < 0 || length < limit) && text[length]) length++;
    if (!spec.left) Pad(spec.width - length, spec.zero ? '0' : ' ');
    for (int i = 0; i < length; i++) PutConverted(static_cast<std::make_unsigned_t<S>>(text[i]), wide);
    if (spec.left) Pad(spec.width - length);
  }

  void Text(const Spec& spec, bool wide) {
    const ULONG_PTR raw = *arguments_++;
    if (wide && raw)
      Characters(spec, reinterpret_cast<const WCHAR*>(raw), spec.precision, true);
    else
      Characters(spec, raw ? reinterpret_cast<const char*>(raw) : "(null)", spec.precision, false);
  }

  /// %Z: an ANSI_STRING, or with w or l a UNICODE_STRING.
  void Counted(const Spec& spec) {
    const auto* const string = reinterpret_cast<const UNICODE_STRING*>(*arguments_++);
    if (!string || !string->Buffer) return Characters(spec, "(null)", -1, false);
    if (spec.wide)
      Characters(spec, string->Buffer, string->Length / 2, true);
    else
      Characters(spec, reinterpret_cast<const char*>(string->Buffer), string->Length, false);
  }

  void Floating(const Spec& spec, char kind) {
    char text[kPrecisionLimit + 400], pattern[16];
    const auto value = std::bit_cast<double>(*arguments_++);
    std::snprintf(pattern, sizeof pattern, "%%%s%s%s.*%c", spec.plus ? "+" : "", spec.space ? " " : "", spec.alternate ? "#" : "", kind);
    const int precision = spec.precision < 0 ? (kind == 'a' || kind == 'A' ? 13 : 6) : std::min(spec.precision, kPrecisionLimit);
    int length = 0;
    if (value != value || value - value != 0) {
      // The runtime's own names for what is no number.
      const char* const sign = std::bit_cast<LONGLONG>(value) < 0 ? "-" : spec.plus ? "+" : "";
      length = std::snprintf(text, sizeof text, "%s%s", sign, value != value ? (*sign == '-' ? "1.#IND" : "1.#QNAN") : "1.#INF");
    } else {
      length = std::snprintf(text, sizeof text, pattern, precision, value);
      length = WidenExponent(text, length, kind);
    }
    const bool zero = spec.zero && !spec.left && value - value == 0;
    const int sign = zero && (text[0] == '-' || text[0] == '+' || text[0] == ' ') ? 1 : 0;
    if (!spec.left && !zero) Pad(spec.width - length);
    for (int i = 0; i < sign; i++) Put(static_cast<UCHAR>(text[i]));
    if (zero) Pad(spec.width - length, '0');
    for (int i = sign; i < length; i++) Put(static_cast<UCHAR>(text[i]));
    if (spec.left) Pad(spec.width - length);
  }

  /// msvcrt.dll writes decimal exponents with three digits.
  static int WidenExponent(char* text, int length, char kind) {
    if (kind == 'a' || kind == 'A' || kind == 'f' || kind == 'F' || length < 4) return length;
    if (text[length - 4] != 'e' && text[length - 4] != 'E') return length;
    std::memmove(text + length - 1, text + length - 2, 3);
    text[length - 2] = '0';
    return length + 1;
  }

  Sink* sink_;
  const C* format_;
  const ULONG_PTR* arguments_;
};

}  // namespace

int Format(Sink* sink, const char* format, const ULONG_PTR* arguments) { return Formatter<char>(sink, format, arguments).Run(); }
int Format(Sink* sink, const WCHAR* format, const ULONG_PTR* arguments) { return Formatter<WCHAR>(sink, format, arguments).Run(); }

}  // namespace nt::crt
