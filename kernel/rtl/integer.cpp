// Numbers as text, text as numbers; GUIDs.
#include <algorithm>
#include <cstring>

#include "kernel/rtl/pool.h"
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr char kDigits[] = "0123456789ABCDEF";

bool IsBase(ULONG base) { return base == 2 || base == 8 || base == 10 || base == 16; }

/// Digits of a number, most significant first.
struct Text {
  char digits[64];
  ULONG first = sizeof digits;
  ULONG length() const { return static_cast<ULONG>(sizeof digits) - first; }
};

Text Digits(ULONGLONG value, ULONG base) {
  Text text;
  do {
    text.digits[--text.first] = kDigits[value % base];
    value /= base;
  } while (value != 0);
  return text;
}

NTSTATUS ToUnicode(ULONGLONG value, ULONG base, PUNICODE_STRING string) {
  if (base == 0) base = 10;
  if (!IsBase(base)) return STATUS_INVALID_PARAMETER;
  const Text text = Digits(value, base);
  const ULONG bytes = text.length() * 2;
  if (bytes >= string->MaximumLength) return STATUS_BUFFER_OVERFLOW;
  for (ULONG i = 0; i < text.length(); ++i) string->Buffer[i] = static_cast<WCHAR>(text.digits[text.first + i]);
  string->Length = static_cast<USHORT>(bytes);
  if (bytes + 2 <= string->MaximumLength) string->Buffer[text.length()] = 0;
  return STATUS_SUCCESS;
}

/// A character, or 0 at the end of the text.
template <class Char>
class Reader {
 public:
  Reader(const Char* text, SIZE_T count) : text_(text), count_(count) {}
  ULONG Peek() const { return at_ < count_ ? static_cast<ULONG>(text_[at_]) & (sizeof(Char) == 1 ? 0xFFU : 0xFFFFU) : 0; }
  bool Take(ULONG character) {
    if (at_ >= count_ || Peek() != character) return false;
    ++at_;
    return true;
  }
  bool More() const { return at_ < count_; }
  void Skip() { ++at_; }

 private:
  const Char* text_;
  SIZE_T count_;
  SIZE_T at_ = 0;
};

ULONG DigitOf(ULONG character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  return 0xFF;
}

template <class Char>
NTSTATUS ToInteger(Reader<Char> reader, ULONG base, PULONG value) {
  if (base != 0 && !IsBase(base)) return STATUS_INVALID_PARAMETER;
  while (reader.More() && reader.Peek() != 0 && reader.Peek() <= ' ') reader.Skip();
  const bool negative = reader.Take('-');
  if (!negative) reader.Take('+');
  if (base == 0) {
    base = 10;
    if (reader.Take('0')) {
      if (reader.Take('x'))
        base = 16;
      else if (reader.Take('o'))
        base = 8;
      else if (reader.Take('b'))
        base = 2;
    }
  }
  ULONG result = 0;
  for (ULONG digit; (digit = DigitOf(reader.Peek())) < base; reader.Skip()) result = result * base + digit;
  *value = negative ? 0U - result : result;
  return STATUS_SUCCESS;
}

/// Where the digit pairs of a GUID's bytes stand in "{00112233-4455-6677-8899-AABBCCDDEEFF}".
constexpr UCHAR kGuidPlaces[16] = {1, 3, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27, 29, 31, 33, 35};
constexpr ULONG kGuidLength = 38;
constexpr char kGuidForm[] = "{        -    -    -    -            }";

/// The same bytes in the order in which they are written.
void SwapGuid(UCHAR (&bytes)[16]) {
  std::reverse(bytes, bytes + 4);
  std::reverse(bytes + 4, bytes + 6);
  std::reverse(bytes + 6, bytes + 8);
}

}  // namespace

NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) { return ToUnicode(Value, Base, String); }
NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String) { return ToUnicode(Value, Base, String); }

NTSTATUS RtlIntegerToChar(ULONG Value, ULONG Base, LONG OutputLength, PCHAR String) {
  if (Base == 0) Base = 10;
  if (!IsBase(Base)) return STATUS_INVALID_PARAMETER;
  const Text text = Digits(Value, Base);
  const ULONG length = text.length();
  const bool right = OutputLength < 0;  // right-justified behind zeroes, without a terminator
  const ULONG room = right ? 0U - static_cast<ULONG>(OutputLength) : static_cast<ULONG>(OutputLength);
  if (length > room) return STATUS_BUFFER_OVERFLOW;
  if (right) std::memset(String, '0', room - length);
  std::memcpy(String + (right ? room - length : 0), text.digits + text.first, length);
  if (!right && length < room) String[length] = 0;
  return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value) {
  return ToInteger(Reader(String->Buffer, String->Length / sizeof(WCHAR)), Base, Value);
}

NTSTATUS RtlCharToInteger(PCSTR String, ULONG Base, PULONG Value) { return ToInteger(Reader(String, std::strlen(String)), Base, Value); }

NTSTATUS RtlStringFromGUID(const GUID* Guid, PUNICODE_STRING GuidString) {
  PWSTR const buffer = nt::rtl::AllocateString<WCHAR>((kGuidLength + 1) * sizeof(WCHAR));
  if (buffer == nullptr) return STATUS_NO_MEMORY;
  for (ULONG i = 0; i <= kGuidLength; ++i) buffer[i] = static_cast<WCHAR>(kGuidForm[i]);
  UCHAR bytes[16];
  std::memcpy(bytes, Guid, sizeof bytes);
  SwapGuid(bytes);
  for (ULONG i = 0; i < 16; ++i) {
    buffer[kGuidPlaces[i]] = static_cast<WCHAR>(kDigits[bytes[i] >> 4]);
    buffer[kGuidPlaces[i] + 1] = static_cast<WCHAR>(kDigits[bytes[i] & 15]);
  }
  *GuidString = {kGuidLength * sizeof(WCHAR), (kGuidLength + 1) * sizeof(WCHAR), buffer};
  return STATUS_SUCCESS;
}

NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID* Guid) {
  if (GuidString->Length < kGuidLength * sizeof(WCHAR)) return STATUS_INVALID_PARAMETER;
  for (ULONG i = 0; i < kGuidLength; ++i) {
    const WCHAR character = GuidString->Buffer[i];
    const bool fits = kGuidForm[i] == ' ' ? DigitOf(character) < 16 : character == static_cast<WCHAR>(kGuidForm[i]);
    if (!fits) return STATUS_INVALID_PARAMETER;
  }
  UCHAR bytes[16];
  for (ULONG i = 0; i < 16; ++i) {
    const PCWCH pair = GuidString->Buffer + kGuidPlaces[i];
    bytes[i] = static_cast<UCHAR>(DigitOf(pair[0]) << 4 | DigitOf(pair[1]));
  }
  SwapGuid(bytes);
  std::memcpy(Guid, bytes, sizeof bytes);
  return STATUS_SUCCESS;
}
