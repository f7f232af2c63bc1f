// Brings an image into memory, step by step.
#include <algorithm>
#include <cstring>

#include "kernel/hal/hal.h"
#include "kernel/ldr/image.h"
#include "kernel/ldr/state.h"
#include "kernel/mm/layout.h"
#include "nt/status.h"

namespace nt::ldr {

hal::Protection ProtectionOf(ULONG characteristics) {
  const bool write = (characteristics & IMAGE_SCN_MEM_WRITE) != 0;
  if ((characteristics & IMAGE_SCN_MEM_EXECUTE) != 0) {
    return write ? hal::Protection::ReadWriteExecute : hal::Protection::ReadExecute;
  }
  if (write) return hal::Protection::ReadWrite;
  return (characteristics & IMAGE_SCN_MEM_READ) != 0 ? hal::Protection::Read : hal::Protection::None;
}

namespace {

/// A thunk of an absent import, and a place of an absent variable, are this far apart.
constexpr SIZE_T kThunkSize = 16;

std::string Ascii(std::u16string_view text) {
  std::string result;
  for (const char16_t c : text) result += c < 0x80 ? static_cast<char>(c) : '?';
  return result;
}

/// One image on its way into memory. The order of the steps is that of Run.
class Loading {
 public:
  Loading(std::span<const std::byte> file, const LoadOptions& options) : file_(file), options_(options) {}

  Verdict Run(std::u16string_view path, Image** result) {
    Verdict verdict = Check();
    if (!verdict.ok()) return verdict;
    Describe(path);
    verdict = Map();
    if (!verdict.ok()) return verdict;
    verdict = Fill();
    if (!verdict.ok()) {
      hal::Discard(image_->base, image_->mapped_size);
      hal::Unmap(image_->base, image_->mapped_size);
      std::erase_if(state->absent_data, [&](const auto& range) { return image_->Contains(range.base); });
      return verdict;
    }
    *result = Register();
    return {};
  }

 private:
  Verdict Check();
  void Describe(std::u16string_view path);
  void DescribeDirectories();
  bool StaysReadable(ULONG rva, SIZE_T size) const;
  Verdict Map();
  Verdict Fill();
  void CopyIn();
  Verdict Relocate();
  void Relocate(const Relocation& relocation, ULONGLONG delta);
  void Bind();
  const void* BindAbsent(std::string_view module, const Import& import, ImportResolver::Result found);
  void SeedCookie();
  void SetGuardPointers();
  void PatchSharedData();
  void ReadExports();
  void Protect();
  Image* Register();

  /// Where an RVA is in memory.
  std::byte* Place(ULONGLONG rva) const { return reinterpret_cast<std::byte*>(image_->base + rva); }
  template <class T>
  void Store(ULONGLONG rva, T value) {
    std::memcpy(Place(rva), &value, sizeof value);
  }
  SIZE_T import_count() const {
    SIZE_T count = 0;
    for (const auto& module : imports_) count += module.delayed ? 0 : module.imports.size();
    return count;
  }
  ULONG_PTR thunks() const { return image_->base + image_->size; }
  ULONG_PTR absent_data() const { return thunks() + Pages(kThunkSize * (import_count() + 1)); }

  std::span<const std::byte> file_;
  const LoadOptions& options_;
  PeImage pe_;
  std::unique_ptr<Image> image_ = std::make_unique<Image>();
  std::vector<ImportModule> imports_;
  std::optional<IMAGE_LOAD_CONFIG_DIRECTORY64> config_;
  SIZE_T absent_functions_ = 0;
  std::vector<ULONG> absent_variables_;
};

Verdict Loading::Check() {
  Verdict verdict = PeImage::Parse(file_, PeImage::Layout::File, &pe_);
  if (verdict.status == STATUS_IMAGE_MACHINE_TYPE_MISMATCH) verdict.status = STATUS_INVALID_IMAGE_FORMAT;
  if (!verdict.ok()) return verdict;
  const auto& header = pe_.optional_header();
  if (options_.verify_checksum && header.CheckSum != 0 && header.CheckSum != pe_.ComputeChecksum()) {
    return {STATUS_IMAGE_CHECKSUM_MISMATCH,
            "The checksum in the header is not that of the file: the file was damaged or changed after its link."};
  }
  if (options_.require_signature && !pe_.Signed()) {
    return {STATUS_INVALID_IMAGE_HASH, "The image carries no signature, and this machine wants one."};
  }
  return pe_.Imports(&imports_);
}

void Loading::Describe(std::u16string_view path) {
  const auto& header = pe_.optional_header();
  image_->path = path;
  image_->base_name = path.substr(path.find_last_of(u'\\') + 1);
  image_->name = Ascii(image_->base_name);
  image_->user = options_.user;
  image_->builtin = options_.builtin;
  image_->size = Pages(header.SizeOfImage);
  image_->mapped_size = image_->size;
  if (const SIZE_T count = import_count(); count != 0) {
    image_->mapped_size += Pages(kThunkSize * (count + 1)) + Pages(kThunkSize * count);
  }
  if (const auto pdb = pe_.Pdb()) {
    image_->pdb_path = pdb->path;
    image_->pdb_signature = pdb->signature;
    image_->pdb_age = pdb->age;
  }
  for (const auto& section : pe_.sections()) {
    const SIZE_T bytes = pe_.flat() ? SizeOf(section) : Pages(SizeOf(section));
    image_->sections.push_back({std::string(NameOf(section)), section.VirtualAddress, static_cast<ULONG>(bytes), section.Characteristics});
  }
}

Verdict Loading::Map() {
  image_->base = options_.base != 0 ? options_.base : AllocateRange(image_->mapped_size);
  if (image_->base == 0 || !hal::MapLinear(image_->base, image_->mapped_size, hal::Protection::ReadWrite)) {
    return {STATUS_NO_MEMORY, "There are no addresses or no memory for the image."};
  }
  return {};
}

Verdict Loading::Fill() {
  CopyIn();
  Verdict verdict = Relocate();
  if (!verdict.ok()) return verdict;
  DescribeDirectories();
  ReadExports();
  Bind();
  SeedCookie();
  SetGuardPointers();
  PatchSharedData();
  Protect();
  return {};
}

void Loading::CopyIn() {
  const auto& header = pe_.optional_header();
  if (pe_.flat()) {
    std::memcpy(Place(0), file_.data(), std::min<SIZE_T>(file_.size(), header.SizeOfImage));
    return;
  }
  std::memcpy(Place(0), file_.data(), header.SizeOfHeaders);
  for (const auto& section : pe_.sections()) {
    const SIZE_T held = section.PointerToRawData == 0 ? 0 : std::min(SizeOf(section), section.SizeOfRawData);
    if (held != 0) std::memcpy(Place(section.VirtualAddress), file_.data() + section.PointerToRawData, held);
  }
}

Verdict Loading::Relocate() {
  const ULONGLONG delta = image_->base - pe_.optional_header().ImageBase;
  if (delta == 0) return {};
  if ((pe_.file_header().Characteristics & IMAGE_FILE_RELOCS_STRIPPED) != 0) {
    return {STATUS_ILLEGAL_DLL_RELOCATION, "The image has no relocations and cannot run where it is mapped: link it with /dynamicbase."};
  }
  std::vector<Relocation> relocations;
  Verdict verdict = pe_.Relocations(&relocations);
  if (!verdict.ok()) return verdict;
  for (const Relocation& relocation : relocations) Relocate(relocation, delta);
  Store(pe_.header_offset() + offsetof(IMAGE_NT_HEADERS64, OptionalHeader) + offsetof(IMAGE_OPTIONAL_HEADER64, ImageBase),
        ULONGLONG{image_->base});
  return {};
}

void Loading::Relocate(const Relocation& relocation, ULONGLONG delta) {
  const auto add = [&]<class T>(T amount) {
    T value;
    std::memcpy(&value, Place(relocation.rva), sizeof value);
    Store(relocation.rva, static_cast<T>(value + amount));
  };
  switch (relocation.type) {
    case IMAGE_REL_BASED_DIR64:
      add(delta);
      break;
    case IMAGE_REL_BASED_HIGHLOW:
      add(static_cast<ULONG>(delta));
      break;
    case IMAGE_REL_BASED_HIGH:
      add(static_cast<USHORT>(delta >> 16));
      break;
    case IMAGE_REL_BASED_LOW:
      add(static_cast<USHORT>(delta));
      break;
    default:
      break;
  }
}

/// The bytes at [rva, rva + size) can be read as long as the image is loaded.
bool Loading::StaysReadable(ULONG rva, SIZE_T size) const {
  constexpr ULONG kBoth = IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_DISCARDABLE;
  return std::none_of(image_->sections.begin(), image_->sections.end(), [&](const Section& section) {
    const bool touched = rva < section.rva + section.size && section.rva < rva + size;
    return touched && (section.characteristics & kBoth) != IMAGE_SCN_MEM_READ;
  });
}

// What NT does not look at when it loads a driver is no reason to refuse it, only worth a note.
void Loading::DescribeDirectories() {
  std::span<const std::byte> table;
  Verdict verdict = pe_.Functions(&table);
  const auto rva = pe_.Directory(IMAGE_DIRECTORY_ENTRY_EXCEPTION).VirtualAddress;
  if (verdict.ok() && !table.empty() && !StaysReadable(rva, table.size())) {
    verdict.sentence = "The exception directory is in a section that is discarded or cannot be read.";
    table = {};
  }
  if (!verdict.sentence.empty()) {
    image_->notes.push_back(verdict.sentence + " Exceptions cannot unwind through the image.");
  }
  if (!table.empty()) {
    image_->functions = {reinterpret_cast<const RUNTIME_FUNCTION*>(Place(rva)), table.size() / sizeof(RUNTIME_FUNCTION)};
  }
  verdict = pe_.LoadConfig(&config_);
  if (!verdict.ok()) image_->notes.push_back(verdict.sentence + " It is ignored.");
  std::optional<IMAGE_TLS_DIRECTORY64> tls;
  verdict = pe_.Tls(&tls);
  if (!verdict.ok()) image_->notes.push_back(verdict.sentence + " It is ignored.");
  if (!tls) return;
  const ULONGLONG delta = image_->base - pe_.optional_header().ImageBase;
  tls->StartAddressOfRawData += delta;
  tls->EndAddressOfRawData += delta;
  tls->AddressOfIndex += delta;
  if (tls->AddressOfCallBacks != 0) tls->AddressOfCallBacks += delta;
  image_->tls = tls;
}

void Loading::ReadExports() {
  ExportTable table;
  const Verdict verdict = pe_.Exports(&table);
  if (!verdict.ok()) {
    image_->notes.push_back(verdict.sentence + " Nothing can import from it.");
    return;
  }
  for (const PeExport& entry : table.exports) {
    image_->exports.push_back(
        {std::string(entry.name), entry.ordinal, entry.forwarder.empty() ? Place(entry.rva) : nullptr, std::string(entry.forwarder)});
  }
}

void Loading::Bind() {
  for (const ImportModule& module : imports_) {
    // The image's own delay-load helper resolves these, at the first call.
    if (module.delayed) continue;
    for (const Import& import : module.imports) {
      ImportResolver::Result found;
      found.reason = "The image was loaded without anything to import from.";
      if (options_.resolver != nullptr) found = options_.resolver->Resolve(module.name, import);
      const void* address = found.address;
      Image* const provider = found.provider;
      if (address == nullptr) address = BindAbsent(module.name, import, std::move(found));
      Store(import.slot, reinterpret_cast<ULONG_PTR>(address));
      if (provider == nullptr || std::count(image_->imported.begin(), image_->imported.end(), provider) != 0) continue;
      image_->imported.push_back(provider);
    }
  }
  if (import_count() == 0) return;
  const Environment& environment = state->environment;
  const void* const target = options_.user ? environment.user_absent_thunk : environment.absent_thunk;
  std::memcpy(reinterpret_cast<void*>(thunks()), &target, sizeof target);
  if (!absent_variables_.empty()) state->absent_data.push_back({absent_data(), absent_variables_});
}

const void* Loading::BindAbsent(std::string_view module, const Import& import, ImportResolver::Result found) {
  const auto index = static_cast<ULONG>(state->absent.size());
  state->absent.push_back({image_->name, std::string(module),
                           import.by_ordinal() ? "#" + std::to_string(import.ordinal) : std::string(import.name), std::move(found.reason)});
  image_->absent.push_back(index);
  if (found.data) {
    absent_variables_.push_back(index);
    return reinterpret_cast<const void*>(absent_data() + kThunkSize * (absent_variables_.size() - 1));
  }
  // mov eax, index; jmp [target at the start of the thunks]
  const ULONG_PTR thunk = thunks() + kThunkSize * ++absent_functions_;
  auto* const code = reinterpret_cast<std::byte*>(thunk);
  const auto displacement = static_cast<LONG>(thunks() - (thunk + 11));
  std::memset(code, 0xCC, kThunkSize);
  code[0] = std::byte{0xB8};
  std::memcpy(code + 1, &index, sizeof index);
  code[5] = std::byte{0xFF};
  code[6] = std::byte{0x25};
  std::memcpy(code + 7, &displacement, sizeof displacement);
  return code;
}

// An image that was linked with stack cookies fails fast when its cookie still has the linked value. Images without a
// load configuration seed their own, from KUSER_SHARED_DATA or the time stamp counter.
void Loading::SeedCookie() {
  if (!config_ || config_->SecurityCookie == 0) return;
  const auto found = pe_.RvaOf(config_->SecurityCookie);
  if (!found) return;
  const ULONG rva = *found;
  ULONGLONG current;
  std::memcpy(&current, Place(rva), sizeof current);
  if (current != kDefaultSecurityCookie && current != 0) return;
  // The upper 16 bits are zero, so that a string overrun cannot write a cookie's copy.
  ULONGLONG cookie = (options_.cookie_seed ^ image_->base) & 0x0000'FFFF'FFFF'FFFF;
  if (cookie == 0 || cookie == kDefaultSecurityCookie) cookie = kDefaultSecurityCookie + 1;
  Store(rva, cookie);
  image_->cookie_seeded = true;
}

void Loading::SetGuardPointers() {
  if (!config_) return;
  const auto set = [&](ULONGLONG pointer, const void* value) {
    if (pointer != 0 && value != nullptr) Store(*pe_.RvaOf(pointer), reinterpret_cast<ULONG_PTR>(value));
  };
  set(config_->GuardCFCheckFunctionPointer, options_.guard_check);
  set(config_->GuardCFDispatchFunctionPointer, options_.guard_dispatch);
  set(config_->GuardXFGCheckFunctionPointer, options_.guard_check);
  set(config_->GuardXFGDispatchFunctionPointer, options_.guard_dispatch);
  set(config_->GuardXFGTableDispatchFunctionPointer, options_.guard_dispatch);
}

// The kernel's alias of KUSER_SHARED_DATA cannot be mapped in a Linux process. Where code has its address as a 64-bit
// immediate (mov r64, imm64) or absolute operand (mov al/rax, moffs), it is pointed to the page that is there.
void Loading::PatchSharedData() {
  if (options_.user || options_.builtin) return;
  const auto is_move = [](const std::byte* at, bool has_prefix) {
    const auto opcode = static_cast<UCHAR>(at[-1]);
    if (opcode >= 0xA0 && opcode <= 0xA3) return true;
    return has_prefix && opcode >= 0xB8 && opcode <= 0xBF && (static_cast<UCHAR>(at[-2]) & 0xFE) == 0x48;
  };
  for (const Section& section : image_->sections) {
    if ((section.characteristics & IMAGE_SCN_MEM_EXECUTE) == 0 || section.size < sizeof(ULONGLONG)) continue;
    for (ULONG at = 1; at <= section.size - sizeof(ULONGLONG); ++at) {
      std::byte* const place = Place(ULONGLONG{section.rva} + at);
      // The cheap test first: the two bytes that few other places have.
      if (place[7] != std::byte{0xFF} || place[6] != std::byte{0xFF}) continue;
      ULONGLONG value;
      std::memcpy(&value, place, sizeof value);
      if (value - mm::kSharedUserDataKernel >= PAGE_SIZE || !is_move(place, at >= 2)) continue;
      Store(ULONGLONG{section.rva} + at, ULONGLONG{value - mm::kSharedUserDataKernel + mm::kSharedUserData});
      ++image_->patched;
    }
  }
}

void Loading::Protect() {
  if (pe_.flat()) {
    ULONG all = IMAGE_SCN_MEM_READ;
    for (const Section& section : image_->sections) all |= section.characteristics;
    hal::Protect(image_->base, image_->size, ProtectionOf(all));
    image_->sections.clear();
  } else {
    hal::Protect(image_->base, Pages(pe_.optional_header().SizeOfHeaders), hal::Protection::Read);
  }
  for (const Section& section : image_->sections) {
    if (section.size != 0) {
      hal::Protect(image_->base + section.rva, section.size, ProtectionOf(section.characteristics));
    }
  }
  if (image_->mapped_size == image_->size) return;
  hal::Protect(thunks(), absent_data() - thunks(), hal::Protection::ReadExecute);
  hal::Protect(absent_data(), image_->base + image_->mapped_size - absent_data(), hal::Protection::None);
}

Image* Loading::Register() {
  const auto& header = pe_.optional_header();
  Image* const image = image_.get();
  if (header.AddressOfEntryPoint != 0) image->entry_point = Place(header.AddressOfEntryPoint);
  const auto string = [](std::u16string& text) {
    const auto length = static_cast<USHORT>(std::min<SIZE_T>(text.size(), 0x7FFE) * sizeof(WCHAR));
    return UNICODE_STRING{length, static_cast<USHORT>(length + sizeof(WCHAR)), text.data()};
  };
  KLDR_DATA_TABLE_ENTRY& entry = image->entry;
  entry.ExceptionTable = const_cast<RUNTIME_FUNCTION*>(image->functions.data());
  entry.ExceptionTableSize = static_cast<ULONG>(image->functions.size_bytes());
  entry.DllBase = Place(0);
  entry.EntryPoint = const_cast<void*>(image->entry_point);
  entry.SizeOfImage = static_cast<ULONG>(image->size);
  entry.FullDllName = string(image->path);
  entry.BaseDllName = string(image->base_name);
  entry.Flags = LDRP_ENTRY_PROCESSED | LDRP_SYSTEM_MAPPED;
  if ((header.DllCharacteristics & IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY) != 0) {
    entry.Flags |= LDRP_IMAGE_INTEGRITY_FORCED;
  }
  entry.LoadCount = 1;
  entry.CheckSum = header.CheckSum;
  entry.SizeOfImageNotRounded = header.SizeOfImage;
  entry.TimeDateStamp = pe_.file_header().TimeDateStamp;
  for (Image* provider : image->imported) ++provider->entry.LoadCount;
  if (!image->user) {
    PLIST_ENTRY const head = state->loaded_module_list;
    entry.InLoadOrderLinks = {head, head->Blink};
    head->Blink->Flink = &entry.InLoadOrderLinks;
    head->Blink = &entry.InLoadOrderLinks;
  }
  const auto place = std::upper_bound(state->images.begin(), state->images.end(), image->base,
                                      [](ULONG_PTR base, const auto& other) { return base < other->base; });
  state->images.insert(place, std::move(image_));
  return image;
}

}  // namespace

Verdict Load(std::u16string_view path, std::span<const std::byte> file, const LoadOptions& options, Image** image) {
  return Loading(file, options).Run(path, image);
}

}  // namespace nt::ldr
