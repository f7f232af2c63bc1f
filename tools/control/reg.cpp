// `ringlet reg`: the registry of a machine that is up, or of a machine directory, with reg.exe's words.
#include "tools/reg.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "kernel/cm/registry.h"
#include "nt/status.h"
#include "tools/commands.h"
#include "tools/control/remote.h"

namespace ringlet::tools {
namespace {

std::string machine_directory;

LONGLONG Now() {
  constexpr LONGLONG kUnixEpoch = 116444736000000000;  // 1970 in 100 ns units since 1601
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return kUnixEpoch + std::chrono::duration_cast<std::chrono::nanoseconds>(since).count() / 100;
}

/// Says what came of it; asks what is to be asked.
template <class Give>
int Finish(std::vector<std::string> words, Give give) {
  RegAnswer answer = give(words);
  if (!answer.question.empty()) {
    std::fputs(answer.question.c_str(), stdout);
    std::fflush(stdout);
    const int reply = std::getchar();
    if (reply != 'y' && reply != 'Y') {
      std::fputs("ERROR: The operation was canceled by the user.\n", stderr);
      return 1;
    }
    words.emplace_back("/f");
    answer = give(words);
  }
  std::fputs(answer.output.c_str(), stdout);
  std::fputs(answer.errors.c_str(), stderr);
  return answer.code;
}

/// The machine does it itself.
int RunThere(Channel channel, const std::vector<std::string>& words) {
  int result = kSuccess;
  return Finish(words, [&](const std::vector<std::string>& asked) {
    RegAnswer answer;
    const auto reply = Ask(channel, {{"command", "reg"}, {"words", asked}}, &result);
    answer.code = result;
    if (!reply) return answer;
    answer.code = reply->at("code");
    answer.output = reply->at("output");
    answer.errors = reply->at("errors");
    answer.question = reply->at("question");
    return answer;
  });
}

/// Keeps machines off a directory; one that is not there yet has none.
class Lock {
 public:
  explicit Lock(const std::string& directory) : descriptor_(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    in_use_ = descriptor_ >= 0 && flock(descriptor_, LOCK_EX | LOCK_NB) != 0;
  }
  ~Lock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  bool in_use() const { return in_use_; }

 private:
  int descriptor_;
  bool in_use_;
};

int RunHere(const std::vector<std::string>& words) {
  const Lock lock(machine_directory);
  if (lock.in_use()) {
    std::fprintf(stderr, "ringlet reg: the machine directory %s is in use: a machine runs on it.\n", machine_directory.c_str());
    return kNoMachine;
  }
  const NTSTATUS loaded = nt::cm::LoadRegistry(machine_directory, &Now);
  if (!NT_SUCCESS(loaded)) {
    std::fprintf(stderr, "ringlet reg: the registry of machine directory %s cannot be read: its hive files are damaged.\n",
                 machine_directory.c_str());
    return kNoMachine;
  }
  const int result = Finish(words, [](const std::vector<std::string>& asked) { return RunReg(asked, false); });
  nt::cm::FreeRegistry();
  return result;
}

/// Whoever does it may be in another folder.
void MakeFilesAbsolute(std::vector<std::string>* words) {
  if (words->empty()) return;
  std::string operation = words->front();
  std::ranges::transform(operation, operation.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t file = operation == "import" ? 1 : 2;
  const bool named = operation == "import" || operation == "export" || operation == "save" || operation == "restore" || operation == "load";
  if (named && words->size() > file) (*words)[file] = std::filesystem::absolute((*words)[file]).string();
}

int Run(std::vector<std::string> words) {
  MakeFilesAbsolute(&words);
  if (machine_directory.empty()) return RunThere(ConnectTo(machine_directory), words);
  // A directory that is not there yet is made: no machine can be up on it.
  auto channel = std::filesystem::exists(machine_directory) ? Channel::Connect(SocketPath(machine_directory)) : std::nullopt;
  return channel ? RunThere(std::move(*channel), words) : RunHere(words);
}

}  // namespace

void AddReg(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("reg", "Read and change a machine's registry, with reg.exe's words");
  command->add_option("--machine", machine_directory,
                      "The machine directory, whether a machine is up on it or not (default: the one that `ringlet boot` made by itself)");
  command->prefix_command();
  command->callback([command, result] { *result = Run(command->remaining()); });
  command->footer(
      "Operations (words in any case; /v NAME or /ve, the value without a name):\n"
      "  query KEY [/v NAME | /ve] [/s]          add KEY [/v NAME | /ve] [/t TYPE] [/d DATA] [/f]\n"
      "  delete KEY [/v NAME | /ve | /va] [/f]   copy KEY1 KEY2 [/s]\n"
      "  export KEY FILE.reg                     import FILE.reg\n"
      "  save KEY FILE                           restore KEY FILE      (hive files)\n"
      "  load KEY FILE                           unload KEY            (on a machine that is up)\n"
      "Keys start with HKLM, HKCU, HKCR, HKU, HKCC or their long names. The exit code is 0, or 1 for an error.\n"
      "Examples:\n"
      "  ringlet reg --machine m query HKLM\\\\System\\\\CurrentControlSet\\\\Services /s\n"
      "  ringlet reg add HKLM\\\\Software\\\\Zero /v Size /t REG_DWORD /d 0x10 /f");
}

}  // namespace ringlet::tools
