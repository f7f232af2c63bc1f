// The generated tables behind api.h; only lookup.cpp and the generated code see them.
#pragma once

#include <span>

#include "kernel/api/api.h"

/// The function the common thunk calls for one with 8- or 16-bit parameters (see narrow.cpp of the
/// generated code).
#ifdef __clang__
#define RINGLET_NARROWED(symbol) Narrow_##symbol
#else
#define RINGLET_NARROWED(symbol) symbol
#endif

namespace nt::api::tables {

/// The part of `exports` that belongs to one module.
struct ModuleRange {
  const char* name;
  std::size_t first;
  std::size_t count;
};

extern const std::span<const Export> exports;             ///< sorted by module, then by name
extern const std::span<const char* const> module_names;   ///< sorted
extern const std::span<const ModuleRange> module_ranges;  ///< in the order of module_names
extern const std::span<const Service> services;           ///< the index is the service number

}  // namespace nt::api::tables
