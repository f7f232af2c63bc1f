// The user-mode modules' text: formatting, scanning, code pages, calendar, paths, size classes. Needs no machine.
#include <bit>
#include <string>

#include <gtest/gtest.h>

#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/calendar.h"
#include "subsystem/msvcrt/crt.h"
#include "subsystem/ntdll/heap.h"
#include "subsystem/ntdll/path.h"

namespace {

using namespace nt;

struct StringSink : crt::Sink {
  std::u16string text;
};

template <class C, class... A>
std::string Printed(const C* format, A... arguments) {
  const ULONG_PTR slots[] = {(ULONG_PTR)arguments..., 0};
  StringSink sink{{[](crt::Sink* s, unsigned c) { static_cast<StringSink*>(s)->text.push_back(static_cast<char16_t>(c)); }, 0}, {}};
  const int length = crt::Format(&sink, format, slots);
  EXPECT_EQ(length, static_cast<int>(sink.text.size()));
  return {sink.text.begin(), sink.text.end()};
}

ULONG_PTR Slot(double value) { return std::bit_cast<ULONG_PTR>(value); }

TEST(Format, Integers) {
  EXPECT_EQ(Printed("%d|%5d|%-5d|%05d|%+d", 1, 2, 3, 4, 5), "1|    2|3    |00004|+5");
  EXPECT_EQ(Printed("%d %u", ~0U, ~0U), "-1 4294967295");
  EXPECT_EQ(Printed("%I64d %lld", ~0ULL, 1ULL << 40), "-1 1099511627776");
  EXPECT_EQ(Printed("%#x %X %08x %o", 255, 255, 0xBEEF, 8), "0xff FF 0000beef 10");
  EXPECT_EQ(Printed("%p", 0x1234), "0000000000001234");
  EXPECT_EQ(Printed("%hd %hhd", 0x18000, 0x1FF), "-32768 -1");
  EXPECT_EQ(Printed("%.0d|%.3d", 0, 7), "|007");
}

TEST(Format, Text) {
  EXPECT_EQ(Printed("%s %S %ws %hs", "a", u"b", u"c", "d"), "a b c d");
  EXPECT_EQ(Printed(u"%s %S %ls %hs", u"a", "b", u"c", "d"), "a b c d");
  EXPECT_EQ(Printed("[%5s][%-5s][%.2s]", "ab", "ab", "abc"), "[   ab][ab   ][ab]");
  EXPECT_EQ(Printed("%s", nullptr), "(null)");
  EXPECT_EQ(Printed("%c%%%C", 'x', u'y'), "x%y");
}

TEST(Format, FloatingPoint) {
  EXPECT_EQ(Printed("%f %.2f %g", Slot(1.5), Slot(2.345), Slot(0.5)), "1.500000 2.35 0.5");
  EXPECT_EQ(Printed("%e %G", Slot(1.5), Slot(1e-10)), "1.500000e+000 1E-010");
  EXPECT_EQ(Printed("%06.1f|%-6.1f|", Slot(-1.5), Slot(1.5)), "-001.5|1.5   |");
  EXPECT_EQ(Printed("%f", Slot(__builtin_inf())), "1.#INF");
}

struct TextSource : crt::Source {
  const char* at;
};

template <class... A>
int Scanned(const char* text, const char* format, bool secure, A... arguments) {
  const ULONG_PTR slots[] = {(ULONG_PTR)arguments..., 0};
  TextSource source{{[](crt::Source* s) -> int {
                       auto& self = *static_cast<TextSource*>(s);
                       return *self.at ? static_cast<UCHAR>(*self.at++) : -1;
                     },
                     [](crt::Source* s, int) { static_cast<TextSource*>(s)->at--; }, 0},
                    text};
  return crt::Scan(&source, format, slots, secure);
}

TEST(Scan, Fields) {
  int number = 0, hex = 0;
  char word[8] = {}, set[8] = {};
  double real = 0;
  EXPECT_EQ(Scanned(" 12 0x1f hello abc! 2.5", "%d %x %5s %[a-c]! %lf", false, &number, &hex, word, set, &real), 5);
  EXPECT_EQ(number, 12);
  EXPECT_EQ(hex, 31);
  EXPECT_STREQ(word, "hello");
  EXPECT_STREQ(set, "abc");
  EXPECT_EQ(real, 2.5);
}

TEST(Scan, EndsAndSizes) {
  int number = 0;
  char word[4] = "zzz";
  EXPECT_EQ(Scanned("", "%d", false, &number), -1);
  EXPECT_EQ(Scanned("x", "%d", false, &number), 0);
  EXPECT_EQ(Scanned("long", "%s", true, word, 4), 0);
  EXPECT_STREQ(word, "");
}

TEST(CodePage, Utf8AndAnsi) {
  char bytes[16];
  WCHAR wide[16];
  EXPECT_EQ(win32::ToMultiByte(65001, u"\u20ac\U0001F600", bytes, 16), 7U);
  EXPECT_EQ(std::string(bytes, 7), "\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(win32::ToWide(65001, "\xe2\x82\xac\xf0\x9f\x98\x80", wide, 16), 3U);
  EXPECT_EQ(std::u16string(wide, 3), u"\u20ac\U0001F600");
  EXPECT_EQ(win32::ToMultiByte(1252, u"\u20ac\u0416", bytes, 16), 2U);
  EXPECT_EQ(std::string(bytes, 2), "\x80?");
  bool invalid = false;
  EXPECT_EQ(win32::ToWide(65001, "\xc0\x80\xed\xa0\x80", wide, 16, &invalid), 5U);
  EXPECT_TRUE(invalid);
}

TEST(Calendar, RoundTrips) {
  EXPECT_EQ(win32::DaysFromDate(1601, 1, 1), 0);
  EXPECT_EQ(win32::DaysFromDate(1970, 1, 1) * win32::kTicksPerDay, win32::kUnixEpoch);
  for (const LONGLONG day : {0LL, 58LL, 59LL, 36583LL, 134774LL, 152458LL, 200000LL}) {
    LONGLONG back = 0;
    const SYSTEMTIME time = win32::SystemTimeOf(day * win32::kTicksPerDay + 12345 * 10000LL);
    EXPECT_TRUE(win32::TimeOf(time, &back));
    EXPECT_EQ(back, day * win32::kTicksPerDay + 12345 * 10000LL);
  }
  const SYSTEMTIME leap = win32::SystemTimeOf(win32::DaysFromDate(2024, 2, 29) * win32::kTicksPerDay);
  EXPECT_EQ(leap.wMonth, 2);
  EXPECT_EQ(leap.wDay, 29);
  EXPECT_EQ(leap.wDayOfWeek, 4);
}

std::u16string NtName(std::u16string_view path) {
  user::PathBuffer out;
  return NT_SUCCESS(user::NtPathOf(path, out)) ? std::u16string(out.View()) : std::u16string();
}

TEST(Path, NtNames) {
  EXPECT_EQ(NtName(u"\\\\.\\Zero"), u"\\??\\Zero");
  EXPECT_EQ(NtName(u"\\\\?\\Zero"), u"\\??\\Zero");
  EXPECT_EQ(NtName(u"//./Zero"), u"\\??\\Zero");
  EXPECT_EQ(NtName(u"c:\\a\\.\\b\\..\\c"), u"\\??\\C:\\a\\c");
  EXPECT_EQ(NtName(u"C:\\..\\..\\x. "), u"\\??\\C:\\x");
  EXPECT_EQ(NtName(u"C:/a//b/"), u"\\??\\C:\\a\\b\\");
  EXPECT_EQ(NtName(u"\\\\server\\share\\..\\f"), u"\\??\\UNC\\server\\share\\f");
  EXPECT_EQ(NtName(u"NUL"), u"\\??\\NUL");
  EXPECT_EQ(NtName(u"conout$"), u"\\Device\\ConDrv\\CurrentOut");
  EXPECT_EQ(NtName(u""), u"");
}

TEST(Heap, SizeClasses) {
  for (SIZE_T size = 0; size <= user::kHeapSmallLimit; size++) {
    const ULONG size_class = user::HeapClassOf(size);
    ASSERT_LT(size_class, user::kHeapClasses);
    ASSERT_GE(user::HeapClassSize(size_class), size);
    ASSERT_EQ(user::HeapClassSize(size_class) % 16, 0U);
    ASSERT_TRUE(size_class == 0 || user::HeapClassSize(size_class - 1) < size);
  }
}

}  // namespace
