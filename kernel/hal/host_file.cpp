#include "kernel/hal/host_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nt::hal {

std::vector<std::byte> ReadHostFile(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};
  struct stat status{};
  std::vector<std::byte> bytes(fstat(descriptor, &status) == 0 && status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t part = read(descriptor, bytes.data() + done, bytes.size() - done);
    if (part <= 0) break;
    done += static_cast<std::size_t>(part);
  }
  close(descriptor);
  bytes.resize(done);
  return bytes;
}

}  // namespace nt::hal
