// The C runtime names of ntoskrnl that know their buffers' sizes, and the older ones beside them: what they write and what they return.
#define __USE_MINGW_ANSI_STDIO 0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktest.h"

using namespace ktest;

extern "C" {
int __cdecl _swprintf(wchar_t* to, const wchar_t* format, ...);
int __cdecl _vswprintf(wchar_t* to, const wchar_t* format, va_list arguments);
int __cdecl _purecall(void);
}

namespace {

bool Same(const char* a, const char* b) { return strcmp(a, b) == 0; }
bool Same(const wchar_t* a, const wchar_t* b) { return wcscmp(a, b) == 0; }

/// A routine of ntoskrnl by its name: what headers make of some of these is a function of their own.
template <class T>
T Routine(PCWSTR name) {
  UNICODE_STRING text;
  RtlInitUnicodeString(&text, name);
  return reinterpret_cast<T>(MmGetSystemRoutineAddress(&text));
}

template <class Char>
using Print = int(__cdecl*)(Char*, SIZE_T, const Char*, ...);
template <class Char>
using PrintCounted = int(__cdecl*)(Char*, SIZE_T, SIZE_T, const Char*, ...);
template <class Char>
using PrintList = int(__cdecl*)(Char*, SIZE_T, const Char*, va_list);
template <class Char>
using PrintListCounted = int(__cdecl*)(Char*, SIZE_T, SIZE_T, const Char*, va_list);

template <class Char>
int Listed(PCWSTR name, Char* to, SIZE_T size, const Char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int count = Routine<PrintList<Char>>(name)(to, size, format, arguments);
  va_end(arguments);
  return count;
}

template <class Char>
int ListedCounted(PCWSTR name, Char* to, SIZE_T size, SIZE_T most, const Char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int count = Routine<PrintListCounted<Char>>(name)(to, size, most, format, arguments);
  va_end(arguments);
  return count;
}

template <class Char>
int ListedUnbounded(int(__cdecl* print)(Char*, const Char*, va_list), Char* to, const Char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int count = print(to, format, arguments);
  va_end(arguments);
  return count;
}

constexpr SIZE_T kTruncate = static_cast<SIZE_T>(-1);

}  // namespace

KTEST(PrintsIntoBuffersOfASize) {
  char text[8];
  const auto sprintf_s = Routine<Print<char>>(L"sprintf_s");
  EXPECT_EQ(sprintf_s(text, sizeof text, "%d", 1234567), 7);
  EXPECT(Same(text, "1234567"));
  EXPECT_EQ(sprintf_s(text, sizeof text, "%d", 12345678), -1);
  EXPECT_EQ(text[0], '\0');
  EXPECT_EQ(Listed(L"vsprintf_s", text, sizeof text, "%s!", "abc"), 4);
  EXPECT(Same(text, "abc!"));
  wchar_t wide[8];
  const auto swprintf_s = Routine<Print<wchar_t>>(L"swprintf_s");
  EXPECT_EQ(swprintf_s(wide, RTL_NUMBER_OF(wide), L"%x", 0xabcd), 4);
  EXPECT(Same(wide, L"abcd"));
  EXPECT_EQ(swprintf_s(wide, RTL_NUMBER_OF(wide), L"%s", L"too long for it"), -1);
  EXPECT_EQ(wide[0], L'\0');
  EXPECT_EQ(Listed(L"vswprintf_s", wide, RTL_NUMBER_OF(wide), L"%c%c", L'o', L'k'), 2);
  EXPECT(Same(wide, L"ok"));
}

KTEST(CountedPrintsTruncateIfAsked) {
  char text[5];
  const auto print = Routine<PrintCounted<char>>(L"_snprintf_s");
  EXPECT_EQ(print(text, sizeof text, kTruncate, "%s", "abcdefg"), -1);
  EXPECT(Same(text, "abcd"));
  EXPECT_EQ(print(text, sizeof text, 2, "%s", "abcdefg"), -1);
  EXPECT(Same(text, "ab"));
  EXPECT_EQ(print(text, sizeof text, 3, "%s", "abc"), 3);
  EXPECT_EQ(ListedCounted(L"_vsnprintf_s", text, sizeof text, kTruncate, "%d", 123456), -1);
  EXPECT(Same(text, "1234"));
  wchar_t wide[5];
  EXPECT_EQ(Routine<PrintCounted<wchar_t>>(L"_snwprintf_s")(wide, RTL_NUMBER_OF(wide), kTruncate, L"%s", L"abcdefg"), -1);
  EXPECT(Same(wide, L"abcd"));
  EXPECT_EQ(ListedCounted(L"_vsnwprintf_s", wide, RTL_NUMBER_OF(wide), 3, L"%d", 123), 3);
  EXPECT(Same(wide, L"123"));
}

KTEST(OlderPrintsKnowNoSize) {
  char text[16];
  EXPECT_EQ(ListedUnbounded<char>(Routine<int(__cdecl*)(char*, const char*, va_list)>(L"vsprintf"), text, "%u-%s", 7u, "x"), 3);
  EXPECT(Same(text, "7-x"));
  wchar_t wide[16];
  EXPECT_EQ(_swprintf(wide, L"%d", -5), 2);
  EXPECT(Same(wide, L"-5"));
  EXPECT_EQ(ListedUnbounded<wchar_t>(&_vswprintf, wide, L"<%s>", L"w"), 3);
  EXPECT(Same(wide, L"<w>"));
  EXPECT_EQ(ListedUnbounded<wchar_t>(Routine<int(__cdecl*)(wchar_t*, const wchar_t*, va_list)>(L"vswprintf"), wide, L"%04d", 42), 4);
  EXPECT(Same(wide, L"0042"));
}

KTEST(ScansBoundedWideText) {
  int number = 0;
  wchar_t word[4] = {};
  const auto scan = Routine<int(__cdecl*)(const wchar_t*, SIZE_T, const wchar_t*, ...)>(L"_snwscanf_s");
  EXPECT_EQ(scan(L"12 abc", 6, L"%d %s", &number, word, 4u), 2);
  EXPECT_EQ(number, 12);
  EXPECT(Same(word, L"abc"));
  EXPECT_EQ(scan(L"12345", 2, L"%d", &number), 1);
  EXPECT_EQ(number, 12);
}

KTEST(IntegersBecomeText) {
  char text[72];
  EXPECT(Same(_itoa(-255, text, 10), "-255"));
  EXPECT(Same(_itoa(-1, text, 16), "ffffffff"));
  EXPECT_EQ(_itoa_s(255, text, 3, 16), 0);
  EXPECT(Same(text, "ff"));
  EXPECT_EQ(_itoa_s(255, text, 2, 16), ERANGE);
  EXPECT_EQ(text[0], '\0');
  EXPECT_EQ(_itoa_s(255, text, sizeof text, 1), EINVAL);
  EXPECT_EQ(_itoa_s(255, nullptr, sizeof text, 10), EINVAL);
  EXPECT_EQ(_ltoa_s(-8, text, sizeof text, 10), 0);
  EXPECT(Same(text, "-8"));
  EXPECT_EQ(_ultoa_s(4294967295ul, text, sizeof text, 2), 0);
  EXPECT_EQ(strlen(text), 32u);
  EXPECT_EQ(_i64toa_s(MINLONGLONG, text, sizeof text, 10), 0);
  EXPECT(Same(text, "-9223372036854775808"));
  EXPECT_EQ(_ui64toa_s(MAXULONGLONG, text, sizeof text, 36), 0);
  EXPECT(Same(text, "3w5e11264sgsf"));
}

KTEST(IntegersBecomeWideText) {
  wchar_t text[72];
  EXPECT(Same(_itow(77, text, 8), L"115"));
  EXPECT_EQ(_itow_s(-7, text, 3, 10), 0);
  EXPECT(Same(text, L"-7"));
  EXPECT_EQ(_itow_s(-7, text, 2, 10), ERANGE);
  EXPECT_EQ(text[0], L'\0');
  EXPECT_EQ(_ltow_s(16, text, RTL_NUMBER_OF(text), 16), 0);
  EXPECT(Same(text, L"10"));
  EXPECT_EQ(_ultow_s(4294967295ul, text, RTL_NUMBER_OF(text), 10), 0);
  EXPECT(Same(text, L"4294967295"));
  EXPECT_EQ(_i64tow_s(-1, text, RTL_NUMBER_OF(text), 16), 0);
  EXPECT(Same(text, L"ffffffffffffffff"));
  EXPECT_EQ(_ui64tow_s(MAXULONGLONG, text, RTL_NUMBER_OF(text), 10), 0);
  EXPECT(Same(text, L"18446744073709551615"));
}

KTEST(TextBecomesIntegers) {
  char* end = nullptr;
  EXPECT_EQ(_strtoui64("0xffffffffffffffffz", &end, 0), MAXULONGLONG);
  EXPECT_EQ(*end, 'z');
  EXPECT_EQ(_strtoui64("18446744073709551616", &end, 10), MAXULONGLONG);
  EXPECT_EQ(_strtoui64("none", &end, 10), 0u);
  EXPECT(Same(end, "none"));
  wchar_t* wide_end = nullptr;
  EXPECT_EQ(_wcstoui64(L" 017 ", &wide_end, 0), 15u);
  EXPECT_EQ(*wide_end, L' ');
  EXPECT_EQ(_wtol(L" -12x"), -12);
  EXPECT_EQ(_wtol(L"x"), 0);
}

KTEST(StringsAreFilledAndTurnedRound) {
  char text[8];
  strcpy(text, "abcdef");
  EXPECT(Same(_strrev(text), "fedcba"));
  EXPECT(Same(_strset(text, 'x'), "xxxxxx"));
  EXPECT(Same(_strnset(text, 'y', 2), "yyxxxx"));
  EXPECT(Same(_strnset(text, 'z', 20), "zzzzzz"));
  EXPECT_EQ(_strset_s(text, sizeof text, 'a'), 0);
  EXPECT(Same(text, "aaaaaa"));
  EXPECT_EQ(_strnset_s(text, sizeof text, 'b', 3), 0);
  EXPECT(Same(text, "bbbaaa"));
  EXPECT_EQ(_strset_s(text, 4, 'c'), EINVAL);  // there is no terminator within it
  wchar_t wide[8];
  wcscpy(wide, L"abcdef");
  EXPECT(Same(_wcsrev(wide), L"fedcba"));
  EXPECT(Same(_wcsnset(wide, L'y', 2), L"yydcba"));
  EXPECT_EQ(_wcsset_s(wide, RTL_NUMBER_OF(wide), L'a'), 0);
  EXPECT(Same(wide, L"aaaaaa"));
  EXPECT_EQ(_wcsnset_s(wide, RTL_NUMBER_OF(wide), L'b', 1), 0);
  EXPECT(Same(wide, L"baaaaa"));
  EXPECT_EQ(_wcsset_s(wide, 3, L'c'), EINVAL);
}

KTEST(StringsAreAppendedWithinTheirBuffers) {
  char text[6] = "ab";
  EXPECT_EQ(strcat_s(text, sizeof text, "cd"), 0);
  EXPECT(Same(text, "abcd"));
  EXPECT_EQ(strcat_s(text, sizeof text, "ef"), ERANGE);
  EXPECT_EQ(text[0], '\0');
  EXPECT_EQ(strcat_s(text, sizeof text, nullptr), EINVAL);
  strcpy(text, "ab");
  EXPECT_EQ(strncat_s(text, sizeof text, "cdefg", 2), 0);
  EXPECT(Same(text, "abcd"));
  EXPECT_EQ(strncat_s(text, sizeof text, "efgh", kTruncate), STRUNCATE);
  EXPECT(Same(text, "abcde"));
  wchar_t wide[6] = L"ab";
  EXPECT(Same(wcsncat(wide, L"cdefg", 1), L"abc"));
  EXPECT_EQ(wcsncat_s(wide, RTL_NUMBER_OF(wide), L"defg", 1), 0);
  EXPECT(Same(wide, L"abcd"));
  EXPECT_EQ(wcsncat_s(wide, RTL_NUMBER_OF(wide), L"efgh", 2), ERANGE);
  EXPECT_EQ(wide[0], L'\0');
  EXPECT_EQ(wcsncpy_s(wide, RTL_NUMBER_OF(wide), L"abcdefgh", 3), 0);
  EXPECT(Same(wide, L"abc"));
  EXPECT_EQ(wcsncpy_s(wide, RTL_NUMBER_OF(wide), L"abcdefgh", kTruncate), STRUNCATE);
  EXPECT(Same(wide, L"abcde"));
  EXPECT_EQ(wcsncpy_s(wide, RTL_NUMBER_OF(wide), L"abcdefgh", 6), ERANGE);
}

KTEST(StringsAreMeasuredAndSplit) {
  EXPECT_EQ(strnlen("abc", 10), 3u);
  EXPECT_EQ(strnlen("abc", 2), 2u);
  EXPECT_EQ(wcsnlen(L"abc", 10), 3u);
  EXPECT_EQ(wcsnlen(L"abc", 2), 2u);
  EXPECT_EQ(wcscspn(L"abc,def", L",;"), 3u);
  EXPECT_EQ(wcscspn(L"abc", L",;"), 3u);
  char text[] = ",a,,bc";
  char* context = nullptr;
  EXPECT(Same(strtok_s(text, ",", &context), "a"));
  EXPECT(Same(strtok_s(nullptr, ",", &context), "bc"));
  EXPECT_EQ(strtok_s(nullptr, ",", &context), nullptr);
  EXPECT_EQ(isprint('a') != 0, TRUE);
  EXPECT_EQ(isprint('\t'), 0);
  EXPECT_EQ(isprint(' ') != 0, TRUE);
}

KTEST(BlocksAreCopiedWithinTheirBuffers) {
  UCHAR block[4] = {1, 2, 3, 4};
  const UCHAR source[4] = {5, 6, 7, 8};
  EXPECT_EQ(memcpy_s(block, sizeof block, source, 2), 0);
  EXPECT_EQ(block[1], 6);
  EXPECT_EQ(block[2], 3);
  // What does not fit leaves zeros.
  EXPECT_EQ(memcpy_s(block, 3, source, 4), ERANGE);
  EXPECT_EQ(block[0], 0);
  EXPECT_EQ(block[2], 0);
  EXPECT_EQ(block[3], 4);
  EXPECT_EQ(memcpy_s(nullptr, 4, source, 4), EINVAL);
  EXPECT_EQ(memcpy_s(nullptr, 0, nullptr, 0), 0);
  UCHAR moved[5] = {1, 2, 3, 4, 5};
  EXPECT_EQ(memmove_s(moved + 1, 4, moved, 4), 0);
  EXPECT_EQ(moved[4], 4);
  EXPECT_EQ(moved[1], 1);
  EXPECT_EQ(memmove_s(moved, 2, moved + 1, 3), ERANGE);
}

KTEST(CharactersOfTheCodePage) {
  wchar_t wide[8] = {};
  EXPECT_EQ(mbtowc(wide, "a", 1), 1);
  EXPECT_EQ(wide[0], L'a');
  EXPECT_EQ(mbtowc(wide, "", 1), 0);
  EXPECT_EQ(mbstowcs(wide, "abc", RTL_NUMBER_OF(wide)), 3u);
  EXPECT(Same(wide, L"abc"));
  EXPECT_EQ(mbstowcs(nullptr, "abcd", 0), 4u);
  char narrow[8] = {};
  EXPECT_EQ(wctomb(narrow, L'z'), 1);
  EXPECT_EQ(narrow[0], 'z');
  EXPECT_EQ(wcstombs(narrow, L"xyz", sizeof narrow), 3u);
  EXPECT(Same(narrow, "xyz"));
}

KTEST(PathsAreJoinedWithinTheirBuffers) {
  wchar_t path[16];
  EXPECT_EQ(_wmakepath_s(path, RTL_NUMBER_OF(path), L"C", L"dir", L"file", L"txt"), 0);
  EXPECT(Same(path, L"C:dir\\file.txt"));
  EXPECT_EQ(_wmakepath_s(path, 4, L"C", L"dir", L"file", L"txt"), ERANGE);
  EXPECT_EQ(path[0], L'\0');
}

KTEST(TheSeedDecidesWhatIsRandom) {
  srand(1);
  const int first = rand();
  const int second = rand();
  srand(1);
  EXPECT_EQ(first, 41);  // as every Microsoft runtime has it
  EXPECT_EQ(second, 18467);
  EXPECT_EQ(rand(), first);
}

KTEST(APureCallIsNotImplemented) {
  NTSTATUS status = STATUS_SUCCESS;
  __try {
    _purecall();
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    status = GetExceptionCode();
  }
  EXPECT_EQ(status, STATUS_NOT_IMPLEMENTED);
}
