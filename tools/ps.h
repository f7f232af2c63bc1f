// Processors, processes and threads as a table.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ringlet/machine.h"

namespace ringlet::tools {

/// A machine at one moment.
struct Snapshot {
  std::int64_t time = 0;  ///< 100 ns since boot
  std::vector<ProcessorInfo> processors;
  std::vector<ProcessInfo> processes;
  std::map<std::uint64_t, std::vector<ModuleInfo>> modules;  ///< by process; empty if nobody asked
};

Snapshot TakeSnapshot(const Machine& machine, bool with_modules);

/// The processors' times, then a line a process, below its parent if that is still there, and under it a line each of its threads and
/// modules.
std::string SnapshotTable(const Snapshot& snapshot);
/// "time" in seconds, "processors", "processes".
nlohmann::ordered_json SnapshotJson(const Snapshot& snapshot);

}  // namespace ringlet::tools
