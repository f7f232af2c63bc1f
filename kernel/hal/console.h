// The host's standard streams.
#pragma once

#include "nt/types.h"

namespace nt::hal {

/// Writes all bytes to a host descriptor (1 or 2); interrupted writes go on.
void WriteConsole(int fd, const void* data, SIZE_T length);

}  // namespace nt::hal
