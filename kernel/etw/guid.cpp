// How GUIDs are spelled.
#include <cstdio>

#include "kernel/etw/etw.h"

namespace nt::etw {

std::string GuidText(const GUID& guid) {
  char text[40];
  const UCHAR* const d = guid.Data4;
  std::snprintf(text, sizeof text, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", guid.Data1, guid.Data2, guid.Data3, d[0], d[1],
                d[2], d[3], d[4], d[5], d[6], d[7]);
  return text;
}

bool ParseGuid(std::string_view text, GUID* guid) {
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != kForm.size()) return false;
  UCHAR bytes[16] = {};
  SIZE_T digits = 0;
  for (SIZE_T i = 0; i < text.size(); ++i) {
    if (kForm[i] == '-') {
      if (text[i] != '-') return false;
      continue;
    }
    const SIZE_T value = std::string_view("0123456789abcdef").find(static_cast<char>(text[i] | 0x20));
    if (value == std::string_view::npos || (text[i] < 'A' && value > 9)) return false;
    bytes[digits / 2] = static_cast<UCHAR>(static_cast<SIZE_T>(bytes[digits / 2] << 4) | value);
    ++digits;
  }
  const auto part = [&](int at, int size) {
    ULONG value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | bytes[at + i];
    return value;
  };
  *guid = {part(0, 4), static_cast<USHORT>(part(4, 2)), static_cast<USHORT>(part(6, 2)), {}};
  for (int i = 0; i < 8; ++i) guid->Data4[i] = bytes[8 + i];
  return true;
}

}  // namespace nt::etw
