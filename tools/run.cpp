// `ringlet run`: boot, load drivers, run a client, unload, report.
#include <fmt/core.h>

#include <sstream>

#include "tools/commands.h"
#include "tools/events.h"
#include "tools/ps.h"
#include "tools/session.h"

namespace ringlet::tools {
namespace {

struct Everything {
  RunOptions run;
  std::string trace;
  std::string trace_file;
  std::string events;
  bool processes = false;
  std::string fail_allocation;
  bool json = false;
};
Everything options;

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

/// "12" or "7-100": the 12th allocation, or by seed 7 one of 100.
void ParseFaults(const std::string& text, Options* machine_options) {
  if (text.empty()) return;
  unsigned long long first = 0, second = 0;
  int end = 0;
  if (std::sscanf(text.c_str(), "%llu%n", &first, &end) == 1 && end == static_cast<int>(text.size()) && first != 0) {
    machine_options->fail_allocation = first;
  } else if (std::sscanf(text.c_str(), "%llu-%llu%n", &first, &second, &end) == 2 && end == static_cast<int>(text.size()) && second != 0) {
    machine_options->fail_allocation_seed = first;
    machine_options->fail_allocation_one_in = second;
  } else {
    throw CLI::ValidationError("--fail-allocation", "'" + text + "' is neither a number from 1 on nor SEED-RATE");
  }
}

int Run() {
  Options machine_options = MachineOptions(options.run);
  ParseFaults(options.fail_allocation, &machine_options);
  machine_options.trace = TraceMask(options.trace);
  std::unique_ptr<OutputFile> trace, events;
  if (!options.trace_file.empty()) {
    trace = std::make_unique<OutputFile>("--trace-file", options.trace_file);
    machine_options.trace_sink = [&](const std::string& line) { trace->Write(line); };
  }
  if (!options.events.empty()) {
    events = std::make_unique<OutputFile>("--etw", options.events);
    machine_options.event_sink = [&](const Event& event) { events->Write(EventJson(event) + "\n"); };
  }
  Watch watch;
  if (options.processes) {
    watch.look = [](const Machine& machine) { fmt::print(stderr, "{}", SnapshotTable(TakeSnapshot(machine, false))); };
  }
  nlohmann::json json;
  const int code = RunSession(options.run, machine_options, &json, watch);
  if (options.json) fmt::print("{}\n", json.dump(2));
  return code;
}

}  // namespace

void AddRun(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("run", "Boot a machine, load drivers, run a client, unload, and say what was left behind");
  command->add_option("--trace", options.trace, "What to trace: api,irp,sched")->type_name("LIST");
  command->add_option("--trace-file", options.trace_file, "Where the trace goes (default: standard error)")->type_name("FILE");
  command->add_option("--etw", options.events, "Write the events of all providers to this file, a line of JSON each")
      ->type_name("FILE.json");
  command->add_flag("--ps", options.processes, "Show processes and threads when the client has ended; while it runs: `ringlet ps`");
  command
      ->add_option("--fail-allocation", options.fail_allocation,
                   "Low memory: N lets the drivers' Nth allocation fail, SEED-RATE one of RATE, chosen by the seed")
      ->type_name("N|SEED-RATE");
  command->add_flag("--json", options.json, "Print the result as JSON on standard output");
  AddRunOptions(command, &options.run, [result] { *result = Run(); });
  command->footer(
      "What follows the options is the client program and its arguments.\n"
      "SIGQUIT (Ctrl-\\) crashes the machine, as Ctrl-Scroll Lock does Windows: bugcheck 0xE2, with the stacks of all processors.\n"
      "Exit code: the client's, or 100 bugcheck, 101 a driver did not load, 102 the client did not start,\n"
      "103 deadlock, 104 timeout, 105 a driver left something behind, 99 the machine did not boot.\n"
      "Example:\n"
      "  ringlet run --driver zero.sys ZeroTest.exe --threads 4");
}

}  // namespace ringlet::tools
