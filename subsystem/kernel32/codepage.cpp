// Code pages: UTF-8, Windows-1252 (ANSI), ISO 8859-1, US-ASCII, and code page 437 (OEM).
#include <cstring>

#include "subsystem/kernel32/base.h"

namespace nt::win32 {
namespace {

// 0x80..0x9F of Windows-1252 (unicode.org's CP1252.TXT, with the five undefined codes as best fit C1 controls).
constexpr WCHAR k1252[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                             0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                             0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

// 0x80..0xFF of code page 437 (unicode.org's CP437.TXT).
constexpr WCHAR k437[128] = {
    0xC7,   0xFC,   0xE9,   0xE2,   0xE4,   0xE0,   0xE5,   0xE7,   0xEA,   0xEB,   0xE8,   0xEF,   0xEE,   0xEC,   0xC4,   0xC5,
    0xC9,   0xE6,   0xC6,   0xF4,   0xF6,   0xF2,   0xFB,   0xF9,   0xFF,   0xD6,   0xDC,   0xA2,   0xA3,   0xA5,   0x20A7, 0x192,
    0xE1,   0xED,   0xF3,   0xFA,   0xF1,   0xD1,   0xAA,   0xBA,   0xBF,   0x2310, 0xAC,   0xBD,   0xBC,   0xA1,   0xAB,   0xBB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255D, 0x255C, 0x255B, 0x2510,
    0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x255E, 0x255F, 0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256B, 0x256A, 0x2518, 0x250C, 0x2588, 0x2584, 0x258C, 0x2590, 0x2580,
    0x3B1,  0xDF,   0x393,  0x3C0,  0x3A3,  0x3C3,  0xB5,   0x3C4,  0x3A6,  0x398,  0x3A9,  0x3B4,  0x221E, 0x3C6,  0x3B5,  0x2229,
    0x2261, 0xB1,   0x2265, 0x2264, 0x2320, 0x2321, 0xF7,   0x2248, 0xB0,   0x2219, 0xB7,   0x221A, 0x207F, 0xB2,   0x25A0, 0xA0};

WCHAR FromByte(UINT page, UCHAR byte) {
  if (byte < 0x80) return byte;
  switch (page) {
    case 1252:
      return byte < 0xA0 ? k1252[byte - 0x80] : byte;
    case 437:
      return k437[byte - 0x80];
    case 28591:
      return byte;
    default:
      return static_cast<WCHAR>(byte & 0x7F);
  }
}

/// The byte of a character in a single-byte page, or -1.
int ToByte(UINT page, WCHAR c) {
  if (c < 0x80) return c;
  if (page == 20127) return -1;
  if (page == 28591) return c < 0x100 ? c : -1;
  if (page == 1252 && c >= 0xA0 && c < 0x100) return c;
  const WCHAR* const table = page == 437 ? k437 : k1252;
  const int size = page == 437 ? 128 : 32;
  for (int i = 0; i < size; i++)
    if (table[i] == c) return 0x80 + i;
  return -1;
}

// U+0100..U+017F, as Windows-1252 writes them where it lacks them (unicode.org's bestfit1252.txt); \0 for what has no likeness.
constexpr char kLatinExtended[] =
    "AaAaAaCcCcCcCcDd\xD0"
    "dEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi\0\0JjKk\0LlLlLl\0\0LlNnNnNn\0\0\0OoOoOo\0\0RrRrRrSsSsSs\0\0TtTtTtUuUuUuUuUuUuWwYy\0ZzZz\0\0";
static_assert(sizeof kLatinExtended == 0x80);

/// The character of Windows-1252 that resembles one it lacks; -1 if none does.
int BestFit(WCHAR c) {
  struct Likeness {
    WCHAR from;
    char to;
  };
  constexpr Likeness kSigns[] = {{0x2000, ' '}, {0x2001, ' '}, {0x2002, ' '},  {0x2003, ' '}, {0x2004, ' '},  {0x2005, ' '},
                                 {0x2006, ' '}, {0x2010, '-'}, {0x2011, '-'},  {0x2017, '='}, {0x2032, '\''}, {0x2035, '`'},
                                 {0x2044, '/'}, {0x2074, '4'}, {0x2075, '5'},  {0x2076, '6'}, {0x2077, '7'},  {0x2078, '8'},
                                 {0x2212, '-'}, {0x2215, '/'}, {0x2216, '\\'}, {0x2217, '*'}, {0x221A, 'v'},  {0x221E, '8'},
                                 {0x2223, '|'}, {0x2236, ':'}, {0x223C, '~'},  {0x2264, '='}, {0x2265, '='},  {0x3000, ' '}};
  if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFF01 + '!';  // the full-width forms of ASCII
  if (c >= 0x100 && c < 0x180) return kLatinExtended[c - 0x100] ? static_cast<UCHAR>(kLatinExtended[c - 0x100]) : -1;
  for (const Likeness& one : kSigns)
    if (one.from == c) return one.to;
  return -1;
}

ULONG EncodeUtf8(char32_t c, char* out) {
  if (c < 0x80) return out[0] = static_cast<char>(c), 1;
  const ULONG extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  for (ULONG i = extra; i > 0; i--, c >>= 6) out[i] = static_cast<char>(0x80 | (c & 0x3F));
  out[0] = static_cast<char>((extra == 1 ? 0xC0 : extra == 2 ? 0xE0 : 0xF0) | c);
  return extra + 1;
}

/// Decodes one character at text[at] and moves `at` past it; a malformed sequence gives U+FFFD for its longest valid part.
char32_t DecodeUtf8(std::string_view text, SIZE_T& at, bool* invalid) {
  const auto lead = static_cast<UCHAR>(text[at++]);
  if (lead < 0x80) return lead;
  const ULONG extra = lead >= 0xF0 && lead < 0xF5 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC2 ? 1 : 0;
  char32_t c = lead & (0x3F >> extra);
  // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
  UCHAR low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (lead >= 0xF5 || extra == 0) return *invalid = true, char32_t{0xFFFD};
  for (ULONG i = 0; i < extra; i++) {
    const UCHAR byte = at < text.size() ? static_cast<UCHAR>(text[at]) : 0;
    if (byte < low || byte > high) return *invalid = true, char32_t{0xFFFD};
    c = c << 6 | (byte & 0x3F);
    low = 0x80;
    high = 0xBF;
    at++;
  }
  return c;
}

}  // namespace

UINT ResolveCodePage(UINT code_page) {
  switch (code_page) {
    case 0:
    case 3:
      return kAnsiCodePage;
    case 1:
      return kOemCodePage;
    case 437:
    case 1252:
    case 20127:
    case 28591:
    case kUtf8:
      return code_page;
    default:
      return 0;
  }
}

SIZE_T ToMultiByte(UINT code_page, std::u16string_view text, PSTR out, SIZE_T room, bool* lossy, Replacement replacement) {
  const UINT page = ResolveCodePage(code_page);
  SIZE_T count = 0;
  for (SIZE_T at = 0; at < text.size(); at++) {
    char bytes[4];
    ULONG length = 1;
    if (page == kUtf8) {
      char32_t c = text[at];
      const bool high = c >= 0xD800 && c < 0xDC00, low = c >= 0xDC00 && c < 0xE000;
      if (high && at + 1 < text.size() && text[at + 1] >= 0xDC00 && text[at + 1] < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (text[++at] - 0xDC00U);
      } else if (high || low) {
        c = 0xFFFD;
        if (lossy) *lossy = true;
      }
      length = EncodeUtf8(c, bytes);
    } else {
      int byte = ToByte(page, text[at]);
      if (byte < 0 && replacement.best_fit && page == kAnsiCodePage) byte = BestFit(text[at]);
      if (byte < 0 && lossy) *lossy = true;
      bytes[0] = byte < 0 ? replacement.character : static_cast<char>(byte);
    }
    for (ULONG i = 0; i < length; i++, count++)
      if (count < room) out[count] = bytes[i];
  }
  return count;
}

SIZE_T ToWide(UINT code_page, std::string_view text, PWSTR out, SIZE_T room, bool* invalid) {
  const UINT page = ResolveCodePage(code_page);
  bool bad = false;
  SIZE_T count = 0;
  const auto put = [&](char32_t c) {
    if (count < room) out[count] = static_cast<WCHAR>(c);
    count++;
  };
  for (SIZE_T at = 0; at < text.size();) {
    if (page != kUtf8) {
      put(FromByte(page, static_cast<UCHAR>(text[at++])));
      continue;
    }
    const char32_t c = DecodeUtf8(text, at, &bad);
    if (c < 0x10000) {
      put(c);
    } else {
      put(0xD800 + ((c - 0x10000) >> 10));
      put(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  if (invalid) *invalid = bad;
  return count;
}

}  // namespace nt::win32

using namespace nt::win32;

namespace {

struct CPINFO {
  UINT MaxCharSize;
  BYTE DefaultChar[2];
  BYTE LeadByte[12];
};
NT_SIZE(CPINFO, 20);

constexpr DWORD kErrInvalidChars = 0x8;     // MB_ERR_INVALID_CHARS
constexpr DWORD kWcErrInvalidChars = 0x80;  // WC_ERR_INVALID_CHARS
constexpr DWORD kWcNoBestFit = 0x400;       // WC_NO_BEST_FIT_CHARS
constexpr DWORD kWcComposite = 0x270;       // WC_COMPOSITECHECK and what it may be joined with

}  // namespace

extern "C" {

/// Converts UTF-16 to a code page. What the page lacks becomes a character that resembles it, unless WC_NO_BEST_FIT_CHARS is asked for, or
/// else the caller's default character or "?". ERROR_INVALID_FLAGS for flags that the page does not allow.
INT WideCharToMultiByte(UINT CodePage, DWORD Flags, LPCWSTR Wide, INT WideCount, LPSTR Bytes, INT ByteCount, LPCSTR DefaultChar,
                        LPBOOL UsedDefault) {
  const UINT page = ResolveCodePage(CodePage);
  if (!page || !Wide || WideCount == 0 || WideCount < -1 || ByteCount < 0 || (ByteCount && !Bytes)) return Fail(ERROR_INVALID_PARAMETER);
  if (page == kUtf8 && (DefaultChar || UsedDefault)) return Fail(ERROR_INVALID_PARAMETER);
  if (Flags & ~(page == kUtf8 ? kWcErrInvalidChars : kWcNoBestFit | kWcComposite)) return Fail(ERROR_INVALID_FLAGS);
  const std::u16string_view text(Wide, WideCount < 0 ? std::u16string_view(Wide).size() + 1 : static_cast<SIZE_T>(WideCount));
  bool lossy = false;
  const Replacement replacement{DefaultChar ? *DefaultChar : '?', (Flags & kWcNoBestFit) == 0};
  const SIZE_T needed = ToMultiByte(page, text, Bytes, static_cast<SIZE_T>(ByteCount), &lossy, replacement);
  if (lossy && page == kUtf8 && (Flags & kWcErrInvalidChars)) return Fail(ERROR_NO_UNICODE_TRANSLATION);
  if (UsedDefault) *UsedDefault = lossy;
  if (ByteCount && needed > static_cast<SIZE_T>(ByteCount)) return Fail(ERROR_INSUFFICIENT_BUFFER);
  return static_cast<INT>(needed);
}

/// Converts a code page to UTF-16.
INT MultiByteToWideChar(UINT CodePage, DWORD Flags, LPCSTR Bytes, INT ByteCount, LPWSTR Wide, INT WideCount) {
  const UINT page = ResolveCodePage(CodePage);
  if (!page || !Bytes || ByteCount == 0 || ByteCount < -1 || WideCount < 0 || (WideCount && !Wide)) return Fail(ERROR_INVALID_PARAMETER);
  const std::string_view text(Bytes, ByteCount < 0 ? std::string_view(Bytes).size() + 1 : static_cast<SIZE_T>(ByteCount));
  bool invalid = false;
  const SIZE_T needed = ToWide(page, text, Wide, static_cast<SIZE_T>(WideCount), &invalid);
  if (invalid && (Flags & kErrInvalidChars)) return Fail(ERROR_NO_UNICODE_TRANSLATION);
  if (WideCount && needed > static_cast<SIZE_T>(WideCount)) return Fail(ERROR_INSUFFICIENT_BUFFER);
  return static_cast<INT>(needed);
}

/// The ANSI code page.
UINT GetACP() { return kAnsiCodePage; }

/// The OEM code page.
UINT GetOEMCP() { return kOemCodePage; }

/// Whether a code page is installed.
BOOL IsValidCodePage(UINT CodePage) { return CodePage > 3 && ResolveCodePage(CodePage) != 0; }

/// Facts of a code page.
BOOL GetCPInfo(UINT CodePage, PVOID Info) {
  const UINT page = ResolveCodePage(CodePage);
  if (!page || !Info) return Fail(ERROR_INVALID_PARAMETER);
  *static_cast<CPINFO*>(Info) = {page == kUtf8 ? 4U : 1U, {'?', 0}, {}};
  return TRUE;
}

/// Whether a byte leads a double-byte character: no installed code page has any.
BOOL IsDBCSLeadByteEx([[maybe_unused]] UINT CodePage, [[maybe_unused]] BYTE TestChar) { return FALSE; }

/// Whether a byte leads a double-byte character of the ANSI code page.
BOOL IsDBCSLeadByte([[maybe_unused]] BYTE TestChar) { return FALSE; }

/// Whether file names use the ANSI code page: they always do.
BOOL AreFileApisANSI() { return TRUE; }

}  // extern "C"
