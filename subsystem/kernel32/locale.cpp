// Text in the invariant locale: types, comparison, case, and the lstr family.
#include <algorithm>
#include <cstring>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;

namespace {

constexpr DWORD kLower = 0x100, kUpper = 0x200, kSortKey = 0x400;
constexpr DWORD kIgnoreCase = 1;
constexpr WORD kC1Upper = 1, kC1Lower = 2, kC1Digit = 4, kC1Space = 8, kC1Punct = 0x10, kC1Control = 0x20, kC1Blank = 0x40, kC1Hex = 0x80,
               kC1Alpha = 0x100, kC1Defined = 0x200;

/// Simple case pairs of Latin, Greek and Cyrillic; other scripts with case are left as they are.
WCHAR ToLower(WCHAR c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? static_cast<WCHAR>(c + 32) : c;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) || (c >= 0x410 && c <= 0x42F))
    return static_cast<WCHAR>(c + 32);
  if (c >= 0x400 && c <= 0x40F) return static_cast<WCHAR>(c + 80);
  if (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) return static_cast<WCHAR>(c | 1);
  return c == 0x178 ? WCHAR{0xFF} : c;
}
WCHAR ToUpper(WCHAR c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? static_cast<WCHAR>(c - 32) : c;
  if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) || (c >= 0x430 && c <= 0x44F))
    return static_cast<WCHAR>(c - 32);
  if (c >= 0x450 && c <= 0x45F) return static_cast<WCHAR>(c - 80);
  if (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) return static_cast<WCHAR>(c & ~1);
  return c == 0xFF ? WCHAR{0x178} : c;
}

WORD TypeOf(WCHAR c) {
  WORD type = kC1Defined;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) type |= kC1Control;
  if (c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0) type |= kC1Space;
  if (c == ' ' || c == 9 || c == 0xA0) type |= kC1Blank;
  if (c >= '0' && c <= '9') type |= kC1Digit | kC1Hex;
  if ((c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f')) type |= kC1Hex;
  if (ToLower(c) != c)
    type |= kC1Upper | kC1Alpha;
  else if (ToUpper(c) != c || c == 0xDF || c == 0xAA || c == 0xBA || c == 0xB5)
    type |= kC1Lower | kC1Alpha;
  else if (c >= 0x100 && c < 0x2000)
    type |= kC1Alpha;
  else if (c > 0x20 && c < 0x7F && !(type & kC1Digit))
    type |= kC1Punct;
  else if (c >= 0xA1 && c <= 0xBF)
    type |= kC1Punct;
  return type;
}

std::u16string_view View(LPCWSTR text, INT count) {
  return {text, count < 0 ? std::u16string_view(text).size() : static_cast<SIZE_T>(count)};
}

/// The order of text as people sort it: letters by alphabet, lower case before upper case where all else is equal.
int Compare(std::u16string_view left, std::u16string_view right, bool ignore_case) {
  for (SIZE_T i = 0; i < left.size() && i < right.size(); i++) {
    const WCHAR a = ToLower(left[i]), b = ToLower(right[i]);
    if (a == b) continue;
    const bool letters = (TypeOf(a) & kC1Alpha) != 0 && (TypeOf(b) & kC1Alpha) != 0;
    if (!letters && ((TypeOf(a) | TypeOf(b)) & kC1Alpha)) return TypeOf(a) & kC1Alpha ? 1 : -1;
    return a < b ? -1 : 1;
  }
  if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
  if (ignore_case) return 0;
  for (SIZE_T i = 0; i < left.size(); i++)
    if (left[i] != right[i]) return ToLower(left[i]) == left[i] ? -1 : 1;
  return 0;
}

}  // namespace

extern "C" {

/// Compares text by its code units; 1 less, 2 equal, 3 greater.
INT CompareStringOrdinal(LPCWSTR String1, INT Count1, LPCWSTR String2, INT Count2, BOOL IgnoreCase) {
  if (!String1 || !String2) return Fail(ERROR_INVALID_PARAMETER);
  const std::u16string_view left = View(String1, Count1), right = View(String2, Count2);
  const SIZE_T common = std::min(left.size(), right.size());
  for (SIZE_T i = 0; i < common; i++) {
    const WCHAR a = IgnoreCase ? ToUpper(left[i]) : left[i], b = IgnoreCase ? ToUpper(right[i]) : right[i];
    if (a != b) return a < b ? 1 : 3;
  }
  return left.size() == right.size() ? 2 : left.size() < right.size() ? 1 : 3;
}

/// Compares text as people sort it; 1 less, 2 equal, 3 greater. Partial: the invariant locale, Latin, Greek and Cyrillic letters.
INT CompareStringW([[maybe_unused]] LCID Locale, DWORD Flags, LPCWSTR String1, INT Count1, LPCWSTR String2, INT Count2) {
  if (!String1 || !String2) return Fail(ERROR_INVALID_PARAMETER);
  return 2 + Compare(View(String1, Count1), View(String2, Count2), Flags & kIgnoreCase);
}

/// Compares text as people sort it; 1 less, 2 equal, 3 greater. Partial: the invariant locale, Latin, Greek and Cyrillic letters.
INT CompareStringEx([[maybe_unused]] LPCWSTR LocaleName, DWORD Flags, LPCWSTR String1, INT Count1, LPCWSTR String2, INT Count2,
                    [[maybe_unused]] PVOID Version, [[maybe_unused]] PVOID Reserved, [[maybe_unused]] LONG_PTR Param) {
  return CompareStringW(0, Flags, String1, Count1, String2, Count2);
}

/// Maps text to lower or upper case. Partial: the invariant locale; no sort keys.
INT LCMapStringW([[maybe_unused]] LCID Locale, DWORD Flags, LPCWSTR Source, INT SourceCount, LPWSTR Destination, INT DestinationCount) {
  if (!Source || SourceCount == 0 || DestinationCount < 0) return Fail(ERROR_INVALID_PARAMETER);
  if (Flags & kSortKey) return Fail(ERROR_NOT_SUPPORTED);
  const SIZE_T count = SourceCount < 0 ? std::u16string_view(Source).size() + 1 : static_cast<SIZE_T>(SourceCount);
  if (!DestinationCount) return static_cast<INT>(count);
  if (count > static_cast<SIZE_T>(DestinationCount)) return Fail(ERROR_INSUFFICIENT_BUFFER);
  std::transform(Source, Source + count, Destination, [Flags](WCHAR c) {
    return Flags & kUpper ? ToUpper(c) : Flags & kLower ? ToLower(c) : c;
  });
  return static_cast<INT>(count);
}

/// Maps text to lower or upper case. Partial: the invariant locale; no sort keys.
INT LCMapStringEx([[maybe_unused]] LPCWSTR LocaleName, DWORD Flags, LPCWSTR Source, INT SourceCount, LPWSTR Destination,
                  INT DestinationCount, [[maybe_unused]] PVOID Version, [[maybe_unused]] PVOID Reserved,
                  [[maybe_unused]] LONG_PTR SortHandle) {
  return LCMapStringW(0, Flags, Source, SourceCount, Destination, DestinationCount);
}

/// The character types of text: CT_CTYPE1. Partial: layout and processing types are 0.
BOOL GetStringTypeW(DWORD InfoType, LPCWSTR Source, INT Count, PUSHORT CharType) {
  if (!Source || !CharType || InfoType == 0 || InfoType > 4) return Fail(ERROR_INVALID_PARAMETER);
  const SIZE_T count = Count < 0 ? std::u16string_view(Source).size() + 1 : static_cast<SIZE_T>(Count);
  std::transform(Source, Source + count, CharType, [InfoType](WCHAR c) { return InfoType == 1 ? TypeOf(c) : WORD{0}; });
  return TRUE;
}

/// The user's default language: English (United States).
LCID GetUserDefaultLCID() { return 0x409; }

/// The system's default language: English (United States).
LCID GetSystemDefaultLCID() { return 0x409; }

/// The thread's language: English (United States).
LCID GetThreadLocale() { return 0x409; }

/// The user's default language: English (United States).
LANGID GetUserDefaultLangID() { return 0x409; }

/// The user's default interface language: English (United States).
LANGID GetUserDefaultUILanguage() { return 0x409; }

/// Whether a locale is installed. Partial: the invariant one, the neutral ones and English (United States).
BOOL IsValidLocale(LCID Locale, [[maybe_unused]] DWORD Flags) {
  return Locale == 0x409 || Locale == 0x7F || Locale == 0x400 || Locale == 0x800;
}

/// The length of text; 0 for null.
INT lstrlenW(LPCWSTR String) { return String ? static_cast<INT>(std::u16string_view(String).size()) : 0; }

/// The length of text; 0 for null.
INT lstrlenA(LPCSTR String) { return String ? static_cast<INT>(std::strlen(String)) : 0; }

/// Compares text as people sort it.
INT lstrcmpW(LPCWSTR String1, LPCWSTR String2) { return Compare(String1 ? String1 : u"", String2 ? String2 : u"", false); }

/// Compares text as people sort it, without regard to case.
INT lstrcmpiW(LPCWSTR String1, LPCWSTR String2) { return Compare(String1 ? String1 : u"", String2 ? String2 : u"", true); }

/// Compares text as people sort it.
INT lstrcmpA(LPCSTR String1, LPCSTR String2) {
  return lstrcmpW(WideName(String1 ? String1 : "").c_str(), WideName(String2 ? String2 : "").c_str());
}

/// Compares text as people sort it, without regard to case.
INT lstrcmpiA(LPCSTR String1, LPCSTR String2) {
  return lstrcmpiW(WideName(String1 ? String1 : "").c_str(), WideName(String2 ? String2 : "").c_str());
}

/// Copies text.
LPWSTR lstrcpyW(LPWSTR String1, LPCWSTR String2) {
  return std::memcpy(String1, String2, (std::u16string_view(String2).size() + 1) * 2), String1;
}

/// Copies text.
LPSTR lstrcpyA(LPSTR String1, LPCSTR String2) { return std::memcpy(String1, String2, std::strlen(String2) + 1), String1; }

/// Copies at most so many characters, the terminator counted.
LPWSTR lstrcpynW(LPWSTR String1, LPCWSTR String2, INT MaxLength) {
  INT i = 0;
  for (; i + 1 < MaxLength && String2[i]; i++) String1[i] = String2[i];
  if (MaxLength > 0) String1[i] = 0;
  return String1;
}

/// Appends text.
LPWSTR lstrcatW(LPWSTR String1, LPCWSTR String2) { return lstrcpyW(String1 + std::u16string_view(String1).size(), String2), String1; }

/// Appends text.
LPSTR lstrcatA(LPSTR String1, LPCSTR String2) { return lstrcpyA(String1 + std::strlen(String1), String2), String1; }

}  // extern "C"
