// Comparing, searching and hashing UTF-16 strings.
#include <algorithm>

#include "kernel/rtl/casing.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

WCHAR Fold(WCHAR character, BOOLEAN insensitive) { return insensitive ? nt::rtl::Upcase(character) : character; }

/// The difference of the first characters that differ; 0 if all `count` are equal.
LONG Difference(PCWCH first, PCWCH second, SIZE_T count, BOOLEAN insensitive) {
  for (SIZE_T i = 0; i < count; ++i) {
    if (first[i] == second[i]) continue;
    const LONG difference = Fold(first[i], insensitive) - Fold(second[i], insensitive);
    if (difference != 0) return difference;
  }
  return 0;
}

SIZE_T Count(PCUNICODE_STRING string) { return string->Length / sizeof(WCHAR); }

/// The next digit of an altitude, and whether the string is over.
int Digit(PCUNICODE_STRING string, SIZE_T at) { return at < Count(string) ? string->Buffer[at] : u'0'; }

/// Where an altitude's integral part begins (after zeroes) and ends.
struct Whole {
  SIZE_T first;
  SIZE_T last;
};
Whole WholePart(PCUNICODE_STRING string) {
  Whole part{0, 0};
  while (part.last < Count(string) && string->Buffer[part.last] != u'.') ++part.last;
  while (part.first < part.last && string->Buffer[part.first] == u'0') ++part.first;
  return part;
}

}  // namespace

LONG RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length, BOOLEAN CaseInSensitive) {
  const LONG difference = Difference(String1, String2, std::min(String1Length, String2Length), CaseInSensitive);
  return difference != 0 ? difference : static_cast<LONG>(String1Length - String2Length);
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  const LONG difference = Difference(String1->Buffer, String2->Buffer, std::min(Count(String1), Count(String2)), CaseInSensitive);
  return difference != 0 ? difference : String1->Length - String2->Length;
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  return String1->Length == String2->Length && Difference(String1->Buffer, String2->Buffer, Count(String1), CaseInSensitive) == 0;
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  return String1->Length <= String2->Length && Difference(String1->Buffer, String2->Buffer, Count(String1), CaseInSensitive) == 0;
}

BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) {
  if (String1->Length > String2->Length) return FALSE;
  return Difference(String1->Buffer, String2->Buffer + (Count(String2) - Count(String1)), Count(String1), CaseInSensitive) == 0;
}

PWCHAR RtlFindUnicodeSubstring(PCUNICODE_STRING FullString, PCUNICODE_STRING SearchString, BOOLEAN CaseInSensitive) {
  for (SIZE_T at = 0; at + Count(SearchString) <= Count(FullString); ++at) {
    if (Difference(FullString->Buffer + at, SearchString->Buffer, Count(SearchString), CaseInSensitive) == 0)
      return FullString->Buffer + at;
  }
  return nullptr;
}

NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm, PULONG HashValue) {
  if (String == nullptr || HashValue == nullptr || !NT_SUCCESS(RtlValidateUnicodeString(0, String))) return STATUS_INVALID_PARAMETER;
  if (HashAlgorithm != HASH_STRING_ALGORITHM_DEFAULT && HashAlgorithm != HASH_STRING_ALGORITHM_X65599) return STATUS_INVALID_PARAMETER;
  ULONG hash = 0;
  for (SIZE_T i = 0; i < Count(String); ++i) hash = hash * 65599 + Fold(String->Buffer[i], CaseInSensitive);
  *HashValue = hash;
  return STATUS_SUCCESS;
}

LONG RtlCompareAltitudes(PCUNICODE_STRING Altitude1, PCUNICODE_STRING Altitude2) {
  const Whole first = WholePart(Altitude1);
  const Whole second = WholePart(Altitude2);
  const SIZE_T digits = first.last - first.first;
  if (digits != second.last - second.first) return digits < second.last - second.first ? -1 : 1;
  const LONG whole = Difference(Altitude1->Buffer + first.first, Altitude2->Buffer + second.first, digits, FALSE);
  if (whole != 0) return whole < 0 ? -1 : 1;
  // The fractions, as if the shorter had zeroes behind it.
  SIZE_T at1 = first.last + 1;
  SIZE_T at2 = second.last + 1;
  for (; at1 < Count(Altitude1) || at2 < Count(Altitude2); ++at1, ++at2) {
    const int difference = Digit(Altitude1, at1) - Digit(Altitude2, at2);
    if (difference != 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}
