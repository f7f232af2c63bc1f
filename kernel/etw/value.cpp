#include "kernel/etw/value.h"

#include <charconv>
#include <cstdio>

#include "kernel/etw/etw.h"
#include "kernel/rtl/utf8.h"

namespace nt::etw {
namespace {

enum In : UCHAR {
  kNull,
  kUnicodeString,
  kAnsiString,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat,
  kDouble,
  kBool32,
  kBinary,
  kGuid,
  kPointer,
  kFileTime,
  kSystemTime,
  kSid,
  kHexInt32,
  kHexInt64,
  kCountedString,
  kCountedAnsiString,
  kStructure,
  kCountedBinary,
};

enum Out : UCHAR {
  kOutString = 2,
  kOutBoolean = 3,
  kOutHex = 4,
  kOutPort = 7,
  kOutIpv4 = 8,
  kOutIpv6 = 9,
  kOutWin32Error = 13,
  kOutNtStatus = 14,
  kOutHresult = 15,
  kOutFileTime = 16,
  kOutSigned = 17,
  kOutUnsigned = 18,
  kOutUtf8 = 35,
  kOutCodePointer = 37,
};

void SetText(Field* field, std::string text) {
  field->kind = Field::Kind::Text;
  field->text = std::move(text);
}

void SetNumber(Field* field, std::string text) {
  field->kind = Field::Kind::Number;
  field->text = std::move(text);
}

void SetBoolean(Field* field, bool value) {
  field->kind = Field::Kind::Boolean;
  field->text = value ? "true" : "false";
}

std::string Hex(ULONG64 value, int digits = 1) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%0*llX", digits, static_cast<unsigned long long>(value));
  return text;
}

/// Text of the ANSI code page; Latin 1 is near enough for what is no UTF-8 either.
std::string FromAnsi(std::string_view text) {
  std::u16string wide;
  for (const char c : text) wide += static_cast<UCHAR>(c);
  return rtl::Utf8(wide);
}

std::string ByteText(std::string_view text, UCHAR out) { return out == kOutUtf8 ? std::string(text) : FromAnsi(text); }

/// 100 ns since 1601 as "2026-01-31T12:34:56.1234567Z"; the civil date by days since 0000-03-01.
std::string TimeText(LONGLONG time) {
  constexpr LONGLONG kSecond = 10'000'000, kDay = 86'400 * kSecond, kDaysTo1601 = 584'694;
  if (time < 0) return std::to_string(time);
  const LONGLONG days = time / kDay + kDaysTo1601, rest = time % kDay;
  const LONGLONG era = days / 146'097, day_of_era = days % 146'097;
  const LONGLONG year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const LONGLONG day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const LONGLONG month_from_march = (5 * day_of_year + 2) / 153, day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const LONGLONG month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const LONGLONG year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  char text[80];
  std::snprintf(text, sizeof text, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%07lldZ", static_cast<long long>(year),
                static_cast<long long>(month), static_cast<long long>(day), static_cast<long long>(rest / (3600 * kSecond)),
                static_cast<long long>(rest / (60 * kSecond) % 60), static_cast<long long>(rest / kSecond % 60),
                static_cast<long long>(rest % kSecond));
  return text;
}

bool ReadSystemTime(Reader* payload, Field* field) {
  USHORT part[8];
  if (!payload->Get(&part)) return false;
  char text[64];
  std::snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02u.%03u", part[0], part[1], part[3], part[4], part[5], part[6], part[7]);
  SetText(field, text);
  return true;
}

bool ReadSid(Reader* payload, Field* field) {
  UCHAR head[8];
  if (!payload->Get(&head)) return false;
  ULONG64 authority = 0;
  for (int i = 2; i < 8; ++i) authority = authority << 8 | head[i];
  std::string text = "S-" + std::to_string(head[0]) + "-" + std::to_string(authority);
  for (UCHAR i = 0; i < head[1]; ++i) {
    ULONG part = 0;
    if (!payload->Get(&part)) return false;
    text += "-" + std::to_string(part);
  }
  SetText(field, text);
  return true;
}

std::string Ipv4(ULONG address) {
  std::string text;
  for (int i = 0; i < 4; ++i) text += (i == 0 ? "" : ".") + std::to_string(address >> (8 * i) & 0xff);
  return text;
}

/// Eight groups, none left out.
std::string Ipv6(std::span<const UCHAR> bytes) {
  std::string text;
  char group[8];
  for (SIZE_T i = 0; i + 1 < bytes.size(); i += 2) {
    std::snprintf(group, sizeof group, "%s%x", i == 0 ? "" : ":", bytes[i] << 8 | bytes[i + 1]);
    text += group;
  }
  return text;
}

/// Whole numbers, as their out-type wants them shown.
template <class T>
bool ReadInteger(UCHAR out, Reader* payload, Field* field) {
  T value{};
  if (!payload->Get(&value)) return false;
  using Unsigned = std::make_unsigned_t<T>;
  const auto bits = static_cast<Unsigned>(value);
  switch (out) {
    case kOutString: {
      const auto character = static_cast<char16_t>(bits);
      SetText(field, rtl::Utf8({&character, 1}));
      return true;
    }
    case kOutBoolean:
      SetBoolean(field, value != 0);
      return true;
    case kOutHex:
    case kOutCodePointer:
      SetText(field, Hex(bits));
      return true;
    case kOutPort:
      SetNumber(field, std::to_string((bits & 0xff) << 8 | (bits >> 8 & 0xff)));
      return true;
    case kOutIpv4:
      SetText(field, Ipv4(static_cast<ULONG>(bits)));
      return true;
    case kOutNtStatus:
    case kOutHresult:
      SetText(field, Hex(bits, 8));
      return true;
    case kOutFileTime:
      SetText(field, TimeText(static_cast<LONGLONG>(bits)));
      return true;
    case kOutSigned:
      SetNumber(field, std::to_string(static_cast<std::make_signed_t<T>>(value)));
      return true;
    case kOutUnsigned:
      SetNumber(field, std::to_string(bits));
      return true;
    default:
      SetNumber(field, std::to_string(value));
      return true;
  }
}

template <class T>
bool ReadReal(Reader* payload, Field* field) {
  T value{};
  if (!payload->Get(&value)) return false;
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  const std::string shown(text, end);
  // JSON has no word for infinities and the like.
  if (shown.find_first_of("in") == std::string::npos) {
    SetNumber(field, shown);
  } else {
    SetText(field, shown);
  }
  return true;
}

bool ReadUnicodeString(Reader* payload, Field* field) {
  std::u16string text;
  WCHAR character = 0;
  while (payload->Get(&character)) {
    if (character == 0) {
      SetText(field, rtl::Utf8(text));
      return true;
    }
    text += character;
  }
  return false;
}

bool ReadCounted(UCHAR in, UCHAR out, Reader* payload, Field* field) {
  USHORT size = 0;
  std::span<const UCHAR> bytes;
  if (!payload->Get(&size) || !payload->GetBytes(size, &bytes)) return false;
  if (in == kCountedString) {
    std::u16string text(bytes.size() / sizeof(WCHAR), u'\0');
    std::memcpy(text.data(), bytes.data(), text.size() * sizeof(WCHAR));
    SetText(field, rtl::Utf8(text));
  } else if (in == kCountedAnsiString) {
    SetText(field, ByteText({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, out));
  } else {
    SetText(field, out == kOutIpv6 && size == 16 ? Ipv6(bytes) : HexText(bytes));
  }
  return true;
}

bool ReadAnsiString(UCHAR out, Reader* payload, Field* field) {
  std::string text;
  if (!payload->GetText(&text)) return false;
  SetText(field, ByteText(text, out));
  return true;
}

bool ReadGuid(Reader* payload, Field* field) {
  GUID guid;
  if (!payload->Get(&guid)) return false;
  SetText(field, GuidText(guid));
  return true;
}

bool ReadFileTime(Reader* payload, Field* field) {
  LONGLONG time = 0;
  if (!payload->Get(&time)) return false;
  SetText(field, TimeText(time));
  return true;
}

}  // namespace

std::string TypeName(UCHAR in) {
  static constexpr const char* kTypes[] = {"null",       "unicodestring", "ansistring", "int8",     "uint8",         "int16",
                                           "uint16",     "int32",         "uint32",     "int64",    "uint64",        "float",
                                           "double",     "bool32",        "binary",     "guid",     "pointer",       "filetime",
                                           "systemtime", "sid",           "hexint32",   "hexint64", "countedstring", "countedansistring",
                                           "struct",     "countedbinary"};
  return in < std::size(kTypes) ? kTypes[in] : "type" + std::to_string(in);
}

std::string HexText(std::span<const UCHAR> bytes) {
  std::string text;
  char byte[4];
  for (const UCHAR value : bytes) {
    std::snprintf(byte, sizeof byte, "%02x", value);
    text += byte;
  }
  return text;
}

bool ReadValue(UCHAR in, UCHAR out, Reader* payload, Field* field) {
  switch (in) {
    case kNull:
      SetText(field, "");
      return true;
    case kUnicodeString:
      return ReadUnicodeString(payload, field);
    case kAnsiString:
      return ReadAnsiString(out, payload, field);
    case kInt8:
      return ReadInteger<std::int8_t>(out, payload, field);
    case kUint8:
      return ReadInteger<std::uint8_t>(out, payload, field);
    case kInt16:
      return ReadInteger<std::int16_t>(out, payload, field);
    case kUint16:
      return ReadInteger<std::uint16_t>(out, payload, field);
    case kInt32:
      return ReadInteger<std::int32_t>(out, payload, field);
    case kUint32:
      return ReadInteger<std::uint32_t>(out, payload, field);
    case kInt64:
      return ReadInteger<std::int64_t>(out, payload, field);
    case kUint64:
      return ReadInteger<std::uint64_t>(out, payload, field);
    case kFloat:
      return ReadReal<float>(payload, field);
    case kDouble:
      return ReadReal<double>(payload, field);
    case kBool32:
      return ReadInteger<std::int32_t>(kOutBoolean, payload, field);
    case kGuid:
      return ReadGuid(payload, field);
    case kFileTime:
      return ReadFileTime(payload, field);
    case kSystemTime:
      return ReadSystemTime(payload, field);
    case kSid:
      return ReadSid(payload, field);
    case kHexInt32:
      return ReadInteger<std::uint32_t>(out == 0 ? UCHAR{kOutHex} : out, payload, field);
    case kHexInt64:
    case kPointer:
      return ReadInteger<std::uint64_t>(out == 0 ? UCHAR{kOutHex} : out, payload, field);
    case kBinary:
    case kCountedString:
    case kCountedAnsiString:
    case kCountedBinary:
      return ReadCounted(in, out, payload, field);
    default:
      return false;
  }
}

bool ReadCustom(Reader* payload, Field* field) {
  field->type = "custom";
  return ReadCounted(kBinary, 0, payload, field);
}

}  // namespace nt::etw
