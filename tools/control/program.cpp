#include "tools/control/program.h"

#include <fmt/core.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "tools/commands.h"
#include "tools/control/remote.h"

namespace ringlet::tools {

int CommandExitCode(std::uint32_t code) {
  if (code == 0) return kSuccess;
  return static_cast<int>(code & 0xff) != 0 ? static_cast<int>(code & 0xff) : 1;
}

int Execute(const std::string& machine_directory, const std::string& program, const std::vector<std::string>& arguments) {
  if (!std::filesystem::is_regular_file(program)) throw std::runtime_error("there is no file '" + program + "' to run");
  Channel channel = ConnectTo(machine_directory);
  int result = kSuccess;
  const nlohmann::json request{{"command", "exec"}, {"path", std::filesystem::absolute(program).string()}, {"arguments", arguments}};
  const auto answer = Ask(channel, request, &result, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO});
  if (!answer) return result;
  if (answer->contains("why")) {
    fmt::print(stderr, "{}: not started: {} (status 0x{:08X})\n", program, answer->at("why").get<std::string>(),
               static_cast<std::uint32_t>(answer->at("status").get<std::int32_t>()));
    return kClientFailed;
  }
  return CommandExitCode(answer->at("exit_code").get<std::uint32_t>());
}

std::string SystemProgram(const std::string& name) {
  return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "System32" / name).string();
}

}  // namespace ringlet::tools
