// `ringlet exec` and `ringlet sc`: programs on a machine that is up.
#include <algorithm>
#include <filesystem>

#include "tools/commands.h"
#include "tools/control/program.h"
#include "tools/control/remote.h"

namespace ringlet::tools {
namespace {

std::string exec_directory, sc_directory;

/// A file of the host, which the machine can see only in its own drive: what sc.exe is told is where the copy will be.
/// A driver is taken into C:\Windows\System32\drivers, as an installation program would, a program into C:\Windows\System32.
std::string TakeImage(Channel& channel, const std::string& path, int* result) {
  const nlohmann::json request{{"command", "install"}, {"path", std::filesystem::absolute(path).string()}};
  const auto answer = Ask(channel, request, result);
  return answer ? answer->at("path").get<std::string>() : std::string();
}

/// "binPath= FILE" and "binPath=FILE", where FILE is one of the host, become paths of the machine.
int InstallNamedImages(std::vector<std::string>& words) {
  constexpr std::string_view kKey = "binpath=";
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string lower = words[i];
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!lower.starts_with(kKey)) continue;
    const bool apart = lower.size() == kKey.size() && i + 1 < words.size();
    std::string& word = apart ? words[i + 1] : words[i];
    const std::size_t from = apart ? 0 : kKey.size();
    const std::string file = word.substr(from);
    if (!std::filesystem::is_regular_file(file)) continue;
    Channel channel = ConnectTo(sc_directory);
    int result = kSuccess;
    const std::string installed = TakeImage(channel, file, &result);
    if (installed.empty()) return result;
    word.replace(from, std::string::npos, installed);
  }
  return kSuccess;
}

}  // namespace

void AddExec(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("exec", "Run a program on a machine that is up");
  AddMachineOption(command, &exec_directory);
  command->prefix_command();
  command->callback([command, result] {
    const std::vector<std::string> words = command->remaining();
    if (words.empty()) throw CLI::ValidationError("nothing to run: give a CLIENT.exe");
    if (words.front().starts_with('-')) throw CLI::ExtrasError(command->get_name(), {words.front()});
    *result = Execute(exec_directory, words.front(), {words.begin() + 1, words.end()});
  });
  command->footer(
      "The program's streams are this command's, and so is its exit code; CTRL+C ends it.\n"
      "Example:\n"
      "  ringlet exec ZeroTest.exe --threads 4");
}

void AddSc(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("sc", "Create, start, stop, query and delete services on a machine that is up");
  AddMachineOption(command, &sc_directory);
  command->prefix_command();
  command->callback([command, result] {
    std::vector<std::string> words = command->remaining();
    *result = InstallNamedImages(words);
    if (*result == kSuccess) *result = Execute(sc_directory, SystemProgram("sc.exe"), words);
  });
  command->footer(
      "The words are sc.exe's. A binPath= that names a file of the host is copied to C:\\Windows\\System32\\drivers first, or, if it is a\n"
      "program, to C:\\Windows\\System32.\n"
      "Examples:\n"
      "  ringlet sc create zero type= kernel binPath= zero.sys\n"
      "  ringlet sc start zero\n"
      "  ringlet sc query zero");
}

}  // namespace ringlet::tools
