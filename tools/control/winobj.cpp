// `ringlet winobj`: the object namespace.
#include <fmt/core.h>

#include "tools/commands.h"
#include "tools/control/remote.h"

namespace ringlet::tools {
namespace {

struct WinobjOptions {
  std::string directory;
  std::string path = "\\";
  bool recursive = false;
  bool security = false;
};
WinobjOptions options;

int List(const std::string& path, int depth) {
  Channel channel = ConnectTo(options.directory);
  int result = kSuccess;
  const auto answer = Ask(channel, {{"command", "directory"}, {"path", path}}, &result);
  if (!answer) return result;
  for (const auto& object : answer->at("objects")) {
    const std::string name = object.at("name"), type = object.at("type"), target = object.at("target");
    const std::string indented = std::string(static_cast<std::size_t>(depth) * 2, ' ') + name;
    fmt::print("{:<40} {}{}\n", indented, type, target.empty() ? "" : " -> " + target);
    const std::string security = object.at("security");
    if (options.security && !security.empty()) fmt::print("{:<40} {}\n", "", security);
    if (!options.recursive || type != "Directory") continue;
    result = List((path == "\\" ? "" : path) + "\\" + name, depth + 1);
    if (result != kSuccess) return result;
  }
  return kSuccess;
}

}  // namespace

void AddWinobj(CLI::App& app, int* result) {
  auto* const command =
      app.add_subcommand("winobj", "The object namespace of a machine that is up: names, types, targets of links, security");
  AddMachineOption(command, &options.directory);
  command->add_option("path", options.path, "A directory, or one object")->capture_default_str();
  command->add_flag("-r,--recursive", options.recursive, "With the directories in it");
  command->add_flag("-s,--security", options.security, "With the security descriptor of each, if it has one, as SDDL");
  command->callback([result] { *result = List(options.path, 0); });
  command->footer(
      "Examples:\n"
      "  ringlet winobj '\\Device'\n"
      "  ringlet winobj -s '\\Device\\Null'\n"
      "  ringlet winobj -r");
}

}  // namespace ringlet::tools
