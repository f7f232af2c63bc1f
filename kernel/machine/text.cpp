// Text of the host, which is UTF-8, and text of NT.
#include "kernel/machine/state.h"

namespace ringlet {

std::u16string Wide(const std::string& text) {
  std::u16string wide;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const int extra = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    char32_t code = extra == 0 ? first : first & (0x3fu >> extra);
    for (int k = 1; k <= extra && i + static_cast<std::size_t>(k) < text.size(); ++k) {
      code = code << 6 | (static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]) & 0x3f);
    }
    i += static_cast<std::size_t>(extra) + 1;
    if (code >= 0x10000) {
      code -= 0x10000;
      wide += static_cast<char16_t>(0xd800 + (code >> 10));
      wide += static_cast<char16_t>(0xdc00 + (code & 0x3ff));
    } else {
      wide += static_cast<char16_t>(code);
    }
  }
  return wide;
}

std::string Narrow(std::u16string_view text) {
  std::string narrow;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t code = text[i];
    const bool pair = code >= 0xd800 && code < 0xdc00 && i + 1 < text.size() && text[i + 1] >= 0xdc00 && text[i + 1] < 0xe000;
    if (pair) code = 0x10000 + ((code - 0xd800) << 10) + (text[++i] - 0xdc00u);
    const auto add = [&](char32_t byte) { narrow += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80) {
      add(code);
      continue;
    }
    const int extra = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    add((extra == 1 ? 0xc0u : extra == 2 ? 0xe0u : 0xf0u) | code >> (6 * extra));
    for (int k = extra - 1; k >= 0; --k) add(0x80u | ((code >> (6 * k)) & 0x3f));
  }
  return narrow;
}

}  // namespace ringlet
