// Counted strings: building, comparing, converting, numbers in them.
#include "ktest.h"

using namespace ktest;

namespace {
bool Equals(PCUNICODE_STRING string, const wchar_t* text) {
  UNICODE_STRING other;
  RtlInitUnicodeString(&other, text);
  return RtlEqualUnicodeString(string, &other, FALSE);
}
}  // namespace

KTEST(InitializingCountsWithoutTheTerminator) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, L"abc");
  EXPECT_EQ(string.Length, 6);
  EXPECT_EQ(string.MaximumLength, 8);
  RtlInitUnicodeString(&string, nullptr);
  EXPECT_EQ(string.Length, 0);
  EXPECT_EQ(string.MaximumLength, 0);
  EXPECT(string.Buffer == nullptr);
  ANSI_STRING ansi;
  RtlInitAnsiString(&ansi, "abc");
  EXPECT_EQ(ansi.Length, 3);
  EXPECT_EQ(ansi.MaximumLength, 4);
  STRING plain;
  RtlInitString(&plain, "");
  EXPECT_EQ(plain.Length, 0);
  EXPECT_EQ(plain.MaximumLength, 1);
}

KTEST(CopyingTruncates) {
  WCHAR buffer[4] = {L'x', L'x', L'x', L'x'};
  UNICODE_STRING to = {0, 6, buffer}, from = RTL_CONSTANT_STRING(L"abcdef");
  RtlCopyUnicodeString(&to, &from);
  EXPECT_EQ(to.Length, 6);
  EXPECT(Equals(&to, L"abc"));
  EXPECT_EQ(buffer[3], L'x');
  UNICODE_STRING brief = RTL_CONSTANT_STRING(L"q");
  RtlCopyUnicodeString(&to, &brief);
  EXPECT_EQ(to.Length, 2);
  // There is room for a terminator, and it gets one.
  EXPECT_EQ(buffer[1], 0);
  RtlCopyUnicodeString(&to, nullptr);
  EXPECT_EQ(to.Length, 0);
  EXPECT_EQ(to.MaximumLength, 6);
}

KTEST(AppendingDoesNotTruncate) {
  WCHAR buffer[6];
  UNICODE_STRING to = {0, sizeof buffer, buffer}, from = RTL_CONSTANT_STRING(L"abc");
  EXPECT_EQ(RtlAppendUnicodeStringToString(&to, &from), STATUS_SUCCESS);
  EXPECT_EQ(buffer[3], 0);
  EXPECT_EQ(RtlAppendUnicodeToString(&to, L"de"), STATUS_SUCCESS);
  EXPECT(Equals(&to, L"abcde"));
  EXPECT_EQ(RtlAppendUnicodeToString(&to, L"fg"), STATUS_BUFFER_TOO_SMALL);
  EXPECT(Equals(&to, L"abcde"));
  EXPECT_EQ(RtlAppendUnicodeToString(&to, L"f"), STATUS_SUCCESS);
  EXPECT_EQ(to.Length, 12);
  EXPECT_EQ(RtlAppendUnicodeToString(&to, nullptr), STATUS_SUCCESS);
}

KTEST(Comparing) {
  UNICODE_STRING lower = RTL_CONSTANT_STRING(L"abc"), upper = RTL_CONSTANT_STRING(L"ABC"), longer = RTL_CONSTANT_STRING(L"abcd");
  EXPECT(!RtlEqualUnicodeString(&lower, &upper, FALSE));
  EXPECT(RtlEqualUnicodeString(&lower, &upper, TRUE));
  EXPECT(RtlCompareUnicodeString(&lower, &upper, FALSE) > 0);
  EXPECT_EQ(RtlCompareUnicodeString(&lower, &upper, TRUE), 0);
  EXPECT(RtlCompareUnicodeString(&lower, &longer, TRUE) < 0);
  EXPECT(RtlPrefixUnicodeString(&lower, &longer, FALSE));
  EXPECT(!RtlPrefixUnicodeString(&upper, &longer, FALSE));
  EXPECT(RtlPrefixUnicodeString(&upper, &longer, TRUE));
  EXPECT(!RtlPrefixUnicodeString(&longer, &lower, TRUE));
  STRING a, b;
  RtlInitString(&a, "one");
  RtlInitString(&b, "ONE");
  EXPECT(RtlEqualString(&a, &b, TRUE));
  EXPECT(!RtlEqualString(&a, &b, FALSE));
  EXPECT(RtlCompareString(&a, &b, FALSE) > 0);
}

KTEST(Casing) {
  UNICODE_STRING mixed = RTL_CONSTANT_STRING(L"Stra\x00dfe \x00e4"), upper;
  REQUIRE(NT_SUCCESS(RtlUpcaseUnicodeString(&upper, &mixed, TRUE)));
  EXPECT(Equals(&upper, L"STRA\x00dfE \x00c4"));
  EXPECT_EQ(upper.MaximumLength, upper.Length);
  UNICODE_STRING lower = {0, upper.MaximumLength, upper.Buffer};
  EXPECT_EQ(RtlDowncaseUnicodeString(&lower, &mixed, FALSE), STATUS_SUCCESS);
  EXPECT(Equals(&lower, L"stra\x00dfe \x00e4"));
  lower.MaximumLength = 4;
  EXPECT_EQ(RtlUpcaseUnicodeString(&lower, &mixed, FALSE), STATUS_BUFFER_OVERFLOW);
  RtlFreeUnicodeString(&upper);
  EXPECT(upper.Buffer == nullptr);
  EXPECT_EQ(RtlUpcaseUnicodeChar(L'z'), L'Z');
  EXPECT_EQ(RtlDowncaseUnicodeChar(L'Z'), L'z');
  EXPECT_EQ(RtlUpperChar('q'), 'Q');
}

KTEST(AnsiAndUnicode) {
  UNICODE_STRING wide = RTL_CONSTANT_STRING(L"name");
  ANSI_STRING narrow;
  EXPECT_EQ(RtlUnicodeStringToAnsiSize(&wide), 5);
  REQUIRE(NT_SUCCESS(RtlUnicodeStringToAnsiString(&narrow, &wide, TRUE)));
  EXPECT_EQ(narrow.Length, 4);
  EXPECT_EQ(narrow.MaximumLength, 5);
  EXPECT_EQ(narrow.Buffer[4], 0);
  UNICODE_STRING back;
  EXPECT_EQ(RtlAnsiStringToUnicodeSize(&narrow), 10);
  REQUIRE(NT_SUCCESS(RtlAnsiStringToUnicodeString(&back, &narrow, TRUE)));
  EXPECT(RtlEqualUnicodeString(&back, &wide, FALSE));
  EXPECT_EQ(back.MaximumLength, 10);
  EXPECT_EQ(back.Buffer[4], 0);
  RtlFreeAnsiString(&narrow);
  RtlFreeUnicodeString(&back);
  CHAR small[3];
  ANSI_STRING target = {0, sizeof small, small};
  EXPECT_EQ(RtlUnicodeStringToAnsiString(&target, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
  WCHAR little[2];
  UNICODE_STRING wide_target = {0, sizeof little, little};
  ANSI_STRING source = RTL_CONSTANT_STRING("four");
  EXPECT_EQ(RtlAnsiStringToUnicodeString(&wide_target, &source, FALSE), STATUS_BUFFER_OVERFLOW);
}

KTEST(NumbersToStrings) {
  WCHAR buffer[34];
  UNICODE_STRING string = {0, sizeof buffer, buffer};
  EXPECT_EQ(RtlIntegerToUnicodeString(1234567, 10, &string), STATUS_SUCCESS);
  EXPECT(Equals(&string, L"1234567"));
  EXPECT_EQ(RtlIntegerToUnicodeString(0xbeef, 16, &string), STATUS_SUCCESS);
  EXPECT(Equals(&string, L"BEEF"));
  EXPECT_EQ(RtlIntegerToUnicodeString(5, 2, &string), STATUS_SUCCESS);
  EXPECT(Equals(&string, L"101"));
  EXPECT_EQ(RtlIntegerToUnicodeString(8, 0, &string), STATUS_SUCCESS);
  EXPECT(Equals(&string, L"8"));
  EXPECT_EQ(RtlIntegerToUnicodeString(8, 7, &string), STATUS_INVALID_PARAMETER);
  string.MaximumLength = 4;
  EXPECT_EQ(RtlIntegerToUnicodeString(1234, 10, &string), STATUS_BUFFER_OVERFLOW);
  string.MaximumLength = sizeof buffer;
  EXPECT_EQ(RtlInt64ToUnicodeString(0x123456789abcdefull, 16, &string), STATUS_SUCCESS);
  EXPECT(Equals(&string, L"123456789ABCDEF"));
}

KTEST(StringsToNumbers) {
  ULONG value = 1;
  UNICODE_STRING decimal = RTL_CONSTANT_STRING(L"  -12x"), hex = RTL_CONSTANT_STRING(L"0x1F"), octal = RTL_CONSTANT_STRING(L"0o17"),
                 binary = RTL_CONSTANT_STRING(L"0b101"), digits = RTL_CONSTANT_STRING(L"ff"), none = RTL_CONSTANT_STRING(L"zz");
  EXPECT_EQ(RtlUnicodeStringToInteger(&decimal, 0, &value), STATUS_SUCCESS);
  EXPECT_EQ((LONG)value, -12);
  EXPECT_EQ(RtlUnicodeStringToInteger(&hex, 0, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 0x1f);
  EXPECT_EQ(RtlUnicodeStringToInteger(&octal, 0, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 017);
  EXPECT_EQ(RtlUnicodeStringToInteger(&binary, 0, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 5);
  EXPECT_EQ(RtlUnicodeStringToInteger(&digits, 16, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 255);
  EXPECT_EQ(RtlUnicodeStringToInteger(&none, 10, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 0);
  EXPECT_EQ(RtlUnicodeStringToInteger(&digits, 5, &value), STATUS_INVALID_PARAMETER);
}

KTEST(Guids) {
  const GUID guid = {0x12345678, 0x9abc, 0xdef0, {1, 2, 3, 4, 5, 6, 7, 8}};
  UNICODE_STRING text;
  REQUIRE(NT_SUCCESS(RtlStringFromGUID(guid, &text)));
  EXPECT(Equals(&text, L"{12345678-9ABC-DEF0-0102-030405060708}"));
  EXPECT_EQ(text.MaximumLength, text.Length + 2);
  GUID back;
  EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_SUCCESS);
  EXPECT_EQ(RtlCompareMemory(&guid, &back, sizeof guid), sizeof guid);
  text.Length -= 2;
  EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_INVALID_PARAMETER);
  RtlFreeUnicodeString(&text);
}

KTEST(Hashes) {
  UNICODE_STRING lower = RTL_CONSTANT_STRING(L"some name"), upper = RTL_CONSTANT_STRING(L"SOME NAME");
  ULONG first, second;
  EXPECT_EQ(RtlHashUnicodeString(&lower, TRUE, HASH_STRING_ALGORITHM_DEFAULT, &first), STATUS_SUCCESS);
  EXPECT_EQ(RtlHashUnicodeString(&upper, TRUE, HASH_STRING_ALGORITHM_X65599, &second), STATUS_SUCCESS);
  EXPECT_EQ(first, second);
  EXPECT_EQ(RtlHashUnicodeString(&upper, FALSE, HASH_STRING_ALGORITHM_X65599, &second), STATUS_SUCCESS);
  EXPECT_EQ(first, second);
  EXPECT_EQ(RtlHashUnicodeString(&lower, FALSE, HASH_STRING_ALGORITHM_X65599, &second), STATUS_SUCCESS);
  EXPECT(first != second);
  EXPECT_EQ(RtlHashUnicodeString(&lower, FALSE, 77, &second), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlHashUnicodeString(nullptr, FALSE, 0, &second), STATUS_INVALID_PARAMETER);
}
