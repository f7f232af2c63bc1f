// The C runtime names that ntoskrnl exports: formatting and what it returns, strings, numbers, sorting.
// The names of ntoskrnl, not the header's own.
#define __USE_MINGW_ANSI_STDIO 0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ktest.h"

using namespace ktest;

namespace {
bool Same(const char* a, const char* b) { return strcmp(a, b) == 0; }
bool Same(const wchar_t* a, const wchar_t* b) { return wcscmp(a, b) == 0; }

int Formatted(char* to, SIZE_T size, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int count = _vsnprintf(to, size, format, arguments);
  va_end(arguments);
  return count;
}

int Formatted(wchar_t* to, SIZE_T size, const wchar_t* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int count = _vsnwprintf(to, size, format, arguments);
  va_end(arguments);
  return count;
}

int __cdecl CompareNumbers(const void* a, const void* b) { return *(const int*)a - *(const int*)b; }
}  // namespace

KTEST(SnprintfReturnsMinusOneIfItDoesNotFit) {
  char text[8];
  memset(text, 'x', sizeof text);
  EXPECT_EQ(_snprintf(text, sizeof text, "%d", 12345), 5);
  EXPECT(Same(text, "12345"));
  // It just fits without a terminator, and gets none.
  memset(text, 'x', sizeof text);
  EXPECT_EQ(_snprintf(text, 5, "%d", 12345), 5);
  EXPECT_EQ(text[5], 'x');
  memset(text, 'x', sizeof text);
  EXPECT_EQ(_snprintf(text, 4, "%d", 12345), -1);
  EXPECT(memcmp(text, "1234xxxx", 8) == 0);
  EXPECT_EQ(_snprintf(nullptr, 0, "%d", 12345), 5);
}

KTEST(SnwprintfDoesTheSame) {
  wchar_t text[8];
  EXPECT_EQ(_snwprintf(text, 8, L"%s-%d", L"ab", 7), 4);
  EXPECT(Same(text, L"ab-7"));
  text[3] = L'x';
  EXPECT_EQ(_snwprintf(text, 3, L"%s-%d", L"ab", 7), -1);
  EXPECT_EQ(text[2], L'-');
  EXPECT_EQ(text[3], L'x');
}

KTEST(FormatsOfIntegers) {
  char text[64];
  EXPECT_EQ(Formatted(text, 64, "%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42), 25);
  EXPECT(Same(text, "   42|42   |00042|+42| 42"));
  Formatted(text, 64, "%u %x %X %#x %o", 4000000000u, 0xbeef, 0xbeef, 0xbeef, 8);
  EXPECT(Same(text, "4000000000 beef BEEF 0xbeef 10"));
  Formatted(text, 64, "%I64d %I64x %lld %Iu", -5000000000ll, 0x123456789abcull, -1ll, (SIZE_T)7);
  EXPECT(Same(text, "-5000000000 123456789abc -1 7"));
  Formatted(text, 64, "%hd %hhu %ld", (short)-2, (UCHAR)200, 70000l);
  EXPECT(Same(text, "-2 200 70000"));
  Formatted(text, 64, "%p", (PVOID)0x1234abcd);
  EXPECT(Same(text, "000000001234ABCD"));
  Formatted(text, 64, "%.3d|%8.3x|%-8.3x|%*d", 5, 10, 10, 4, 9);
  EXPECT(Same(text, "005|     00a|00a     |   9"));
  Formatted(text, 64, "100%%%c", '!');
  EXPECT(Same(text, "100%!"));
}

KTEST(FormatsOfStrings) {
  char text[64];
  wchar_t wide[64];
  ANSI_STRING ansi = RTL_CONSTANT_STRING("counted");
  UNICODE_STRING unicode = RTL_CONSTANT_STRING(L"wide");
  Formatted(text, 64, "%s|%6s|%-6s|%.2s|%S|%ws|%wZ|%Z", "abc", "abc", "abc", "abc", L"def", L"ghi", &unicode, &ansi);
  EXPECT(Same(text, "abc|   abc|abc   |ab|def|ghi|wide|counted"));
  Formatted(wide, 64, L"%s|%S|%hs|%ws|%wZ|%c", L"abc", "def", "ghi", L"jkl", &unicode, L'z');
  EXPECT(Same(wide, L"abc|def|ghi|jkl|wide|z"));
  Formatted(text, 64, "%s", (const char*)nullptr);
  EXPECT(Same(text, "(null)"));
  Formatted(wide, 64, L"%wZ", (PUNICODE_STRING) nullptr);
  EXPECT(Same(wide, L"(null)"));
}

KTEST(SprintfKnowsNoBound) {
  char text[64];
  EXPECT_EQ(sprintf(text, "%d-%s", 7, "x"), 3);
  EXPECT(Same(text, "7-x"));
}

KTEST(NarrowStrings) {
  char text[32];
  EXPECT_EQ(strlen("hello"), 5);
  EXPECT(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("a", "a") == 0);
  EXPECT_EQ(strncmp("abcd", "abxx", 2), 0);
  EXPECT(strncmp("abcd", "abxx", 3) < 0);
  EXPECT_EQ(_stricmp("HeLLo", "hEllO"), 0);
  EXPECT_EQ(_strnicmp("HELLO", "help", 3), 0);
  strcpy(text, "abc");
  strcat(text, "def");
  EXPECT(Same(text, "abcdef"));
  strncat(text, "ghi", 2);
  EXPECT(Same(text, "abcdefgh"));
  memset(text, 'x', sizeof text);
  strncpy(text, "ab", 4);
  EXPECT(memcmp(text, "ab\0\0x", 5) == 0);
  strncpy(text, "abcdef", 3);
  EXPECT_EQ(text[3], 0);
  EXPECT(strchr("hello", 'l')[1] == 'l');
  EXPECT(strchr("hello", 0) != nullptr);
  EXPECT(Same(strrchr("hello", 'l'), "lo"));
  EXPECT(strchr("hello", 'z') == nullptr);
  EXPECT(Same(strstr("hello world", "o w"), "o world"));
  EXPECT(strstr("hello", "x") == nullptr);
  EXPECT_EQ(strspn("aabbc", "ab"), 4);
  strcpy(text, "MiXed");
  EXPECT(Same(_strlwr(text), "mixed"));
  EXPECT(Same(_strupr(text), "MIXED"));
}

KTEST(WideStrings) {
  wchar_t text[32];
  EXPECT_EQ(wcslen(L"hello"), 5);
  EXPECT(wcscmp(L"a", L"b") < 0);
  EXPECT_EQ(wcsncmp(L"abcd", L"abxx", 2), 0);
  EXPECT_EQ(_wcsicmp(L"HeLLo", L"hEllO"), 0);
  EXPECT(_wcsicmp(L"a", L"B") < 0);
  EXPECT_EQ(_wcsnicmp(L"\\Device\\X", L"\\DEVICE\\Y", 8), 0);
  wcscpy(text, L"abc");
  wcscat(text, L"def");
  EXPECT(Same(text, L"abcdef"));
  wcsncpy(text, L"xy", 4);
  EXPECT_EQ(text[3], 0);
  EXPECT_EQ(text[4], L'e');
  EXPECT(Same(wcschr(L"a=b=c", L'='), L"=b=c"));
  EXPECT(Same(wcsrchr(L"a=b=c", L'='), L"=c"));
  EXPECT(Same(wcsstr(L"\\??\\C:\\x", L"C:"), L"C:\\x"));
  EXPECT_EQ(wcsspn(L"112x", L"12"), 3);
  wcscpy(text, L"MiXed");
  EXPECT(Same(_wcsupr(text), L"MIXED"));
  EXPECT(Same(_wcslwr(text), L"mixed"));
}

KTEST(CheckedCopies) {
  wchar_t text[8];
  EXPECT_EQ(wcscpy_s(text, 8, L"1234567"), 0);
  EXPECT_EQ(wcscat_s(text, 8, L""), 0);
  EXPECT(Same(text, L"1234567"));
  EXPECT_EQ(wcscpy_s(text, 8, L"12345678"), 34);  // ERANGE
  EXPECT_EQ(text[0], 0);
  wcscpy_s(text, 8, L"1234");
  EXPECT_EQ(wcscat_s(text, 8, L"5678"), 34);
  EXPECT_EQ(text[0], 0);
  char narrow[4];
  EXPECT_EQ(strcpy_s(narrow, 4, "abc"), 0);
  EXPECT_EQ(strncpy_s(narrow, 4, "abcdef", 3), 0);
  EXPECT(Same(narrow, "abc"));
  EXPECT_EQ(strncpy_s(narrow, 4, "abcdef", _TRUNCATE), 80);  // STRUNCATE
  EXPECT(Same(narrow, "abc"));
  EXPECT_EQ(strcpy_s(narrow, 4, nullptr), 22);  // EINVAL
  EXPECT_EQ(narrow[0], 0);
}

KTEST(Memory) {
  UCHAR bytes[16];
  for (UCHAR i = 0; i < 16; i++) bytes[i] = i;
  memmove(bytes + 2, bytes, 8);
  EXPECT_EQ(bytes[9], 7);
  EXPECT_EQ(bytes[2], 0);
  memmove(bytes, bytes + 2, 8);
  EXPECT_EQ(bytes[7], 7);
  EXPECT(memcmp("abc", "abd", 3) < 0);
  EXPECT_EQ(memcmp("abc", "abd", 2), 0);
  EXPECT(memchr("abc", 'c', 3) != nullptr);
  EXPECT(memchr("abc", 'c', 2) == nullptr);
}

KTEST(Numbers) {
  EXPECT_EQ(atoi(" -42x"), -42);
  EXPECT_EQ(atol("123456"), 123456);
  EXPECT_EQ(_wtoi(L"+17"), 17);
  EXPECT_EQ(atoi("none"), 0);
  wchar_t* end;
  EXPECT_EQ(wcstoul(L"0x1fg", &end, 16), 0x1f);
  EXPECT_EQ(*end, L'g');
  EXPECT_EQ(wcstoul(L"0755", &end, 0), 0755);
}

KTEST(Characters) {
  EXPECT_EQ(toupper('a'), 'A');
  EXPECT_EQ(tolower('Z'), 'z');
  EXPECT_EQ(towupper(L'a'), L'A');
  EXPECT(isdigit('7') && !isdigit('a'));
  EXPECT(isspace('\t') && !isspace('x'));
  EXPECT(isxdigit('f') && !isxdigit('g'));
  EXPECT(isupper('A') && !isupper('a') && islower('a'));
}

KTEST(SortingAndSearching) {
  int numbers[100];
  for (int i = 0; i < 100; i++) numbers[i] = i * 37 % 100;
  qsort(numbers, 100, sizeof(int), CompareNumbers);
  for (int i = 0; i < 100; i++) EXPECT_EQ(numbers[i], i);
  const int wanted = 42, missing = 1000;
  EXPECT(bsearch(&wanted, numbers, 100, sizeof(int), CompareNumbers) == &numbers[42]);
  EXPECT(bsearch(&missing, numbers, 100, sizeof(int), CompareNumbers) == nullptr);
}
