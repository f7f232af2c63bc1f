#include "kernel/ldr/pageable.h"

#include "kernel/ldr/state.h"

namespace nt::ldr {
namespace {

bool MayBePagedOut(const Image& image, const Section& section) {
  if (image.user || image.builtin || section.size == 0 || section.discarded || section.locks != 0) return false;
  return image.wholly_pageable || section.pageable();
}

}  // namespace

Section* SectionOf(ULONG_PTR address) {
  Image* const image = ImageOf(address);
  if (image == nullptr) return nullptr;
  for (Section& section : image->sections) {
    if (address - image->base - section.rva < section.size) return &section;
  }
  return nullptr;
}

bool IsPageable(ULONG_PTR address) {
  const Section* const section = SectionOf(address);
  return section != nullptr && MayBePagedOut(*ImageOf(address), *section);
}

void ProtectPageable(bool accessible) {
  for (const auto& image : state->images) {
    for (const Section& section : image->sections) {
      if (!MayBePagedOut(*image, section)) continue;
      hal::Protect(image->base + section.rva, section.size, accessible ? ProtectionOf(section.characteristics) : hal::Protection::None);
    }
  }
}

}  // namespace nt::ldr
