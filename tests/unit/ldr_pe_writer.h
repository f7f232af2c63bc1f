// Writes small PE32+ images for tests: sections with content, directories, imports, exports, relocations.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nt/pe.h"

namespace nt::ldr::test {

using Bytes = std::vector<std::byte>;

/// Appends a value to bytes and returns its offset.
template <class T>
SIZE_T Append(Bytes& bytes, const T& value) {
  const SIZE_T at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return at;
}
inline SIZE_T AppendText(Bytes& bytes, std::string_view text) {
  const SIZE_T at = bytes.size();
  bytes.resize(at + text.size() + 1);
  if (!text.empty()) std::memcpy(bytes.data() + at, text.data(), text.size());
  return at;
}
template <class T>
void Put(Bytes& bytes, SIZE_T at, const T& value) {
  if (bytes.size() < at + sizeof value) bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}
inline Bytes Code(std::initializer_list<int> values) {
  Bytes result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

inline constexpr ULONG kCode = IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE | IMAGE_SCN_MEM_READ;
inline constexpr ULONG kReadOnly = IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ;
inline constexpr ULONG kWritable = kReadOnly | IMAGE_SCN_MEM_WRITE;

/// An image in the making. Sections get consecutive pages from 0x1000 on.
class PeWriter {
 public:
  IMAGE_NT_HEADERS64 nt{};

  PeWriter() {
    nt.Signature = IMAGE_NT_SIGNATURE;
    nt.FileHeader.Machine = IMAGE_FILE_MACHINE_AMD64;
    nt.FileHeader.SizeOfOptionalHeader = sizeof nt.OptionalHeader;
    nt.FileHeader.Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_LARGE_ADDRESS_AWARE;
    auto& header = nt.OptionalHeader;
    header.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
    header.ImageBase = kBase;
    header.SectionAlignment = 0x1000;
    header.FileAlignment = 0x200;
    header.SizeOfHeaders = 0x400;
    header.Subsystem = IMAGE_SUBSYSTEM_NATIVE;
    header.DllCharacteristics = IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | IMAGE_DLLCHARACTERISTICS_NX_COMPAT;
    header.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
  }

  static constexpr ULONGLONG kBase = 0x140000000;

  /// The RVA that the next section will have.
  ULONG next() const { return next_; }

  /// Adds a section and returns its RVA. `virtual_size` 0: as much as the content.
  ULONG Add(std::string_view name, Bytes content, ULONG characteristics, ULONG virtual_size = 0) {
    IMAGE_SECTION_HEADER section{};
    std::memcpy(section.Name, name.data(), std::min<SIZE_T>(name.size(), sizeof section.Name));
    section.Misc.VirtualSize = virtual_size != 0 ? virtual_size : static_cast<DWORD>(content.size());
    section.VirtualAddress = next_;
    section.Characteristics = characteristics;
    next_ += (section.Misc.VirtualSize + 0xfffU) & ~0xfffU;
    sections_.emplace_back(section, std::move(content));
    return section.VirtualAddress;
  }

  void SetDirectory(ULONG index, ULONG rva, SIZE_T size) { nt.OptionalHeader.DataDirectory[index] = {rva, static_cast<DWORD>(size)}; }

  struct ImportSpec {
    std::string module;
    std::vector<std::string> names;  ///< "#5" for an ordinal
  };
  /// Adds an .idata section; returns the RVA of each import's slot, in order.
  std::vector<ULONG> AddImports(const std::vector<ImportSpec>& specs) {
    Bytes bytes((specs.size() + 1) * sizeof(IMAGE_IMPORT_DESCRIPTOR));
    std::vector<ULONG> slots;
    for (SIZE_T i = 0; i < specs.size(); ++i) {
      std::vector<ULONGLONG> thunks;
      for (const auto& name : specs[i].names) {
        if (name[0] == '#') {
          thunks.push_back(IMAGE_ORDINAL_FLAG64 | std::stoul(name.substr(1)));
          continue;
        }
        thunks.push_back(next_ + Append(bytes, USHORT{0}));
        AppendText(bytes, name);
      }
      thunks.push_back(0);
      const auto module = next_ + static_cast<ULONG>(AppendText(bytes, specs[i].module));
      bytes.resize((bytes.size() + 7) & ~SIZE_T{7});
      IMAGE_IMPORT_DESCRIPTOR descriptor{};
      descriptor.Name = module;
      descriptor.OriginalFirstThunk = next_ + static_cast<ULONG>(bytes.size());
      for (const ULONGLONG thunk : thunks) Append(bytes, thunk);
      descriptor.FirstThunk = next_ + static_cast<ULONG>(bytes.size());
      for (const ULONGLONG thunk : thunks) {
        if (thunk != 0) slots.push_back(next_ + static_cast<ULONG>(bytes.size()));
        Append(bytes, thunk);
      }
      Put(bytes, i * sizeof descriptor, descriptor);
    }
    SetDirectory(IMAGE_DIRECTORY_ENTRY_IMPORT, next_, (specs.size() + 1) * sizeof(IMAGE_IMPORT_DESCRIPTOR));
    Add(".idata", std::move(bytes), kReadOnly);
    return slots;
  }

  struct ExportSpec {
    std::string name;  ///< sorted by the caller
    ULONG rva;
    std::string forwarder;  ///< instead of an RVA
  };
  void AddExports(std::string_view module, const std::vector<ExportSpec>& specs) {
    const auto count = static_cast<ULONG>(specs.size());
    IMAGE_EXPORT_DIRECTORY directory{};
    directory.Base = 1;
    directory.NumberOfFunctions = directory.NumberOfNames = count;
    directory.AddressOfFunctions = next_ + ULONG{sizeof directory};
    directory.AddressOfNames = directory.AddressOfFunctions + count * 4;
    directory.AddressOfNameOrdinals = directory.AddressOfNames + count * 4;
    Bytes bytes(sizeof directory + count * 10);
    directory.Name = next_ + static_cast<ULONG>(AppendText(bytes, module));
    for (ULONG i = 0; i < count; ++i) {
      ULONG rva = specs[i].rva;
      if (!specs[i].forwarder.empty()) rva = next_ + static_cast<ULONG>(AppendText(bytes, specs[i].forwarder));
      Put(bytes, sizeof directory + i * 4, rva);
      Put(bytes, sizeof directory + count * 4 + i * 4, next_ + static_cast<ULONG>(AppendText(bytes, specs[i].name)));
      Put(bytes, sizeof directory + count * 8 + i * 2, static_cast<USHORT>(i));
    }
    Put(bytes, 0, directory);
    SetDirectory(IMAGE_DIRECTORY_ENTRY_EXPORT, next_, bytes.size());
    Add(".edata", std::move(bytes), kReadOnly);
  }

  /// Adds a .reloc section of 64-bit relocations, all in one page.
  void AddRelocations(ULONG page, const std::vector<USHORT>& offsets) {
    Bytes bytes;
    Append(bytes, IMAGE_BASE_RELOCATION{page, static_cast<DWORD>(8 + ((offsets.size() + 1) & ~SIZE_T{1}) * 2)});
    for (const USHORT offset : offsets) Append(bytes, static_cast<USHORT>(IMAGE_REL_BASED_DIR64 << 12 | offset));
    if (offsets.size() % 2 != 0) Append(bytes, USHORT{0});
    SetDirectory(IMAGE_DIRECTORY_ENTRY_BASERELOC, next_, bytes.size());
    Add(".reloc", std::move(bytes), kReadOnly | IMAGE_SCN_MEM_DISCARDABLE);
  }

  /// The file.
  Bytes Write() {
    nt.FileHeader.NumberOfSections = static_cast<WORD>(sections_.size());
    if (nt.OptionalHeader.SizeOfImage == 0) nt.OptionalHeader.SizeOfImage = next_;
    Bytes file(nt.OptionalHeader.SizeOfHeaders);
    IMAGE_DOS_HEADER dos{};
    dos.e_magic = IMAGE_DOS_SIGNATURE;
    dos.e_lfanew = sizeof dos;
    Put(file, 0, dos);
    Put(file, sizeof dos, nt);
    SIZE_T at = sizeof dos + sizeof nt;
    for (auto& [section, content] : sections_) {
      section.PointerToRawData = static_cast<DWORD>(file.size());
      section.SizeOfRawData = static_cast<DWORD>((content.size() + 0x1ff) & ~SIZE_T{0x1ff});
      Put(file, at, section);
      at += sizeof section;
      file.insert(file.end(), content.begin(), content.end());
      file.resize(section.PointerToRawData + section.SizeOfRawData);
    }
    return file;
  }

  /// Where the section headers are in the file.
  static constexpr SIZE_T kSectionTable = sizeof(IMAGE_DOS_HEADER) + sizeof(IMAGE_NT_HEADERS64);

 private:
  ULONG next_ = 0x1000;
  std::vector<std::pair<IMAGE_SECTION_HEADER, Bytes>> sections_;
};

/// An image with one of everything, as a driver has it.
inline Bytes FullImage() {
  PeWriter pe;
  Bytes text(0x100, std::byte{0xCC});
  text[0] = std::byte{0xC3};
  // mov rax, 0xFFFFF78000000320
  const Bytes move = Code({0x48, 0xB8, 0x20, 0x03, 0x00, 0x00, 0x80, 0xF7, 0xFF, 0xFF});
  std::copy(move.begin(), move.end(), text.begin() + 0x20);
  pe.nt.OptionalHeader.AddressOfEntryPoint = pe.Add(".text", text, kCode);
  Bytes data(0x40);
  Put(data, 0, ULONGLONG{0x00002B992DDFA232});
  Put(data, 8, ULONGLONG{PeWriter::kBase + 0x1000});
  const ULONG data_rva = pe.Add(".data", data, kWritable, 0x1800);
  Bytes rdata;
  Append(rdata, RUNTIME_FUNCTION{0x1000, 0x1010, pe.next() + 0x20});
  rdata.resize(0x20);
  Append(rdata, UNWIND_INFO{1, 0, 4, 1, 0, 0});
  Append(rdata, UNWIND_CODE{{4, UWOP_ALLOC_SMALL, 4}});
  rdata.resize(0x40);
  IMAGE_LOAD_CONFIG_DIRECTORY64 config{};
  config.Size = sizeof config;
  config.SecurityCookie = PeWriter::kBase + data_rva;
  config.GuardCFCheckFunctionPointer = PeWriter::kBase + data_rva + 0x10;
  config.GuardCFDispatchFunctionPointer = PeWriter::kBase + data_rva + 0x18;
  const SIZE_T config_at = Append(rdata, config);
  const SIZE_T pdb_at = Append(rdata, ULONG{0x53445352});
  Append(rdata, GUID{1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}});
  Append(rdata, ULONG{7});
  AppendText(rdata, "full.pdb");
  IMAGE_DEBUG_DIRECTORY debug{};
  debug.Type = IMAGE_DEBUG_TYPE_CODEVIEW;
  debug.SizeOfData = static_cast<DWORD>(rdata.size() - pdb_at);
  debug.AddressOfRawData = pe.next() + static_cast<DWORD>(pdb_at);
  rdata.resize((rdata.size() + 7) & ~SIZE_T{7});
  const SIZE_T debug_at = Append(rdata, debug);
  pe.SetDirectory(IMAGE_DIRECTORY_ENTRY_EXCEPTION, pe.next(), sizeof(RUNTIME_FUNCTION));
  pe.SetDirectory(IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, pe.next() + static_cast<ULONG>(config_at), sizeof config);
  pe.SetDirectory(IMAGE_DIRECTORY_ENTRY_DEBUG, pe.next() + static_cast<ULONG>(debug_at), sizeof debug);
  pe.Add(".rdata", rdata, kReadOnly);
  pe.AddImports({{"one.sys", {"First", "#7"}}, {"TWO.SYS", {"Second"}}});
  pe.AddExports("full.sys", {{"Alpha", 0x1000, {}}, {"Beta", data_rva + 8, {}}, {"Gamma", 0, "full.Alpha"}});
  pe.Add("INIT", Code({0xC3}), kCode | IMAGE_SCN_MEM_DISCARDABLE);
  pe.AddRelocations(data_rva, {8});
  return pe.Write();
}

}  // namespace nt::ldr::test
