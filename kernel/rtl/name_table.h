// A sorted table of numbers with names.
#pragma once

#include <algorithm>
#include <span>

#include "nt/types.h"

namespace nt::rtl {

struct ValueName {
  ULONG value;
  const char* name;
};

/// The name of `value` in a table sorted by value, or null.
inline const char* FindName(std::span<const ValueName> table, ULONG value) {
  const auto found = std::ranges::lower_bound(table, value, {}, &ValueName::value);
  return found != table.end() && found->value == value ? found->name : nullptr;
}

}  // namespace nt::rtl
