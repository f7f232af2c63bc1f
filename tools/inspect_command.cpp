// Wires `ringlet inspect` to the command line.
#include "tools/commands.h"
#include "tools/inspect.h"

namespace ringlet::tools {

void AddInspect(CLI::App& app, int* result) {
  static InspectOptions options;
  auto* const command = app.add_subcommand("inspect", "Say what an image is, and which of its imports Ringlet has");
  command->add_option("file", options.file, "The image (.sys or .exe)")->required()->type_name("FILE");
  command->add_flag("--json", options.json, "Print JSON");
  command->footer(
      "Exit code: 0 everything is there, 1 an import is absent, 2 the file is no image that could be loaded.\n"
      "Example:\n"
      "  ringlet inspect zero.sys");
  command->callback([result] { *result = Inspect(options); });
}

}  // namespace ringlet::tools
