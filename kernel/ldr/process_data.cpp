#include "kernel/ldr/process_data.h"

#include <cstring>

#include "kernel/ldr/image.h"

namespace nt::ldr {
namespace {

/// Calls visit(start, size, offset in a copy) for the variables of each module, in the order of their addresses.
template <class Visit>
SIZE_T ForEachDataSection(Visit visit) {
  SIZE_T offset = 0;
  for (const Image* image : Images()) {
    if (!image->user || !image->builtin) continue;
    for (const Section& section : image->sections) {
      if (section.name != ".data") continue;
      visit(image->base + section.rva, SIZE_T{section.size}, offset);
      offset += section.size;
    }
  }
  return offset;
}

}  // namespace

SIZE_T ProcessDataSize() {
  return ForEachDataSection([](ULONG_PTR, SIZE_T, SIZE_T) {});
}

void FillProcessData(ULONG_PTR copy) {
  ForEachDataSection([&](ULONG_PTR start, SIZE_T size, SIZE_T offset) {
    std::memcpy(reinterpret_cast<void*>(copy + offset), reinterpret_cast<const void*>(start), size);
  });
}

ULONG_PTR ProcessDataAt(ULONG_PTR address, ULONG_PTR copy) {
  ULONG_PTR found = address;
  ForEachDataSection([&](ULONG_PTR start, SIZE_T size, SIZE_T offset) {
    if (address - start < size) found = copy + offset + (address - start);
  });
  return found;
}

}  // namespace nt::ldr
