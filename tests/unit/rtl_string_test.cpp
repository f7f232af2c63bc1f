// Strings of the run-time library: UTF-16, code pages, UTF-8, numbers, GUIDs.
#include <cstring>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/ex/ex.h"
#include "kernel/hal/hal.h"
#include "kernel/mm/mm.h"
#include "kernel/rtl/rtl.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace {

using namespace nt;

class RtlString : public testing::Test {
 protected:
  void SetUp() override {
    hal::InitializeMemory();
    mm::Initialize();
    ex::Initialize();
  }
  void TearDown() override {
    ex::Shutdown();
    mm::Shutdown();
    hal::ShutdownMemory();
  }
};

/// A string over text, full to the last byte.
UNICODE_STRING Of(std::u16string_view text) {
  const auto bytes = static_cast<USHORT>(text.size() * 2);
  return {bytes, bytes, const_cast<PWSTR>(text.data())};
}
STRING Of(std::string_view text) {
  const auto bytes = static_cast<USHORT>(text.size());
  return {bytes, bytes, const_cast<PCHAR>(text.data())};
}
std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / 2U}; }
std::string_view View(const STRING& string) { return {string.Buffer, string.Length}; }

template <class Char, SIZE_T N>
auto Empty(Char (&buffer)[N]) {
  using String = std::conditional_t<sizeof(Char) == 1, STRING, UNICODE_STRING>;
  return String{0, static_cast<USHORT>(sizeof buffer), buffer};
}

TEST_F(RtlString, InitCountsBytesAndTheTerminator) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, u"Beep");
  EXPECT_EQ(string.Length, 8);
  EXPECT_EQ(string.MaximumLength, 10);
  RtlInitUnicodeString(&string, nullptr);
  EXPECT_EQ(string.Length, 0);
  EXPECT_EQ(string.MaximumLength, 0);
  EXPECT_EQ(string.Buffer, nullptr);
}

TEST_F(RtlString, InitCutsWhatIsTooLong) {
  const std::u16string text(40000, u'x');
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, text.c_str());
  EXPECT_EQ(string.Length, 0xFFFC);
  EXPECT_EQ(string.MaximumLength, 0xFFFE);
  EXPECT_EQ(RtlInitUnicodeStringEx(&string, text.c_str()), STATUS_NAME_TOO_LONG);
  EXPECT_EQ(RtlInitUnicodeStringEx(&string, text.c_str() + 40000 - 32766), STATUS_SUCCESS);
  EXPECT_EQ(RtlInitUnicodeStringEx(&string, text.c_str() + 40000 - 32767), STATUS_NAME_TOO_LONG);
  const std::string narrow(70000, 'x');
  STRING ansi;
  RtlInitAnsiString(&ansi, narrow.c_str());
  EXPECT_EQ(ansi.Length, 0xFFFE);
  EXPECT_EQ(ansi.MaximumLength, 0xFFFF);
}

TEST_F(RtlString, CopyCutsAndTerminatesWhereThereIsRoom) {
  WCHAR buffer[4] = {9, 9, 9, 9};
  auto to = Empty(buffer);
  auto from = Of(u"abcdef");
  RtlCopyUnicodeString(&to, &from);
  EXPECT_EQ(View(to), u"abcd");
  from = Of(u"xy");
  RtlCopyUnicodeString(&to, &from);
  EXPECT_EQ(View(to), u"xy");
  EXPECT_EQ(buffer[2], 0);
  EXPECT_EQ(buffer[3], u'd');
  RtlCopyUnicodeString(&to, nullptr);
  EXPECT_EQ(to.Length, 0);
}

TEST_F(RtlString, CopyLeavesAByteThatIsNoCharacter) {
  WCHAR buffer[3] = {7, 7, 7};
  UNICODE_STRING to = {0, 5, buffer};
  auto from = Of(u"ab");
  RtlCopyUnicodeString(&to, &from);
  EXPECT_EQ(View(to), u"ab");
  EXPECT_EQ(buffer[2], 7);  // only one byte is left
}

TEST_F(RtlString, AppendFitsExactlyOrNotAtAll) {
  WCHAR buffer[4] = {};
  auto to = Empty(buffer);
  EXPECT_EQ(RtlAppendUnicodeToString(&to, u"abc"), STATUS_SUCCESS);
  EXPECT_EQ(RtlAppendUnicodeToString(&to, u"de"), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(View(to), u"abc");
  const auto one = Of(u"d");
  EXPECT_EQ(RtlAppendUnicodeStringToString(&to, &one), STATUS_SUCCESS);
  EXPECT_EQ(View(to), u"abcd");
  EXPECT_EQ(RtlAppendUnicodeToString(&to, nullptr), STATUS_SUCCESS);
}

TEST_F(RtlString, AppendOverlapsItself) {
  WCHAR buffer[8] = u"ab";
  UNICODE_STRING to = {4, sizeof buffer, buffer};
  EXPECT_EQ(RtlAppendUnicodeStringToString(&to, &to), STATUS_SUCCESS);
  EXPECT_EQ(View(to), u"abab");
}

TEST_F(RtlString, CompareFoldsCaseByTheTable) {
  const auto a = Of(u"STRA\u00C4\u0416");
  const auto b = Of(u"stra\u00E4\u0436");
  EXPECT_TRUE(RtlEqualUnicodeString(&a, &b, TRUE));
  EXPECT_FALSE(RtlEqualUnicodeString(&a, &b, FALSE));
  EXPECT_LT(RtlCompareUnicodeString(&a, &b, FALSE), 0);
  const auto prefix = Of(u"strA");
  EXPECT_EQ(RtlCompareUnicodeString(&prefix, &a, TRUE), -4);  // the difference in bytes
  EXPECT_TRUE(RtlPrefixUnicodeString(&prefix, &a, TRUE));
  EXPECT_FALSE(RtlPrefixUnicodeString(&a, &prefix, TRUE));
  const auto empty = Of(u"");
  EXPECT_TRUE(RtlPrefixUnicodeString(&empty, &a, FALSE));
  EXPECT_EQ(RtlCompareUnicodeStrings(u"ab", 2, u"abc", 3, FALSE), -1);
}

TEST_F(RtlString, CaseMapsPairsAndNothingElse) {
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'z'), u'Z');
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'\u00FF'), u'\u0178');
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'\u00DF'), u'\u00DF');  // sharp s has no single capital
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'\u00B5'), u'\u00B5');  // the micro sign is no small mu
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'\u0131'), u'\u0131');  // the dotless i is no small I
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'\u03C2'), u'\u03A3');  // final sigma
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'\u00F7'), u'\u00F7');  // the division sign between the letters
  EXPECT_EQ(RtlUpcaseUnicodeChar(WCHAR{0xD801}), WCHAR{0xD801});
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'\uFF5A'), u'\uFF3A');
  EXPECT_EQ(RtlDowncaseUnicodeChar(u'\u0178'), u'\u00FF');
  EXPECT_EQ(RtlDowncaseUnicodeChar(u'\u0130'), u'\u0130');
  for (ULONG c = 0; c < 0x10000; ++c) {
    const WCHAR upper = RtlUpcaseUnicodeChar(static_cast<WCHAR>(c));
    EXPECT_EQ(RtlUpcaseUnicodeChar(upper), upper) << c;
    if (upper != c && c != 0x3C2) {
      EXPECT_EQ(RtlDowncaseUnicodeChar(upper), c) << c;
    }
  }
}

TEST_F(RtlString, UpcaseAllocatesOrNeedsRoom) {
  const auto from = Of(u"abc");
  UNICODE_STRING to;
  ASSERT_EQ(RtlUpcaseUnicodeString(&to, &from, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(View(to), u"ABC");
  EXPECT_EQ(to.MaximumLength, 6);
  RtlFreeUnicodeString(&to);
  EXPECT_EQ(to.Buffer, nullptr);
  WCHAR buffer[2];
  to = Empty(buffer);
  EXPECT_EQ(RtlUpcaseUnicodeString(&to, &from, FALSE), STATUS_BUFFER_OVERFLOW);
}

TEST_F(RtlString, DuplicateChecksItsFlags) {
  const auto from = Of(u"abc");
  const auto empty = Of(u"");
  UNICODE_STRING to;
  ASSERT_EQ(RtlDuplicateUnicodeString(1, &from, &to), STATUS_SUCCESS);
  EXPECT_EQ(View(to), u"abc");
  EXPECT_EQ(to.MaximumLength, 8);
  EXPECT_EQ(to.Buffer[3], 0);
  RtlFreeUnicodeString(&to);
  EXPECT_EQ(RtlDuplicateUnicodeString(2, &from, &to), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlDuplicateUnicodeString(1, &empty, &to), STATUS_SUCCESS);
  EXPECT_EQ(to.Buffer, nullptr);
  ASSERT_EQ(RtlDuplicateUnicodeString(3, &empty, &to), STATUS_SUCCESS);
  EXPECT_EQ(to.MaximumLength, 2);
  RtlFreeUnicodeString(&to);
  const UNICODE_STRING odd = {3, 4, to.Buffer};
  EXPECT_EQ(RtlDuplicateUnicodeString(0, &odd, &to), STATUS_INVALID_PARAMETER);
}

TEST_F(RtlString, HashIsX65599OfTheUpperCase) {
  const auto lower = Of(u"ab");
  const auto upper = Of(u"AB");
  ULONG first = 0;
  ULONG second = 0;
  EXPECT_EQ(RtlHashUnicodeString(&lower, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &first), STATUS_SUCCESS);
  EXPECT_EQ(RtlHashUnicodeString(&upper, FALSE, HASH_STRING_ALGORITHM_X65599, &second), STATUS_SUCCESS);
  EXPECT_EQ(first, second);
  EXPECT_EQ(second, 65U * 65599 + 66);
  EXPECT_EQ(RtlHashUnicodeString(&lower, TRUE, 7, &first), STATUS_INVALID_PARAMETER);
}

TEST_F(RtlString, AltitudesAreDecimalNumbers) {
  const auto compare = [](std::u16string_view a, std::u16string_view b) {
    const auto first = Of(a);
    const auto second = Of(b);
    return RtlCompareAltitudes(&first, &second);
  };
  EXPECT_EQ(compare(u"100", u"99"), 1);
  EXPECT_EQ(compare(u"0100", u"100.0"), 0);
  EXPECT_EQ(compare(u"100.1", u"100.09"), 1);
  EXPECT_EQ(compare(u"100", u"100.000001"), -1);
}

TEST_F(RtlString, AnsiIsWindows1252) {
  auto from = Of(std::string_view("\x80\xE4\x9F", 3));
  UNICODE_STRING wide;
  ASSERT_EQ(RtlAnsiStringToUnicodeString(&wide, &from, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(View(wide), u"\u20AC\u00E4\u0178");
  EXPECT_EQ(wide.MaximumLength, 8);
  EXPECT_EQ(wide.Buffer[3], 0);
  STRING back;
  ASSERT_EQ(RtlUnicodeStringToAnsiString(&back, &wide, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(View(back), View(from));
  RtlFreeAnsiString(&back);
  RtlFreeUnicodeString(&wide);
}

TEST_F(RtlString, AnsiBufferMustHoldTheTerminator) {
  WCHAR buffer[3];
  auto wide = Empty(buffer);
  auto from = Of("abc");
  EXPECT_EQ(RtlAnsiStringToUnicodeString(&wide, &from, FALSE), STATUS_BUFFER_OVERFLOW);
  from = Of("ab");
  EXPECT_EQ(RtlAnsiStringToUnicodeString(&wide, &from, FALSE), STATUS_SUCCESS);
  const std::string big(32767, 'x');
  from = Of(std::string_view(big));
  EXPECT_EQ(RtlAnsiStringToUnicodeString(&wide, &from, TRUE), STATUS_INVALID_PARAMETER_2);
}

TEST_F(RtlString, ToAnsiCutsAndSaysSo) {
  char buffer[3];
  auto ansi = Empty(buffer);
  const auto from = Of(u"abcd");
  EXPECT_EQ(RtlUnicodeStringToAnsiString(&ansi, &from, FALSE), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(View(ansi), "ab");
  EXPECT_EQ(buffer[2], 0);
}

TEST_F(RtlString, UnmappableBecomesAQuestionMarkInAnsiAndAnErrorInOem) {
  const auto from = Of(u"\u0416");
  const auto fitting = Of(u"\u0101\uFF21");  // best fit
  STRING to;
  ASSERT_EQ(RtlUnicodeStringToAnsiString(&to, &from, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(View(to), "?");
  RtlFreeAnsiString(&to);
  ASSERT_EQ(RtlUnicodeStringToAnsiString(&to, &fitting, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(View(to), "aA");
  RtlFreeAnsiString(&to);
  EXPECT_EQ(RtlUnicodeStringToCountedOemString(&to, &from, TRUE), STATUS_UNMAPPABLE_CHARACTER);
  const auto umlaut = Of(u"\u00E4");
  ASSERT_EQ(RtlUpcaseUnicodeStringToCountedOemString(&to, &umlaut, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(View(to), "\x8E");  // A with diaeresis in code page 437
  RtlFreeOemString(&to);
}

TEST_F(RtlString, CountedFormsCutAndCount) {
  char narrow[3];
  ULONG bytes = 0;
  EXPECT_EQ(RtlUnicodeToMultiByteN(narrow, 3, &bytes, u"abcdef", 12), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 3u);
  WCHAR wide[3];
  EXPECT_EQ(RtlOemToUnicodeN(wide, 5, &bytes, "\x81zz", 3), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 4u);
  EXPECT_EQ(wide[0], u'\u00FC');
}

TEST_F(RtlString, NarrowStringsCompareByUpperCase) {
  const auto a = Of("abc\xE4");
  const auto b = Of("ABC\xC4");
  EXPECT_TRUE(RtlEqualString(&a, &b, TRUE));
  EXPECT_FALSE(RtlEqualString(&a, &b, FALSE));
  EXPECT_GT(RtlCompareString(&a, &b, FALSE), 0);
  char buffer[2];
  auto to = Empty(buffer);
  RtlUpperString(&to, &a);
  EXPECT_EQ(View(to), "AB");
  RtlCopyString(&to, &a);
  EXPECT_EQ(View(to), "ab");
  EXPECT_EQ(RtlAppendAsciizToString(&to, "c"), STATUS_BUFFER_TOO_SMALL);
}

std::string ToUtf8(std::u16string_view text, NTSTATUS expected) {
  char buffer[64];
  ULONG bytes = 0;
  EXPECT_EQ(RtlUnicodeToUTF8N(buffer, sizeof buffer, &bytes, text.data(), static_cast<ULONG>(text.size() * 2)), expected);
  return {buffer, bytes};
}

std::u16string FromUtf8(std::string_view text, NTSTATUS expected) {
  WCHAR buffer[64];
  ULONG bytes = 0;
  EXPECT_EQ(RtlUTF8ToUnicodeN(buffer, sizeof buffer, &bytes, text.data(), static_cast<ULONG>(text.size())), expected);
  return {buffer, bytes / 2};
}

TEST_F(RtlString, Utf8RoundTrips) {
  const std::u16string text = u"a\u00E4\u20AC\U0001F600";
  EXPECT_EQ(ToUtf8(text, STATUS_SUCCESS), "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(FromUtf8("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", STATUS_SUCCESS), text);
}

TEST_F(RtlString, Utf8ReplacesWhatIsMalformed) {
  const WCHAR lone[] = {u'a', 0xD800, u'b', 0xDC00};
  EXPECT_EQ(ToUtf8({lone, 4}, STATUS_SOME_NOT_MAPPED),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(FromUtf8("\x80"
                     "a",
                     STATUS_SOME_NOT_MAPPED),
            u"\uFFFDa");
  EXPECT_EQ(FromUtf8("\xC0\xAF", STATUS_SOME_NOT_MAPPED), u"\uFFFD\uFFFD");
  EXPECT_EQ(FromUtf8("\xE2\x82", STATUS_SOME_NOT_MAPPED), u"\uFFFD");
  EXPECT_EQ(FromUtf8("\xED\xA0\x80", STATUS_SOME_NOT_MAPPED), u"\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(FromUtf8("\xF4\x90\x80\x80", STATUS_SOME_NOT_MAPPED), u"\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST_F(RtlString, Utf8CountsAndRefuses) {
  ULONG bytes = 0;
  EXPECT_EQ(RtlUnicodeToUTF8N(nullptr, 0, &bytes, u"\u20AC\u20AC", 4), STATUS_SUCCESS);
  EXPECT_EQ(bytes, 6u);
  char buffer[4];
  EXPECT_EQ(RtlUnicodeToUTF8N(buffer, 4, &bytes, u"\u20AC\u20AC", 4), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(bytes, 3u);
  EXPECT_EQ(RtlUnicodeToUTF8N(buffer, 4, &bytes, u"a", 1), STATUS_INVALID_PARAMETER_5);
  EXPECT_EQ(RtlUnicodeToUTF8N(buffer, 4, &bytes, nullptr, 2), STATUS_INVALID_PARAMETER_4);
  EXPECT_EQ(RtlUnicodeToUTF8N(nullptr, 0, nullptr, u"a", 2), STATUS_INVALID_PARAMETER);
}

TEST_F(RtlString, IntegersInEveryBase) {
  WCHAR buffer[66];
  auto string = Empty(buffer);
  EXPECT_EQ(RtlIntegerToUnicodeString(0xDEADBEEF, 16, &string), STATUS_SUCCESS);
  EXPECT_EQ(View(string), u"DEADBEEF");
  EXPECT_EQ(RtlIntegerToUnicodeString(0, 0, &string), STATUS_SUCCESS);
  EXPECT_EQ(View(string), u"0");
  EXPECT_EQ(RtlInt64ToUnicodeString(~0ULL, 2, &string), STATUS_SUCCESS);
  EXPECT_EQ(string.Length, 128);
  EXPECT_EQ(RtlIntegerToUnicodeString(1, 7, &string), STATUS_INVALID_PARAMETER);
  string.MaximumLength = 6;
  EXPECT_EQ(RtlIntegerToUnicodeString(100, 10, &string), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(RtlIntegerToUnicodeString(99, 10, &string), STATUS_SUCCESS);
}

TEST_F(RtlString, TextToInteger) {
  const auto value = [](std::u16string_view text, ULONG base) {
    const auto string = Of(text);
    ULONG result = 0xAAAA;
    EXPECT_EQ(RtlUnicodeStringToInteger(&string, base, &result), STATUS_SUCCESS);
    return result;
  };
  EXPECT_EQ(value(u"  -12x", 0), 0u - 12);
  EXPECT_EQ(value(u"0x1F", 0), 0x1Fu);
  EXPECT_EQ(value(u"0b101", 0), 5u);
  EXPECT_EQ(value(u"0o17", 0), 15u);
  EXPECT_EQ(value(u"ff", 16), 255u);
  EXPECT_EQ(value(u"0x1F", 16), 0u);  // the prefix is for base 0 only
  EXPECT_EQ(value(u"", 10), 0u);
  EXPECT_EQ(value(u"4294967297", 10), 1u);
  ULONG result = 0;
  EXPECT_EQ(RtlCharToInteger("+77", 8, &result), STATUS_SUCCESS);
  EXPECT_EQ(result, 63u);
  EXPECT_EQ(RtlCharToInteger("1", 3, &result), STATUS_INVALID_PARAMETER);
}

TEST_F(RtlString, Guids) {
  const GUID guid = {0x6B29FC40, 0xCA47, 0x1067, {0xB3, 0x1D, 0x00, 0xDD, 0x01, 0x06, 0x62, 0xDA}};
  UNICODE_STRING text;
  ASSERT_EQ(RtlStringFromGUID(&guid, &text), STATUS_SUCCESS);
  EXPECT_EQ(View(text), u"{6B29FC40-CA47-1067-B31D-00DD010662DA}");
  EXPECT_EQ(text.MaximumLength, 78);
  GUID back;
  EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_SUCCESS);
  EXPECT_EQ(std::memcmp(&guid, &back, sizeof guid), 0);
  text.Buffer[9] = u'x';
  EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_INVALID_PARAMETER);
  text.Length = 10;
  EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_INVALID_PARAMETER);
  RtlFreeUnicodeString(&text);
}

TEST_F(RtlString, Names) {
  EXPECT_STREQ(StatusName(STATUS_SUCCESS), "STATUS_SUCCESS");
  EXPECT_STREQ(StatusName(STATUS_ACCESS_VIOLATION), "STATUS_ACCESS_VIOLATION");
  EXPECT_STREQ(StatusName(DBG_CONTINUE), "DBG_CONTINUE");
  EXPECT_EQ(StatusName(static_cast<NTSTATUS>(0xC0FFEE00)), nullptr);
  EXPECT_STREQ(BugCheckName(0x133), "DPC_WATCHDOG_VIOLATION");
  EXPECT_STREQ(BugCheckName(0xCE), "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS");
  EXPECT_EQ(BugCheckName(0xFFFFFFF0), nullptr);
}

TEST_F(RtlString, DosErrors) {
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_SUCCESS), 0u);
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_ACCESS_DENIED), 5u);
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_OBJECT_NAME_NOT_FOUND), 2u);
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_PENDING), 997u);
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_INVALID_DEVICE_REQUEST), 1u);
  EXPECT_EQ(RtlNtStatusToDosError(static_cast<NTSTATUS>(0x80070057)), 0x57u);  // a Win32 error inside
  EXPECT_EQ(RtlNtStatusToDosError(static_cast<NTSTATUS>(0xD0000022)), 5u);     // HRESULT_FROM_NT
  EXPECT_EQ(RtlNtStatusToDosError(static_cast<NTSTATUS>(0xE0001234)), 0xE0001234u);
  EXPECT_EQ(RtlNtStatusToDosError(static_cast<NTSTATUS>(0xC0FF0000)), 317u);
}

}  // namespace
