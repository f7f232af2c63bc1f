// Images in memory: mapping, relocation, import binding, protection, and the list of what is loaded.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/ldr/pe.h"
#include "nt/pe.h"
#include "nt/types.h"

namespace nt::ldr {

/// The default security cookie an x64 image is linked with; one that still has it was not seeded.
inline constexpr ULONGLONG kDefaultSecurityCookie = 0x00002B992DDFA232;

/// The stack a walk may read: [low, high).
struct StackLimits {
  ULONG_PTR low;
  ULONG_PTR high;
};

/// What the loader is given by the components above it; all addresses may be null in a test.
struct Environment {
  const void* export_thunk = nullptr;                   ///< kernel stubs jump here, the export's index in EAX
  const void* limited_thunks[DISPATCH_LEVEL + 1] = {};  ///< those of exports for at most this IRQL
  const void* export_thunk_hooked = nullptr;            ///< the same for hooked stubs
  const void* user_export_thunk = nullptr;              ///< the same for modules in user space
  const void* user_export_thunk_hooked = nullptr;
  const void* absent_thunk = nullptr;       ///< an absent import of a driver jumps here, AbsentImport's index in EAX
  const void* user_absent_thunk = nullptr;  ///< the same for user images
  StackLimits (*stack_limits)() = nullptr;  ///< the current thread's stack, for RtlVirtualUnwind
  /// The function of code that no image holds, and what its addresses are relative to.
  const RUNTIME_FUNCTION* (*dynamic_function)(ULONG_PTR pc, ULONG_PTR* base) = nullptr;
};

/// An import that nothing provides. A call of it arrives at Environment::absent_thunk; a data import is an address that faults.
struct AbsentImport {
  std::string importer;  ///< "sample.sys"
  std::string module;    ///< "ntoskrnl.exe"
  std::string name;      ///< "IoFoo", or "#12" for an ordinal
  std::string reason;    ///< one sentence
};

/// A section as it is mapped.
struct Section {
  std::string name;
  ULONG rva;
  ULONG size;  ///< bytes, a multiple of a page
  ULONG characteristics;
  bool discarded = false;
  ULONG locks = 0;  ///< MmLockPagable…Section less MmUnlockPagableImageSection

  bool pageable() const { return name.starts_with("PAGE") || name.starts_with(".eda"); }
};

/// An export of a loaded image.
struct ImageExport {
  std::string name;  ///< empty for one by ordinal only
  ULONG ordinal;
  const void* address;    ///< null for a forwarder
  std::string forwarder;  ///< "module.name"
};

/// An image in memory.
struct Image {
  KLDR_DATA_TABLE_ENTRY entry{};  ///< what drivers see; on PsLoadedModuleList for kernel images
  std::string name;               ///< the base name, for messages; what is not ASCII appears as '?'
  std::u16string path;            ///< the buffers of the entry's names
  std::u16string base_name;
  ULONG_PTR base = 0;
  SIZE_T size = 0;         ///< SizeOfImage in whole pages
  SIZE_T mapped_size = 0;  ///< with the thunks of absent imports
  bool user = false;
  bool builtin = false;
  const void* entry_point = nullptr;  ///< null if the image has none
  std::vector<Section> sections;
  std::span<const RUNTIME_FUNCTION> functions;
  std::vector<ImageExport> exports;          ///< by name in the directory's order, then by ordinal
  std::vector<ULONG> absent;                 ///< indices for AbsentImportAt
  std::vector<Image*> imported;              ///< loaded images this one refers to
  std::vector<std::string> notes;            ///< oddities that do not keep the image from running
  std::optional<IMAGE_TLS_DIRECTORY64> tls;  ///< with actual addresses
  std::string pdb_path;                      ///< as the image names it; empty if it names none
  GUID pdb_signature{};
  ULONG pdb_age = 0;
  ULONG patched = 0;  ///< immediates that were pointed from the kernel's to the mapped KUSER_SHARED_DATA
  bool cookie_seeded = false;
  bool wholly_pageable = false;  ///< MmPageEntireDriver

  bool Contains(ULONG_PTR address) const { return address - base < mapped_size; }
};

/// An image that was unloaded: its addresses stay reserved, so that a late call of it faults and can be named.
struct UnloadedImage {
  std::string name;
  ULONG_PTR base;
  SIZE_T size;
};

/// Where imports come from.
class ImportResolver {
 public:
  virtual ~ImportResolver() = default;
  struct Result {
    const void* address = nullptr;  ///< null: absent
    Image* provider = nullptr;      ///< the loaded image that exports it
    bool data = false;              ///< for an absent import: it is a variable
    std::string reason;             ///< for an absent import: one sentence
  };
  /// Looks an import up; `module` as the importing image spells it.
  virtual Result Resolve(std::string_view module, const Import& import) = 0;
};

struct LoadOptions {
  /// Where to map: a multiple of 64 KiB with room for the image, or 0 for the next place among the kernel's images.
  ULONG_PTR base = 0;
  bool user = false;
  bool builtin = false;
  /// Refuse an image whose header has a checksum that is wrong (STATUS_IMAGE_CHECKSUM_MISMATCH), as NT does for drivers.
  bool verify_checksum = true;
  /// Refuse an image without an embedded signature (STATUS_INVALID_IMAGE_HASH).
  bool require_signature = false;
  /// What __security_cookie becomes, made fit for it.
  ULONGLONG cookie_seed = 0x0000'9D2B'51C4'E7A3;
  /// Null: every import is absent.
  ImportResolver* resolver = nullptr;
  /// What control-flow guard's pointers are set to; null leaves the image's own.
  const void* guard_check = nullptr;
  const void* guard_dispatch = nullptr;
};

/// Creates the loader's state. hal's memory must be there.
void Initialize(const Environment& environment);
/// Unmaps all images and forgets everything.
void Shutdown();

/// Maps an image: headers, sections, relocations, imports, cookie, protections; puts it on the lists. `path` is the NT
/// path the module list shows; `file` is needed for the call only. On failure nothing is left behind.
/// Besides what PeImage::Parse returns: STATUS_ILLEGAL_DLL_RELOCATION for an image without relocations,
/// STATUS_IMAGE_CHECKSUM_MISMATCH, STATUS_INVALID_IMAGE_HASH, STATUS_NO_MEMORY. An image for another processor is
/// STATUS_INVALID_IMAGE_FORMAT here, as NtLoadDriver and NtCreateUserProcess have it.
Verdict Load(std::u16string_view path, std::span<const std::byte> file, const LoadOptions& options, Image** image);
/// Takes an image off the lists and out of memory. A kernel image's addresses stay reserved and remembered.
void Unload(Image* image);
/// Frees the discardable sections (INIT, .reloc), once DriverEntry has returned.
void DiscardInit(Image* image);

/// The image that holds an address, or null. Any IRQL.
Image* ImageOf(ULONG_PTR address);
/// Whether a routine may be a callback with power over others: its image was linked to be checked (/INTEGRITYCHECK). Any IRQL.
bool MayBeCallback(const void* routine);
/// The unloaded image whose addresses these were, or null.
const UnloadedImage* UnloadedAt(ULONG_PTR address);
/// A loaded kernel image (or built-in module) by base name, in any case; null if there is none.
Image* FindImage(std::string_view name);
/// Everything loaded, sorted by address.
std::vector<Image*> Images();
/// An export by name, forwarders followed through loaded images; null if there is none.
const void* ExportOf(const Image& image, std::string_view name, ULONG depth = 0);
/// An export by ordinal.
const void* ExportOf(const Image& image, ULONG ordinal);

/// The absent import that has this index (EAX at Environment::absent_thunk), or null.
const AbsentImport* AbsentImportAt(ULONG index);
/// The absent data import at an address that faulted, or null.
const AbsentImport* AbsentDataAt(ULONG_PTR address);

/// Head of PsLoadedModuleList: the data export where the specification has it.
PLIST_ENTRY LoadedModuleList();

/// Names are compared as NT compares file names of modules: ASCII letters in any case.
bool SameName(std::string_view a, std::string_view b);

}  // namespace nt::ldr
