// Writes a built-in module's image: a PE32+ file whose layout in the file is that in memory. Private to ldr.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "kernel/api/api.h"
#include "kernel/ldr/image.h"

namespace nt::ldr {

/// A stub's size in bytes, and the places of the guard routines before the stubs, from the start of .text.
inline constexpr ULONG kStubSize = 16;
inline constexpr ULONG kGuardCheckOffset = 0;
inline constexpr ULONG kGuardDispatchOffset = kStubSize;
inline constexpr ULONG kStubsOffset = 2 * kStubSize;
inline constexpr ULONG kTextRva = PAGE_SIZE;

/// An image's bytes, and where each export of the module is in it.
struct SyntheticImage {
  std::vector<std::byte> bytes;
  std::vector<ULONG> plain;  ///< RVA of the stub or variable, in the specification's order; 0: none
  std::vector<ULONG> hooked;
};

struct SyntheticThunks {
  const void* plain;
  const void* hooked;
  /// Instead of `plain`, for exports whose callers may be at most at an IRQL: by that. Empty: none are told apart.
  std::span<const void* const> limited;

  const void* PlainFor(const api::Export& entry) const {
    const KIRQL irql = api::HighestIrql(entry);
    return irql < limited.size() ? limited[irql] : plain;
  }
};

/// Writes the image of `module`, to be mapped at `base`. Absent exports and forwarders get no stub; absent ones are not exported.
SyntheticImage WriteSyntheticImage(std::string_view module, std::span<const api::Export> exports, ULONG_PTR base,
                                   const SyntheticThunks& thunks);

}  // namespace nt::ldr
