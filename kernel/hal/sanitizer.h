// What AddressSanitizer must be told of stacks that are left without returning. Nothing in other builds.
#pragma once

#include "nt/types.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace nt::hal {

/// The frames between two addresses of a stack are gone: whoever uses the memory next finds it clean.
inline void ForgetFrames([[maybe_unused]] ULONG_PTR low, [[maybe_unused]] ULONG_PTR high) {
#ifdef __SANITIZE_ADDRESS__
  constexpr ULONG_PTR kMostFrames = 64 * 1024 * 1024;
  if (low < high && high - low <= kMostFrames) __asan_unpoison_memory_region(reinterpret_cast<void*>(low), high - low);
#endif
}

}  // namespace nt::hal
