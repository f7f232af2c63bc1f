// `ringlet inspect`: what an image is, what it needs, and whether this machine has it.
#pragma once

#include <string>

namespace ringlet::tools {

struct InspectOptions {
  std::string file;
  bool json = false;
};

/// Prints to standard output; colours only on a terminal (and not with NO_COLOR set). Returns the exit code: 0 when
/// every import is there (done or partial), 1 when something is absent, 2 when the file cannot be read or is refused.
int Inspect(const InspectOptions& options);

}  // namespace ringlet::tools
