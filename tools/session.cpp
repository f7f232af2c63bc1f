#include "tools/session.h"

#include <fmt/color.h>
#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>

#include "tools/commands.h"

namespace ringlet::tools {
namespace {

std::string ReadableStack(std::string label, const std::vector<BugCheck::Frame>& stack) {
  std::string text;
  for (const BugCheck::Frame& frame : stack) {
    text +=
        fmt::format("    {:<8} {:016x} {}{}\n", label, frame.address, frame.symbol, frame.source.empty() ? "" : " (" + frame.source + ")");
    label.clear();
  }
  return text;
}

nlohmann::json JsonStack(const std::vector<BugCheck::Frame>& stack) {
  nlohmann::json json = nlohmann::json::array();
  for (const BugCheck::Frame& frame : stack) {
    json.push_back({{"address", frame.address}, {"symbol", frame.symbol}, {"source", frame.source}});
  }
  return json;
}

}  // namespace

std::string ReadableBugCheck(const BugCheck& bugcheck) {
  const std::string title = fmt::format("*** STOP 0x{:X} {}", bugcheck.code, bugcheck.name);
  std::string text = Paint(Colour::Red, title, IsTerminal(stderr));
  text += fmt::format(" (0x{:X}, 0x{:X}, 0x{:X}, 0x{:X})\n", bugcheck.parameters[0], bugcheck.parameters[1], bugcheck.parameters[2],
                      bugcheck.parameters[3]);
  if (!bugcheck.driver.empty()) text += fmt::format("    driver   {}\n", bugcheck.driver);
  if (!bugcheck.rule.empty()) text += fmt::format("    rule     {}\n", bugcheck.rule);
  if (!bugcheck.details.empty()) text += fmt::format("    address  {}\n", bugcheck.details);
  for (int i = 0; i < 4; ++i) {
    if (!bugcheck.meanings[i].empty())
      text += fmt::format("    arg{}     0x{:X}, {}\n", i + 1, bugcheck.parameters[i], bugcheck.meanings[i]);
  }
  for (const auto& data : bugcheck.secondary_data) {
    text += fmt::format("    data     {} {}, {} bytes\n", data.component, data.id, data.bytes.size());
  }
  for (const auto& data : bugcheck.triage_data) {
    text += fmt::format("    memory   {} 0x{:X}, {} bytes\n", data.component, data.address, data.bytes.size());
  }
  text += fmt::format("    at       processor {}, IRQL {}\n", bugcheck.processor, bugcheck.irql);
  text += ReadableStack("stack", bugcheck.stack);
  for (const auto& other : bugcheck.others) text += ReadableStack(fmt::format("cpu {}", other.processor), other.stack);
  text.pop_back();
  return text;
}

namespace {

nlohmann::json JsonBugCheck(const BugCheck& bugcheck) {
  nlohmann::json json{{"code", bugcheck.code},     {"name", bugcheck.name},          {"parameters", bugcheck.parameters},
                      {"driver", bugcheck.driver}, {"rule", bugcheck.rule},          {"details", bugcheck.details},
                      {"irql", bugcheck.irql},     {"processor", bugcheck.processor}};
  json["stack"] = JsonStack(bugcheck.stack);
  json["meanings"] = bugcheck.meanings;
  for (const auto& other : bugcheck.others) json["others"].push_back({{"processor", other.processor}, {"stack", JsonStack(other.stack)}});
  for (const auto& data : bugcheck.secondary_data) {
    json["secondary_data"].push_back({{"component", data.component}, {"id", data.id}, {"bytes", data.bytes}});
  }
  for (const auto& data : bugcheck.triage_data) {
    json["triage_data"].push_back({{"component", data.component}, {"address", data.address}, {"bytes", data.bytes}});
  }
  return json;
}

std::string ReadableDeadlock(const std::vector<BlockedThread>& threads) {
  std::string text;
  for (const BlockedThread& thread : threads) {
    text += fmt::format("\n    thread {} waits {}", thread.id, thread.wait);
    for (const StackFrame& frame : thread.stack) {
      text += fmt::format("\n        {:016x} {}{}", frame.address, frame.symbol, frame.source.empty() ? "" : " (" + frame.source + ")");
    }
  }
  return text;
}

nlohmann::json JsonDeadlock(const std::vector<BlockedThread>& threads) {
  nlohmann::json json = nlohmann::json::array();
  for (const BlockedThread& thread : threads) {
    json.push_back({{"thread", thread.id}, {"wait", thread.wait}, {"stack", JsonStack(thread.stack)}});
  }
  return json;
}

int CodeOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::BugCheck:
      return kBugCheck;
    case Outcome::Deadlock:
      return kDeadlock;
    case Outcome::Timeout:
      return kTimeout;
    case Outcome::Finished:
      break;
  }
  return kSuccess;
}

/// One run, and what is to be said of it as JSON.
class Session {
 public:
  Session(const RunOptions& options, const Options& machine_options) : options_(options), machine_(machine_options) {}

  bool Load(const std::string& path) {
    const LoadResult loaded = machine_.LoadDriver(path);
    json["drivers"].push_back({{"path", path}, {"status", loaded.status}, {"absent", loaded.absent}, {"why", loaded.why}});
    for (const std::string& name : loaded.absent) Say(fmt::format("{}: {} is not in Ringlet; calling it stops the machine.", path, name));
    if (loaded.outcome != Outcome::Finished) {
      code = CodeOf(loaded.outcome);
      SayOutcome(loaded.outcome, path);
      return false;
    }
    if (loaded.ok()) return true;
    Say(fmt::format("{}: not loaded: {} (status 0x{:08X})", path, loaded.why, static_cast<std::uint32_t>(loaded.status)));
    code = kLoadFailed;
    return false;
  }

  void RunClient(const Watch& watch) {
    const auto& client = options_.client;
    const auto look = [&] { watch.look(machine_); };
    if (!client.empty()) {
      const RunResult run = machine_.Run(client.front(), {client.begin() + 1, client.end()}, watch.milliseconds, look);
      json["client"] = {{"status", run.status}, {"exit_code", run.exit_code}, {"why", run.why}};
      Judge(run);
    }
    if (watch.look && machine_.bugcheck() == nullptr) look();
  }

  void Report() {
    const auto leftovers = machine_.Shutdown();
    ReportWarnings();
    if (const BugCheck* const bugcheck = machine_.bugcheck()) {
      code = kBugCheck;
      json["bugcheck"] = JsonBugCheck(*bugcheck);
      Say(ReadableBugCheck(*bugcheck));
      return;
    }
    const bool colours = IsTerminal(stderr);
    json["leftovers"] = nlohmann::json::array();
    for (const Leftover& leftover : leftovers) {
      json["leftovers"].push_back({{"driver", leftover.driver}, {"kind", leftover.kind}, {"what", leftover.what}});
      Say(Paint(Colour::Orange, fmt::format("{} left behind: ", leftover.driver), colours) + leftover.kind + ": " + leftover.what);
    }
    if (leftovers.empty() && !options_.drivers.empty()) Say(Paint(Colour::Green, "Nothing left behind.", colours));
    if (!leftovers.empty() && code == kSuccess) code = kLeftover;
  }

  nlohmann::json json;
  int code = kSuccess;

 private:
  /// Everything of ours goes to standard error: standard output belongs to the client and to DbgPrint.
  void Say(const std::string& text) {
    if (!options_.quiet) fmt::print(stderr, "{}\n", text);
  }

  void ReportWarnings() {
    json["warnings"] = nlohmann::json::array();
    for (const Warning& warning : machine_.warnings()) {
      json["warnings"].push_back({{"driver", warning.driver}, {"what", warning.what}, {"count", warning.count}});
      const std::string often = warning.count > 1 ? fmt::format(" ({} times)", warning.count) : "";
      Say(Paint(Colour::Orange, fmt::format("{} breaks a rule: ", warning.driver), IsTerminal(stderr)) + warning.what + often);
    }
  }

  void SayOutcome(Outcome outcome, const std::string& who) {
    if (outcome == Outcome::Deadlock) {
      json["deadlock"] = JsonDeadlock(machine_.deadlock());
      Say(fmt::format("{}: every thread waits, and nothing can ever wake one.", who) + ReadableDeadlock(machine_.deadlock()));
    }
    if (outcome == Outcome::Timeout) Say(fmt::format("{}: not done after {} s (--timeout).", who, options_.timeout));
  }

  void Judge(const RunResult& run) {
    const std::string& name = options_.client.front();
    if (run.outcome != Outcome::Finished) {
      code = CodeOf(run.outcome);
      SayOutcome(run.outcome, name);
    } else if (run.status < 0) {
      Say(fmt::format("{}: not started: {} (status 0x{:08X})", name, run.why, static_cast<std::uint32_t>(run.status)));
      code = kClientFailed;
    } else if (run.exit_code != 0) {
      Say(fmt::format("{}: exit code {} (0x{:X})", name, run.exit_code, run.exit_code));
      code = static_cast<int>(run.exit_code & 0xff) != 0 ? static_cast<int>(run.exit_code & 0xff) : 1;
    }
  }

  const RunOptions& options_;
  Machine machine_;
};

}  // namespace

bool IsTerminal(std::FILE* stream) { return isatty(fileno(stream)) != 0; }

std::string Paint(Colour colour, const std::string& text, bool enabled) {
  if (!enabled) return text;
  static constexpr fmt::color kColours[] = {fmt::color::red, fmt::color::green, fmt::color::orange, fmt::color::gray};
  return fmt::format(fmt::fg(kColours[static_cast<int>(colour)]) | fmt::emphasis::bold, "{}", text);
}

OutputFile::OutputFile(const std::string& option, const std::string& path)
    : file_(path.empty() ? stdout : std::fopen(path.c_str(), "w")), colours_(path.empty() && IsTerminal(stdout)) {
  if (file_ == nullptr) throw CLI::ValidationError(option, "cannot write " + path);
}

OutputFile::~OutputFile() {
  if (file_ != stdout) std::fclose(file_);
}

void OutputFile::Write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), file_);
  std::fflush(file_);
}

namespace {

void CheckWhatToRun(const RunOptions& options) {
  if (options.client.empty()) {
    if (options.drivers.empty()) throw CLI::ValidationError("nothing to run: give --driver FILE.sys, a CLIENT.exe, or both");
    return;
  }
  const std::string& client = options.client.front();
  if (!std::filesystem::is_regular_file(client)) throw CLI::ValidationError("there is no file '" + client + "' to run as the client");
}

std::string ExistingDriver(const std::string& path) {
  return std::filesystem::is_regular_file(path) ? std::string() : "there is no file '" + path + "'; build the driver, or give its path";
}

}  // namespace

void AddRunOptions(CLI::App* command, RunOptions* options, const std::function<void()>& run) {
  command->add_option("--driver", options->drivers, "A driver to load; may be given more than once, they load in this order")
      ->check(CLI::Validator(ExistingDriver, "", "driver"))
      ->type_name("FILE.sys")
      ->allow_extra_args(false);
  command->add_option("--cpus", options->cpus, "Logical processors")->check(CLI::Range(1, 64))->capture_default_str();
  command->add_option("--time", options->time, "real: the host's clock. virtual: repeatable, the seed decides every choice")
      ->check(CLI::IsMember({"real", "virtual"}))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Seed for virtual time")->capture_default_str();
  command->add_option("--timeout", options->timeout, "Host seconds a driver's load or the client may take (0: any)")->capture_default_str();
  command
      ->add_option("--machine", options->directory, "Machine directory with the registry and the C: drive (default: a fresh temporary one)")
      ->type_name("DIR");
  command->add_option("--user", options->user, "Who the client runs as")
      ->check(CLI::IsMember({"administrator", "plain"}))
      ->capture_default_str();
  command->add_option("--wav", options->wav, "Write what the speaker sounds to this file")->type_name("FILE.wav");
  command->add_option("--memory", options->memory, "Physical memory of the machine, as 512M or 8G")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{64} << 20, std::uint64_t{1} << 40));
  command->add_flag("--special-pool", options->special_pool,
                    "Each pool allocation on pages of its own: misuse faults at the very instruction");
  command->add_flag("--quiet", options->quiet, "Say nothing on standard error");
  // Everything from the first word on that is no option of ours is the client's, whatever it looks like.
  command->prefix_command();
  command->callback([command, options, run] {
    options->client = command->remaining();
    if (!options->client.empty() && options->client.front().starts_with('-')) {
      throw CLI::ExtrasError(command->get_name(), {options->client.front()});
    }
    if (options->attach && options->client.empty() && options->drivers.empty()) return options->attach();
    CheckWhatToRun(*options);
    run();
  });
}

Options MachineOptions(const RunOptions& options) {
  Options machine_options;
  machine_options.processors = options.cpus;
  machine_options.virtual_time = options.time == "virtual";
  machine_options.seed = options.seed;
  machine_options.directory = options.directory;
  machine_options.plain_user = options.user == "plain";
  machine_options.sound_file = options.wav;
  machine_options.memory = options.memory;
  machine_options.special_pool = options.special_pool;
  machine_options.timeout_ms = static_cast<std::uint64_t>(options.timeout * 1000);
  return machine_options;
}

int RunSession(const RunOptions& options, const Options& machine_options, nlohmann::json* json, const Watch& watch) {
  Session session(options, machine_options);
  bool loaded = true;
  for (const std::string& driver : options.drivers) loaded = loaded && session.Load(driver);
  if (loaded) session.RunClient(watch);
  session.Report();
  session.json["exit_code"] = session.code;
  if (json != nullptr) *json = session.json;
  return session.code;
}

}  // namespace ringlet::tools
