#include "kernel/hal/host_file.h"

#include <fstream>
#include <iterator>

namespace nt::hal {

std::vector<std::byte> ReadHostFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto* const bytes = reinterpret_cast<const std::byte*>(text.data());
  return {bytes, bytes + text.size()};
}

}  // namespace nt::hal
