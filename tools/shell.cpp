// `ringlet shell`: one prompt for all commands.
#include <editline/readline.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "tools/commands.h"
#include "tools/control/remote.h"
#include "tools/words.h"

namespace ringlet::tools {
namespace {

constexpr int kKeptLines = 1000;  // of history

std::string machine_directory;
CLI::App* commands = nullptr;

/// The command of this name; null if there is none.
const CLI::App* CommandNamed(const std::string& name) {
  const auto found = commands->get_subcommands([&](const CLI::App* each) { return each->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

// ---- completion ----------------------------------------------------------------------------------------------------------

std::vector<std::string> CommandNames() {
  std::vector<std::string> names{"exit", "help"};
  for (const CLI::App* const each : commands->get_subcommands([](const CLI::App*) { return true; })) names.push_back(each->get_name());
  return names;
}

std::vector<std::string> OptionsOf(const std::string& command) {
  std::vector<std::string> names;
  const CLI::App* const app = CommandNamed(command);
  if (app == nullptr) return names;
  for (const CLI::Option* const option : app->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// What a machine that is up answers; nothing if none is.
std::optional<nlohmann::json> AskQuietly(const nlohmann::json& request) {
  auto channel = Channel::Connect(SocketPath(machine_directory));
  if (!channel || !channel->Send(request)) return {};
  auto answer = channel->Receive();
  if (!answer || answer->contains("error") || answer->contains("bugcheck")) return {};
  return answer;
}

/// Names in the directory that a path of the object namespace begins with.
std::vector<std::string> ObjectPaths(const std::string& word) {
  std::vector<std::string> paths;
  const std::size_t slash = word.rfind('\\');
  if (slash == std::string::npos) return paths;
  const std::string above = word.substr(0, slash);
  const auto answer = AskQuietly({{"command", "directory"}, {"path", above.empty() ? "\\" : above}});
  if (!answer) return paths;
  for (const auto& object : answer->at("objects")) paths.push_back(above + "\\" + object.at("name").get<std::string>());
  return paths;
}

std::vector<std::string> ProcessIds() {
  std::vector<std::string> ids;
  const auto answer = AskQuietly({{"command", "processes"}, {"json", true}});
  if (!answer) return ids;
  for (const auto& process : nlohmann::json::parse(answer->at("text").get<std::string>()).at("processes"))
    ids.push_back(std::to_string(process.at("id").get<std::uint64_t>()));
  return ids;
}

std::vector<std::string> ServiceWords(std::size_t count, const std::string& verb) {
  if (count == 1) return {"create", "config", "delete", "qc", "query", "queryex", "start", "stop"};
  if (count == 2 || verb == "create" || verb == "config") {
    const auto answer = count == 2 ? AskQuietly({{"command", "services"}}) : std::nullopt;
    if (answer) return answer->at("services").get<std::vector<std::string>>();
    return {"type=", "start=", "error=", "binPath=", "DisplayName="};
  }
  return {};
}

/// What the word that is being typed may become, if that is no file; `words` are those before it.
std::vector<std::string> Candidates(const std::vector<std::string>& words, const std::string& word) {
  if (words.empty()) return CommandNames();
  const std::string& command = words.front();
  if (word.starts_with("-")) return OptionsOf(command);
  if (command == "sc") return ServiceWords(words.size(), words.size() > 1 ? words[1] : "");
  if (command == "winobj") return ObjectPaths(word);
  if (command == "handles") return ProcessIds();
  if (command == "bcdedit") return {"/enum", "/set", "/deletevalue", "/debug", "testsigning", "debug", "on", "off"};
  if (command == "help") return CommandNames();
  return {};
}

std::vector<std::string> matches;

char* NextMatch(const char* /*text*/, int state) {
  static std::size_t next;
  if (state == 0) next = 0;
  return next < matches.size() ? strdup(matches[next++].c_str()) : nullptr;
}

char** Complete(const char* text, int start, int /*end*/) {
  const auto words = SplitWords(std::string(rl_line_buffer, static_cast<std::size_t>(start)));
  if (!words) return nullptr;  // in quotation marks: a file
  matches = Candidates(*words, text);
  std::erase_if(matches, [&](const std::string& each) { return !each.starts_with(text); });
  return rl_completion_matches(text, &NextMatch);  // none: the editor looks for files
}

// ---- lines ---------------------------------------------------------------------------------------------------------------

std::string HistoryFile() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  const char* const home = std::getenv("HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/ringlet/history";
  return home != nullptr ? std::string(home) + "/.local/state/ringlet/history" : std::string();
}

/// Lines from a terminal, which can be edited and are remembered.
class Editor {
 public:
  Editor() : history_(HistoryFile()) {
    rl_readline_name = const_cast<char*>("ringlet");
    rl_initialize();
    using_history();
    stifle_history(kKeptLines);
    rl_attempted_completion_function = &Complete;
    rl_basic_word_break_characters = const_cast<char*>(" \t\n\"'");
    rl_completer_word_break_characters = const_cast<char*>(" \t\n\"'");
    if (!history_.empty()) read_history(history_.c_str());
  }
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;
  ~Editor() {
    if (history_.empty()) return;
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(history_).parent_path(), error);
    write_history(history_.c_str());
  }

  std::optional<std::string> Next() {
    char* const line = readline("ringlet> ");
    if (line == nullptr) return {};
    std::string text(line);
    std::free(line);
    if (!text.empty()) add_history(text.c_str());
    return text;
  }

 private:
  const std::string history_;
};

/// Lines that are no terminal's: a byte at a time, so that what follows a line is there for the command in it.
std::optional<std::string> NextPlainLine() {
  std::string line;
  for (char c;;) {
    const ssize_t count = read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return line.empty() ? std::nullopt : std::optional(line);
    if (c == '\n') return line;
    line += c;
  }
}

// ---- commands ------------------------------------------------------------------------------------------------------------

/// Each command is a process of its own, as at a host's prompt.
int RunCommand(std::vector<std::string> words) {
  const CLI::App* const command = CommandNamed(words.front());
  if (command != nullptr && !machine_directory.empty() && command->get_option_no_throw("--machine") != nullptr) {
    words.insert(words.begin() + 1, {"--machine", machine_directory});
  }
  std::vector<char*> arguments{const_cast<char*>("ringlet")};
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot make a process for the command");
  if (child == 0) {
    signal(SIGINT, SIG_DFL);
    execv("/proc/self/exe", arguments.data());
    _exit(kNoMachine);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Runs what was typed. True if the shell ends with that.
bool Do(const std::string& line, int* result) {
  const auto words = SplitWords(line);
  if (!words) {
    fmt::print(stderr, "ringlet: a quotation mark is missing.\n");
    *result = kUsage;
    return false;
  }
  if (words->empty() || words->front().starts_with('#')) return false;
  if (words->front() == "exit" || words->front() == "quit") {
    if (words->size() > 1) *result = std::atoi((*words)[1].c_str()) & 0xff;
    return true;
  }
  if (words->front() == "help") {
    *result = RunCommand(words->size() > 1 ? std::vector<std::string>{(*words)[1], "--help"} : std::vector<std::string>{"--help"});
  } else {
    *result = RunCommand(*words);
  }
  return false;
}

int Run() {
  signal(SIGINT, SIG_IGN);  // CTRL+C is the command's
  int result = kSuccess;
  std::optional<Editor> editor;
  if (isatty(STDIN_FILENO) != 0) editor.emplace();
  for (;;) {
    const auto line = editor ? editor->Next() : NextPlainLine();
    if (!line || Do(*line, &result)) return result;
  }
}

}  // namespace

void AddShell(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("shell", "A prompt for all these commands, with completion and history");
  AddMachineOption(command, &machine_directory);
  command->callback([&app, result] {
    commands = &app;
    *result = Run();
  });
  command->footer(
      "A line is a command and its words, in quotation marks where there are spaces in one; backslashes are themselves. TAB completes\n"
      "commands, options, services, objects, process ids and files. `exit` or the end of input leaves, with the last command's exit code.\n"
      "Without a terminal the commands come from standard input, a line each.\n"
      "Examples:\n"
      "  ringlet shell\n"
      "  printf 'boot\\nwinobj \\\\Device\\nshutdown\\n' | ringlet shell");
}

}  // namespace ringlet::tools
