#include <cstdio>

#include "tools/commands.h"

namespace ringlet::tools {

void AddVersion(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("version", "Print the version, and the Windows it stands for");
  static bool json = false;
  command->add_flag("--json", json, "Print JSON");
  command->callback([result] {
    if (json) {
      std::puts(R"({"ringlet":"0.1.0","windows":"10.0.22000"})");
    } else {
      std::puts("ringlet 0.1.0, for drivers of Windows 11 x64 (10.0.22000)");
    }
    *result = kSuccess;
  });
}

}  // namespace ringlet::tools
