#include "kernel/rtl/utf8.h"

// UTF-8 and UTF-16. A malformed sequence becomes U+FFFD and STATUS_SOME_NOT_MAPPED.
#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

constexpr ULONG kReplacement = 0xFFFD;

bool IsHigh(ULONG unit) { return (unit & 0xFC00) == 0xD800; }
bool IsLow(ULONG unit) { return (unit & 0xFC00) == 0xDC00; }

/// One code point, and whether it was well-formed.
struct Decoded {
  ULONG point;
  bool valid;
};

Decoded NextUtf16(PCWCH* at, PCWCH end) {
  const ULONG unit = *(*at)++;
  if (!IsHigh(unit) && !IsLow(unit)) return {unit, true};
  if (IsLow(unit) || *at == end || !IsLow(**at)) return {kReplacement, false};
  return {0x10000 + ((unit - 0xD800) << 10) + (ULONG{*(*at)++} - 0xDC00), true};
}

/// A malformed sequence ends before the first byte that cannot continue it (the Unicode standard's "maximal subpart").
Decoded NextUtf8(const UCHAR** at, const UCHAR* end) {
  const ULONG first = *(*at)++;
  if (first < 0x80) return {first, true};
  if (first < 0xC2 || first > 0xF4) return {kReplacement, false};
  const int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  ULONG low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  ULONG high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  ULONG point = first & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    if (*at == end || **at < low || **at > high) return {kReplacement, false};
    point = (point << 6) | (*(*at)++ & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {point, true};
}

ULONG EncodeUtf8(ULONG point, UCHAR (&bytes)[4]) {
  if (point < 0x80) {
    bytes[0] = static_cast<UCHAR>(point);
    return 1;
  }
  const ULONG count = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (ULONG i = count - 1; i > 0; --i, point >>= 6) bytes[i] = static_cast<UCHAR>(0x80 | (point & 0x3F));
  bytes[0] = static_cast<UCHAR>((0xF00U >> count) | point);
  return count;
}

ULONG EncodeUtf16(ULONG point, WCHAR (&units)[2]) {
  if (point < 0x10000) {
    units[0] = static_cast<WCHAR>(point);
    return 1;
  }
  units[0] = static_cast<WCHAR>(0xD800 + ((point - 0x10000) >> 10));
  units[1] = static_cast<WCHAR>(0xDC00 + (point & 0x3FF));
  return 2;
}

/// Converts until the source ends or the destination is full; a null destination only counts.
template <class In, class Out, Decoded (*Next)(const In**, const In*), ULONG (*Encode)(ULONG, Out (&)[8 / sizeof(Out) / 2])>
NTSTATUS Convert(Out* to, ULONG max_bytes, PULONG result, const In* from, ULONG from_bytes) {
  NTSTATUS status = STATUS_SUCCESS;
  ULONG written = 0;
  for (const In* const end = from + from_bytes / sizeof(In); from != end;) {
    const Decoded decoded = Next(&from, end);
    if (!decoded.valid) status = STATUS_SOME_NOT_MAPPED;
    Out out[8 / sizeof(Out) / 2];
    const ULONG count = Encode(decoded.point, out);
    if (to != nullptr) {
      if ((written + count) * sizeof(Out) > max_bytes) {
        status = STATUS_BUFFER_TOO_SMALL;
        break;
      }
      for (ULONG i = 0; i < count; ++i) to[written + i] = out[i];
    }
    written += count;
  }
  if (result != nullptr) *result = static_cast<ULONG>(written * sizeof(Out));
  return status;
}

}  // namespace

NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount, PULONG UTF8StringActualByteCount,
                           PCWCH UnicodeStringSource, ULONG UnicodeStringByteCount) {
  if (UnicodeStringSource == nullptr) return STATUS_INVALID_PARAMETER_4;
  if (UnicodeStringByteCount % sizeof(WCHAR) != 0) return STATUS_INVALID_PARAMETER_5;
  if (UTF8StringDestination == nullptr && UTF8StringActualByteCount == nullptr) return STATUS_INVALID_PARAMETER;
  return Convert<WCHAR, UCHAR, NextUtf16, EncodeUtf8>(reinterpret_cast<UCHAR*>(UTF8StringDestination), UTF8StringMaxByteCount,
                                                      UTF8StringActualByteCount, UnicodeStringSource, UnicodeStringByteCount);
}

NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount, PULONG UnicodeStringActualByteCount,
                           PCSTR UTF8StringSource, ULONG UTF8StringByteCount) {
  if (UTF8StringSource == nullptr) return STATUS_INVALID_PARAMETER_4;
  if (UnicodeStringDestination == nullptr && UnicodeStringActualByteCount == nullptr) return STATUS_INVALID_PARAMETER;
  return Convert<UCHAR, WCHAR, NextUtf8, EncodeUtf16>(UnicodeStringDestination, UnicodeStringMaxByteCount, UnicodeStringActualByteCount,
                                                      reinterpret_cast<const UCHAR*>(UTF8StringSource), UTF8StringByteCount);
}

namespace nt::rtl {

std::u16string Utf16(std::string_view text) {
  std::u16string wide(text.size(), u'\0');
  ULONG bytes = 0;
  RtlUTF8ToUnicodeN(wide.data(), static_cast<ULONG>(wide.size() * sizeof(WCHAR)), &bytes, const_cast<PCHAR>(text.data()),
                    static_cast<ULONG>(text.size()));
  wide.resize(bytes / sizeof(WCHAR));
  return wide;
}

std::string Utf8(std::u16string_view text) {
  std::string narrow(text.size() * 3, '\0');
  ULONG bytes = 0;
  RtlUnicodeToUTF8N(narrow.data(), static_cast<ULONG>(narrow.size()), &bytes, const_cast<PWSTR>(text.data()),
                    static_cast<ULONG>(text.size() * sizeof(WCHAR)));
  narrow.resize(bytes);
  return narrow;
}

}  // namespace nt::rtl
