// What a machine is made of. Private.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nt/ps.h"
#include "ringlet/machine.h"

namespace ringlet {

/// The base name of a process's image.
std::string ImageNameOf(PEPROCESS process);

struct Machine::State {
  /// A client that Start made.
  struct Client {
    PEPROCESS process;  ///< with a reference
    std::uint32_t console;
  };

  Options options;
  std::string directory;
  bool temporary_directory = false;
  int lock = -1;  ///< of the directory: one machine at a time
  bool shut_down = false;
  std::vector<std::string> drivers;
  std::unique_ptr<BugCheck> bugcheck;
  std::vector<BlockedThread> deadlock;
  std::vector<Warning> warnings;  ///< kept at the end
  std::map<std::uint64_t, Client> clients;
  std::vector<std::pair<std::string, std::string>> images;  ///< names and host paths of images, for the symbolizer

  /// Runs host code in a system thread, and keeps what stopped the machine, if it did.
  Outcome Run(const std::function<void()>& work);
  /// Creates a process from a program on the host, and then calls `then` in the same system thread; the process's reference is its.
  RunResult Create(const std::string& path, const std::vector<std::string>& arguments, std::uint32_t console,
                   const std::function<void(PEPROCESS, RunResult&)>& then);
  void KeepDeadlock();
  void KeepBugCheck();
  void MakeDirectory();
};

}  // namespace ringlet
