#include "kernel/ldr/synthetic.h"

#include <cstring>

#include "kernel/ldr/state.h"

namespace nt::ldr {
namespace {

using Bytes = std::vector<std::byte>;

template <class T>
void Put(Bytes& bytes, SIZE_T at, T value) {
  if (bytes.size() < at + sizeof value) bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

SIZE_T Append(Bytes& bytes, std::string_view text) {
  const SIZE_T at = bytes.size();
  bytes.resize(at + text.size() + 1);
  std::memcpy(bytes.data() + at, text.data(), text.size());
  return at;
}

/// What is in the image as a function of its own.
bool HasStub(const api::Export& entry) {
  return entry.kind != api::Kind::Data && entry.forward == nullptr && entry.status != api::Status::Absent;
}
bool HasVariable(const api::Export& entry) {
  return entry.kind == api::Kind::Data && entry.forward == nullptr && entry.status != api::Status::Absent;
}

/// .text, .rdata and .data in the making.
class Writer {
 public:
  Writer(std::string_view module, std::span<const api::Export> exports, const SyntheticThunks& thunks)
      : module_(module), exports_(exports), thunks_(thunks) {
    for (const api::Export& entry : exports) stubs_ += HasStub(entry) ? 1 : 0;
    image_.plain.resize(exports.size());
    image_.hooked.resize(exports.size());
    text_size_ = kStubsOffset + 2 * stubs_ * kStubSize;
    rdata_rva_ = kTextRva + static_cast<ULONG>(Pages(text_size_));
  }

  SyntheticImage Write(ULONG_PTR base) {
    WriteStubs();
    WriteExports();
    WriteHeaders(base);
    return std::move(image_);
  }

 private:
  void WriteStubs();
  void WriteJump(ULONG place, ULONG offset, const void* target);
  void WriteStub(ULONG place, const api::Export& entry, const void* thunk);
  void WriteVariables();
  void WriteExports();
  void WriteHeaders(ULONG_PTR base);
  ULONG data_rva() const { return rdata_rva_ + static_cast<ULONG>(Pages(rdata_.size())); }

  std::string_view module_;
  std::span<const api::Export> exports_;
  SyntheticThunks thunks_;
  SyntheticImage image_;
  Bytes text_, rdata_;
  ULONG stubs_ = 0;
  ULONG text_size_ = 0;
  ULONG rdata_rva_ = 0;
  ULONG data_size_ = 0;
  ULONG export_rva_ = 0;
  ULONG export_size_ = 0;
};

/// jmp [slot]. The slots are in read-only memory of their own, at the head of .rdata.
void Writer::WriteJump(ULONG place, ULONG offset, const void* target) {
  const ULONG slot = place * ULONG{sizeof(ULONG_PTR)};
  Put(text_, offset, USHORT{0x25FF});
  Put(text_, offset + 2, rdata_rva_ + slot - (kTextRva + offset + 6));
  Put(rdata_, slot, reinterpret_cast<ULONG_PTR>(target));
}

/// mov eax, index; and the jump. A leaf gets all registers as they are.
void Writer::WriteStub(ULONG place, const api::Export& entry, const void* thunk) {
  const ULONG offset = kStubsOffset + place * kStubSize;
  if (entry.kind == api::Kind::Leaf) return WriteJump(place, offset, entry.target);
  Put(text_, offset, UCHAR{0xB8});
  Put(text_, offset + 1, api::IndexOf(entry));
  WriteJump(place, offset + 5, thunk);
}

void Writer::WriteStubs() {
  text_.assign(text_size_, std::byte{0xCC});
  rdata_.resize(SIZE_T{2} * stubs_ * sizeof(ULONG_PTR));
  Put(text_, kGuardCheckOffset, UCHAR{0xC3});        // ret
  Put(text_, kGuardDispatchOffset, USHORT{0xE0FF});  // jmp rax
  ULONG place = 0;
  for (SIZE_T i = 0; i < exports_.size(); ++i) {
    const api::Export& entry = exports_[i];
    if (!HasStub(entry)) continue;
    WriteStub(place, entry, thunks_.PlainFor(entry));
    WriteStub(stubs_ + place, entry, thunks_.hooked);
    image_.plain[i] = kTextRva + kStubsOffset + place * kStubSize;
    image_.hooked[i] = image_.plain[i] + stubs_ * kStubSize;
    ++place;
  }
}

/// Places the variables; .data follows .rdata, so this comes when that is complete.
void Writer::WriteVariables() {
  for (SIZE_T i = 0; i < exports_.size(); ++i) {
    if (!HasVariable(exports_[i])) continue;
    constexpr ULONG kAlignment = 16;
    image_.plain[i] = image_.hooked[i] = data_rva() + data_size_;
    data_size_ += (exports_[i].data_size + kAlignment - 1) & ~(kAlignment - 1);
  }
}

void Writer::WriteExports() {
  // Its size first: the variables' addresses, which it holds, depend on it.
  const SIZE_T start = rdata_.size();
  std::vector<SIZE_T> listed;
  for (SIZE_T i = 0; i < exports_.size(); ++i) {
    const api::Export& entry = exports_[i];
    if (entry.exported && (entry.status != api::Status::Absent || entry.forward != nullptr)) listed.push_back(i);
  }
  const SIZE_T functions = start + sizeof(IMAGE_EXPORT_DIRECTORY);
  const SIZE_T names = functions + listed.size() * sizeof(ULONG);
  const SIZE_T ordinals = names + listed.size() * sizeof(ULONG);
  rdata_.resize(ordinals + listed.size() * sizeof(USHORT));
  const auto rva = [&](SIZE_T offset) { return rdata_rva_ + static_cast<ULONG>(offset); };
  IMAGE_EXPORT_DIRECTORY directory{};
  directory.Name = rva(Append(rdata_, module_));
  directory.Base = 1;
  directory.NumberOfFunctions = directory.NumberOfNames = static_cast<DWORD>(listed.size());
  directory.AddressOfFunctions = rva(functions);
  directory.AddressOfNames = rva(names);
  directory.AddressOfNameOrdinals = rva(ordinals);
  Put(rdata_, start, directory);
  for (SIZE_T i = 0; i < listed.size(); ++i) {
    const api::Export& entry = exports_[listed[i]];
    Put(rdata_, names + i * sizeof(ULONG), rva(Append(rdata_, entry.name)));
    Put(rdata_, ordinals + i * sizeof(USHORT), static_cast<USHORT>(i));
    if (entry.forward != nullptr) Put(rdata_, functions + i * sizeof(ULONG), rva(Append(rdata_, entry.forward)));
  }
  export_rva_ = rva(start);
  export_size_ = static_cast<ULONG>(rdata_.size() - start);
  WriteVariables();
  for (SIZE_T i = 0; i < listed.size(); ++i) {
    if (exports_[listed[i]].forward == nullptr) Put(rdata_, functions + i * sizeof(ULONG), image_.plain[listed[i]]);
  }
}

void Writer::WriteHeaders(ULONG_PTR base) {
  struct Part {
    const char* name;
    ULONG rva;
    SIZE_T size;
    ULONG characteristics;
    const Bytes* bytes;
  };
  constexpr ULONG kRead = IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_NOT_PAGED;
  std::vector<Part> parts = {{".text", kTextRva, text_.size(), kRead | IMAGE_SCN_CNT_CODE | IMAGE_SCN_MEM_EXECUTE, &text_},
                             {".rdata", rdata_rva_, rdata_.size(), kRead | IMAGE_SCN_CNT_INITIALIZED_DATA, &rdata_}};
  const Bytes data(data_size_);
  if (data_size_ != 0) {
    parts.push_back({".data", data_rva(), data_size_, kRead | IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_WRITE, &data});
  }
  const auto end = static_cast<ULONG>(parts.back().rva + Pages(parts.back().size));
  Bytes& bytes = image_.bytes;
  bytes.resize(end);
  IMAGE_DOS_HEADER dos{};
  dos.e_magic = IMAGE_DOS_SIGNATURE;
  dos.e_lfanew = sizeof dos;
  IMAGE_NT_HEADERS64 nt{};
  nt.Signature = IMAGE_NT_SIGNATURE;
  nt.FileHeader.Machine = IMAGE_FILE_MACHINE_AMD64;
  nt.FileHeader.NumberOfSections = static_cast<WORD>(parts.size());
  nt.FileHeader.SizeOfOptionalHeader = sizeof nt.OptionalHeader;
  nt.FileHeader.Characteristics = IMAGE_FILE_EXECUTABLE_IMAGE | IMAGE_FILE_LARGE_ADDRESS_AWARE | IMAGE_FILE_DLL;
  IMAGE_OPTIONAL_HEADER64& header = nt.OptionalHeader;
  header.Magic = IMAGE_NT_OPTIONAL_HDR64_MAGIC;
  header.SizeOfCode = static_cast<DWORD>(Pages(text_.size()));
  header.BaseOfCode = kTextRva;
  header.ImageBase = base;
  header.SectionAlignment = header.FileAlignment = PAGE_SIZE;
  header.MajorOperatingSystemVersion = header.MajorImageVersion = header.MajorSubsystemVersion = 10;
  header.SizeOfImage = end;
  header.SizeOfHeaders = PAGE_SIZE;
  header.Subsystem = IMAGE_SUBSYSTEM_NATIVE;
  header.DllCharacteristics =
      IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | IMAGE_DLLCHARACTERISTICS_NX_COMPAT | IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA;
  header.NumberOfRvaAndSizes = IMAGE_NUMBEROF_DIRECTORY_ENTRIES;
  header.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT] = {export_rva_, export_size_};
  Put(bytes, 0, dos);
  Put(bytes, sizeof dos, nt);
  SIZE_T at = sizeof dos + sizeof nt;
  for (const Part& part : parts) {
    IMAGE_SECTION_HEADER section{};
    std::memcpy(section.Name, part.name, std::strlen(part.name));
    section.Misc.VirtualSize = static_cast<DWORD>(part.size);
    section.VirtualAddress = section.PointerToRawData = part.rva;
    section.SizeOfRawData = static_cast<DWORD>(Pages(part.size));
    section.Characteristics = part.characteristics;
    Put(bytes, at, section);
    at += sizeof section;
    if (!part.bytes->empty()) std::memcpy(bytes.data() + part.rva, part.bytes->data(), part.bytes->size());
  }
}

}  // namespace

SyntheticImage WriteSyntheticImage(std::string_view module, std::span<const api::Export> exports, ULONG_PTR base,
                                   const SyntheticThunks& thunks) {
  return Writer(module, exports, thunks).Write(base);
}

}  // namespace nt::ldr
