// `ringlet dbgkflt`: the debug print filter in a machine's registry.
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "ringlet/machine.h"
#include "tools/commands.h"

namespace ringlet::tools {
namespace {

struct FilterOptions {
  std::string directory;
  std::vector<std::string> settings;
  bool all = false;
  bool json = false;
};
FilterOptions options;

/// NAME=MASK, or NAME= to remove the value.
void Set(Machine& machine, const std::string& setting) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos) throw CLI::ValidationError("SETTING", "'" + setting + "' is not NAME=MASK");
  std::string name = setting.substr(0, equals);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const std::string text = setting.substr(equals + 1);
  std::optional<std::uint32_t> mask;
  if (!text.empty()) {
    std::size_t used = 0;
    unsigned long long value = 0;
    try {
      value = std::stoull(text, &used, 0);
    } catch (const std::logic_error&) {
      used = 0;
    }
    if (used != text.size() || value > 0xffffffff) throw CLI::ValidationError("SETTING", "'" + text + "' is no mask of 32 bits");
    mask = static_cast<std::uint32_t>(value);
  }
  if (!machine.SetDebugFilter(name, mask)) throw CLI::ValidationError("SETTING", "there is no component '" + name + "'; see --all");
}

std::string Words(std::uint32_t mask) {
  std::string words;
  for (const auto& [bit, word] : {std::pair{1u, "error"}, {2u, "warning"}, {4u, "trace"}, {8u, "info"}}) {
    if ((mask & bit) != 0) words += (words.empty() ? "" : ", ") + std::string(word);
  }
  if ((mask & ~15u) != 0) words += words.empty() ? "others" : ", others";
  return words.empty() ? "errors only, by WIN2000" : words;
}

void Print(const std::vector<DebugFilter>& filters) {
  if (options.json) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const DebugFilter& filter : filters) {
      if (filter.mask || options.all) json[filter.component] = filter.mask.value_or(0);
    }
    fmt::print("{}\n", json.dump(2));
    return;
  }
  for (const DebugFilter& filter : filters) {
    if (!filter.mask && !options.all) continue;
    const std::string mask = filter.mask ? fmt::format("0x{:08x}", *filter.mask) : "-";
    fmt::print("{:<20} {:<10} {}\n", filter.component, mask, filter.mask ? Words(*filter.mask) : "");
  }
}

int Run() {
  Options machine_options;
  machine_options.directory = options.directory;
  Machine machine(machine_options);
  for (const std::string& setting : options.settings) Set(machine, setting);
  Print(machine.DebugFilters());
  return kSuccess;
}

}  // namespace

void AddDbgkflt(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("dbgkflt", "Show or set which components' debug messages a machine shows, and at which levels");
  command->add_option("--machine", options.directory, "Machine directory whose registry is meant (default: a fresh machine, shown only)")
      ->type_name("DIR");
  command->add_flag("--all", options.all, "Components without a value, too");
  command->add_flag("--json", options.json, "Print JSON");
  command->add_option("settings", options.settings, "NAME=MASK sets a component's mask, NAME= removes it")->type_name("SETTING...");
  command->footer(
      "The masks are values of the key Session Manager\\Debug Print Filter; a machine reads them when it boots.\n"
      "Bits: 1 error, 2 warning, 4 trace, 8 info. DbgPrint is DEFAULT at info; a fresh machine has DEFAULT=0xf, Windows has no value.\n"
      "WIN2000 counts for every component; without a value it is 1: errors are always shown.\n"
      "Examples:\n"
      "  ringlet dbgkflt                                            what a fresh machine shows\n"
      "  ringlet dbgkflt --machine m IHVDRIVER=0xf                  all levels of DPFLTR_IHVDRIVER_ID\n"
      "  ringlet dbgkflt --machine m DEFAULT=                       DbgPrint is hidden, as on Windows\n"
      "  ringlet run --machine m --driver Booster2.sys BoostDemo.exe");
  command->callback([result] {
    if (options.directory.empty() && !options.settings.empty()) {
      throw CLI::ValidationError("SETTING", "masks are set in a machine's registry: give --machine DIR");
    }
    *result = Run();
  });
}

}  // namespace ringlet::tools
