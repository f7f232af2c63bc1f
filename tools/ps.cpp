#include "tools/ps.h"

#include <fmt/core.h>

namespace ringlet::tools {
namespace {

std::string Time(std::int64_t units) { return fmt::format("{:.3f}", static_cast<double>(units) / 1e7); }

}  // namespace

std::string ProcessTable(const std::vector<ProcessInfo>& processes) {
  std::string table = fmt::format("{:>6} {:>6}  {:<24} {:>4} {:>4} {:>4} {:>10} {:>10}  {}\n", "PID", "TID", "NAME", "PRI", "BASE", "CPU",
                                  "KERNEL s", "USER s", "STATE");
  for (const ProcessInfo& process : processes) {
    table +=
        fmt::format("{:>6} {:>6}  {:<24} {} threads, {} handles\n", process.id, "", process.name, process.threads.size(), process.handles);
    for (const ThreadInfo& thread : process.threads) {
      table += fmt::format("{:>6} {:>6}  {:<24} {:>4} {:>4} {:>4} {:>10} {:>10}  {}{}\n", "", thread.id, "", thread.priority,
                           thread.base_priority, thread.processor, Time(thread.kernel_time), Time(thread.user_time), thread.state,
                           thread.wait_reason.empty() ? "" : ": " + thread.wait_reason);
    }
  }
  return table;
}

nlohmann::ordered_json ProcessJson(const std::vector<ProcessInfo>& processes) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ProcessInfo& process : processes) {
    nlohmann::ordered_json threads = nlohmann::ordered_json::array();
    for (const ThreadInfo& thread : process.threads) {
      threads.push_back({{"id", thread.id},
                         {"state", thread.state},
                         {"wait_reason", thread.wait_reason},
                         {"priority", thread.priority},
                         {"base_priority", thread.base_priority},
                         {"processor", thread.processor},
                         {"kernel_time", thread.kernel_time},
                         {"user_time", thread.user_time},
                         {"context_switches", thread.context_switches}});
    }
    json.push_back({{"id", process.id},
                    {"parent", process.parent},
                    {"name", process.name},
                    {"handles", process.handles},
                    {"threads", std::move(threads)}});
  }
  return json;
}

}  // namespace ringlet::tools
