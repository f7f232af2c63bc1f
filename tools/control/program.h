// Programs that run on a machine that is up, for a command at the host.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ringlet::tools {

/// Runs a program of the host on the machine of this directory, with this process's streams. Returns the command's exit code: the
/// program's, or why there is none.
int Execute(const std::string& machine_directory, const std::string& program, const std::vector<std::string>& arguments);

/// A program of Windows that comes with Ringlet; it lies beside it.
std::string SystemProgram(const std::string& name);

/// What a command ends with whose program had this exit code: a host's has 8 bits.
int CommandExitCode(std::uint32_t code);

}  // namespace ringlet::tools
