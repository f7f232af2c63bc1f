// Processes and threads as a table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ringlet/machine.h"

namespace ringlet::tools {

/// A line a process, and below it a line each of its threads.
std::string ProcessTable(const std::vector<ProcessInfo>& processes);
nlohmann::ordered_json ProcessJson(const std::vector<ProcessInfo>& processes);

}  // namespace ringlet::tools
