// `ringlet poolmon`: pool by tag, and whose it is.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tools/commands.h"
#include "tools/control/remote.h"
#include "tools/session.h"

namespace ringlet::tools {
namespace {

struct PoolmonOptions {
  std::string directory;
  std::string sort = "tag";
  std::vector<std::string> tags;
  unsigned every = 0;
  bool all = false;
};
PoolmonOptions options;

bool Wanted(const nlohmann::json& tag) {
  const std::string name = tag.at("tag");
  if (!options.tags.empty()) return std::find(options.tags.begin(), options.tags.end(), name) != options.tags.end();
  return options.all || tag.at("bytes").get<std::uint64_t>() != 0;
}

std::uint64_t Key(const nlohmann::json& tag) {
  if (options.sort == "bytes") return tag.at("bytes");
  if (options.sort == "allocs") return tag.at("allocations");
  if (options.sort == "frees") return tag.at("frees");
  return tag.at("allocations").get<std::uint64_t>() - tag.at("frees").get<std::uint64_t>();
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void Print(std::vector<nlohmann::json> tags) {
  std::erase_if(tags, [](const nlohmann::json& tag) { return !Wanted(tag); });
  if (options.sort != "tag") {
    std::sort(tags.begin(), tags.end(), [](const auto& a, const auto& b) { return Key(a) != Key(b) ? Key(a) > Key(b) : a < b; });
  }
  fmt::print(" {:<4}  {:<5} {:>10} {:>10} {:>8} {:>12} {:>8}  {}\n", "Tag", "Type", "Allocs", "Frees", "Diff", "Bytes", "Per Alloc",
             "Mapped_Driver");
  for (const nlohmann::json& tag : tags) {
    const std::uint64_t allocations = tag.at("allocations"), frees = tag.at("frees"), bytes = tag.at("bytes");
    const std::uint64_t live = allocations - frees;
    fmt::print(" {:<4}  {:<5} {:>10} {:>10} {:>8} {:>12} {:>8}  {}\n", tag.at("tag").get<std::string>(),
               tag.at("paged").get<bool>() ? "Paged" : "Nonp", allocations, frees, live, bytes, live == 0 ? 0 : bytes / live,
               Joined(tag.at("drivers")));
  }
  std::fflush(stdout);
}

int Run() {
  int result = kSuccess;
  for (;;) {
    Channel channel = ConnectTo(options.directory);
    const auto answer = Ask(channel, {{"command", "pool"}}, &result);
    if (!answer) return result;
    if (options.every != 0 && IsTerminal(stdout)) fmt::print("\x1b[H\x1b[2J");
    Print(answer->at("tags"));
    if (options.every == 0) return kSuccess;
    std::this_thread::sleep_for(std::chrono::milliseconds(options.every));
  }
}

}  // namespace

void AddPoolmon(CLI::App& app, int* result) {
  auto* const command = app.add_subcommand("poolmon", "Pool of a machine that is up, by tag, with the drivers that hold it");
  AddMachineOption(command, &options.directory);
  command->add_option("--sort", options.sort, "Order")
      ->check(CLI::IsMember({"tag", "bytes", "allocs", "frees", "diff"}))
      ->capture_default_str();
  command->add_option("--tag", options.tags, "Only this tag; may be given more than once")->type_name("TAG")->allow_extra_args(false);
  command->add_flag("--all", options.all, "Tags of which nothing is in use, too");
  command->add_option("--every", options.every, "Again each so many milliseconds, until CTRL+C")->type_name("MS");
  command->callback([result] { *result = Run(); });
  command->footer(
      "Examples:\n"
      "  ringlet poolmon --sort bytes\n"
      "  ringlet poolmon --tag Zero --every 1000");
}

}  // namespace ringlet::tools
