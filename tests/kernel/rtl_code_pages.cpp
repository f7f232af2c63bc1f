// Texts between UTF-16 and the ANSI and OEM code pages: sizes, truncation, who allocates, what does not fit.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTSYSAPI NTSTATUS NTAPI RtlUpcaseUnicodeStringToAnsiString(PANSI_STRING Destination, PCUNICODE_STRING Source, BOOLEAN Allocate);
NTSYSAPI NTSTATUS NTAPI RtlIntegerToChar(ULONG Value, ULONG Base, LONG OutputLength, PSZ String);
NTSYSAPI ULONG NTAPI RtlxOemStringToUnicodeSize(PCOEM_STRING OemString);
NTSYSAPI ULONG NTAPI RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString);
NTSYSAPI PWCHAR NTAPI RtlFindUnicodeSubstring(PUNICODE_STRING FullString, PUNICODE_STRING SearchString, BOOLEAN CaseInSensitive);
NTSYSAPI WCHAR NTAPI RtlAnsiCharToUnicodeChar(PUCHAR* SourceCharacter);
NTSYSAPI BOOLEAN NTAPI RtlIsValidOemCharacter(PWCHAR Char);
}

KTEST(NarrowStringsAreMadeAndAppended) {
  ANSI_STRING string;
  EXPECT_EQ(RtlInitAnsiStringEx(&string, "fish"), STATUS_SUCCESS);
  EXPECT_EQ(string.Length, 4);
  EXPECT_EQ(string.MaximumLength, 5);
  EXPECT_EQ(RtlInitAnsiStringEx(&string, nullptr), STATUS_SUCCESS);
  EXPECT(string.Length == 0 && string.MaximumLength == 0 && !string.Buffer);
  EXPECT_EQ(RtlInitStringEx(&string, ""), STATUS_SUCCESS);
  EXPECT(string.Length == 0 && string.MaximumLength == 1);

  auto* const longest = (char*)ExAllocatePool2(POOL_FLAG_PAGED, 0x10001, 'tesT');
  REQUIRE(longest);
  RtlFillMemory(longest, 0x10000, 'x');
  EXPECT_EQ(RtlInitAnsiStringEx(&string, longest), STATUS_NAME_TOO_LONG);
  longest[0xFFFF] = 0;
  EXPECT_EQ(RtlInitAnsiStringEx(&string, longest), STATUS_NAME_TOO_LONG);
  longest[0xFFFE] = 0;
  EXPECT_EQ(RtlInitAnsiStringEx(&string, longest), STATUS_SUCCESS);
  EXPECT_EQ(string.Length, 0xFFFE);
  EXPECT_EQ(string.MaximumLength, 0xFFFF);
  ExFreePoolWithTag(longest, 'tesT');

  char room[8];
  STRING to = {0, sizeof room, room}, first, second;
  RtlInitString(&first, "gold");
  RtlInitString(&second, "fishs");
  EXPECT_EQ(RtlAppendStringToString(&to, &first), STATUS_SUCCESS);
  EXPECT_EQ(RtlAppendStringToString(&to, &second), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(to.Length, 4);
  EXPECT_EQ(RtlAppendStringToString(&to, &first), STATUS_SUCCESS);
  EXPECT_EQ(to.Length, 8);

  STRING gold, upper;
  RtlInitString(&gold, "goldfish");
  RtlInitString(&upper, "GOLD");
  EXPECT(RtlPrefixString(&first, &gold, FALSE));
  EXPECT(!RtlPrefixString(&upper, &gold, FALSE));
  EXPECT(RtlPrefixString(&upper, &gold, TRUE));
  EXPECT(!RtlPrefixString(&gold, &upper, TRUE));
}

KTEST(PartsOfUnicodeStrings) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Fish"), end = RTL_CONSTANT_STRING(L"FISH"), none = {};
  EXPECT(!RtlSuffixUnicodeString(&end, &name, FALSE));
  EXPECT(RtlSuffixUnicodeString(&end, &name, TRUE));
  EXPECT(!RtlSuffixUnicodeString(&name, &end, TRUE));
  EXPECT(RtlFindUnicodeSubstring(&name, &end, TRUE) == name.Buffer + 8);
  EXPECT(RtlFindUnicodeSubstring(&name, &end, FALSE) == nullptr);
  EXPECT(RtlSuffixUnicodeString(&none, &name, TRUE));

  EXPECT_EQ(RtlValidateUnicodeString(0, &name), STATUS_SUCCESS);
  EXPECT_EQ(RtlValidateUnicodeString(1, &name), STATUS_INVALID_PARAMETER);
  UNICODE_STRING odd = {3, 4, name.Buffer}, over = {6, 4, name.Buffer}, nowhere = {2, 2, nullptr};
  EXPECT_EQ(RtlValidateUnicodeString(0, &odd), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlValidateUnicodeString(0, &over), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlValidateUnicodeString(0, &nowhere), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlValidateUnicodeString(0, nullptr), STATUS_SUCCESS);
}

KTEST(OemStringsOfKnownLength) {
  UNICODE_STRING wide = RTL_CONSTANT_STRING(L"Fische \u00fc"), back;
  EXPECT_EQ(RtlUnicodeStringToOemSize(&wide), 9);
  EXPECT_EQ(RtlxUnicodeStringToOemSize(&wide), 9);
  OEM_STRING oem = {};
  EXPECT_EQ(RtlUnicodeStringToOemString(&oem, &wide, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(oem.Length, 8);
  EXPECT_EQ(oem.MaximumLength, 9);
  EXPECT_EQ((UCHAR)oem.Buffer[7], 0x81);
  EXPECT_EQ(oem.Buffer[8], 0);
  EXPECT_EQ(RtlOemStringToUnicodeSize(&oem), 18);
  EXPECT_EQ(RtlxOemStringToUnicodeSize(&oem), 18);
  EXPECT_EQ(RtlOemStringToUnicodeString(&back, &oem, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(back.Length, 16);
  EXPECT_EQ(back.MaximumLength, 18);
  EXPECT(RtlEqualUnicodeString(&wide, &back, FALSE));
  RtlFreeUnicodeString(&back);
  EXPECT_EQ(RtlOemStringToCountedUnicodeString(&back, &oem, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(back.MaximumLength, 16);
  EXPECT(RtlEqualUnicodeString(&wide, &back, FALSE));
  RtlFreeUnicodeString(&back);
  RtlFreeOemString(&oem);

  OEM_STRING none = {};
  EXPECT_EQ(RtlOemStringToCountedUnicodeString(&back, &none, TRUE), STATUS_SUCCESS);
  EXPECT(back.Length == 0 && back.Buffer == nullptr);

  EXPECT_EQ(RtlUpcaseUnicodeStringToOemString(&oem, &wide, TRUE), STATUS_SUCCESS);
  EXPECT_EQ((UCHAR)oem.Buffer[7], 0x9A);
  EXPECT_EQ(oem.Buffer[0], 'F');
  EXPECT_EQ(oem.Buffer[1], 'I');
  RtlFreeOemString(&oem);

  char small[4];
  OEM_STRING little = {0, sizeof small, small};
  EXPECT_EQ(RtlUnicodeStringToOemString(&little, &wide, FALSE), STATUS_BUFFER_OVERFLOW);
  WCHAR few[4];
  UNICODE_STRING short_one = {0, sizeof few, few};
  STRING text;
  RtlInitString(&text, "fish");
  EXPECT_EQ(RtlOemStringToUnicodeString(&short_one, &text, FALSE), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(RtlOemStringToCountedUnicodeString(&short_one, &text, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(short_one.Length, 8);
}

KTEST(CountedConversions) {
  WCHAR wide[8] = {};
  char narrow[8] = {};
  ULONG size = 99;
  EXPECT_EQ(RtlMultiByteToUnicodeN(wide, sizeof wide, &size, "fish", 4), STATUS_SUCCESS);
  EXPECT_EQ(size, 8);
  EXPECT_EQ(wide[3], L'h');
  EXPECT_EQ(RtlMultiByteToUnicodeN(wide, 5, &size, "gold", 4), STATUS_SUCCESS);
  EXPECT_EQ(size, 4);
  EXPECT_EQ(wide[2], L's');
  EXPECT_EQ(RtlMultiByteToUnicodeN(wide, sizeof wide, nullptr, "fish", 4), STATUS_SUCCESS);
  EXPECT_EQ(RtlMultiByteToUnicodeSize(&size, "fishes", 6), STATUS_SUCCESS);
  EXPECT_EQ(size, 12);
  EXPECT_EQ(RtlUnicodeToMultiByteSize(&size, L"fishes", 12), STATUS_SUCCESS);
  EXPECT_EQ(size, 6);
  EXPECT_EQ(RtlUnicodeToOemN(narrow, sizeof narrow, &size, L"f\u00fcr", 6), STATUS_SUCCESS);
  EXPECT_EQ(size, 3);
  EXPECT_EQ((UCHAR)narrow[1], 0x81);
  EXPECT_EQ(RtlOemToUnicodeN(wide, sizeof wide, &size, narrow, 3), STATUS_SUCCESS);
  EXPECT_EQ(wide[1], 0xFC);
  EXPECT_EQ(RtlUpcaseUnicodeToOemN(narrow, sizeof narrow, &size, L"f\u00fcr", 6), STATUS_SUCCESS);
  EXPECT_EQ(narrow[0], 'F');
  EXPECT_EQ((UCHAR)narrow[1], 0x9A);
  EXPECT_EQ(RtlUpcaseUnicodeToMultiByteN(narrow, sizeof narrow, &size, L"f\u00fcr", 6), STATUS_SUCCESS);
  EXPECT_EQ((UCHAR)narrow[1], 0xDC);
  ANSI_STRING upper;
  UNICODE_STRING fish = RTL_CONSTANT_STRING(L"fish");
  EXPECT_EQ(RtlUpcaseUnicodeStringToAnsiString(&upper, &fish, TRUE), STATUS_SUCCESS);
  EXPECT(upper.Length == 4 && upper.Buffer[0] == 'F' && upper.Buffer[4] == 0);
  RtlFreeAnsiString(&upper);

  UCHAR characters[] = {'a', 0xFC};
  PUCHAR at = characters;
  EXPECT_EQ(RtlAnsiCharToUnicodeChar(&at), L'a');
  EXPECT(at == characters + 1);
  EXPECT_EQ(RtlAnsiCharToUnicodeChar(&at), 0xFC);
  WCHAR umlaut = 0xFC, snowman = 0x2603;
  EXPECT(RtlIsValidOemCharacter(&umlaut));
  EXPECT(!RtlIsValidOemCharacter(&snowman));
}

KTEST(NumbersAsCharacters) {
  char text[40];
  RtlFillMemory(text, sizeof text, '.');
  EXPECT_EQ(RtlIntegerToChar(255, 16, sizeof text, text), STATUS_SUCCESS);
  EXPECT(text[0] == 'F' && text[1] == 'F' && text[2] == 0);
  EXPECT_EQ(RtlIntegerToChar(255, 0, sizeof text, text), STATUS_SUCCESS);
  EXPECT(text[0] == '2' && text[2] == '5' && text[3] == 0);
  EXPECT_EQ(RtlIntegerToChar(5, 2, sizeof text, text), STATUS_SUCCESS);
  EXPECT(text[0] == '1' && text[1] == '0' && text[2] == '1' && text[3] == 0);
  EXPECT_EQ(RtlIntegerToChar(1, 7, sizeof text, text), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlIntegerToChar(1234, 10, 3, text), STATUS_BUFFER_OVERFLOW);
  // It just fits without its terminator; a negative length fills with zeros from the left.
  text[4] = '!';
  EXPECT_EQ(RtlIntegerToChar(1234, 10, 4, text), STATUS_SUCCESS);
  EXPECT(text[3] == '4' && text[4] == '!');
  EXPECT_EQ(RtlIntegerToChar(0xAB, 16, -8, text), STATUS_SUCCESS);
  EXPECT(text[0] == '0' && text[5] == '0' && text[6] == 'A' && text[7] == 'B');
}

KTEST(LengthOfASidAsText) {
  UCHAR sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0};
  ULONG length = 0;
  EXPECT_EQ(RtlLengthSidAsUnicodeString(sid, &length), STATUS_SUCCESS);
  EXPECT(length >= 2 * 12 + 2);
  sid[0] = 2;
  EXPECT_EQ(RtlLengthSidAsUnicodeString(sid, &length), STATUS_INVALID_SID);
}
