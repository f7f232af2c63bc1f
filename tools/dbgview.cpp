// `ringlet dbgview`: what drivers and programs print for the debugger.
#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "tools/commands.h"
#include "tools/control/remote.h"
#include "tools/session.h"

namespace ringlet::tools {
namespace {

struct ViewOptions {
  RunOptions run;
  std::vector<std::string> components;
  std::string level;
  std::string include;
  std::string exclude;
  std::string file;
  bool clock = false;
};
ViewOptions options;

constexpr std::pair<const char*, unsigned> kLevels[] = {{"error", 1}, {"warning", 3}, {"trace", 7}, {"info", 15}};

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// The bits of the levels that the user wants to see.
unsigned WantedLevels() {
  for (const auto& [name, bits] : kLevels) {
    if (options.level == name) return bits;
  }
  return ~0u;
}

bool Wanted(const DebugText& text) {
  if (!text.component.empty() && (text.level & WantedLevels()) == 0) return false;
  if (!options.components.empty()) {
    const auto same = [&](const std::string& name) { return Upper(name) == text.component; };
    if (std::none_of(options.components.begin(), options.components.end(), same)) return false;
  }
  if (!options.include.empty() && Upper(text.text).find(Upper(options.include)) == std::string::npos) return false;
  return options.exclude.empty() || Upper(text.text).find(Upper(options.exclude)) == std::string::npos;
}

std::string LevelName(unsigned bits) {
  if ((bits & 1) != 0) return "error";
  if ((bits & 2) != 0) return "warning";
  if ((bits & 4) != 0) return "trace";
  return (bits & 8) != 0 ? "info" : fmt::format("{:x}", bits);
}

std::string TimeOf(const DebugText& text) {
  if (!options.clock) return fmt::format("{:11.6f}", static_cast<double>(text.time) / 1e7);
  const std::int64_t seconds = text.system_time / 10'000'000;
  return fmt::format("{:02}:{:02}:{:02}.{:03}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, text.system_time / 10'000 % 1000);
}

/// A message becomes one line a line of its own; each begins with time and origin.
std::string Lines(const DebugText& text, bool colours) {
  const std::string component = text.component.empty() ? "-" : text.component;
  const std::string level = text.component.empty() ? "-" : LevelName(text.level);
  const std::string head = fmt::format("{} {:>4}.{:<4} {:<9} {:<7} ", TimeOf(text), text.process, text.thread, component, level);
  const bool loud = !text.component.empty() && (text.level & 3) != 0;
  std::string lines;
  for (std::size_t from = 0; from < text.text.size();) {
    const std::size_t to = std::min(text.text.find('\n', from), text.text.size());
    const std::string line = text.text.substr(from, to - from);
    lines += Paint(Colour::Grey, head, colours);
    lines += (loud ? Paint((text.level & 1) != 0 ? Colour::Red : Colour::Orange, line, colours) : line) + "\n";
    from = to + 1;
  }
  return lines;
}

int Run() {
  Options machine_options = MachineOptions(options.run);
  OutputFile output("-o", options.file);
  machine_options.debug_text_sink = [&](const DebugText& text) {
    if (Wanted(text)) output.Write(Lines(text, output.colours()));
  };
  return RunSession(options.run, machine_options);
}

DebugText TextOf(const nlohmann::json& json) {
  DebugText text;
  text.text = json.at("text");
  text.component = json.at("component");
  text.level = json.at("level");
  text.time = json.at("time");
  text.system_time = json.at("system_time");
  text.processor = json.at("processor");
  text.irql = json.at("irql");
  text.process = json.at("process");
  text.thread = json.at("thread");
  return text;
}

/// Follows a machine that is up, until it goes down.
int Attach() {
  OutputFile output("-o", options.file);
  Channel channel = ConnectTo(options.run.directory);
  channel.Send({{"command", "debug"}});
  while (const auto message = channel.Receive()) {
    if (message->contains("bugcheck")) {
      fmt::print(stderr, "{}\n", message->at("bugcheck").get<std::string>());
      return kBugCheck;
    }
    const DebugText text = TextOf(*message);
    if (Wanted(text)) output.Write(Lines(text, output.colours()));
  }
  return kSuccess;
}

}  // namespace

void AddDbgView(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("dbgview", "Run, and show the debug output with its time and origin");
  command->add_option("--component", options.components, "Only this component's (IHVDRIVER, DEFAULT, ...); may be given more than once")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_option("--level", options.level, "Only messages of this level and worse")
      ->check(CLI::IsMember({"error", "warning", "trace", "info"}));
  command->add_option("--include", options.include, "Only messages with this text, in any case");
  command->add_option("--exclude", options.exclude, "No messages with this text, in any case");
  command->add_flag("--clock", options.clock, "Time of day instead of seconds since boot");
  command->add_option("-o,--output", options.file, "Write to this file instead of standard output")->type_name("FILE");
  options.run.attach = [result] { *result = Attach(); };
  AddRunOptions(command, &options.run, [result] { *result = Run(); });
  command->footer(
      "With nothing to run: of the machine that is up (`ringlet boot`), until it goes down or CTRL+C.\n"
      "What a driver's messages must pass first is the machine's debug print filter: see `ringlet dbgkflt`.\n"
      "Columns: time, process.thread, component, level, text. Exit codes are those of `ringlet run`.\n"
      "Examples:\n"
      "  ringlet dbgview --driver Booster2.sys BoostDemo.exe\n"
      "  ringlet dbgview --component IHVDRIVER --level warning -o debug.log --driver Booster2.sys BoostDemo.exe");
}

}  // namespace ringlet::tools
