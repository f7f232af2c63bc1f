// Memory, narrow and wide strings, characters. All leaves: called directly in the Microsoft convention. The locale is "C".
#include <algorithm>
#include <cstring>
#include <string_view>

#include "subsystem/msvcrt/crt.h"

namespace {

constexpr int kTruncateCount = 80;  // STRUNCATE

template <class C>
C Lower(C c) {
  return c >= 'A' && c <= 'Z' ? static_cast<C>(c + 32) : c;
}
template <class C>
C Upper(C c) {
  return c >= 'a' && c <= 'z' ? static_cast<C>(c - 32) : c;
}

template <class C>
size_t Length(const C* text, size_t limit = ~size_t{0}) {
  size_t length = 0;
  while (length < limit && text[length]) length++;
  return length;
}

template <bool kFold, class C>
int Compare(const C* left, const C* right, size_t limit = ~size_t{0}) {
  using U = std::make_unsigned_t<C>;
  for (size_t i = 0; i < limit; i++) {
    const U a = static_cast<U>(kFold ? Lower(left[i]) : left[i]), b = static_cast<U>(kFold ? Lower(right[i]) : right[i]);
    if (a != b) return a < b ? -1 : 1;
    if (!a) break;
  }
  return 0;
}

template <class C>
C* FindFirst(const C* text, C wanted) {
  for (;; text++) {
    if (*text == wanted) return const_cast<C*>(text);
    if (!*text) return nullptr;
  }
}

template <class C>
C* FindLast(const C* text, C wanted) {
  const C* found = nullptr;
  for (;; text++) {
    if (*text == wanted) found = text;
    if (!*text) return const_cast<C*>(found);
  }
}

template <class C>
C* FindText(const C* text, const C* wanted) {
  const size_t length = Length(wanted);
  for (;; text++) {
    if (Compare<false>(text, wanted, length) == 0) return const_cast<C*>(text);
    if (!*text) return nullptr;
  }
}

/// The number of leading characters that are (or are not) in a set.
template <bool kIn, class C>
size_t Span(const C* text, const C* set) {
  size_t length = 0;
  while (text[length] && (FindFirst(set, text[length]) != nullptr) == kIn) length++;
  return length;
}

template <class C>
C* Copy(C* to, const C* from) {
  std::memmove(to, from, (Length(from) + 1) * sizeof(C));
  return to;
}

template <class C>
C* CopyPadded(C* to, const C* from, size_t count) {
  const size_t length = Length(from, count);
  std::memcpy(to, from, length * sizeof(C));
  std::memset(to + length, 0, (count - length) * sizeof(C));
  return to;
}

/// The _s copies: at most `count` characters into the rest of a buffer, all or nothing unless `count` is _TRUNCATE.
template <class C>
int CopySecure(C* buffer, size_t size, const C* from, size_t count, bool append) {
  constexpr size_t kTruncate = ~size_t{0};
  if (!buffer || !size) return nt::crt::kEINVAL;
  const size_t at = append ? Length(buffer, size) : 0;
  if (!from || at == size) return *buffer = 0, nt::crt::kEINVAL;
  const size_t length = Length(from, count), room = size - at - 1;
  if (length > room && count != kTruncate) return *buffer = 0, nt::crt::kERANGE;
  std::memcpy(buffer + at, from, std::min(length, room) * sizeof(C));
  buffer[at + std::min(length, room)] = 0;
  return length > room ? kTruncateCount : 0;
}

template <class C>
C* Token(C* text, const C* delimiters, C** context) {
  C* at = text ? text : *context;
  if (!at) return nullptr;
  at += Span<true>(at, delimiters);
  if (!*at) return *context = at, nullptr;
  C* const end = at + Span<false>(at, delimiters);
  *context = end + (*end != 0);
  *end = 0;
  return at;
}

bool IsAlpha(unsigned c) { return (c | 32) - 'a' < 26; }
bool IsDigit(unsigned c) { return c - '0' < 10; }
bool IsGraph(unsigned c) { return c > 32 && c < 127; }

}  // namespace

extern "C" {

/// Copies bytes.
MSABI PVOID Msvcrt_memcpy(PVOID To, const VOID* From, size_t Count) { return std::memmove(To, From, Count); }

/// Copies bytes that may overlap.
MSABI PVOID Msvcrt_memmove(PVOID To, const VOID* From, size_t Count) { return std::memmove(To, From, Count); }

/// Fills bytes.
MSABI PVOID Msvcrt_memset(PVOID To, int Value, size_t Count) { return std::memset(To, Value, Count); }

/// Compares bytes.
MSABI int Msvcrt_memcmp(const VOID* Left, const VOID* Right, size_t Count) { return std::memcmp(Left, Right, Count); }

/// Finds a byte.
MSABI PVOID Msvcrt_memchr(const VOID* Buffer, int Value, size_t Count) { return const_cast<PVOID>(std::memchr(Buffer, Value, Count)); }

/// Copies bytes into a buffer of known size.
MSABI int Msvcrt_memcpy_s(PVOID To, size_t Size, const VOID* From, size_t Count) {
  if (!Count) return 0;
  if (!To || !From || Count > Size) {
    if (To) std::memset(To, 0, Size);
    return To && From ? nt::crt::kERANGE : nt::crt::kEINVAL;
  }
  std::memmove(To, From, Count);
  return 0;
}

/// The length of text.
MSABI size_t Msvcrt_strlen(const char* Text) { return std::strlen(Text); }
/// The length of text, at most so many characters.
MSABI size_t Msvcrt_strnlen(const char* Text, size_t Count) { return Length(Text, Count); }
/// The length of wide text.
MSABI size_t Msvcrt_wcslen(const WCHAR* Text) { return Length(Text); }
/// The length of wide text, at most so many characters.
MSABI size_t Msvcrt_wcsnlen(const WCHAR* Text, size_t Count) { return Length(Text, Count); }
/// Compares text.
MSABI int Msvcrt_strcmp(const char* Left, const char* Right) { return Compare<false>(Left, Right); }
/// Compares at most so many characters.
MSABI int Msvcrt_strncmp(const char* Left, const char* Right, size_t Count) { return Compare<false>(Left, Right, Count); }
/// Compares text in the locale's order, the C locale's.
MSABI int Msvcrt_strcoll(const char* Left, const char* Right) { return Compare<false>(Left, Right); }
/// Compares wide text.
MSABI int Msvcrt_wcscmp(const WCHAR* Left, const WCHAR* Right) { return Compare<false>(Left, Right); }
/// Compares at most so many wide characters.
MSABI int Msvcrt_wcsncmp(const WCHAR* Left, const WCHAR* Right, size_t Count) { return Compare<false>(Left, Right, Count); }
/// Compares wide text in the locale's order, the C locale's.
MSABI int Msvcrt_wcscoll(const WCHAR* Left, const WCHAR* Right) { return Compare<false>(Left, Right); }
/// Compares text without regard to case.
MSABI int Msvcrt__stricmp(const char* Left, const char* Right) { return Compare<true>(Left, Right); }
/// Compares text without regard to case.
MSABI int Msvcrt__strcmpi(const char* Left, const char* Right) { return Compare<true>(Left, Right); }
/// Compares at most so many characters without regard to case.
MSABI int Msvcrt__strnicmp(const char* Left, const char* Right, size_t Count) { return Compare<true>(Left, Right, Count); }
/// Compares wide text without regard to case.
MSABI int Msvcrt__wcsicmp(const WCHAR* Left, const WCHAR* Right) { return Compare<true>(Left, Right); }
/// Compares at most so many wide characters without regard to case.
MSABI int Msvcrt__wcsnicmp(const WCHAR* Left, const WCHAR* Right, size_t Count) { return Compare<true>(Left, Right, Count); }
/// Copies text.
MSABI char* Msvcrt_strcpy(char* To, const char* From) { return Copy(To, From); }
/// Copies so many characters, filling with zeroes.
MSABI char* Msvcrt_strncpy(char* To, const char* From, size_t Count) { return CopyPadded(To, From, Count); }
/// Appends text.
MSABI char* Msvcrt_strcat(char* To, const char* From) { return Copy(To + Length(To), From), To; }
/// Appends at most so many characters.
MSABI char* Msvcrt_strncat(char* To, const char* From, size_t Count) {
  char* const end = To + Length(To);
  const size_t length = Length(From, Count);
  std::memcpy(end, From, length);
  end[length] = 0;
  return To;
}
/// Copies wide text.
MSABI WCHAR* Msvcrt_wcscpy(WCHAR* To, const WCHAR* From) { return Copy(To, From); }
/// Copies so many wide characters, filling with zeroes.
MSABI WCHAR* Msvcrt_wcsncpy(WCHAR* To, const WCHAR* From, size_t Count) { return CopyPadded(To, From, Count); }
/// Appends wide text.
MSABI WCHAR* Msvcrt_wcscat(WCHAR* To, const WCHAR* From) { return Copy(To + Length(To), From), To; }
/// Copies text into a buffer of known size.
MSABI int Msvcrt_strcpy_s(char* Buffer, size_t Size, const char* From) { return CopySecure(Buffer, Size, From, Size, false); }
/// Copies at most so many characters into a buffer of known size.
MSABI int Msvcrt_strncpy_s(char* Buffer, size_t Size, const char* From, size_t Count) {
  return CopySecure(Buffer, Size, From, Count, false);
}
/// Appends text in a buffer of known size.
MSABI int Msvcrt_strcat_s(char* Buffer, size_t Size, const char* From) { return CopySecure(Buffer, Size, From, Size, true); }
/// Copies wide text into a buffer of known size.
MSABI int Msvcrt_wcscpy_s(WCHAR* Buffer, size_t Size, const WCHAR* From) { return CopySecure(Buffer, Size, From, Size, false); }
/// Copies at most so many wide characters into a buffer of known size.
MSABI int Msvcrt_wcsncpy_s(WCHAR* Buffer, size_t Size, const WCHAR* From, size_t Count) {
  return CopySecure(Buffer, Size, From, Count, false);
}
/// Appends wide text in a buffer of known size.
MSABI int Msvcrt_wcscat_s(WCHAR* Buffer, size_t Size, const WCHAR* From) { return CopySecure(Buffer, Size, From, Size, true); }
/// Finds a character.
MSABI char* Msvcrt_strchr(const char* Text, int Character) { return FindFirst(Text, static_cast<char>(Character)); }
/// Finds a character's last place.
MSABI char* Msvcrt_strrchr(const char* Text, int Character) { return FindLast(Text, static_cast<char>(Character)); }
/// Finds text.
MSABI char* Msvcrt_strstr(const char* Text, const char* Wanted) { return FindText(Text, Wanted); }
/// Finds any character of a set.
MSABI char* Msvcrt_strpbrk(const char* Text, const char* Set) {
  const char* const found = Text + Span<false>(Text, Set);
  return *found ? const_cast<char*>(found) : nullptr;
}
/// The number of leading characters in a set.
MSABI size_t Msvcrt_strspn(const char* Text, const char* Set) { return Span<true>(Text, Set); }
/// The number of leading characters not in a set.
MSABI size_t Msvcrt_strcspn(const char* Text, const char* Set) { return Span<false>(Text, Set); }
/// Finds a wide character.
MSABI WCHAR* Msvcrt_wcschr(const WCHAR* Text, WCHAR Character) { return FindFirst(Text, Character); }
/// Finds a wide character's last place.
MSABI WCHAR* Msvcrt_wcsrchr(const WCHAR* Text, WCHAR Character) { return FindLast(Text, Character); }
/// Finds wide text.
MSABI WCHAR* Msvcrt_wcsstr(const WCHAR* Text, const WCHAR* Wanted) { return FindText(Text, Wanted); }
/// The number of leading wide characters in a set.
MSABI size_t Msvcrt_wcsspn(const WCHAR* Text, const WCHAR* Set) { return Span<true>(Text, Set); }
/// The number of leading wide characters not in a set.
MSABI size_t Msvcrt_wcscspn(const WCHAR* Text, const WCHAR* Set) { return Span<false>(Text, Set); }
/// Cuts text into tokens.
MSABI char* Msvcrt_strtok_s(char* Text, const char* Delimiters, char** Context) { return Token(Text, Delimiters, Context); }
/// Cuts wide text into tokens.
MSABI WCHAR* Msvcrt_wcstok_s(WCHAR* Text, const WCHAR* Delimiters, WCHAR** Context) { return Token(Text, Delimiters, Context); }
/// Makes a sort key: in the C locale the text itself.
MSABI size_t Msvcrt_strxfrm(char* To, const char* From, size_t Count) {
  const size_t length = Length(From);
  if (length < Count) Copy(To, From);
  return length;
}
/// Makes a sort key: in the C locale the text itself.
MSABI size_t Msvcrt_wcsxfrm(WCHAR* To, const WCHAR* From, size_t Count) {
  const size_t length = Length(From);
  if (length < Count) Copy(To, From);
  return length;
}
/// Makes text lower case.
MSABI char* Msvcrt__strlwr(char* Text) { return std::transform(Text, Text + Length(Text), Text, Lower<char>), Text; }
/// Makes text upper case.
MSABI char* Msvcrt__strupr(char* Text) { return std::transform(Text, Text + Length(Text), Text, Upper<char>), Text; }
/// Makes wide text lower case.
MSABI WCHAR* Msvcrt__wcslwr(WCHAR* Text) { return std::transform(Text, Text + Length(Text), Text, Lower<WCHAR>), Text; }
/// Makes wide text upper case.
MSABI WCHAR* Msvcrt__wcsupr(WCHAR* Text) { return std::transform(Text, Text + Length(Text), Text, Upper<WCHAR>), Text; }
/// A character in lower case.
MSABI int Msvcrt_tolower(int Character) { return Lower(Character); }
/// A character in upper case.
MSABI int Msvcrt_toupper(int Character) { return Upper(Character); }
/// A wide character in lower case.
MSABI WCHAR Msvcrt_towlower(WCHAR Character) { return Lower(Character); }
/// A wide character in upper case.
MSABI WCHAR Msvcrt_towupper(WCHAR Character) { return Upper(Character); }
/// Whether a character is a letter.
MSABI int Msvcrt_isalpha(int Character) { return IsAlpha(static_cast<unsigned>(Character)); }
/// Whether a character is a digit.
MSABI int Msvcrt_isdigit(int Character) { return IsDigit(static_cast<unsigned>(Character)); }
/// Whether a character is a letter or a digit.
MSABI int Msvcrt_isalnum(int Character) { return IsAlpha(static_cast<unsigned>(Character)) || IsDigit(static_cast<unsigned>(Character)); }
/// Whether a character is white space.
MSABI int Msvcrt_isspace(int Character) { return Character == ' ' || (Character >= 9 && Character <= 13); }
/// Whether a character prints.
MSABI int Msvcrt_isprint(int Character) { return IsGraph(static_cast<unsigned>(Character)) || Character == ' '; }
/// Whether a character shows.
MSABI int Msvcrt_isgraph(int Character) { return IsGraph(static_cast<unsigned>(Character)); }
/// Whether a character is punctuation.
MSABI int Msvcrt_ispunct(int Character) {
  const auto c = static_cast<unsigned>(Character);
  return IsGraph(c) && !IsAlpha(c) && !IsDigit(c);
}
/// Whether a character is a control character.
MSABI int Msvcrt_iscntrl(int Character) { return (Character >= 0 && Character < 32) || Character == 127; }
/// Whether a character is upper case.
MSABI int Msvcrt_isupper(int Character) { return Character >= 'A' && Character <= 'Z'; }
/// Whether a character is lower case.
MSABI int Msvcrt_islower(int Character) { return Character >= 'a' && Character <= 'z'; }
/// Whether a character is a hexadecimal digit.
MSABI int Msvcrt_isxdigit(int Character) {
  const auto c = static_cast<unsigned>(Character);
  return IsDigit(c) || (c | 32) - 'a' < 6;
}
/// Whether a wide character has any of the types in a mask (1 upper, 2 lower, 4 digit, 8 space, 16 punctuation, 32 control, 64 blank, 128
/// hexadecimal, 256 letter).
MSABI int Msvcrt_iswctype(USHORT Character, USHORT Mask) {
  const int c = Character;
  int types = (Msvcrt_isupper(c) ? 1 : 0) | (Msvcrt_islower(c) ? 2 : 0) | (Msvcrt_isdigit(c) ? 4 : 0) | (Msvcrt_isspace(c) ? 8 : 0);
  types |= (Msvcrt_ispunct(c) ? 16 : 0) | (Msvcrt_iscntrl(c) ? 32 : 0) | (c == ' ' || c == 9 ? 64 : 0) | (Msvcrt_isxdigit(c) ? 128 : 0);
  return (types | (Msvcrt_isalpha(c) ? 256 : 0)) & Mask;
}
/// Whether a wide character is a digit.
MSABI int Msvcrt_iswdigit(USHORT Character) { return Msvcrt_isdigit(Character); }
/// Whether a wide character is white space.
MSABI int Msvcrt_iswspace(USHORT Character) { return Msvcrt_isspace(Character); }
/// Whether a wide character is a letter.
MSABI int Msvcrt_iswalpha(USHORT Character) { return Msvcrt_isalpha(Character); }

}  // extern "C"
