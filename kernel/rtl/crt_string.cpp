// strcpy and its kind. Letter case is that of ASCII, as in the "C" locale.
#include <cstring>

#include "kernel/rtl/casing.h"
#include "kernel/rtl/code_page.h"
#include "kernel/rtl/crt.h"
#include "kernel/rtl/crt_text.h"

namespace {

using namespace nt::rtl;

ULONG Same(ULONG c) { return c; }

template <class Char>
int Compare(const Char* first, const Char* second, SIZE_T most, ULONG (*fold)(ULONG)) {
  for (SIZE_T i = 0; i < most; ++i) {
    const ULONG a = fold(Unit(first[i]));
    const ULONG b = fold(Unit(second[i]));
    if (a != b) return a < b ? -1 : 1;
    if (a == 0) return 0;
  }
  return 0;
}

/// The case-insensitive forms return the difference of the lower-case characters.
template <class Char>
int CompareFolded(const Char* first, const Char* second, SIZE_T most) {
  for (SIZE_T i = 0; i < most; ++i) {
    const ULONG a = AsciiLower(Unit(first[i]));
    const ULONG b = AsciiLower(Unit(second[i]));
    if (a != b) return static_cast<int>(a) - static_cast<int>(b);
    if (a == 0) return 0;
  }
  return 0;
}

template <class Char>
Char* Copy(Char* to, const Char* from) {
  Char* const start = to;
  while ((*to++ = *from++) != 0) {
  }
  return start;
}

template <class Char>
Char* CopyN(Char* to, const Char* from, SIZE_T count) {
  SIZE_T i = 0;
  for (; i < count && from[i] != 0; ++i) to[i] = from[i];
  for (; i < count; ++i) to[i] = 0;
  return to;
}

template <class Char>
Char* AppendN(Char* to, const Char* from, SIZE_T count) {
  Char* const end = to + Length(to);
  const SIZE_T length = Length(from, count);
  for (SIZE_T i = 0; i < length; ++i) end[i] = from[i];
  end[length] = 0;
  return to;
}

template <class Char>
Char* Find(const Char* text, Char wanted) {
  for (;; ++text) {
    if (*text == wanted) return const_cast<Char*>(text);
    if (*text == 0) return nullptr;
  }
}

template <class Char>
Char* FindLast(const Char* text, Char wanted) {
  const Char* found = nullptr;
  for (;; ++text) {
    if (*text == wanted) found = text;
    if (*text == 0) return const_cast<Char*>(found);
  }
}

template <class Char>
Char* FindText(const Char* text, const Char* wanted) {
  const SIZE_T length = Length(wanted);
  for (;; ++text) {
    SIZE_T i = 0;
    while (i < length && text[i] == wanted[i]) ++i;
    if (i == length) return const_cast<Char*>(text);
    if (*text == 0) return nullptr;
  }
}

/// The length of the beginning of a text that has only characters of a set, or only others.
template <class Char>
SIZE_T Span(const Char* text, const Char* set, bool in) {
  SIZE_T length = 0;
  while (text[length] != 0 && (Find(set, text[length]) != nullptr) == in) ++length;
  return length;
}

template <class Char>
Char* Map(Char* text, ULONG (*map)(ULONG)) {
  for (Char* at = text; *at != 0; ++at) *at = static_cast<Char>(map(Unit(*at)));
  return text;
}

template <class Char>
Char* Set(Char* text, Char value, SIZE_T most) {
  for (SIZE_T i = 0; i < most && text[i] != 0; ++i) text[i] = value;
  return text;
}

template <class Char>
Char* Reverse(Char* text) {
  const SIZE_T length = Length(text);
  for (SIZE_T i = 0; i < length / 2; ++i) {
    const Char saved = text[i];
    text[i] = text[length - 1 - i];
    text[length - 1 - i] = saved;
  }
  return text;
}

constexpr SIZE_T kAll = ~SIZE_T{0};

}  // namespace

SIZE_T Crt_strlen(const char* text) { return Length(text); }
SIZE_T Crt_strnlen(const char* text, SIZE_T most) { return Length(text, most); }
int Crt_strcmp(const char* first, const char* second) { return Compare(first, second, kAll, Same); }
int Crt_strncmp(const char* first, const char* second, SIZE_T most) { return Compare(first, second, most, Same); }
int Crt_stricmp(const char* first, const char* second) { return CompareFolded(first, second, kAll); }
int Crt_strnicmp(const char* first, const char* second, SIZE_T most) { return CompareFolded(first, second, most); }
char* Crt_strcpy(char* to, const char* from) { return Copy(to, from); }
char* Crt_strncpy(char* to, const char* from, SIZE_T count) { return CopyN(to, from, count); }
char* Crt_strcat(char* to, const char* from) { return AppendN(to, from, kAll); }
char* Crt_strncat(char* to, const char* from, SIZE_T count) { return AppendN(to, from, count); }
char* Crt_strchr(const char* text, int wanted) { return Find(text, static_cast<char>(wanted)); }
char* Crt_strrchr(const char* text, int wanted) { return FindLast(text, static_cast<char>(wanted)); }
char* Crt_strstr(const char* text, const char* wanted) { return FindText(text, wanted); }
SIZE_T Crt_strspn(const char* text, const char* set) { return Span(text, set, true); }
char* Crt_strupr(char* text) { return Map(text, AsciiUpper); }
char* Crt_strlwr(char* text) { return Map(text, AsciiLower); }
char* Crt_strset(char* text, int value) { return Set(text, static_cast<char>(value), kAll); }
char* Crt_strnset(char* text, int value, SIZE_T most) { return Set(text, static_cast<char>(value), most); }
char* Crt_strrev(char* text) { return Reverse(text); }

SIZE_T Crt_wcslen(const WCHAR* text) { return Length(text); }
SIZE_T Crt_wcsnlen(const WCHAR* text, SIZE_T most) { return Length(text, most); }
int Crt_wcscmp(const WCHAR* first, const WCHAR* second) { return Compare(first, second, kAll, Same); }
int Crt_wcsncmp(const WCHAR* first, const WCHAR* second, SIZE_T most) { return Compare(first, second, most, Same); }
int Crt_wcsicmp(const WCHAR* first, const WCHAR* second) { return CompareFolded(first, second, kAll); }
int Crt_wcsnicmp(const WCHAR* first, const WCHAR* second, SIZE_T most) { return CompareFolded(first, second, most); }
WCHAR* Crt_wcscpy(WCHAR* to, const WCHAR* from) { return Copy(to, from); }
WCHAR* Crt_wcsncpy(WCHAR* to, const WCHAR* from, SIZE_T count) { return CopyN(to, from, count); }
WCHAR* Crt_wcscat(WCHAR* to, const WCHAR* from) { return AppendN(to, from, kAll); }
WCHAR* Crt_wcsncat(WCHAR* to, const WCHAR* from, SIZE_T count) { return AppendN(to, from, count); }
WCHAR* Crt_wcschr(const WCHAR* text, WCHAR wanted) { return Find(text, wanted); }
WCHAR* Crt_wcsrchr(const WCHAR* text, WCHAR wanted) { return FindLast(text, wanted); }
WCHAR* Crt_wcsstr(const WCHAR* text, const WCHAR* wanted) { return FindText(text, wanted); }
SIZE_T Crt_wcsspn(const WCHAR* text, const WCHAR* set) { return Span(text, set, true); }
SIZE_T Crt_wcscspn(const WCHAR* text, const WCHAR* set) { return Span(text, set, false); }
WCHAR* Crt_wcsupr(WCHAR* text) { return Map(text, AsciiUpper); }
WCHAR* Crt_wcslwr(WCHAR* text) { return Map(text, AsciiLower); }
WCHAR* Crt_wcsnset(WCHAR* text, WCHAR value, SIZE_T most) { return Set(text, value, most); }
WCHAR* Crt_wcsrev(WCHAR* text) { return Reverse(text); }

PVOID Crt_memchr(const VOID* block, int value, SIZE_T size) {
  const auto* const bytes = static_cast<const UCHAR*>(block);
  for (SIZE_T i = 0; i < size; ++i) {
    if (bytes[i] == static_cast<UCHAR>(value)) return const_cast<UCHAR*>(bytes + i);
  }
  return nullptr;
}

int Crt_tolower(int c) { return static_cast<int>(AsciiLower(static_cast<ULONG>(c))); }
int Crt_toupper(int c) { return static_cast<int>(AsciiUpper(static_cast<ULONG>(c))); }
WCHAR Crt_towlower(WCHAR c) { return Downcase(c); }
WCHAR Crt_towupper(WCHAR c) { return Upcase(c); }

// The results are MSVC's character class bits (ctype.h).
int Crt_isdigit(int c) { return IsDigit(static_cast<ULONG>(c)) ? 0x4 : 0; }
int Crt_isupper(int c) { return IsUpper(static_cast<ULONG>(c)) ? 0x1 : 0; }
int Crt_islower(int c) { return IsLower(static_cast<ULONG>(c)) ? 0x2 : 0; }
int Crt_isspace(int c) { return IsSpace(static_cast<ULONG>(c)) ? 0x8 : 0; }
int Crt_isprint(int c) { return c >= 0x20 && c < 0x7F ? 0x157 : 0; }
int Crt_isxdigit(int c) {
  const ULONG lower = AsciiLower(static_cast<ULONG>(c));
  return IsDigit(lower) || (lower >= 'a' && lower <= 'f') ? 0x80 : 0;
}

SIZE_T Crt_mbstowcs(WCHAR* to, const char* from, SIZE_T count) {
  if (to == nullptr) return Length(from);
  for (SIZE_T i = 0; i < count; ++i) {
    to[i] = kAnsiCodePage.Decode(static_cast<UCHAR>(from[i]));
    if (to[i] == 0) return i;
  }
  return count;
}

SIZE_T Crt_wcstombs(char* to, const WCHAR* from, SIZE_T count) {
  if (to == nullptr) return Length(from);
  for (SIZE_T i = 0; i < count; ++i) {
    to[i] = static_cast<char>(kAnsiCodePage.Encode(from[i]));
    if (to[i] == 0) return i;
  }
  return count;
}

int Crt_mbtowc(WCHAR* to, const char* from, SIZE_T count) {
  if (from == nullptr || count == 0) return 0;
  if (to != nullptr) *to = kAnsiCodePage.Decode(static_cast<UCHAR>(*from));
  return *from == 0 ? 0 : 1;
}

int Crt_wctomb(char* to, WCHAR from) {
  if (to == nullptr) return 0;
  *to = static_cast<char>(kAnsiCodePage.Encode(from));
  return 1;
}
