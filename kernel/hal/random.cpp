#include "kernel/hal/random.h"

#include <sys/random.h>
#include <sys/types.h>

namespace nt::hal {

void FillRandom(void* buffer, std::size_t size) {
  auto* at = static_cast<char*>(buffer);
  while (size != 0) {
    const ssize_t got = ::getrandom(at, size, 0);
    if (got <= 0) continue;  // interrupted
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace nt::hal
