// `ringlet ps`: processes and threads of a machine while a client runs on it.
#include "tools/commands.h"
#include "tools/control/remote.h"
#include "tools/ps.h"
#include "tools/session.h"

namespace ringlet::tools {
namespace {

struct PsOptions {
  RunOptions run;
  unsigned every = 250;
  std::string file;
  bool modules = false;
  bool json = false;
};
PsOptions options;

int Run() {
  OutputFile output("-o", options.file);
  const Watch watch{options.every, [&](const Machine& machine) {
                      const Snapshot snapshot = TakeSnapshot(machine, options.modules);
                      output.Write((options.json ? SnapshotJson(snapshot).dump() : SnapshotTable(snapshot)) + "\n");
                    }};
  return RunSession(options.run, MachineOptions(options.run), nullptr, watch);
}

/// The processes of a machine that is up.
int Attach() {
  OutputFile output("-o", options.file);
  Channel channel = ConnectTo(options.run.directory);
  int result = kSuccess;
  const auto answer = Ask(channel, {{"command", "processes"}, {"modules", options.modules}, {"json", options.json}}, &result);
  if (answer) output.Write(answer->at("text"));
  return result;
}

}  // namespace

void AddPs(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("ps", "Run, and show processes and threads: priority, base priority, processor, times, state");
  command->add_option("--every", options.every, "Milliseconds of the machine's time between two tables (0: only one, at the end)")
      ->capture_default_str();
  command->add_option("-o,--output", options.file, "Write to this file instead of standard output")->type_name("FILE");
  command->add_flag("--modules", options.modules, "With the images that each process has loaded");
  command->add_flag("--json", options.json, "A line of JSON each instead of tables");
  options.run.attach = [result] { *result = Attach(); };
  AddRunOptions(command, &options.run, [result] { *result = Run(); });
  command->footer(
      "With nothing to run: of the machine that is up (`ringlet boot`). Else tables come while the client runs, and one when it has "
      "ended.\n"
      "First comes where the processors' time went: what DPCs and interrupts take belongs to no thread. PRI is a thread's priority with "
      "all boosts,\nBASE the one it decays to. A process stands below its parent. Exit codes are those of `ringlet run`.\n"
      "Examples:\n"
      "  ringlet ps --driver Booster.sys BoostDemo.exe        a thread at priority 12, and the processor's time is its\n"
      "  ringlet ps --every 0 --driver zero.sys               what a machine with a driver runs");
}

}  // namespace ringlet::tools
