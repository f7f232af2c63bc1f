// A machine that stays up, and does what commands ask of it.
#pragma once

#include <functional>
#include <string>

#include "ringlet/machine.h"

namespace ringlet::tools {

/// Boots and serves until `ringlet shutdown`. `ready` is told when commands can come, with what must be said of the boot.
/// Throws std::runtime_error if the machine does not boot, or one listens there already.
void Serve(const Options& options, const std::string& socket_path, const std::function<void(const std::string&)>& ready);

}  // namespace ringlet::tools
