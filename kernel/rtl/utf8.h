// Text of the host, which is UTF-8, and of NT, as strings; what is ill-formed becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace nt::rtl {

std::u16string Utf16(std::string_view text);
std::string Utf8(std::u16string_view text);

}  // namespace nt::rtl
