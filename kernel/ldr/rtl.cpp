#include "kernel/ldr/rtl.h"

#include <cstring>

#include "kernel/ldr/image.h"
#include "nt/status.h"

namespace {

/// NT takes no header farther than this from the image's start.
constexpr ULONG kFarthestHeader = 0x10000000;
constexpr ULONG kNoRangeCheck = 1;

/// Where an RVA is in a file, or 0.
ULONG FileOffsetOf(const IMAGE_NT_HEADERS64* headers, ULONG rva) {
  if (rva < headers->OptionalHeader.SizeOfHeaders) return rva;
  const auto* const section = reinterpret_cast<const IMAGE_SECTION_HEADER*>(reinterpret_cast<const std::byte*>(&headers->OptionalHeader) +
                                                                            headers->FileHeader.SizeOfOptionalHeader);
  for (WORD i = 0; i < headers->FileHeader.NumberOfSections; ++i) {
    if (rva - section[i].VirtualAddress < section[i].SizeOfRawData) {
      return rva - section[i].VirtualAddress + section[i].PointerToRawData;
    }
  }
  return 0;
}

}  // namespace

PVOID RtlPcToFileHeader(PVOID PcValue, PVOID* BaseOfImage) {
  const nt::ldr::Image* const image = nt::ldr::ImageOf(reinterpret_cast<ULONG_PTR>(PcValue));
  PVOID const base = image == nullptr ? nullptr : reinterpret_cast<PVOID>(image->base);
  *BaseOfImage = base;
  return base;
}

NTSTATUS RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONGLONG Size, PIMAGE_NT_HEADERS64* OutHeaders) {
  if (OutHeaders == nullptr) return STATUS_INVALID_PARAMETER;
  *OutHeaders = nullptr;
  if ((Flags & ~kNoRangeCheck) != 0 || Base == nullptr || Base == reinterpret_cast<PVOID>(~ULONG_PTR{0})) {
    return STATUS_INVALID_PARAMETER;
  }
  const bool check = (Flags & kNoRangeCheck) == 0;
  if (check && Size < sizeof(IMAGE_DOS_HEADER)) return STATUS_INVALID_IMAGE_FORMAT;
  const auto* const dos = static_cast<const IMAGE_DOS_HEADER*>(Base);
  if (dos->e_magic != IMAGE_DOS_SIGNATURE) return STATUS_INVALID_IMAGE_FORMAT;
  const auto offset = static_cast<ULONG>(dos->e_lfanew);
  if (offset >= kFarthestHeader || (check && (offset >= Size || Size - offset < sizeof(IMAGE_NT_HEADERS64)))) {
    return STATUS_INVALID_IMAGE_FORMAT;
  }
  auto* const headers = reinterpret_cast<PIMAGE_NT_HEADERS64>(static_cast<std::byte*>(Base) + offset);
  if (headers->Signature != IMAGE_NT_SIGNATURE) return STATUS_INVALID_IMAGE_FORMAT;
  *OutHeaders = headers;
  return STATUS_SUCCESS;
}

PIMAGE_NT_HEADERS64 RtlImageNtHeader(PVOID Base) {
  PIMAGE_NT_HEADERS64 headers = nullptr;
  RtlImageNtHeaderEx(kNoRangeCheck, Base, 0, &headers);
  return headers;
}

PVOID RtlImageDirectoryEntryToData(PVOID Base, BOOLEAN MappedAsImage, USHORT DirectoryEntry, PULONG Size) {
  const auto value = reinterpret_cast<ULONG_PTR>(Base);
  const bool mapped = MappedAsImage != FALSE && (value & 1) == 0;
  auto* const bytes = reinterpret_cast<std::byte*>(value & ~ULONG_PTR{1});
  const IMAGE_NT_HEADERS64* const headers = RtlImageNtHeader(bytes);
  if (headers == nullptr || headers->OptionalHeader.Magic != IMAGE_NT_OPTIONAL_HDR64_MAGIC ||
      DirectoryEntry >= headers->OptionalHeader.NumberOfRvaAndSizes || DirectoryEntry >= IMAGE_NUMBEROF_DIRECTORY_ENTRIES) {
    return nullptr;
  }
  const IMAGE_DATA_DIRECTORY& directory = headers->OptionalHeader.DataDirectory[DirectoryEntry];
  if (directory.VirtualAddress == 0) return nullptr;
  const ULONG offset = mapped ? directory.VirtualAddress : FileOffsetOf(headers, directory.VirtualAddress);
  if (offset == 0) return nullptr;
  *Size = directory.Size;
  return bytes + offset;
}

PVOID RtlFindExportedRoutineByName(PVOID DllBase, PCSTR RoutineName) {
  const nt::ldr::Image* const image = nt::ldr::ImageOf(reinterpret_cast<ULONG_PTR>(DllBase));
  if (image == nullptr || reinterpret_cast<PVOID>(image->base) != DllBase) return nullptr;
  return const_cast<PVOID>(nt::ldr::ExportOf(*image, RoutineName));
}
