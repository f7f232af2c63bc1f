// The printf engine, and the rules of the printf family for full buffers.
#include <bit>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "kernel/ke/machine.h"
#include "kernel/rtl/crt.h"
#include "kernel/rtl/debug_filter.h"
#include "kernel/rtl/debug_print.h"
#include "kernel/rtl/format.h"
#include "nt/status.h"

namespace {

ULONG_PTR Slot(const void* pointer) { return reinterpret_cast<ULONG_PTR>(pointer); }
ULONG_PTR Slot(double value) { return std::bit_cast<ULONG_PTR>(value); }
template <class T>
  requires std::is_integral_v<T>
ULONG_PTR Slot(T value) {
  // What a caller leaves in the upper half of a slot is anything.
  return sizeof(T) == 8 ? static_cast<ULONG_PTR>(value) : 0xDEADBEEF00000000 | static_cast<ULONG>(value);
}

template <class... A>
std::string Narrow(const char* format, A... values) {
  const ULONG_PTR slots[] = {Slot(values)..., 0};
  char text[600];
  const int length = nt::rtl::FormatBuffer(text, sizeof text, format, slots);
  return length < 0 ? "refused" : std::string(text, static_cast<SIZE_T>(length));
}

template <class... A>
std::u16string Wide(const WCHAR* format, A... values) {
  const ULONG_PTR slots[] = {Slot(values)..., 0};
  WCHAR text[600];
  const int length = nt::rtl::FormatBuffer(text, std::size(text), format, slots);
  return length < 0 ? u"refused" : std::u16string(text, static_cast<SIZE_T>(length));
}

TEST(Format, Integers) {
  EXPECT_EQ(Narrow("%d %i %u", -1, 42, -1), "-1 42 4294967295");
  EXPECT_EQ(Narrow("%x %X %o %#x %#X %#o", 0xabcd, 0xabcd, 8, 0xabcd, 0xabcd, 8), "abcd ABCD 10 0xabcd 0XABCD 010");
  EXPECT_EQ(Narrow("%#x %#o", 0, 0), "0 0");
  EXPECT_EQ(Narrow("%d", static_cast<int>(0x80000000)), "-2147483648");
  EXPECT_EQ(Narrow("%I64d", static_cast<LONGLONG>(0x8000000000000000)), "-9223372036854775808");
  EXPECT_EQ(Narrow("%lld %I64u %I64x %Iu %zu", -2LL, 3ULL, 0x123456789abcdefULL, 4ULL, 5ULL), "-2 3 123456789abcdef 4 5");
  EXPECT_EQ(Narrow("%I32d %ld", -5, -6), "-5 -6") << "long has 32 bits";
  EXPECT_EQ(Narrow("%hd %hu %hhd", 0x18000, 0x1ffff, 0x1ff), "-32768 65535 -1");
}

TEST(Format, FlagsWidthAndPrecision) {
  EXPECT_EQ(Narrow("[%5d|%-5d|%05d|%+d|% d]", 42, 42, 42, 42, 42), "[   42|42   |00042|+42| 42]");
  EXPECT_EQ(Narrow("[%05d|%-05d]", -42, -42), "[-0042|-42  ]");
  EXPECT_EQ(Narrow("[%.4d|%8.4d|%08.4d|%.0d]", 42, 42, 42, 0), "[0042|    0042|    0042|]");
  EXPECT_EQ(Narrow("[%*d|%-*d|%.*d]", 5, 42, 5, 42, 4, 42), "[   42|42   |0042]");
  EXPECT_EQ(Narrow("[%*d]", -5, 42), "[42   ]") << "a negative width is a '-' flag";
  EXPECT_EQ(Narrow("[%.*d]", -1, 42), "[42]") << "a negative precision is none";
  EXPECT_EQ(Narrow("[%#06x]", 0xab), "[0x00ab]");
}

TEST(Format, PointersHaveSixteenUpperCaseDigits) {
  EXPECT_EQ(Narrow("%p", 0xfffff80012345abcULL), "FFFFF80012345ABC");
  EXPECT_EQ(Narrow("%p", 0ULL), "0000000000000000");
  EXPECT_EQ(Wide(u"%p", 0x10ULL), u"0000000000000010");
}

TEST(Format, TextOfBothKinds) {
  const char* const narrow = "narrow";
  const WCHAR* const wide = u"wide";
  EXPECT_EQ(Narrow("%s %S %ws %ls %hs %hS", narrow, wide, wide, wide, narrow, narrow), "narrow wide wide wide narrow narrow");
  EXPECT_EQ(Wide(u"%s %S %ws %ls %hs", wide, narrow, wide, wide, narrow), u"wide narrow wide wide narrow");
  EXPECT_EQ(Narrow("%c%C%lc%hc", 'a', 'b', 'c', 'd'), "abcd");
  EXPECT_EQ(Wide(u"%c%C", u'\u20ac', 'b'), u"\u20acb");
  EXPECT_EQ(Narrow("[%6s|%-6s|%.2s|%6.2s]", "abc", "abc", "abc", "abc"), "[   abc|abc   |ab|    ab]");
  EXPECT_EQ(Narrow("%S", u"caf\u00e9 \u20ac \u6f22"), "caf\xe9 \x80 ?") << "code page 1252";
  const void* const null = nullptr;
  EXPECT_EQ(Narrow("%s %S %wZ %Z", null, null, null, null), "(null) (null) (null) (null)");
}

TEST(Format, PrecisionBoundsWhatIsRead) {
  const char text[3] = {'a', 'b', 'c'};
  EXPECT_EQ(Narrow("%.3s", static_cast<const char*>(text)), "abc");
}

TEST(Format, CountedStrings) {
  WCHAR wide[] = u"wide and more";
  UNICODE_STRING unicode{8, 26, wide};
  char narrow[] = "narrow and more";
  STRING ansi{6, 16, narrow};
  EXPECT_EQ(Narrow("%wZ %lZ %Z", &unicode, &unicode, &ansi), "wide wide narrow");
  EXPECT_EQ(Wide(u"%wZ|%8wZ|%.2wZ", &unicode, &unicode, &unicode), u"wide|    wide|wi");
  UNICODE_STRING empty{0, 0, nullptr};
  EXPECT_EQ(Narrow("[%wZ]", &empty), "[(null)]");
}

TEST(Format, FloatingPointComesAsBitsInTheSlot) {
  EXPECT_EQ(Narrow("%f %.2f %8.3f|%-8.1f|%08.2f", 1.5, -2.255, 3.14159, 2.0, -1.5), "1.500000 -2.25    3.142|2.0     |-0001.50");
  EXPECT_EQ(Narrow("%e %E %g %G", 12345.678, 0.00012, 0.0001, 1e20), "1.234568e+04 1.200000E-04 0.0001 1E+20");
  EXPECT_EQ(Narrow("%+.1f % .1f %.0f %#.0f", 1.0, 1.0, 2.5, 2.0), "+1.0  1.0 2 2.");
}

TEST(Format, OddFormats) {
  EXPECT_EQ(Narrow("100%%"), "100%");
  EXPECT_EQ(Narrow("%y%d", 1), "y1") << "an unknown type is text and takes no argument";
  EXPECT_EQ(Narrow("ends with %"), "ends with ");
  EXPECT_EQ(Narrow("%n", 0ULL), "refused");
  EXPECT_EQ(Narrow(""), "");
}

TEST(Printf, TheOldBoundedFormLeavesAFullBufferOpen) {
  const ULONG_PTR slots[] = {Slot("abcd")};
  char text[6];
  std::memset(text, '#', sizeof text);
  EXPECT_EQ(Crt_snprintf(text, 4, "%s", slots), 4);
  EXPECT_EQ(std::string(text, 6), "abcd##") << "exactly full: no terminator, and still a success";
  std::memset(text, '#', sizeof text);
  EXPECT_EQ(Crt_snprintf(text, 3, "%s", slots), -1);
  EXPECT_EQ(std::string(text, 6), "abc###");
  EXPECT_EQ(Crt_snprintf(text, 5, "%s", slots), 4);
  EXPECT_STREQ(text, "abcd");
  EXPECT_EQ(Crt_snprintf(nullptr, 0, "%s", slots), 4) << "the length alone";
}

TEST(Printf, TheSecureFormLeavesNothing) {
  const ULONG_PTR slots[] = {Slot(u"abcd")};
  WCHAR text[5] = u"####";
  EXPECT_EQ(Crt_swprintf_s(text, 4, u"%s", slots), -1);
  EXPECT_EQ(text[0], 0);
  EXPECT_EQ(Crt_swprintf_s(text, 5, u"%s", slots), 4);
  EXPECT_EQ(std::u16string(text), u"abcd");
  EXPECT_EQ(Crt_swprintf_s(text, 0, u"%s", slots), -1);
}

TEST(Printf, TheCuttingFormTerminates) {
  const ULONG_PTR slots[] = {Slot("abcd")};
  char text[8];
  EXPECT_EQ(Crt_snprintf_s(text, 4, ~SIZE_T{0}, "%s", slots), -1);
  EXPECT_STREQ(text, "abc") << "_TRUNCATE";
  EXPECT_EQ(Crt_snprintf_s(text, 8, 2, "%s", slots), -1);
  EXPECT_STREQ(text, "ab");
  EXPECT_EQ(Crt_snprintf_s(text, 8, 4, "%s", slots), 4);
  EXPECT_STREQ(text, "abcd");
}

std::string shown;

class DebugPrint : public testing::Test {
 protected:
  void SetUp() override {
    shown.clear();
    nt::ke::SetDebugSink([](const nt::ke::DebugMessage& message) { shown.assign(message.text, message.length); });
    nt::rtl::SetDebugMask(nt::rtl::kComponentDefault, 0xF);
  }
  void TearDown() override {
    nt::ke::SetDebugSink(nullptr);
    nt::rtl::ResetDebugFilter();
  }
};

TEST_F(DebugPrint, ShowsTheMessage) {
  const ULONG_PTR slots[] = {Slot(7)};
  EXPECT_EQ(DbgPrint("value %d\n", slots), static_cast<ULONG>(STATUS_SUCCESS));
  EXPECT_EQ(shown, "value 7\n");
  EXPECT_EQ(vDbgPrintExWithPrefix("drv: ", 77, 0, "value %d\n", slots), static_cast<ULONG>(STATUS_SUCCESS));
  EXPECT_EQ(shown, "drv: value 7\n");
}

TEST_F(DebugPrint, HidesWhatTheFilterHides) {
  nt::rtl::ResetDebugFilter();
  EXPECT_EQ(DbgPrint("hidden: Windows has no mask for DEFAULT\n", nullptr), static_cast<ULONG>(STATUS_SUCCESS));
  EXPECT_EQ(DbgPrintEx(77, 3, "hidden\n", nullptr), static_cast<ULONG>(STATUS_SUCCESS));
  EXPECT_EQ(shown, "");
  DbgPrintEx(77, 0, "an error\n", nullptr);
  EXPECT_EQ(shown, "an error\n");
}

TEST_F(DebugPrint, CutsAfter512Bytes) {
  const std::string line(512, 'x');
  const ULONG_PTR slots[] = {Slot(line.c_str())};
  DbgPrint("%s", slots);
  EXPECT_EQ(shown, line);
  DbgPrint("%s!", slots);
  EXPECT_EQ(shown, line.substr(1) + '\n');
  vDbgPrintExWithPrefix("p", 0, 0, "%s", slots);
  EXPECT_EQ(shown, "p" + line.substr(2) + '\n');
}

TEST_F(DebugPrint, RefusesToWriteThroughN) {
  const ULONG_PTR slots[] = {0};
  EXPECT_EQ(DbgPrint("%n", slots), static_cast<ULONG>(STATUS_INVALID_PARAMETER));
  EXPECT_EQ(shown, "");
}

}  // namespace
