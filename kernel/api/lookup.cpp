// Searches the generated tables of the API specification.
#include <algorithm>
#include <string_view>

#include "kernel/api/tables.h"

namespace nt::api {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameModule(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, Lower, Lower); }

}  // namespace

std::span<const Export> Exports() { return tables::exports; }

std::span<const char* const> Modules() { return tables::module_names; }

std::span<const Service> Services() { return tables::services; }

std::span<const Export> ExportsOf(std::string_view module) {
  for (const tables::ModuleRange& range : tables::module_ranges) {
    if (SameModule(range.name, module)) return tables::exports.subspan(range.first, range.count);
  }
  return {};
}

const Export* Find(std::string_view module, std::string_view name) {
  const std::span<const Export> exports = ExportsOf(module);
  const auto place = std::ranges::lower_bound(exports, name, {}, [](const Export& e) { return std::string_view(e.name); });
  return place != exports.end() && place->name == name ? &*place : nullptr;
}

KIRQL HighestIrql(const Export& entry) {
  const std::string_view prefix = std::string_view(entry.name).substr(0, 2);
  const bool service = prefix == "Zw" || prefix == "Nt";
  return service ? entry.irql_max : std::max(entry.irql_max, APC_LEVEL);
}

ULONG IndexOf(const Export& entry) { return static_cast<ULONG>(&entry - tables::exports.data()); }

}  // namespace nt::api
