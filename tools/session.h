// One run of a machine, as `ringlet run` and its relatives (dbgview, trace, ps) do it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ringlet/machine.h"

namespace ringlet::tools {

/// What the user asked for.
struct RunOptions {
  std::vector<std::string> drivers;
  unsigned cpus = 2;
  std::string time = "real";
  std::uint64_t seed = 0;
  double timeout = 0;
  std::string directory;
  std::string user = "administrator";
  std::string wav;
  std::uint64_t memory = std::uint64_t{8} << 30;
  bool special_pool = false;
  bool quiet = false;
  std::vector<std::string> client;
  std::function<void()> attach;  ///< what to do if there is nothing to run: look at the machine that is up
};

/// Adds the options that every command with a run has, and takes the words after them as the client and its arguments. `run` is called when
/// all are known;
/// `*options` must live as long as the command.
void AddRunOptions(CLI::App* command, RunOptions* options, const std::function<void()>& run);

/// The machine that these options want.
Options MachineOptions(const RunOptions& options);

/// Boots, loads the drivers, runs the client, unloads, and says on standard error what is to be said. Returns the exit code;
/// `*json`, if not null, gets the result. `watch`: while the client runs, after each so many milliseconds of the machine's time.
struct Watch {
  unsigned milliseconds = 0;
  std::function<void(const Machine&)> look;
};
int RunSession(const RunOptions& options, const Options& machine_options, nlohmann::json* json = nullptr, const Watch& watch = {});

/// What there is to say of a bugcheck, on lines without the last one's end.
std::string ReadableBugCheck(const BugCheck& bugcheck);

/// Text for a program's messages: coloured if standard error is a terminal.
enum class Colour { Red, Green, Orange, Grey };
std::string Paint(Colour colour, const std::string& text, bool enabled);
/// Whether a stream is a terminal.
bool IsTerminal(std::FILE* stream);

/// A file to write, or standard output if the path is empty. Throws CLI::ValidationError if it cannot be opened.
class OutputFile {
 public:
  OutputFile(const std::string& option, const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Writes and flushes, so that who follows the output sees it.
  void Write(const std::string& text);
  bool colours() const { return colours_; }

 private:
  std::FILE* file_;
  bool colours_;
};

}  // namespace ringlet::tools
