#include "kernel/ob/altitude.h"

#include <algorithm>

namespace nt::ob {
namespace {

bool IsDigit(char16_t c) { return c >= u'0' && c <= u'9'; }

struct Parts {
  std::u16string_view whole;     ///< without leading zeros
  std::u16string_view fraction;  ///< without trailing zeros
};

Parts Split(std::u16string_view text) {
  const auto point = std::min(text.find(u'.'), text.size());
  Parts parts{text.substr(0, point), text.substr(std::min(point + 1, text.size()))};
  while (parts.whole.starts_with(u'0')) parts.whole.remove_prefix(1);
  while (parts.fraction.ends_with(u'0')) parts.fraction.remove_suffix(1);
  return parts;
}

}  // namespace

bool IsAltitude(std::u16string_view text) {
  const auto point = text.find(u'.');
  const std::u16string_view fraction = point == std::u16string_view::npos ? u"0" : text.substr(point + 1);
  const std::u16string_view whole = text.substr(0, point);
  return !whole.empty() && !fraction.empty() && std::ranges::all_of(whole, IsDigit) && std::ranges::all_of(fraction, IsDigit);
}

std::strong_ordering CompareAltitudes(std::u16string_view a, std::u16string_view b) {
  const Parts left = Split(a), right = Split(b);
  if (left.whole.size() != right.whole.size()) return left.whole.size() <=> right.whole.size();
  if (left.whole != right.whole) return left.whole.compare(right.whole) <=> 0;
  return left.fraction.compare(right.fraction) <=> 0;
}

}  // namespace nt::ob
