// The `ringlet` command.
#include <fmt/core.h>
#include <cstdio>

#include <exception>

#include "tools/commands.h"

namespace {

/// What is wrong, and what to do about it.
std::string Explain(const CLI::App* app, const CLI::Error& error) {
  const CLI::App* named = app;
  for (const CLI::App* const chosen : app->get_subcommands()) named = chosen;
  const std::string command = named == app ? "ringlet" : "ringlet " + named->get_name();
  std::string what = error.what();
  if (named == app) {
    what = app->remaining().empty() ? "which command?" : "there is no command '" + app->remaining().front() + "'.";
    what += " There are";
    const char* separator = " ";
    for (const CLI::App* const each : app->get_subcommands([](const CLI::App*) { return true; })) {
      what += separator + each->get_name();
      separator = ", ";
    }
  }
  return fmt::format("{}: {}.\nTry '{} --help': it shows every option, and examples.\n", command, what, command);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{
      "Ringlet: the Windows NT kernel as a Linux library. Runs x64 Windows drivers (.sys) and their clients (.exe) in this process."};
  app.footer(
      "Examples:\n"
      "  ringlet run --driver zero.sys ZeroTest.exe          load a driver, run a client against it, unload, report\n"
      "  ringlet run --time virtual --seed 7 --driver zero.sys ZeroTest.exe --threads 4\n"
      "  ringlet dbgview --driver zero.sys ZeroTest.exe      the same, with time and origin of each debug message\n"
      "  ringlet trace --driver BoosterTrace.sys BoostDemo.exe           the events that a driver writes\n"
      "  ringlet ps --driver Booster.sys BoostDemo.exe       processes and threads while a client runs\n"
      "  ringlet inspect zero.sys                            what an image is, and which of its imports Ringlet has\n"
      "  ringlet boot; ringlet shell                         a machine that stays up, and a prompt for all of these");
  app.require_subcommand(1);
  app.set_version_flag("--version", ringlet::tools::kVersion);
  app.failure_message(Explain);
  app.set_help_all_flag("--help-all", "Help of all subcommands");
  int result = ringlet::tools::kSuccess;
  ringlet::tools::AddRun(app, &result);
  ringlet::tools::AddInspect(app, &result);
  ringlet::tools::AddDbgView(app, &result);
  ringlet::tools::AddDbgkflt(app, &result);
  ringlet::tools::AddTrace(app, &result);
  ringlet::tools::AddPs(app, &result);
  ringlet::tools::AddBoot(app, &result);
  ringlet::tools::AddShutdown(app, &result);
  ringlet::tools::AddExec(app, &result);
  ringlet::tools::AddSc(app, &result);
  ringlet::tools::AddPoolmon(app, &result);
  ringlet::tools::AddWinobj(app, &result);
  ringlet::tools::AddHandles(app, &result);
  ringlet::tools::AddReg(app, &result);
  ringlet::tools::AddBcdedit(app, &result);
  ringlet::tools::AddShell(app, &result);
  ringlet::tools::AddVersion(app, &result);
  for (CLI::App* const each : app.get_subcommands([](const CLI::App*) { return true; })) each->set_help_all_flag();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : ringlet::tools::kUsage;
  }
  return result;
} catch (const std::exception& error) {
  std::fprintf(stderr, "ringlet: %s.\n", error.what());
  return ringlet::tools::kNoMachine;
}
