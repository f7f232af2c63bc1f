// `ringlet handles`: the handles of a process.
#include <fmt/core.h>

#include "tools/commands.h"
#include "tools/control/remote.h"

namespace ringlet::tools {
namespace {

struct HandlesOptions {
  std::string directory;
  std::uint64_t process = 0;
};
HandlesOptions options;

int Run() {
  Channel channel = ConnectTo(options.directory);
  int result = kSuccess;
  const auto answer = Ask(channel, {{"command", "handles"}, {"process", options.process}}, &result);
  if (!answer) return result;
  fmt::print("{:>8}  {:<16} {:<10} {:<5} {}\n", "Handle", "Type", "Access", "Flags", "Name");
  for (const auto& each : answer->at("handles")) {
    const std::string flags = std::string(each.at("inherited") ? "I" : "") + (each.at("protected") ? "P" : "");
    fmt::print("{:>8X}  {:<16} 0x{:08X} {:<5} {}\n", each.at("handle").get<std::uint64_t>(), each.at("type").get<std::string>(),
               each.at("access").get<std::uint32_t>(), flags, each.at("name").get<std::string>());
  }
  return kSuccess;
}

}  // namespace

void AddHandles(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("handles", "The handles of a process on a machine that is up");
  AddMachineOption(command, &options.directory);
  command->add_option("process", options.process, "Its id; 4 is the System process")->required()->type_name("PID");
  command->callback([result] { *result = Run(); });
  command->footer(
      "Flags: I, child processes inherit it; P, it cannot be closed.\n"
      "Example:\n"
      "  ringlet handles 4");
}

}  // namespace ringlet::tools
