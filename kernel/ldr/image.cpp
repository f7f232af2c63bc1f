// The list of images: lookup, names, unloading. Mapping is in map.cpp.
#include "kernel/ldr/image.h"

#include <algorithm>

#include "kernel/api/api.h"
#include "kernel/hal/hal.h"
#include "kernel/ldr/state.h"
#include "kernel/mm/layout.h"

namespace nt::ldr {

State* state = nullptr;

namespace {

/// Images start at multiples of this, and at least so much lies unmapped between two of them.
constexpr SIZE_T kGranularity = 0x10000;

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

void ReleaseMemory(const Image& image) {
  hal::Discard(image.base, image.mapped_size);
  hal::Unmap(image.base, image.mapped_size);
}

void RemoveFromList(KLDR_DATA_TABLE_ENTRY* entry) {
  LIST_ENTRY* const links = &entry->InLoadOrderLinks;
  if (links->Flink == nullptr) return;
  links->Flink->Blink = links->Blink;
  links->Blink->Flink = links->Flink;
  *links = {};
}

}  // namespace

void Initialize(const Environment& environment) {
  state = new State;
  state->environment = environment;
  state->next_address = mm::kImages;
  state->own_list = {&state->own_list, &state->own_list};
  state->loaded_module_list = &state->own_list;
}

void Shutdown() {
  ForgetBuiltins();
  for (const auto& image : state->images) ReleaseMemory(*image);
  for (const auto& range : state->unloaded) hal::Unmap(range.base, range.size);
  delete state;
  state = nullptr;
}

ULONG_PTR AllocateRange(SIZE_T size) {
  const SIZE_T needed = ((size + kGranularity - 1) & ~(kGranularity - 1)) + kGranularity;
  if (mm::kImages + mm::kImagesSize - state->next_address >= needed) {
    const ULONG_PTR base = state->next_address;
    state->next_address += needed;
    return base;
  }
  // All addresses were used once: take the oldest unloaded image's that are enough.
  for (auto range = state->unloaded.begin(); range != state->unloaded.end(); ++range) {
    if (range->size < size) continue;
    const ULONG_PTR base = range->base;
    hal::Unmap(base, range->size);
    state->unloaded.erase(range);
    return base;
  }
  return 0;
}

void Unload(Image* image) {
  RemoveFromList(&image->entry);
  for (Image* provider : image->imported) --provider->entry.LoadCount;
  ReleaseMemory(*image);
  if (!image->user) {
    hal::Reserve(image->base, image->mapped_size);
    state->unloaded.push_back({image->name, image->base, image->mapped_size});
  }
  std::erase_if(state->absent_data, [&](const auto& range) { return image->Contains(range.base); });
  state->last_hit = nullptr;
  std::erase_if(state->images, [&](const auto& known) { return known.get() == image; });
}

void DiscardInit(Image* image) {
  for (Section& section : image->sections) {
    if ((section.characteristics & IMAGE_SCN_MEM_DISCARDABLE) == 0 || section.size == 0 || section.discarded) {
      continue;
    }
    hal::Discard(image->base + section.rva, section.size);
    hal::Protect(image->base + section.rva, section.size, hal::Protection::None);
    section.discarded = true;
  }
}

Image* ImageOf(ULONG_PTR address) {
  if (state == nullptr) return nullptr;
  if (state->last_hit != nullptr && state->last_hit->Contains(address)) return state->last_hit;
  const auto after = std::upper_bound(state->images.begin(), state->images.end(), address,
                                      [](ULONG_PTR value, const auto& image) { return value < image->base; });
  if (after == state->images.begin()) return nullptr;
  Image* const image = std::prev(after)->get();
  if (!image->Contains(address)) return nullptr;
  return state->last_hit = image;
}

bool MayBeCallback(const void* routine) {
  const Image* const image = ImageOf(reinterpret_cast<ULONG_PTR>(routine));
  return image != nullptr && (image->entry.Flags & LDRP_IMAGE_INTEGRITY_FORCED) != 0;
}

const UnloadedImage* UnloadedAt(ULONG_PTR address) {
  if (state == nullptr) return nullptr;
  for (const UnloadedImage& image : state->unloaded) {
    if (address - image.base < image.size) return &image;
  }
  return nullptr;
}

Image* FindImage(std::string_view name) {
  for (const auto& image : state->images) {
    if ((!image->user || image->builtin) && SameName(image->name, name)) return image.get();
  }
  return nullptr;
}

std::vector<Image*> Images() {
  std::vector<Image*> result;
  for (const auto& image : state->images) result.push_back(image.get());
  return result;
}

const void* ExportOf(const Image& image, std::string_view name, ULONG depth) {
  constexpr ULONG kMostForwards = 8;
  const auto found = std::find_if(image.exports.begin(), image.exports.end(), [&](const ImageExport& entry) { return entry.name == name; });
  if (found == image.exports.end() || name.empty()) return nullptr;
  if (found->forwarder.empty()) return found->address;
  // "module.name", the module without its extension.
  const std::string_view text = found->forwarder;
  const SIZE_T dot = text.rfind('.');
  if (dot == std::string_view::npos || depth == kMostForwards) return nullptr;
  for (const char* extension : {".exe", ".sys", ".dll"}) {
    const Image* const provider = FindImage(std::string(text.substr(0, dot)) + extension);
    if (provider != nullptr) return ExportOf(*provider, text.substr(dot + 1), depth + 1);
  }
  return nullptr;
}

const void* ExportOf(const Image& image, ULONG ordinal) {
  for (const ImageExport& entry : image.exports) {
    if (entry.ordinal != ordinal) continue;
    return entry.forwarder.empty() ? entry.address : ExportOf(image, entry.name);
  }
  return nullptr;
}

const AbsentImport* AbsentImportAt(ULONG index) {
  return state != nullptr && index < state->absent.size() ? &state->absent[index] : nullptr;
}

const AbsentImport* AbsentDataAt(ULONG_PTR address) {
  if (state == nullptr) return nullptr;
  for (const AbsentDataRange& range : state->absent_data) {
    const ULONG_PTR place = (address - range.base) / 16;
    if (address >= range.base && place < range.indices.size()) return AbsentImportAt(range.indices[place]);
  }
  return nullptr;
}

PLIST_ENTRY LoadedModuleList() { return state->loaded_module_list; }

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return LowerAscii(x) == LowerAscii(y); });
}

}  // namespace nt::ldr
