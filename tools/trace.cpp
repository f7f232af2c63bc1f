// `ringlet trace`: the events that providers write during a run.
#include "tools/commands.h"
#include "tools/events.h"
#include "tools/session.h"

namespace ringlet::tools {
namespace {

struct TraceOptions {
  RunOptions run;
  std::vector<std::string> providers;
  std::string json;
};
TraceOptions options;

std::vector<EventFilter> Filters() {
  std::vector<EventFilter> filters;
  for (const std::string& provider : options.providers) {
    try {
      filters.push_back(ParseEventFilter(provider));
    } catch (const std::invalid_argument& error) {
      throw CLI::ValidationError("--provider", error.what());
    }
  }
  return filters;
}

int Run() {
  Options machine_options = MachineOptions(options.run);
  machine_options.event_filters = Filters();
  OutputFile output("--json", options.json);
  const bool json = !options.json.empty();
  machine_options.event_sink = [&](const Event& event) {
    output.Write((json ? EventJson(event) : EventLine(event, output.colours())) + "\n");
  };
  return RunSession(options.run, machine_options);
}

}  // namespace

void AddTrace(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("trace", "Run, and show the events that drivers write (ETW, TraceLogging)");
  command
      ->add_option("--provider", options.providers,
                   "Events of this provider only: its name or GUID (*: all), the highest level, keywords of which an event has "
                   "one, keywords it has all of; may be given more than once")
      ->type_name("NAME[:LEVEL[:ANY[:ALL]]]")
      ->allow_extra_args(false);
  command->add_option("--json", options.json, "Write the events to this file, a line of JSON each, instead of showing them")
      ->type_name("FILE.json");
  AddRunOptions(command, &options.run, [result] { *result = Run(); });
  command->footer(
      "Exit codes are those of `ringlet run`.\n"
      "Examples:\n"
      "  ringlet trace --driver BoosterTrace.sys BoostDemo.exe           events as they come\n"
      "  ringlet trace --json events.json --driver BoosterTrace.sys BoostDemo.exe\n"
      "  ringlet trace --provider Ringlet.Booster:3 --driver BoosterTrace.sys BoostDemo.exe      warnings and worse");
}

}  // namespace ringlet::tools
