// What the commands that speak with a machine have in common.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/control/channel.h"

namespace ringlet::tools {

/// Adds the option that says which machine.
void AddMachineOption(CLI::App* command, std::string* directory);

/// A connection to the machine of this directory, or the one `ringlet boot` made by itself. Throws std::runtime_error if it is not up.
Channel ConnectTo(const std::string& directory);

/// Asks, and takes the answer. If that is an error or a bugcheck it is said on standard error, `*result` becomes the exit code, and nothing
/// is returned.
std::optional<nlohmann::json> Ask(Channel& channel, const nlohmann::json& request, int* result, const std::vector<int>& descriptors = {});

}  // namespace ringlet::tools
