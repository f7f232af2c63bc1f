// `ringlet bcdedit`: what the boot loader tells a machine's kernel.
#include <filesystem>
#include <stdexcept>

#include "ringlet/machine.h"
#include "tools/commands.h"
#include "tools/control/channel.h"
#include "tools/control/program.h"
#include "tools/control/remote.h"

namespace ringlet::tools {
namespace {

std::string directory;

bool IsUp() {
  if (!directory.empty() && !std::filesystem::exists(directory)) return false;
  return Channel::Connect(SocketPath(directory)).has_value();
}

/// On the machine if it is up, else on one that is booted for this from its directory.
int Run(const std::vector<std::string>& words) {
  const std::string program = SystemProgram("bcdedit.exe");
  if (directory.empty() || IsUp()) return Execute(directory, program, words);
  Options options;
  options.directory = directory;
  Machine machine(options);
  const RunResult run = machine.Run(program, words);
  if (run.status < 0 || run.outcome != Outcome::Finished) throw std::runtime_error("bcdedit.exe could not run: " + run.why);
  return CommandExitCode(run.exit_code);
}

}  // namespace

void AddBcdedit(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("bcdedit", "Show or set what the boot loader tells a machine's kernel: testsigning, debug");
  AddMachineOption(command, &directory);
  command->prefix_command();
  command->callback([command, result] { *result = Run(command->remaining()); });
  command->footer(
      "The words are bcdedit's: /enum, /set, /deletevalue, /debug, /?. A change counts from the machine's next boot on. With --machine\n"
      "the machine need not be up. A fresh machine has test signing on and takes every driver; with it off, a driver whose file has no\n"
      "certificate is refused (577). Ringlet does not verify what is in the certificate.\n"
      "Examples:\n"
      "  ringlet bcdedit --machine m /set testsigning off\n"
      "  ringlet bcdedit --machine m /debug on\n"
      "  ringlet bcdedit --machine m /enum");
}

}  // namespace ringlet::tools
