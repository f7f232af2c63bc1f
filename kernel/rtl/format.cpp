#include "kernel/rtl/format.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <type_traits>

#include "kernel/rtl/code_page.h"

namespace nt::rtl {
namespace {

constexpr int kMaxWidth = 1 << 20;
constexpr int kMaxFloatPrecision = 400;
constexpr char kNull[] = "(null)";

/// What stands between '%' and the type.
struct Spec {
  bool left = false, plus = false, space = false, alternate = false, zero = false;
  bool narrow = false, wide = false;  ///< said of text
  int width = 0;
  int precision = -1;
  int bytes = 4;  ///< of an integer
};

/// Text of either kind, of a known length.
struct Text {
  const char* narrow = nullptr;
  const WCHAR* wide = nullptr;
  SIZE_T length = 0;
};

template <class Char>
class Formatter {
 public:
  Formatter(FormatSink* sink, const Char* format, const ULONG_PTR* arguments) : sink_(sink), at_(format), arguments_(arguments) {}

  int Run() {
    while (*at_ != 0) {
      const Char character = *at_++;
      if (character != '%')
        Put(static_cast<WCHAR>(static_cast<std::make_unsigned_t<Char>>(character)));
      else if (!Field())
        return -1;
    }
    return count_;
  }

 private:
  static constexpr bool kWide = sizeof(Char) == sizeof(WCHAR);

  void Put(WCHAR character) {
    sink_->put(sink_, character);
    ++count_;
  }
  void Pad(WCHAR character, SIZE_T times) {
    for (; times > 0; --times) Put(character);
  }
  void PutText(const Text& text) {
    for (SIZE_T i = 0; i < text.length; ++i) {
      if (text.narrow != nullptr)
        PutNarrow(text.narrow[i]);
      else
        Put(kWide ? text.wide[i] : kAnsiCodePage.Encode(text.wide[i]));
    }
  }
  void PutNarrow(char character) {
    const auto byte = static_cast<UCHAR>(character);
    Put(kWide ? kAnsiCodePage.Decode(byte) : byte);
  }

  ULONG_PTR Next() { return *arguments_++; }
  bool Take(char wanted) {
    if (*at_ != static_cast<Char>(wanted)) return false;
    ++at_;
    return true;
  }

  /// A width or precision: a number, or an argument.
  int Number() {
    if (Take('*')) return static_cast<int>(Next());
    int value = 0;
    for (; *at_ >= '0' && *at_ <= '9'; ++at_) value = std::min(value * 10 + static_cast<int>(*at_ - '0'), kMaxWidth);
    return value;
  }

  void Flags(Spec* spec) {
    for (;;) {
      if (Take('-'))
        spec->left = true;
      else if (Take('+'))
        spec->plus = true;
      else if (Take(' '))
        spec->space = true;
      else if (Take('#'))
        spec->alternate = true;
      else if (Take('0'))
        spec->zero = true;
      else
        return;
    }
  }

  void Size(Spec* spec) {
    for (;;) {
      if (Take('h')) {
        spec->bytes = spec->narrow ? 1 : 2;
        spec->narrow = true;
      } else if (Take('l')) {
        if (spec->wide) spec->bytes = 8;
        spec->wide = true;
      } else if (Take('w')) {
        spec->wide = true;
      } else if (Take('I')) {
        const bool is32 = at_[0] == '3' && at_[1] == '2';
        const bool is64 = at_[0] == '6' && at_[1] == '4';
        if (is32 || is64) at_ += 2;
        spec->bytes = is32 ? 4 : 8;
      } else if (Take('z') || Take('t') || Take('j') || Take('L')) {
        spec->bytes = 8;
      } else {
        return;
      }
    }
  }

  /// One field, from behind its '%'. False if the format is refused.
  bool Field() {
    Spec spec;
    Flags(&spec);
    spec.width = std::clamp(Number(), -kMaxWidth, kMaxWidth);
    if (spec.width < 0) {
      spec.left = true;
      spec.width = -spec.width;
    }
    if (Take('.')) spec.precision = std::clamp(Number(), -1, kMaxWidth);
    Size(&spec);
    if (*at_ == 0) return true;
    return Convert(spec, *at_++);
  }

  bool Convert(Spec& spec, Char type) {
    switch (type) {
      case 'd':
      case 'i':
        Signed(spec);
        return true;
      case 'u':
        Unsigned(spec, 10, false);
        return true;
      case 'o':
        Unsigned(spec, 8, false);
        return true;
      case 'x':
        Unsigned(spec, 16, false);
        return true;
      case 'X':
        Unsigned(spec, 16, true);
        return true;
      case 'p':
        spec.precision = 16;
        spec.bytes = 8;
        Unsigned(spec, 16, true);
        return true;
      case 'c':
        Character(spec, IsWide(spec, kWide));
        return true;
      case 'C':
        Character(spec, IsWide(spec, !kWide));
        return true;
      case 's':
        String(spec, IsWide(spec, kWide));
        return true;
      case 'S':
        String(spec, IsWide(spec, !kWide));
        return true;
      case 'Z':
        Counted(spec);
        return true;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
      case 'a':
      case 'A':
        Floating(spec, static_cast<char>(type));
        return true;
      case 'n':
        return false;
      default:  // not a type: the character itself, as for "%%"
        Put(static_cast<WCHAR>(static_cast<std::make_unsigned_t<Char>>(type)));
        return true;
    }
  }

  static bool IsWide(const Spec& spec, bool natural) { return spec.wide || (natural && !spec.narrow); }

  /// Padding, sign or base, zeroes, text.
  void Emit(const Spec& spec, const char* prefix, SIZE_T zeroes, const Text& text) {
    const SIZE_T prefix_length = std::strlen(prefix);
    const SIZE_T length = prefix_length + zeroes + text.length;
    const SIZE_T padding = static_cast<SIZE_T>(spec.width) > length ? static_cast<SIZE_T>(spec.width) - length : 0;
    if (!spec.left && !spec.zero) Pad(u' ', padding);
    for (SIZE_T i = 0; i < prefix_length; ++i) Put(static_cast<UCHAR>(prefix[i]));
    if (!spec.left && spec.zero) Pad(u'0', padding);
    Pad(u'0', zeroes);
    PutText(text);
    if (spec.left) Pad(u' ', padding);
  }

  void Signed(Spec& spec) {
    const ULONG_PTR raw = Next();
    const int shift = 64 - spec.bytes * 8;
    const auto value = static_cast<LONGLONG>(raw << shift) >> shift;
    const auto magnitude = value < 0 ? 0 - static_cast<ULONGLONG>(value) : static_cast<ULONGLONG>(value);
    Digits(spec, value < 0 ? "-" : spec.plus ? "+" : spec.space ? " " : "", magnitude, 10, false);
  }

  void Unsigned(Spec& spec, unsigned base, bool upper) {
    const int shift = 64 - spec.bytes * 8;
    const ULONGLONG value = Next() << shift >> shift;
    const char* const prefix = spec.alternate && base == 16 && value != 0 ? (upper ? "0X" : "0x") : "";
    Digits(spec, prefix, value, base, upper);
  }

  void Digits(Spec& spec, const char* prefix, ULONGLONG value, unsigned base, bool upper) {
    char digits[24];
    char* first = std::end(digits);
    const char* const alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (; value != 0; value /= base) *--first = alphabet[value % base];
    const auto length = static_cast<SIZE_T>(std::end(digits) - first);
    if (spec.precision >= 0) spec.zero = false;
    SIZE_T least = spec.precision < 0 ? 1 : static_cast<SIZE_T>(spec.precision);
    if (spec.alternate && base == 8) least = std::max(least, length + 1);
    Emit(spec, prefix, least > length ? least - length : 0, {first, nullptr, length});
  }

  void Character(const Spec& spec, bool wide) {
    const ULONG_PTR raw = Next();
    const auto unit = static_cast<WCHAR>(raw);
    const auto byte = static_cast<char>(raw);
    Emit(spec, "", 0, wide ? Text{nullptr, &unit, 1} : Text{&byte, nullptr, 1});
  }

  void String(const Spec& spec, bool wide) {
    const auto pointer = reinterpret_cast<const void*>(Next());
    Text text;
    if (pointer == nullptr)
      text.narrow = kNull;
    else if (wide)
      text.wide = static_cast<const WCHAR*>(pointer);
    else
      text.narrow = static_cast<const char*>(pointer);
    // The precision comes first: a string that is not terminated is not read beyond it.
    const SIZE_T most = spec.precision < 0 ? ~SIZE_T{0} : static_cast<SIZE_T>(spec.precision);
    while (text.length < most && (text.wide != nullptr ? text.wide[text.length] != 0 : text.narrow[text.length] != 0)) ++text.length;
    Emit(spec, "", 0, text);
  }

  /// %Z: a STRING; %wZ, %lZ: a UNICODE_STRING.
  void Counted(const Spec& spec) {
    const auto* const string = reinterpret_cast<const STRING*>(Next());
    Text text;
    if (string == nullptr || string->Buffer == nullptr)
      text = {kNull, nullptr, sizeof kNull - 1};
    else if (spec.wide)
      text = {nullptr, reinterpret_cast<const UNICODE_STRING*>(string)->Buffer, string->Length / sizeof(WCHAR)};
    else
      text = {string->Buffer, nullptr, string->Length};
    if (spec.precision >= 0) text.length = std::min(text.length, static_cast<SIZE_T>(spec.precision));
    Emit(spec, "", 0, text);
  }

  void Floating(const Spec& spec, char type) {
    const auto value = std::bit_cast<double>(Next());
    char format[12] = "%";
    char* end = format + 1;
    if (spec.alternate) *end++ = '#';
    if (spec.plus) *end++ = '+';
    if (spec.space) *end++ = ' ';
    const bool hexadecimal = (type | 0x20) == 'a' && spec.precision < 0;  // then as many digits as it needs
    std::strcpy(end, hexadecimal ? "" : ".*");
    format[std::strlen(format)] = type;
    char text[kMaxFloatPrecision + 400];
    const int precision = spec.precision < 0 ? 6 : std::min(spec.precision, kMaxFloatPrecision);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const int length =
        hexadecimal ? std::snprintf(text, sizeof text, format, value) : std::snprintf(text, sizeof text, format, precision, value);
#pragma GCC diagnostic pop
    // The sign is a prefix, so that padding zeroes come behind it.
    const bool has_sign = text[0] == '-' || text[0] == '+' || text[0] == ' ';
    const char prefix[2] = {has_sign ? text[0] : '\0', '\0'};
    Emit(spec, prefix, 0, {text + has_sign, nullptr, static_cast<SIZE_T>(length - has_sign)});
  }

  FormatSink* sink_;
  const Char* at_;
  const ULONG_PTR* arguments_;
  int count_ = 0;
};

template <class Char>
struct BufferSink : FormatSink {
  Char* next;
  Char* end;
};

template <class Char>
int ToBuffer(Char* buffer, SIZE_T size, const Char* format, const ULONG_PTR* arguments) {
  BufferSink<Char> sink;
  sink.next = buffer;
  // "Unlimited" must not wrap around.
  sink.end = size > (~reinterpret_cast<ULONG_PTR>(buffer)) / sizeof(Char) ? reinterpret_cast<Char*>(~(sizeof(Char) - 1)) : buffer + size;
  sink.put = [](FormatSink* base, WCHAR character) {
    auto* const self = static_cast<BufferSink<Char>*>(base);
    if (self->next < self->end) *self->next++ = static_cast<Char>(character);
  };
  return Format(&sink, format, arguments);
}

}  // namespace

int Format(FormatSink* sink, const char* format, const ULONG_PTR* arguments) { return Formatter<char>(sink, format, arguments).Run(); }
int Format(FormatSink* sink, const WCHAR* format, const ULONG_PTR* arguments) { return Formatter<WCHAR>(sink, format, arguments).Run(); }

int FormatBuffer(char* buffer, SIZE_T size, const char* format, const ULONG_PTR* arguments) {
  return ToBuffer(buffer, size, format, arguments);
}

int FormatBuffer(WCHAR* buffer, SIZE_T size, const WCHAR* format, const ULONG_PTR* arguments) {
  return ToBuffer(buffer, size, format, arguments);
}

}  // namespace nt::rtl
