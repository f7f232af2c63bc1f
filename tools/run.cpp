// `ringlet run`: boot, load drivers, run a client, unload, report.
#include <fmt/color.h>
#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "ringlet/machine.h"
#include "tools/commands.h"

namespace ringlet::tools {
namespace {

struct RunOptions {
  std::vector<std::string> drivers;
  unsigned cpus = 2;
  std::string time = "real";
  std::uint64_t seed = 0;
  double timeout = 0;
  std::string trace;
  std::string trace_file;
  std::string directory;
  bool special_pool = false;
  bool json = false;
  bool quiet = false;
  std::vector<std::string> client;
};

RunOptions options;

bool Colours() {
  static const bool colours = isatty(STDERR_FILENO) != 0;
  return colours;
}

std::string Paint(fmt::color colour, const std::string& text) {
  return Colours() ? fmt::format(fmt::fg(colour) | fmt::emphasis::bold, "{}", text) : text;
}

/// Everything of ours goes to standard error: standard output belongs to the client and to DbgPrint.
void Say(const std::string& text) {
  if (!options.quiet) fmt::print(stderr, "{}\n", text);
}

unsigned TraceMask(const std::string& list) {
  unsigned mask = 0;
  std::stringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "api") {
      mask |= kTraceApi;
    } else if (word == "irp") {
      mask |= kTraceIrp;
    } else if (word == "sched") {
      mask |= kTraceSched;
    } else {
      throw CLI::ValidationError("--trace", "'" + word + "' is none of api, irp, sched");
    }
  }
  return mask;
}

std::string ReadableBugCheck(const BugCheck& bugcheck) {
  std::string text = Paint(fmt::color::red, fmt::format("*** STOP 0x{:X} {}", bugcheck.code, bugcheck.name));
  text += fmt::format(" (0x{:X}, 0x{:X}, 0x{:X}, 0x{:X})\n", bugcheck.parameters[0], bugcheck.parameters[1], bugcheck.parameters[2],
                      bugcheck.parameters[3]);
  if (!bugcheck.driver.empty()) text += fmt::format("    driver   {}\n", bugcheck.driver);
  if (!bugcheck.rule.empty()) text += fmt::format("    rule     {}\n", bugcheck.rule);
  if (!bugcheck.details.empty()) text += fmt::format("    address  {}\n", bugcheck.details);
  text += fmt::format("    at       processor {}, IRQL {}\n", bugcheck.processor, bugcheck.irql);
  const char* label = "stack";
  for (const BugCheck::Frame& frame : bugcheck.stack) {
    text +=
        fmt::format("    {:<8} {:016x} {}{}\n", label, frame.address, frame.symbol, frame.source.empty() ? "" : " (" + frame.source + ")");
    label = "";
  }
  text.pop_back();
  return text;
}

nlohmann::json JsonBugCheck(const BugCheck& bugcheck) {
  nlohmann::json json{{"code", bugcheck.code},     {"name", bugcheck.name},          {"parameters", bugcheck.parameters},
                      {"driver", bugcheck.driver}, {"rule", bugcheck.rule},          {"details", bugcheck.details},
                      {"irql", bugcheck.irql},     {"processor", bugcheck.processor}};
  for (const BugCheck::Frame& frame : bugcheck.stack) {
    json["stack"].push_back({{"address", frame.address}, {"symbol", frame.symbol}, {"source", frame.source}});
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

void SayOutcome(Outcome outcome, const std::string& who) {
  if (outcome == Outcome::Deadlock) Say(fmt::format("{}: every thread waits, and nothing can ever wake one.", who));
  if (outcome == Outcome::Timeout) Say(fmt::format("{}: not done after {} s (--timeout).", who, options.timeout));
}

/// One run, and what is to be said of it as JSON.
struct Session {
  Machine machine;
  nlohmann::json json;
  int code = kSuccess;

  explicit Session(const Options& machine_options) : machine(machine_options) {}

  bool Load(const std::string& path) {
    const LoadResult loaded = machine.LoadDriver(path);
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

  void RunClient() {
    if (options.client.empty()) return;
    const RunResult run = machine.Run(options.client.front(), {options.client.begin() + 1, options.client.end()});
    json["client"] = {{"status", run.status}, {"exit_code", run.exit_code}, {"why", run.why}};
    if (run.outcome != Outcome::Finished) {
      code = CodeOf(run.outcome);
      SayOutcome(run.outcome, options.client.front());
    } else if (run.status < 0) {
      Say(fmt::format("{}: not started: {} (status 0x{:08X})", options.client.front(), run.why, static_cast<std::uint32_t>(run.status)));
      code = kClientFailed;
    } else if (run.exit_code != 0) {
      Say(fmt::format("{}: exit code {} (0x{:X})", options.client.front(), run.exit_code, run.exit_code));
      code = static_cast<int>(run.exit_code & 0xff) != 0 ? static_cast<int>(run.exit_code & 0xff) : 1;
    }
  }

  void Report() {
    const auto leftovers = machine.Shutdown();
    if (const BugCheck* const bugcheck = machine.bugcheck()) {
      code = kBugCheck;
      json["bugcheck"] = JsonBugCheck(*bugcheck);
      Say(ReadableBugCheck(*bugcheck));
      return;
    }
    json["leftovers"] = nlohmann::json::array();
    for (const Leftover& leftover : leftovers) {
      json["leftovers"].push_back({{"driver", leftover.driver}, {"kind", leftover.kind}, {"what", leftover.what}});
      Say(Paint(fmt::color::orange, fmt::format("{} left behind: ", leftover.driver)) + leftover.kind + ": " + leftover.what);
    }
    if (leftovers.empty() && !options.drivers.empty()) Say(Paint(fmt::color::green, "Nothing left behind."));
    if (!leftovers.empty() && code == kSuccess) code = kLeftover;
  }
};

int Run() {
  Options machine_options;
  machine_options.processors = options.cpus;
  machine_options.virtual_time = options.time == "virtual";
  machine_options.seed = options.seed;
  machine_options.directory = options.directory;
  machine_options.special_pool = options.special_pool;
  machine_options.timeout_ms = static_cast<std::uint64_t>(options.timeout * 1000);
  machine_options.trace = TraceMask(options.trace);
  std::FILE* trace_file = nullptr;
  if (!options.trace_file.empty()) {
    trace_file = std::fopen(options.trace_file.c_str(), "w");
    if (trace_file == nullptr) throw CLI::ValidationError("--trace-file", "cannot write " + options.trace_file);
    machine_options.trace_sink = [trace_file](const std::string& line) { std::fwrite(line.data(), 1, line.size(), trace_file); };
  }
  Session session(machine_options);
  bool loaded = true;
  for (const std::string& driver : options.drivers) loaded = loaded && session.Load(driver);
  if (loaded) session.RunClient();
  session.Report();
  if (trace_file != nullptr) std::fclose(trace_file);
  session.json["exit_code"] = session.code;
  if (options.json) fmt::print("{}\n", session.json.dump(2));
  return session.code;
}

}  // namespace

void AddRun(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("run", "Boot a machine, load drivers, run a client, unload, and say what was left behind");
  command->add_option("--driver", options.drivers, "A driver to load; may be given more than once, they load in this order")
      ->check(CLI::ExistingFile)
      ->type_name("FILE.sys")
      ->allow_extra_args(false);
  command->add_option("--cpus", options.cpus, "Logical processors")->check(CLI::Range(1, 64))->capture_default_str();
  command->add_option("--time", options.time, "real: the host's clock. virtual: repeatable, the seed decides every choice")
      ->check(CLI::IsMember({"real", "virtual"}))
      ->capture_default_str();
  command->add_option("--seed", options.seed, "Seed for virtual time")->capture_default_str();
  command->add_option("--timeout", options.timeout, "Host seconds a driver's load or the client may take (0: any)")->capture_default_str();
  command->add_option("--trace", options.trace, "What to trace: api,irp,sched");
  command->add_option("--trace-file", options.trace_file, "Where the trace goes (default: standard error)");
  command->add_option("--machine", options.directory,
                      "Machine directory with the registry and the C: drive (default: a fresh temporary one)");
  command->add_flag("--special-pool", options.special_pool,
                    "Each pool allocation on pages of its own: misuse faults at the very instruction");
  command->add_flag("--json", options.json, "Print the result as JSON on standard output");
  command->add_flag("--quiet", options.quiet, "Say nothing on standard error");
  // Everything from the first word on that is no option of ours is the client's, whatever it looks like.
  command->prefix_command();
  command->footer(
      "What follows the options is the client program and its arguments.\n"
      "Exit code: the client's, or 100 bugcheck, 101 a driver did not load, 102 the client did not start,\n"
      "103 deadlock, 104 timeout, 105 a driver left something behind, 99 the machine did not boot.\n"
      "Example: ringlet run --driver zero.sys ZeroTest.exe --threads 4");
  command->callback([command, result] {
    options.client = command->remaining();
    if (!options.client.empty() && options.client.front().starts_with('-')) {
      throw CLI::ExtrasError(command->get_name(), {options.client.front()});
    }
    *result = Run();
  });
}

}  // namespace ringlet::tools
