// Altitudes of filters: decimal numbers as text, "370030" or "370030.5", compared as numbers of any precision.
#pragma once

#include <compare>
#include <string_view>

namespace nt::ob {

bool IsAltitude(std::u16string_view text);
std::strong_ordering CompareAltitudes(std::u16string_view a, std::u16string_view b);

}  // namespace nt::ob
