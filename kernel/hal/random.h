// Random bytes of the host.
#pragma once

#include <cstddef>

namespace nt::hal {

/// Fills memory with bytes that are never the same in two runs.
void FillRandom(void* buffer, std::size_t size);

}  // namespace nt::hal
