#include "tools/ps.h"

#include <fmt/core.h>

#include <algorithm>

namespace ringlet::tools {
namespace {

constexpr double kUnitsPerSecond = 1e7;

std::string Seconds(std::int64_t units) { return fmt::format("{:.3f}", static_cast<double>(units) / kUnitsPerSecond); }

/// What is not idle time, and neither a program's nor an interrupt's or a DPC's.
std::int64_t KernelTime(const ProcessorInfo& processor, std::int64_t time) {
  return std::max<std::int64_t>(time - processor.idle_time - processor.user_time - processor.dpc_time - processor.interrupt_time, 0);
}

std::string ProcessorLines(const Snapshot& snapshot) {
  std::string table = fmt::format("{:>6} {:>10} {:>10} {:>10} {:>10} {:>12} {:>11}\n", "CPU", "IDLE s", "KERNEL s", "USER s", "DPC s",
                                  "INTERRUPT s", "INTERRUPTS");
  for (std::size_t i = 0; i < snapshot.processors.size(); ++i) {
    const ProcessorInfo& processor = snapshot.processors[i];
    table += fmt::format("{:>6} {:>10} {:>10} {:>10} {:>10} {:>12} {:>11}\n", i, Seconds(processor.idle_time),
                         Seconds(KernelTime(processor, snapshot.time)), Seconds(processor.user_time), Seconds(processor.dpc_time),
                         Seconds(processor.interrupt_time), processor.interrupts);
  }
  return table;
}

std::string ThreadLine(const ThreadInfo& thread) {
  return fmt::format("{:>6} {:>6}  {:<24} {:>4} {:>4} {:>4} {:>10} {:>10}  {}{}\n", "", thread.id, "", thread.priority,
                     thread.base_priority, thread.processor, Seconds(thread.kernel_time), Seconds(thread.user_time), thread.state,
                     thread.wait_reason.empty() ? "" : ": " + thread.wait_reason);
}

/// Processes below their parents. An id may have been used again: a parent is older than its children.
class Tree {
 public:
  explicit Tree(const Snapshot& snapshot) : snapshot_(snapshot) {}

  std::string Lines() const {
    std::string lines;
    for (std::size_t i = 0; i < snapshot_.processes.size(); ++i) {
      if (ParentOf(i) == kNone) Add(i, 0, &lines);
    }
    return lines;
  }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  std::size_t ParentOf(std::size_t child) const {
    for (std::size_t i = 0; i < child; ++i) {
      if (snapshot_.processes[i].id == snapshot_.processes[child].parent) return i;
    }
    return kNone;
  }

  void Add(std::size_t index, std::size_t depth, std::string* lines) const {
    const ProcessInfo& process = snapshot_.processes[index];
    *lines += fmt::format("{:>6} {:>6}  {:<24} {} threads, {} handles\n", process.id, "", std::string(depth * 2, ' ') + process.name,
                          process.threads.size(), process.handles);
    for (const ThreadInfo& thread : process.threads) *lines += ThreadLine(thread);
    const auto modules = snapshot_.modules.find(process.id);
    if (modules != snapshot_.modules.end()) {
      for (const ModuleInfo& module : modules->second)
        *lines += fmt::format("{:>13}  {:012x} {:>9} {}\n", "", module.base, module.size, module.path);
    }
    for (std::size_t i = index + 1; i < snapshot_.processes.size(); ++i) {
      if (ParentOf(i) == index) Add(i, depth + 1, lines);
    }
  }

  const Snapshot& snapshot_;
};

nlohmann::ordered_json ThreadsJson(const ProcessInfo& process) {
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
  return threads;
}

nlohmann::ordered_json ProcessesJson(const Snapshot& snapshot) {
  nlohmann::ordered_json processes = nlohmann::ordered_json::array();
  for (const ProcessInfo& process : snapshot.processes) {
    processes.push_back({{"id", process.id},
                         {"parent", process.parent},
                         {"name", process.name},
                         {"handles", process.handles},
                         {"threads", ThreadsJson(process)}});
    const auto modules = snapshot.modules.find(process.id);
    if (modules == snapshot.modules.end()) continue;
    for (const ModuleInfo& module : modules->second) {
      processes.back()["modules"].push_back({{"base", module.base}, {"size", module.size}, {"path", module.path}});
    }
  }
  return processes;
}

nlohmann::ordered_json ProcessorsJson(const Snapshot& snapshot) {
  nlohmann::ordered_json processors = nlohmann::ordered_json::array();
  for (const ProcessorInfo& processor : snapshot.processors) {
    processors.push_back({{"idle_time", processor.idle_time},
                          {"kernel_time", KernelTime(processor, snapshot.time)},
                          {"user_time", processor.user_time},
                          {"dpc_time", processor.dpc_time},
                          {"interrupt_time", processor.interrupt_time},
                          {"interrupts", processor.interrupts}});
  }
  return processors;
}

}  // namespace

Snapshot TakeSnapshot(const Machine& machine, bool with_modules) {
  Snapshot snapshot{machine.Time(), machine.Processors(), machine.Processes(), {}};
  if (!with_modules) return snapshot;
  for (const ProcessInfo& process : snapshot.processes) snapshot.modules[process.id] = machine.Modules(process.id);
  return snapshot;
}

std::string SnapshotTable(const Snapshot& snapshot) {
  return Seconds(snapshot.time) + " s after boot\n" + ProcessorLines(snapshot) +
         fmt::format("{:>6} {:>6}  {:<24} {:>4} {:>4} {:>4} {:>10} {:>10}  {}\n", "PID", "TID", "NAME", "PRI", "BASE", "CPU", "KERNEL s",
                     "USER s", "STATE") +
         Tree(snapshot).Lines();
}

nlohmann::ordered_json SnapshotJson(const Snapshot& snapshot) {
  return {{"time", static_cast<double>(snapshot.time) / kUnitsPerSecond},
          {"processors", ProcessorsJson(snapshot)},
          {"processes", ProcessesJson(snapshot)}};
}

}  // namespace ringlet::tools
