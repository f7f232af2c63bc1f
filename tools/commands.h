// The subcommands of `ringlet`, a file each. Every Add… registers its options with CLI11 and puts its exit code into `*result`.
#pragma once

#include <CLI/CLI.hpp>

namespace ringlet::tools {

/// Exit codes of `ringlet run`, by outcome; 0 to 0xFF of the client are passed on where nothing else happened.
enum ExitCode : int {
  kSuccess = 0,
  kUsage = 2,
  kBugCheck = 100,      ///< the machine stopped with a bugcheck
  kLoadFailed = 101,    ///< a driver could not be loaded
  kClientFailed = 102,  ///< the client could not be started
  kDeadlock = 103,      ///< nothing could ever run again
  kTimeout = 104,       ///< --timeout is over
  kNoMachine = 99,      ///< the machine did not boot: the host lacks something, or the machine directory is damaged
  kLeftover = 105,      ///< all went well, but a driver left something behind
};

inline constexpr const char* kVersion = "ringlet " RINGLET_VERSION ", for drivers of Windows 11 x64 (10.0.22000)";

void AddRun(CLI::App& app, int* result);
void AddInspect(CLI::App& app, int* result);
void AddDbgView(CLI::App& app, int* result);
void AddDbgkflt(CLI::App& app, int* result);
void AddTrace(CLI::App& app, int* result);
void AddPs(CLI::App& app, int* result);
// These speak with a machine that stays up (tools/control).
void AddBoot(CLI::App& app, int* result);
void AddShutdown(CLI::App& app, int* result);
void AddExec(CLI::App& app, int* result);
void AddSc(CLI::App& app, int* result);
void AddPoolmon(CLI::App& app, int* result);
void AddWinobj(CLI::App& app, int* result);
void AddHandles(CLI::App& app, int* result);
void AddReg(CLI::App& app, int* result);
void AddBcdedit(CLI::App& app, int* result);
void AddShell(CLI::App& app, int* result);
void AddVersion(CLI::App& app, int* result);

}  // namespace ringlet::tools
