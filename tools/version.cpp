#include <cstdio>

#include "tools/commands.h"

namespace ringlet::tools {

void AddVersion(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("version", "Print the version, and the Windows it stands for");
  static bool json = false;
  command->add_flag("--json", json, "Print JSON");
  command->footer("Example:\n  ringlet version --json");
  command->callback([result] {
    if (json) {
      std::puts(R"({"ringlet":")" RINGLET_VERSION R"(","windows":"10.0.22000"})");
    } else {
      std::puts(kVersion);
    }
    *result = kSuccess;
  });
}

}  // namespace ringlet::tools
