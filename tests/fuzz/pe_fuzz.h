// What the fuzzers do with an image: everything the loader can do with it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "kernel/ldr/ldr.h"

namespace nt::ldr::fuzz {

/// Unwinds from some places of each function, on a stack that may hold anything.
inline void UnwindAll(const Image& image) {
  std::array<ULONG_PTR, 64> stack{};
  CONTEXT context{};
  const auto low = reinterpret_cast<ULONG_PTR>(stack.data());
  const StackLimits limits{low, low + sizeof stack};
  ULONG left = 64;
  for (const RUNTIME_FUNCTION& function : image.functions) {
    if (left-- == 0) break;
    for (const ULONG rva : {function.BeginAddress, function.BeginAddress + 4, function.EndAddress - 1}) {
      context.Rsp = context.Rbp = low;
      UnwindResult result;
      VirtualUnwind(UNW_FLAG_EHANDLER, image.base, image.base + rva, &function, &context, limits, &result);
    }
  }
}

/// Parses, maps, walks and unloads. hal's memory and the loader must be initialized.
inline void Exercise(std::span<const std::byte> file) {
  PeImage pe;
  if (PeImage::Parse(file, PeImage::Layout::File, &pe).ok()) {
    std::vector<ImportModule> modules;
    ExportTable exports;
    std::vector<Relocation> relocations;
    std::optional<IMAGE_LOAD_CONFIG_DIRECTORY64> config;
    std::optional<IMAGE_TLS_DIRECTORY64> tls;
    pe.Imports(&modules);
    pe.Exports(&exports);
    pe.Relocations(&relocations);
    pe.LoadConfig(&config);
    pe.Tls(&tls);
    pe.Pdb();
    pe.Signed();
  }
  LoadOptions options;
  options.verify_checksum = false;
  Image* image = nullptr;
  if (!Load(u"fuzz.sys", file, options, &image).ok()) return;
  UnwindAll(*image);
  DiscardInit(image);
  UnwindAll(*image);
  SymbolOf(image->base + image->size / 2);
  Unload(image);
}

}  // namespace nt::ldr::fuzz
