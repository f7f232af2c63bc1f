// A parser of PE32+ images that trusts nothing: every offset, size and count is checked against the bytes at hand.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nt/pe.h"
#include "nt/types.h"

namespace nt::ldr {

/// The outcome of looking at an image: NT's status, and one sentence that says what is wrong with it.
struct Verdict {
  NTSTATUS status = 0;
  std::string sentence;

  /// Only STATUS_SUCCESS is good: STATUS_IMAGE_MACHINE_TYPE_MISMATCH is a refusal with success severity.
  bool ok() const { return status == 0; }
};

/// One import of an image, by name or by ordinal.
struct Import {
  std::string_view name;  ///< empty when by ordinal
  USHORT ordinal = 0;     ///< the ordinal, or the hint of an import by name
  ULONG slot = 0;         ///< RVA of the 8-byte address to fill in

  bool by_ordinal() const { return name.empty(); }
};

/// What an image imports from one module.
struct ImportModule {
  std::string_view name;
  bool delayed = false;
  std::vector<Import> imports;
};

/// One export of an image. A forwarder names another module's export ("ntoskrnl.KeBugCheck") and has no address.
struct PeExport {
  std::string_view name;  ///< empty for an export by ordinal only
  ULONG ordinal = 0;
  ULONG rva = 0;
  std::string_view forwarder;
};

/// The export directory: names in the directory's (sorted) order, then those with an ordinal only.
struct ExportTable {
  std::string_view module;
  std::vector<PeExport> exports;
};

/// One place to relocate.
struct Relocation {
  ULONG rva;
  WORD type;
};

/// What a CodeView (RSDS) record says of an image's PDB.
struct PdbReference {
  std::string_view path;
  GUID signature{};
  ULONG age = 0;
};

/// A view of a PE32+ image, as a file or as it is mapped. It points into the bytes, which must outlive it.
class PeImage {
 public:
  enum class Layout { File, Mapped };

  /// Most sections NT's loader takes.
  static constexpr WORD kMaximumSections = 96;
  /// The largest image NT maps, in bytes (MM_SIZE_OF_LARGEST_IMAGE).
  static constexpr ULONG kMaximumImage = 0x77000000;

  /// Checks headers and sections of `bytes`. On success `*image` is a view of them.
  /// STATUS_INVALID_IMAGE_NOT_MZ, STATUS_INVALID_IMAGE_NE_FORMAT, STATUS_INVALID_IMAGE_LE_FORMAT,
  /// STATUS_INVALID_IMAGE_PROTECT (no PE header), STATUS_INVALID_IMAGE_WIN_32, STATUS_IMAGE_MACHINE_TYPE_MISMATCH,
  /// STATUS_INVALID_IMAGE_FORMAT for everything that is inconsistent.
  static Verdict Parse(std::span<const std::byte> bytes, Layout layout, PeImage* image);

  const IMAGE_FILE_HEADER& file_header() const { return file_header_; }
  const IMAGE_OPTIONAL_HEADER64& optional_header() const { return optional_header_; }
  std::span<const IMAGE_SECTION_HEADER> sections() const { return sections_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Offset of IMAGE_NT_HEADERS64 in file and memory.
  ULONG header_offset() const { return header_offset_; }
  /// Sections are aligned to less than a page: the file is mapped as one piece, offsets are RVAs.
  bool flat() const { return optional_header_.SectionAlignment < PAGE_SIZE; }

  /// A directory; empty if the image has no such entry.
  IMAGE_DATA_DIRECTORY Directory(ULONG index) const;
  /// The bytes at [rva, rva + size), or null if the image does not hold all of them.
  const std::byte* At(ULONG rva, SIZE_T size) const;
  /// As many bytes from `rva` on as lie together.
  std::span<const std::byte> Rest(ULONG rva) const;
  /// The zero-terminated string at `rva`, of at most `limit` characters, all printable ASCII.
  std::optional<std::string_view> StringAt(ULONG rva, SIZE_T limit = 512) const;
  /// A structure at `rva`; the image need not have it aligned.
  template <class T>
  std::optional<T> Read(ULONG rva) const {
    const std::byte* const at = At(rva, sizeof(T));
    if (at == nullptr) return std::nullopt;
    T value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
  }

  /// Imports in the directory's order, the delay-loaded ones last.
  Verdict Imports(std::vector<ImportModule>* modules) const;
  /// Exports; an image without an export directory has none.
  Verdict Exports(ExportTable* table) const;
  /// Relocations in the directory's order, padding left out.
  Verdict Relocations(std::vector<Relocation>* relocations) const;
  /// The load configuration, as much as the image has, the rest zero; nothing if the image has none.
  Verdict LoadConfig(std::optional<IMAGE_LOAD_CONFIG_DIRECTORY64>* config) const;
  /// The TLS directory, virtual addresses checked; nothing if the image has none.
  Verdict Tls(std::optional<IMAGE_TLS_DIRECTORY64>* tls) const;
  /// The functions of .pdata: the directory must hold whole entries, sorted and disjoint.
  Verdict Functions(std::span<const std::byte>* table) const;
  /// The PDB's name, or nothing. Damage in the debug directory is not an error: NT does not look at it.
  std::optional<PdbReference> Pdb() const;

  /// The RVA of a virtual address of the image's preferred (File) or actual (Mapped) base, if it is in the image.
  std::optional<ULONG> RvaOf(ULONGLONG address) const;
  /// The checksum as imagehlp computes it: 16-bit one's complement sum of the file, less the field itself, plus the size.
  ULONG ComputeChecksum() const;
  /// The image carries an embedded signature (which is not verified).
  bool Signed() const;

 private:
  Verdict ReadHeaders();
  Verdict CheckOptionalHeader() const;
  Verdict ReadSections(SIZE_T offset);
  Verdict CheckSections() const;
  Verdict ImportList(ULONG names, ULONG slots, ImportModule* module, ULONG* budget) const;
  Verdict DelayImports(std::vector<ImportModule>* modules, ULONG* budget) const;

  std::span<const std::byte> bytes_;
  Layout layout_ = Layout::File;
  ULONG header_offset_ = 0;
  IMAGE_FILE_HEADER file_header_{};
  IMAGE_OPTIONAL_HEADER64 optional_header_{};
  std::vector<IMAGE_SECTION_HEADER> sections_;
};

/// A section's name without its padding.
std::string_view NameOf(const IMAGE_SECTION_HEADER& section);
/// The bytes a section takes in memory: NT takes the raw size where the virtual size is 0.
ULONG SizeOf(const IMAGE_SECTION_HEADER& section);

}  // namespace nt::ldr
