#include "kernel/ldr/pe.h"

#include <algorithm>
#include <cstring>

#include "nt/status.h"

namespace nt::ldr {
namespace {

/// Imports of one image, over all modules: far above any real image, low enough to end a maliciously shared table.
constexpr ULONG kImportBudget = 65536;
constexpr ULONG kExportLimit = 65536;

Verdict Refuse(NTSTATUS status, std::string sentence) { return {status, std::move(sentence)}; }
Verdict Malformed(std::string sentence) { return Refuse(STATUS_INVALID_IMAGE_FORMAT, std::move(sentence)); }

bool IsPowerOfTwo(ULONG value) { return value != 0 && (value & (value - 1)) == 0; }

template <class T>
T Load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::string Quote(std::string_view name) { return "'" + std::string(name) + "'"; }

}  // namespace

std::string_view NameOf(const IMAGE_SECTION_HEADER& section) {
  const auto* const name = reinterpret_cast<const char*>(section.Name);
  return {name, strnlen(name, sizeof section.Name)};
}

ULONG SizeOf(const IMAGE_SECTION_HEADER& section) {
  return section.Misc.VirtualSize != 0 ? section.Misc.VirtualSize : section.SizeOfRawData;
}

Verdict PeImage::Parse(std::span<const std::byte> bytes, Layout layout, PeImage* image) {
  PeImage result;
  result.bytes_ = bytes;
  result.layout_ = layout;
  Verdict verdict = result.ReadHeaders();
  if (verdict.ok()) verdict = result.CheckOptionalHeader();
  if (verdict.ok()) {
    verdict = result.ReadSections(result.header_offset_ + offsetof(IMAGE_NT_HEADERS64, OptionalHeader) +
                                  result.file_header_.SizeOfOptionalHeader);
  }
  if (verdict.ok()) verdict = result.CheckSections();
  if (verdict.ok()) *image = std::move(result);
  return verdict;
}

Verdict PeImage::ReadHeaders() {
  if (bytes_.size() < sizeof(IMAGE_DOS_HEADER) || Load<WORD>(bytes_.data()) != IMAGE_DOS_SIGNATURE) {
    return Refuse(STATUS_INVALID_IMAGE_NOT_MZ, "The file does not begin with an MZ header.");
  }
  const auto offset = static_cast<ULONG>(Load<LONG>(bytes_.data() + offsetof(IMAGE_DOS_HEADER, e_lfanew)));
  if (offset > bytes_.size() || bytes_.size() - offset < sizeof(DWORD)) {
    return Refuse(STATUS_INVALID_IMAGE_PROTECT, "The PE header would lie beyond the end of the file.");
  }
  const DWORD signature = Load<DWORD>(bytes_.data() + offset);
  if (signature != IMAGE_NT_SIGNATURE) {
    switch (static_cast<WORD>(signature)) {
      case IMAGE_OS2_SIGNATURE:
        return Refuse(STATUS_INVALID_IMAGE_NE_FORMAT, "The file is a 16-bit (NE) program.");
      case IMAGE_VXD_SIGNATURE:
        return Refuse(STATUS_INVALID_IMAGE_LE_FORMAT, "The file is a linear executable (LE), a VxD.");
      default:
        return Refuse(STATUS_INVALID_IMAGE_PROTECT, "The file has no PE header; it is an MS-DOS program.");
    }
  }
  if (offset % 4 != 0) return Malformed("The PE header is not aligned to 4 bytes.");
  const SIZE_T rest = bytes_.size() - offset;
  constexpr SIZE_T kOptional = offsetof(IMAGE_NT_HEADERS64, OptionalHeader);
  if (rest < kOptional + sizeof(WORD)) return Malformed("The file ends within the PE header.");
  header_offset_ = offset;
  file_header_ = Load<IMAGE_FILE_HEADER>(bytes_.data() + offset + sizeof(DWORD));
  const WORD magic = Load<WORD>(bytes_.data() + offset + kOptional);
  if (magic == IMAGE_NT_OPTIONAL_HDR32_MAGIC) {
    return Refuse(STATUS_INVALID_IMAGE_WIN_32, "The image is for 32-bit Windows; this machine runs x64 code.");
  }
  if (file_header_.Machine != IMAGE_FILE_MACHINE_AMD64) {
    return Refuse(STATUS_IMAGE_MACHINE_TYPE_MISMATCH, file_header_.Machine == IMAGE_FILE_MACHINE_ARM64
                                                          ? "The image is for ARM64 processors; this machine runs x64 code."
                                                          : "The image is for another processor than x64.");
  }
  if (magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC) return Malformed("The optional header is not PE32+.");
  // Directories are optional, all before them is not.
  constexpr SIZE_T kFixed = offsetof(IMAGE_OPTIONAL_HEADER64, DataDirectory);
  const SIZE_T size = file_header_.SizeOfOptionalHeader;
  if (size < kFixed || rest - kOptional < size) return Malformed("The optional header is cut short.");
  std::memcpy(&optional_header_, bytes_.data() + offset + kOptional, std::min(size, sizeof optional_header_));
  const SIZE_T room = (size - kFixed) / sizeof(IMAGE_DATA_DIRECTORY);
  const SIZE_T count = std::min<SIZE_T>({optional_header_.NumberOfRvaAndSizes, room, IMAGE_NUMBEROF_DIRECTORY_ENTRIES});
  for (SIZE_T i = count; i < IMAGE_NUMBEROF_DIRECTORY_ENTRIES; ++i) optional_header_.DataDirectory[i] = {};
  return {};
}

Verdict PeImage::CheckOptionalHeader() const {
  const auto& header = optional_header_;
  if ((file_header_.Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE) == 0) {
    return Malformed("The file is not marked as an executable image; its link failed.");
  }
  if (!IsPowerOfTwo(header.FileAlignment) || !IsPowerOfTwo(header.SectionAlignment)) {
    return Malformed("An alignment is not a power of two.");
  }
  if (header.FileAlignment % 512 != 0 && header.FileAlignment != header.SectionAlignment) {
    return Malformed("The file alignment is less than 512 bytes.");
  }
  if (header.SectionAlignment < header.FileAlignment) {
    return Malformed("The section alignment is less than the file alignment.");
  }
  if (header.SizeOfImage == 0 || header.SizeOfImage > kMaximumImage) {
    return Malformed("The size of the image is zero or beyond what NT maps.");
  }
  if (header.ImageBase % 0x10000 != 0) return Malformed("The image base is not a multiple of 64 KiB.");
  if (header.SizeOfHeaders == 0 || header.SizeOfHeaders > header.SizeOfImage || header.SizeOfHeaders > bytes_.size()) {
    return Malformed("The headers' size is zero or greater than the image or the file.");
  }
  if (header.AddressOfEntryPoint >= header.SizeOfImage) {
    return Malformed("The entry point lies outside the image.");
  }
  if (layout_ == Layout::Mapped && bytes_.size() < header.SizeOfImage) {
    return Malformed("The image is larger than its mapping.");
  }
  return {};
}

Verdict PeImage::ReadSections(SIZE_T offset) {
  const SIZE_T count = file_header_.NumberOfSections;
  if (count > kMaximumSections) return Malformed("The image has more than 96 sections.");
  if (offset + count * sizeof(IMAGE_SECTION_HEADER) > optional_header_.SizeOfHeaders) {
    return Malformed("The section table reaches beyond the headers.");
  }
  sections_.resize(count);
  if (count != 0) {
    std::memcpy(sections_.data(), bytes_.data() + offset, count * sizeof(IMAGE_SECTION_HEADER));
  }
  return {};
}

Verdict PeImage::CheckSections() const {
  const ULONGLONG alignment = optional_header_.SectionAlignment;
  const auto round = [&](ULONGLONG value) { return (value + alignment - 1) & ~(alignment - 1); };
  ULONGLONG next = round(optional_header_.SizeOfHeaders);
  for (const auto& section : sections_) {
    const std::string name = Quote(NameOf(section));
    const ULONGLONG size = SizeOf(section);
    if (layout_ == Layout::File && section.SizeOfRawData != 0 && section.PointerToRawData != 0 &&
        ULONGLONG{section.PointerToRawData} + section.SizeOfRawData > bytes_.size()) {
      return Malformed("Section " + name + " reaches beyond the end of the file: the file is cut short.");
    }
    if (flat()) {
      if (ULONGLONG{section.VirtualAddress} + size > optional_header_.SizeOfImage ||
          (section.SizeOfRawData != 0 && section.PointerToRawData != section.VirtualAddress)) {
        return Malformed("Section " + name + " of an image aligned to less than a page is not where its file has it.");
      }
      continue;
    }
    if (section.VirtualAddress != next) {
      return Malformed("Section " + name + (section.VirtualAddress < next ? " overlaps" : " leaves a gap to") + " what comes before it.");
    }
    if (section.SizeOfRawData != 0 && section.PointerToRawData % 512 != 0) {
      return Malformed("Section " + name + " is not aligned to 512 bytes in the file.");
    }
    // In memory an image ends with a whole page, whatever its sections are aligned to.
    constexpr ULONGLONG kPageMask = PAGE_SIZE - 1;
    if (next + size > ((optional_header_.SizeOfImage + kPageMask) & ~kPageMask)) {
      return Malformed("Section " + name + " reaches beyond the image.");
    }
    next = round(next + size);
  }
  if (flat() && layout_ == Layout::File && bytes_.size() < optional_header_.SizeOfHeaders) {
    return Malformed("The file is shorter than its headers.");
  }
  return {};
}

IMAGE_DATA_DIRECTORY PeImage::Directory(ULONG index) const {
  if (index >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES) return {};
  const auto& entry = optional_header_.DataDirectory[index];
  return entry.VirtualAddress == 0 || entry.Size == 0 ? IMAGE_DATA_DIRECTORY{} : entry;
}

std::span<const std::byte> PeImage::Rest(ULONG rva) const {
  if (layout_ == Layout::Mapped || flat() || rva < optional_header_.SizeOfHeaders) {
    const SIZE_T limit = layout_ == Layout::Mapped ? optional_header_.SizeOfImage
                         : flat()                  ? std::min<SIZE_T>(bytes_.size(), optional_header_.SizeOfImage)
                                                   : optional_header_.SizeOfHeaders;
    return rva < limit ? bytes_.subspan(rva, limit - rva) : std::span<const std::byte>{};
  }
  for (const auto& section : sections_) {
    // What the virtual size cuts off is not in the image, and what the file does not hold is zero.
    const ULONG held = section.PointerToRawData == 0 ? 0 : std::min(SizeOf(section), section.SizeOfRawData);
    if (rva >= section.VirtualAddress && rva - section.VirtualAddress < held) {
      const ULONG inner = rva - section.VirtualAddress;
      return bytes_.subspan(SIZE_T{section.PointerToRawData} + inner, held - inner);
    }
  }
  return {};
}

const std::byte* PeImage::At(ULONG rva, SIZE_T size) const {
  const auto rest = Rest(rva);
  return rest.size() >= size && !rest.empty() ? rest.data() : nullptr;
}

std::optional<std::string_view> PeImage::StringAt(ULONG rva, SIZE_T limit) const {
  const auto rest = Rest(rva);
  const auto* const text = reinterpret_cast<const char*>(rest.data());
  const SIZE_T most = std::min(limit + 1, rest.size());
  for (SIZE_T length = 0; length < most; ++length) {
    if (text[length] == '\0') {
      if (length == 0) return std::nullopt;
      return std::string_view(text, length);
    }
    if (text[length] < ' ' || text[length] > '~') return std::nullopt;
  }
  return std::nullopt;
}

Verdict PeImage::ImportList(ULONG names, ULONG slots, ImportModule* module, ULONG* budget) const {
  for (ULONGLONG i = 0;; ++i) {
    const ULONGLONG offset = i * sizeof(ULONGLONG);
    if (names + offset > kMaximumImage || slots + offset > kMaximumImage) {
      return Malformed("The import table of " + Quote(module->name) + " has no end.");
    }
    const auto entry = Read<ULONGLONG>(static_cast<ULONG>(names + offset));
    if (!entry) return Malformed("The import table of " + Quote(module->name) + " lies outside the image.");
    if (*entry == 0) return {};
    if ((*budget)-- == 0) return Malformed("The image has more than 65536 imports.");
    Import import;
    import.slot = static_cast<ULONG>(slots + offset);
    if (ULONGLONG{import.slot} + sizeof(ULONGLONG) > optional_header_.SizeOfImage) {
      return Malformed("The import addresses of " + Quote(module->name) + " lie outside the image.");
    }
    if ((*entry & IMAGE_ORDINAL_FLAG64) != 0) {
      import.ordinal = static_cast<USHORT>(*entry);
    } else {
      const auto rva = static_cast<ULONG>(*entry);
      const auto hint = Read<USHORT>(rva);
      const auto name = *entry > kMaximumImage ? std::nullopt : StringAt(rva + ULONG{sizeof(USHORT)}, 4096);
      if (!hint || !name) {
        return Malformed("An import from " + Quote(module->name) + " has no readable name.");
      }
      import.ordinal = *hint;
      import.name = *name;
    }
    module->imports.push_back(import);
  }
}

Verdict PeImage::Imports(std::vector<ImportModule>* modules) const {
  modules->clear();
  ULONG budget = kImportBudget;
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_IMPORT);
  // The list ends with a descriptor without a name; the directory's size is not relied on, as on NT.
  for (ULONGLONG at = directory.VirtualAddress; at != 0; at += sizeof(IMAGE_IMPORT_DESCRIPTOR)) {
    const auto descriptor = at > kMaximumImage ? std::nullopt : Read<IMAGE_IMPORT_DESCRIPTOR>(static_cast<ULONG>(at));
    if (!descriptor) return Malformed("The import directory lies outside the image or has no end.");
    if (descriptor->Name == 0 || descriptor->FirstThunk == 0) break;
    const auto name = StringAt(descriptor->Name);
    if (!name) return Malformed("A module that is imported from has no readable name.");
    if (budget-- == 0) return Malformed("The image has more than 65536 imports.");
    ImportModule& module = modules->emplace_back();
    module.name = *name;
    const ULONG names = descriptor->OriginalFirstThunk != 0 ? descriptor->OriginalFirstThunk : descriptor->FirstThunk;
    Verdict verdict = ImportList(names, descriptor->FirstThunk, &module, &budget);
    if (!verdict.ok()) return verdict;
  }
  return DelayImports(modules, &budget);
}

Verdict PeImage::DelayImports(std::vector<ImportModule>* modules, ULONG* budget) const {
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT);
  for (ULONGLONG at = directory.VirtualAddress; at != 0; at += sizeof(IMAGE_DELAYLOAD_DESCRIPTOR)) {
    const auto descriptor = at > kMaximumImage ? std::nullopt : Read<IMAGE_DELAYLOAD_DESCRIPTOR>(static_cast<ULONG>(at));
    if (!descriptor) return Malformed("The delay-import directory lies outside the image or has no end.");
    if (descriptor->DllNameRVA == 0) break;
    if (descriptor->Attributes.RvaBased == 0) {
      return Malformed("The delay-import directory holds addresses instead of RVAs, as only 32-bit images may.");
    }
    const auto name = StringAt(descriptor->DllNameRVA);
    if (!name) return Malformed("A module that is delay-loaded has no readable name.");
    if ((*budget)-- == 0) return Malformed("The image has more than 65536 imports.");
    ImportModule& module = modules->emplace_back();
    module.name = *name;
    module.delayed = true;
    Verdict verdict = ImportList(descriptor->ImportNameTableRVA, descriptor->ImportAddressTableRVA, &module, budget);
    if (!verdict.ok()) return verdict;
  }
  return {};
}

Verdict PeImage::Exports(ExportTable* table) const {
  *table = {};
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_EXPORT);
  if (directory.VirtualAddress == 0) return {};
  const auto header = Read<IMAGE_EXPORT_DIRECTORY>(directory.VirtualAddress);
  if (!header) return Malformed("The export directory lies outside the image.");
  const ULONG functions = header->NumberOfFunctions;
  const ULONG names = header->NumberOfNames;
  if (functions > kExportLimit || names > kExportLimit) return Malformed("The image has more than 65536 exports.");
  const auto* const addresses = At(header->AddressOfFunctions, SIZE_T{functions} * sizeof(ULONG));
  const auto* const name_list = At(header->AddressOfNames, SIZE_T{names} * sizeof(ULONG));
  const auto* const ordinals = At(header->AddressOfNameOrdinals, SIZE_T{names} * sizeof(USHORT));
  if ((functions != 0 && addresses == nullptr) || (names != 0 && (name_list == nullptr || ordinals == nullptr))) {
    return Malformed("The export tables lie outside the image.");
  }
  table->module = StringAt(header->Name).value_or(std::string_view{});
  const auto entry = [&](ULONG index, std::string_view name, PeExport* result) {
    result->name = name;
    result->ordinal = header->Base + index;
    const ULONG rva = Load<ULONG>(addresses + SIZE_T{index} * sizeof(ULONG));
    if (rva >= optional_header_.SizeOfImage) return false;
    // An address within the directory itself is the text of a forwarder.
    if (rva >= directory.VirtualAddress && rva - directory.VirtualAddress < directory.Size) {
      const auto forwarder = StringAt(rva);
      if (!forwarder) return false;
      result->forwarder = *forwarder;
    } else {
      result->rva = rva;
    }
    return true;
  };
  std::vector<bool> named(functions);
  for (ULONG i = 0; i < names; ++i) {
    const auto name = StringAt(Load<ULONG>(name_list + SIZE_T{i} * sizeof(ULONG)), 4096);
    const USHORT index = Load<USHORT>(ordinals + SIZE_T{i} * sizeof(USHORT));
    PeExport result;
    if (!name || index >= functions || !entry(index, *name, &result)) {
      return Malformed("An export has no readable name or no address in the image.");
    }
    named[index] = true;
    table->exports.push_back(result);
  }
  for (ULONG i = 0; i < functions; ++i) {
    PeExport result;
    if (named[i] || Load<ULONG>(addresses + SIZE_T{i} * sizeof(ULONG)) == 0) continue;
    if (!entry(i, {}, &result)) return Malformed("An export by ordinal has no address in the image.");
    table->exports.push_back(result);
  }
  return {};
}

Verdict PeImage::Relocations(std::vector<Relocation>* relocations) const {
  relocations->clear();
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_BASERELOC);
  if (directory.VirtualAddress == 0) return {};
  const std::byte* const table = At(directory.VirtualAddress, directory.Size);
  if (table == nullptr) return Malformed("The relocation directory lies outside the image.");
  ULONG at = 0;
  while (directory.Size - at >= sizeof(IMAGE_BASE_RELOCATION)) {
    const auto block = Load<IMAGE_BASE_RELOCATION>(table + at);
    if (block.SizeOfBlock < sizeof block || block.SizeOfBlock > directory.Size - at || block.SizeOfBlock % 2 != 0) {
      return Malformed("A block of relocations has a size that cannot be.");
    }
    for (ULONG i = sizeof block; i < block.SizeOfBlock; i += sizeof(WORD)) {
      const WORD entry = Load<WORD>(table + at + i);
      const auto type = static_cast<WORD>(entry >> 12);
      if (type == IMAGE_REL_BASED_ABSOLUTE) continue;
      const ULONGLONG rva = ULONGLONG{block.VirtualAddress} + (entry & 0xfff);
      const ULONG width = type == IMAGE_REL_BASED_DIR64 ? 8 : type == IMAGE_REL_BASED_HIGHLOW ? 4 : 2;
      if (type > IMAGE_REL_BASED_HIGHLOW && type != IMAGE_REL_BASED_DIR64) {
        return Malformed("A relocation is of a type that x64 images do not have.");
      }
      if (rva + width > optional_header_.SizeOfImage) return Malformed("A relocation lies outside the image.");
      relocations->push_back({static_cast<ULONG>(rva), type});
    }
    at += block.SizeOfBlock;
  }
  return {};
}

std::optional<ULONG> PeImage::RvaOf(ULONGLONG address) const {
  if (address < optional_header_.ImageBase) return std::nullopt;
  const ULONGLONG rva = address - optional_header_.ImageBase;
  if (rva >= optional_header_.SizeOfImage) return std::nullopt;
  return static_cast<ULONG>(rva);
}

Verdict PeImage::LoadConfig(std::optional<IMAGE_LOAD_CONFIG_DIRECTORY64>* config) const {
  config->reset();
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG);
  if (directory.VirtualAddress == 0) return {};
  const DWORD size = Read<DWORD>(directory.VirtualAddress).value_or(0);
  const std::byte* const at = At(directory.VirtualAddress, size);
  if (at == nullptr || size < offsetof(IMAGE_LOAD_CONFIG_DIRECTORY64, GlobalFlagsClear)) {
    return Malformed("The load configuration lies outside the image.");
  }
  IMAGE_LOAD_CONFIG_DIRECTORY64 result{};
  std::memcpy(&result, at, std::min<SIZE_T>(size, sizeof result));
  const auto inside = [&](ULONGLONG address) {
    const auto rva = RvaOf(address);
    return address == 0 || (rva && optional_header_.SizeOfImage - *rva >= sizeof(ULONGLONG));
  };
  if (!inside(result.SecurityCookie)) return Malformed("The security cookie lies outside the image.");
  if (!inside(result.GuardCFCheckFunctionPointer) || !inside(result.GuardCFDispatchFunctionPointer) ||
      !inside(result.GuardXFGCheckFunctionPointer) || !inside(result.GuardXFGDispatchFunctionPointer) ||
      !inside(result.GuardXFGTableDispatchFunctionPointer)) {
    return Malformed("A control-flow guard pointer lies outside the image.");
  }
  *config = result;
  return {};
}

Verdict PeImage::Tls(std::optional<IMAGE_TLS_DIRECTORY64>* tls) const {
  tls->reset();
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_TLS);
  if (directory.VirtualAddress == 0) return {};
  const auto result = Read<IMAGE_TLS_DIRECTORY64>(directory.VirtualAddress);
  if (!result) return Malformed("The TLS directory lies outside the image.");
  const auto start = RvaOf(result->StartAddressOfRawData);
  const auto index = RvaOf(result->AddressOfIndex);
  const ULONGLONG size = result->EndAddressOfRawData - result->StartAddressOfRawData;
  if (result->EndAddressOfRawData < result->StartAddressOfRawData ||
      (size != 0 && (!start || size > optional_header_.SizeOfImage - *start))) {
    return Malformed("The template of thread-local data lies outside the image.");
  }
  if (!index || optional_header_.SizeOfImage - *index < sizeof(ULONG)) {
    return Malformed("The TLS index lies outside the image.");
  }
  if (result->AddressOfCallBacks != 0 && !RvaOf(result->AddressOfCallBacks)) {
    return Malformed("The TLS callbacks lie outside the image.");
  }
  *tls = *result;
  return {};
}

Verdict PeImage::Functions(std::span<const std::byte>* table) const {
  *table = {};
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_EXCEPTION);
  if (directory.VirtualAddress == 0) return {};
  const ULONG count = directory.Size / ULONG{sizeof(RUNTIME_FUNCTION)};
  const std::byte* const at = At(directory.VirtualAddress, SIZE_T{count} * sizeof(RUNTIME_FUNCTION));
  if (at == nullptr || directory.VirtualAddress % alignof(RUNTIME_FUNCTION) != 0) {
    return Malformed("The exception directory lies outside the image or is not aligned.");
  }
  ULONG last = 0;
  for (ULONG i = 0; i < count; ++i) {
    const auto function = Load<RUNTIME_FUNCTION>(at + SIZE_T{i} * sizeof(RUNTIME_FUNCTION));
    if (function.BeginAddress < last || function.EndAddress <= function.BeginAddress ||
        function.EndAddress > optional_header_.SizeOfImage || function.UnwindData >= optional_header_.SizeOfImage) {
      return Malformed("The exception directory is not sorted, overlaps, or points outside the image.");
    }
    last = function.EndAddress;
  }
  *table = {at, SIZE_T{count} * sizeof(RUNTIME_FUNCTION)};
  return {};
}

std::optional<PdbReference> PeImage::Pdb() const {
  constexpr DWORD kRsds = 0x53445352;
  constexpr SIZE_T kHead = sizeof(DWORD) + sizeof(GUID) + sizeof(DWORD);
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_DEBUG);
  for (ULONG i = 0; i < directory.Size / sizeof(IMAGE_DEBUG_DIRECTORY) && i < 64; ++i) {
    const auto entry = Read<IMAGE_DEBUG_DIRECTORY>(directory.VirtualAddress + i * ULONG{sizeof(IMAGE_DEBUG_DIRECTORY)});
    if (!entry) break;
    if (entry->Type != IMAGE_DEBUG_TYPE_CODEVIEW || entry->SizeOfData <= kHead) continue;
    const std::byte* const at = At(entry->AddressOfRawData, entry->SizeOfData);
    if (at == nullptr || Load<DWORD>(at) != kRsds) continue;
    PdbReference result;
    result.signature = Load<GUID>(at + sizeof(DWORD));
    result.age = Load<ULONG>(at + sizeof(DWORD) + sizeof(GUID));
    const auto* const path = reinterpret_cast<const char*>(at + kHead);
    result.path = {path, strnlen(path, entry->SizeOfData - kHead)};
    return result;
  }
  return std::nullopt;
}

ULONG PeImage::ComputeChecksum() const {
  const SIZE_T field = header_offset_ + offsetof(IMAGE_NT_HEADERS64, OptionalHeader) + offsetof(IMAGE_OPTIONAL_HEADER64, CheckSum);
  ULONG sum = 0;
  for (SIZE_T i = 0; i < bytes_.size(); i += 2) {
    if (i == field || i == field + 2) continue;
    const auto low = static_cast<ULONG>(bytes_[i]);
    const ULONG high = i + 1 < bytes_.size() ? static_cast<ULONG>(bytes_[i + 1]) : 0;
    sum += low | high << 8;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return sum + static_cast<ULONG>(bytes_.size());
}

bool PeImage::Signed() const {
  // The certificate directory is the one whose address is a file offset.
  const auto directory = Directory(IMAGE_DIRECTORY_ENTRY_SECURITY);
  return directory.VirtualAddress != 0 && layout_ == Layout::File && directory.Size > 8 &&
         ULONGLONG{directory.VirtualAddress} + directory.Size <= bytes_.size();
}

}  // namespace nt::ldr
