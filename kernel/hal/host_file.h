// Files of the host, as a whole.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nt::hal {

/// All bytes of a file; none if it cannot be read.
std::vector<std::byte> ReadHostFile(const std::string& path);

}  // namespace nt::hal
