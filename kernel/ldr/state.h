// The loader's state, private to ldr.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <vector>

#include "kernel/hal/hal.h"
#include "kernel/ldr/image.h"

namespace nt::ldr {

/// Addresses of data imports that are absent, one 16-byte place each.
struct AbsentDataRange {
  ULONG_PTR base;
  std::vector<ULONG> indices;
};

struct State {
  Environment environment;
  /// Sorted by base; ImageOf searches it.
  std::vector<std::unique_ptr<Image>> images;
  Image* last_hit = nullptr;
  std::list<UnloadedImage> unloaded;
  std::vector<AbsentImport> absent;
  std::vector<AbsentDataRange> absent_data;
  LIST_ENTRY own_list{};
  PLIST_ENTRY loaded_module_list = nullptr;
  ULONG_PTR next_address = 0;
};

/// Null between Shutdown and Initialize.
extern State* state;

/// Rounds up to whole pages.
inline constexpr SIZE_T Pages(SIZE_T size) { return (size + PAGE_SIZE - 1) & ~SIZE_T{PAGE_SIZE - 1}; }

/// How a section with these characteristics is mapped.
hal::Protection ProtectionOf(ULONG characteristics);

/// The next addresses for a kernel image; 0 if there are none left.
ULONG_PTR AllocateRange(SIZE_T size);

/// Forgets what builtin.cpp knows of the modules; called by Shutdown.
void ForgetBuiltins();

}  // namespace nt::ldr
