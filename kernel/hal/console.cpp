#include "kernel/hal/console.h"

#include <unistd.h>

#include <cerrno>

namespace nt::hal {

void WriteConsole(int fd, const void* data, SIZE_T length) {
  const char* at = static_cast<const char*>(data);
  while (length > 0) {
    const ssize_t written = write(fd, at, length);
    if (written < 0 && errno != EINTR) return;  // a closed pipe is the reader's wish
    if (written > 0) {
      at += written;
      length -= static_cast<SIZE_T>(written);
    }
  }
}

}  // namespace nt::hal
