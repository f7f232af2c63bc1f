#include "tools/control/remote.h"

#include <fmt/core.h>

#include <stdexcept>

#include "tools/commands.h"

namespace ringlet::tools {

void AddMachineOption(CLI::App* command, std::string* directory) {
  command->add_option("--machine", *directory, "The machine of this directory (default: the one that `ringlet boot` made by itself)")
      ->type_name("DIR");
}

Channel ConnectTo(const std::string& directory) {
  auto channel = Channel::Connect(SocketPath(directory));
  if (!channel)
    throw std::runtime_error("no machine is up" + (directory.empty() ? "" : " on " + directory) + "; `ringlet boot` starts one");
  return std::move(*channel);
}

std::optional<nlohmann::json> Ask(Channel& channel, const nlohmann::json& request, int* result, const std::vector<int>& descriptors) {
  auto answer = channel.Send(request, descriptors) ? channel.Receive() : std::nullopt;
  if (!answer) {
    fmt::print(stderr, "ringlet: the machine has gone.\n");
    *result = kNoMachine;
    return {};
  }
  if (answer->contains("bugcheck")) {
    fmt::print(stderr, "{}\n", answer->at("bugcheck").get<std::string>());
    *result = kBugCheck;
  } else if (answer->contains("error")) {
    fmt::print(stderr, "ringlet: {}.\n", answer->at("error").get<std::string>());
    *result = 1;
  } else {
    return answer;
  }
  return {};
}

}  // namespace ringlet::tools
