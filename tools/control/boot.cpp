// `ringlet boot` and `ringlet shutdown`: a machine that stays up.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "tools/commands.h"
#include "tools/control/remote.h"
#include "tools/control/server.h"
#include "tools/session.h"

namespace ringlet::tools {
namespace {

struct BootOptions {
  std::string directory;
  unsigned cpus = 2;
  bool special_pool = false;
  bool foreground = false;
};
BootOptions boot_options;
std::string shutdown_directory;

Options MachineFor(const BootOptions& options) {
  Options machine;
  machine.processors = options.cpus;
  machine.directory = options.directory;
  machine.special_pool = options.special_pool;
  return machine;
}

std::string SocketFor(const BootOptions& options) {
  if (!options.directory.empty()) std::filesystem::create_directories(options.directory);
  return SocketPath(options.directory);
}

/// In the background process: boots, tells its parent how that went, and serves.
[[noreturn]] void ServeInBackground(const std::string& socket, int report) {
  setsid();
  const int null = open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, stream);
  const auto tell = [&](char kind, const std::string& text) {
    const std::string message = kind + text;
    if (write(report, message.data(), message.size()) < 0) _exit(kNoMachine);
    close(report);
  };
  try {
    Serve(MachineFor(boot_options), socket, [&](const std::string& said) { tell('+', said); });
  } catch (const std::exception& error) {
    tell('-', error.what());
    _exit(kNoMachine);
  }
  _exit(kSuccess);
}

int Boot() {
  const std::string socket = SocketFor(boot_options);
  const auto say = [](const std::string& text) { fmt::print("{}The machine is up.\n", text); };
  if (boot_options.foreground) {
    Serve(MachineFor(boot_options), socket, [&](const std::string& text) {
      say(text);
      std::fflush(stdout);
    });
    return kSuccess;
  }
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot make a process for the machine");
  if (child == 0) ServeInBackground(socket, pipe_ends[1]);
  close(pipe_ends[1]);
  std::string report;
  char buffer[512];
  for (ssize_t count; (count = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) report.append(buffer, static_cast<std::size_t>(count));
  close(pipe_ends[0]);
  if (report.empty() || report.front() != '+')
    throw std::runtime_error(report.empty() ? "the machine died as it booted" : report.substr(1));
  say(report.substr(1));
  return kSuccess;
}

int Shutdown() {
  Channel channel = ConnectTo(shutdown_directory);
  int result = kSuccess;
  const auto answer = Ask(channel, {{"command", "shutdown"}}, &result);
  if (!answer) return result;
  const bool colours = IsTerminal(stderr);
  for (const auto& each : answer->at("leftovers")) {
    fmt::print(stderr, "{}{}: {}\n", Paint(Colour::Orange, each.at("driver").get<std::string>() + " left behind: ", colours),
               each.at("kind").get<std::string>(), each.at("what").get<std::string>());
    result = kLeftover;
  }
  channel.Receive();  // its end: the machine is down
  fmt::print("The machine is down.\n");
  return result;
}

}  // namespace

void AddBoot(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("boot", "Boot a machine that stays up, and start its services");
  command
      ->add_option("--machine", boot_options.directory,
                   "Machine directory with the registry and the C: drive (default: a fresh temporary one)")
      ->type_name("DIR");
  command->add_option("--cpus", boot_options.cpus, "Logical processors")->check(CLI::Range(1, 64))->capture_default_str();
  command->add_flag("--special-pool", boot_options.special_pool,
                    "Each pool allocation on pages of its own: misuse faults at the very instruction");
  command->add_flag("--foreground", boot_options.foreground, "Do not go to the background");
  command->callback([result] { *result = Boot(); });
  command->footer(
      "Examples:\n"
      "  ringlet boot\n"
      "  ringlet sc create zero type= kernel binPath= zero.sys\n"
      "  ringlet sc start zero\n"
      "  ringlet exec ZeroTest.exe\n"
      "  ringlet shutdown                              unloads the drivers, and says what they left behind");
}

void AddShutdown(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("shutdown", "Shut a machine down: unload its drivers, and say what they left behind");
  AddMachineOption(command, &shutdown_directory);
  command->callback([result] { *result = Shutdown(); });
  command->footer(
      "Exit code: 0, or 105 if a driver left something behind.\n"
      "Example:\n"
      "  ringlet shutdown");
}

}  // namespace ringlet::tools
