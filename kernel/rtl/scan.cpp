// The scanf engine.
#include "kernel/rtl/scan.h"

#include <cstdlib>
#include <cstring>

namespace nt::crt {
namespace {

bool IsSpace(int c) { return c == ' ' || (c >= 9 && c <= 13); }

int DigitOf(int c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

struct Field {
  bool suppress = false, narrow = false, wide = false;
  int size = 4;
  int width = 0;  ///< 0: no limit
};

template <class C>
class Scanner {
 public:
  Scanner(Source* source, const C* format, const ULONG_PTR* arguments, bool secure)
      : source_(source), format_(format), arguments_(arguments), secure_(secure) {}

  int Run() {
    for (; *format_; format_++) {
      if (IsSpace(*format_)) {
        SkipSpace();
      } else if (*format_ != '%') {
        if (!Match(*format_)) break;
      } else {
        format_++;
        if (*format_ == '%') {
          SkipSpace();
          if (!Match('%')) break;
        } else if (!One()) {
          break;
        }
      }
    }
    return stored_ == 0 && ended_ && !matched_ ? -1 : stored_;
  }

 private:
  int Get() {
    const int c = source_->get(source_);
    if (c < 0)
      ended_ = true;
    else
      source_->count++;
    return c;
  }
  void Unget(int c) {
    if (c < 0) return;
    source_->unget(source_, c);
    source_->count--;
  }
  void SkipSpace() {
    int c;
    while (IsSpace(c = Get())) {
    }
    Unget(c);
  }
  bool Match(int wanted) {
    const int c = Get();
    if (c == wanted) return true;
    Unget(c);
    return false;
  }

  bool One() {
    Field field;
    if (*format_ == '*') field.suppress = true, format_++;
    while (*format_ >= '0' && *format_ <= '9') field.width = field.width * 10 + (*format_++ - '0');
    Size(field);
    const C kind = *format_;
    if (kind == 'n') {
      if (!field.suppress) Store(field, static_cast<ULONGLONG>(source_->count));
      return true;
    }
    if (kind != 'c' && kind != 'C' && kind != '[') SkipSpace();
    switch (kind) {
      case 'd':
      case 'u':
        return Integer(field, 10);
      case 'i':
        return Integer(field, 0);
      case 'x':
      case 'X':
        return Integer(field, 16);
      case 'p':
        field.size = 8;
        return Integer(field, 16);
      case 'o':
        return Integer(field, 8);
      case 'e':
      case 'E':
      case 'f':
      case 'g':
      case 'G':
      case 'a':
      case 'A':
        return Floating(field);
      case 's':
      case 'S':
      case 'c':
      case 'C':
      case '[':
        return Text(field, kind);
      default:
        return false;
    }
  }

  void Size(Field& field) {
    for (;; format_++) {
      switch (*format_) {
        case 'h':
          field.size = field.narrow ? 1 : 2, field.narrow = true;
          break;
        case 'l':
          field.size = field.wide ? 8 : 4, field.wide = true;
          break;
        case 'L':
          field.size = 8, field.wide = true;
          break;
        case 'w':
          field.wide = true;
          break;
        case 'z':
        case 't':
        case 'j':
          field.size = 8;
          break;
        case 'I':
          field.size = 8;
          if (format_[1] == '6')
            format_ += 2;
          else if (format_[1] == '3')
            format_ += 2, field.size = 4;
          break;
        default:
          return;
      }
    }
  }

  void Store(const Field& field, ULONGLONG value) {
    std::memcpy(reinterpret_cast<void*>(*arguments_++), &value, static_cast<size_t>(field.size));
  }

  bool Integer(const Field& field, int base) {
    int room = field.width ? field.width : 1 << 20, c = Get();
    ULONGLONG value = 0;
    bool any = false;
    const bool negative = c == '-';
    if (room > 0 && (c == '-' || c == '+')) c = Get(), room--;
    if (room > 0 && c == '0' && (base == 0 || base == 16)) {
      any = true;
      c = Get(), room--;
      if (room > 0 && (c == 'x' || c == 'X'))
        base = 16, c = Get(), room--;
      else if (base == 0)
        base = 8;
    }
    if (base == 0) base = 10;
    for (; room > 0 && c >= 0 && DigitOf(c) < base; c = Get(), room--) {
      value = value * static_cast<unsigned>(base) + static_cast<unsigned>(DigitOf(c));
      any = true;
    }
    Unget(c);
    if (!any) return false;
    matched_ = true;
    if (!field.suppress) Store(field, negative ? 0 - value : value), stored_++;
    return true;
  }

  bool Floating(const Field& field) {
    char text[128];
    int length = 0, c = Get();
    const int room = field.width && field.width < 127 ? field.width : 127;
    const auto accepts = [&] {
      const bool sign = (c == '-' || c == '+') && (length == 0 || text[length - 1] == 'e' || text[length - 1] == 'E');
      const bool exponent = (c == 'e' || c == 'E') && length > 0 && !std::memchr(text, 'e', static_cast<size_t>(length)) &&
                            !std::memchr(text, 'E', static_cast<size_t>(length));
      return sign || exponent || (c >= '0' && c <= '9') || (c == '.' && !std::memchr(text, '.', static_cast<size_t>(length)));
    };
    while (length < room && c >= 0 && accepts()) text[length++] = static_cast<char>(c), c = Get();
    Unget(c);
    text[length] = 0;
    char* end = nullptr;
    const double value = std::strtod(text, &end);
    if (end == text) return false;
    matched_ = true;
    if (field.suppress) return true;
    void* const target = reinterpret_cast<void*>(*arguments_++);
    if (field.wide) {
      std::memcpy(target, &value, sizeof value);
    } else {
      const auto single = static_cast<float>(value);
      std::memcpy(target, &single, sizeof single);
    }
    stored_++;
    return true;
  }

  /// Whether a character belongs to the set of "%[...]" at `set`, which `set_end_` ends.
  bool InSet(const C* set, int c) const {
    const bool inverted = *set == '^';
    if (inverted) set++;
    bool found = false;
    for (const C* at = set; at < set_end_; at++) {
      if (at + 2 < set_end_ && at[1] == '-') {
        found |= c >= at[0] && c <= at[2];
        at += 2;
      } else {
        found |= c == at[0];
      }
    }
    return found != inverted;
  }

  bool Text(const Field& field, C kind) {
    const C* const set = format_ + 1;
    if (kind == '[') {
      const C* end = set + (*set == '^');
      if (*end == ']') end++;
      while (*end && *end != ']') end++;
      set_end_ = end;
      format_ = *end ? end : end - 1;
    }
    const bool capital = kind == 'S' || kind == 'C';
    const bool wide = field.narrow ? false : field.wide ? true : (sizeof(C) == 2) != capital;
    const bool single = kind == 'c' || kind == 'C';
    char* out = field.suppress ? nullptr : reinterpret_cast<char*>(*arguments_++);
    SIZE_T room = secure_ && out ? static_cast<ULONG>(*arguments_++) : ~SIZE_T{0};
    const int limit = field.width ? field.width : single ? 1 : 1 << 30;
    int count = 0;
    while (count < limit) {
      const int c = Get();
      const bool takes = c >= 0 && (single || (kind == '[' ? InSet(set, c) : !IsSpace(c)));
      if (!takes) {
        Unget(c);
        break;
      }
      if (out && static_cast<SIZE_T>(count) + (single ? 0 : 1) >= room) return *out = 0, false;
      if (out && wide)
        reinterpret_cast<WCHAR*>(out)[count] = static_cast<WCHAR>(c);
      else if (out)
        out[count] = static_cast<char>(c);
      count++;
    }
    if (count == 0 || (single && count < limit)) return false;
    matched_ = true;
    if (out && !single && wide)
      reinterpret_cast<WCHAR*>(out)[count] = 0;
    else if (out && !single)
      out[count] = 0;
    stored_ += out != nullptr;
    return true;
  }

  Source* source_;
  const C* format_;
  const ULONG_PTR* arguments_;
  bool secure_;
  const C* set_end_ = nullptr;
  int stored_ = 0;
  bool ended_ = false, matched_ = false;
};

}  // namespace

int Scan(Source* source, const char* format, const ULONG_PTR* arguments, bool secure) {
  return Scanner<char>(source, format, arguments, secure).Run();
}
int Scan(Source* source, const WCHAR* format, const ULONG_PTR* arguments, bool secure) {
  return Scanner<WCHAR>(source, format, arguments, secure).Run();
}

}  // namespace nt::crt
