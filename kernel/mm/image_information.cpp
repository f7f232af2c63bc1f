#include "kernel/mm/image_information.h"

namespace nt::mm {
namespace {

constexpr UCHAR kDynamicallyRelocated = 4;

}  // namespace

SECTION_IMAGE_INFORMATION DescribeImage(const IMAGE_FILE_HEADER& file, const IMAGE_OPTIONAL_HEADER64& optional, ULONG64 base,
                                        ULONG64 file_size) {
  SECTION_IMAGE_INFORMATION information{};
  information.TransferAddress = reinterpret_cast<PVOID>(base + optional.AddressOfEntryPoint);
  information.MaximumStackSize = optional.SizeOfStackReserve;
  information.CommittedStackSize = optional.SizeOfStackCommit;
  information.SubSystemType = optional.Subsystem;
  information.SubSystemMajorVersion = optional.MajorSubsystemVersion;
  information.SubSystemMinorVersion = optional.MinorSubsystemVersion;
  information.MajorOperatingSystemVersion = optional.MajorOperatingSystemVersion;
  information.MinorOperatingSystemVersion = optional.MinorOperatingSystemVersion;
  information.ImageCharacteristics = file.Characteristics;
  information.DllCharacteristics = optional.DllCharacteristics;
  information.Machine = file.Machine;
  information.ImageContainsCode = optional.SizeOfCode != 0 || optional.AddressOfEntryPoint != 0 ? TRUE : FALSE;
  if (base != optional.ImageBase) information.ImageFlags |= kDynamicallyRelocated;
  information.LoaderFlags = optional.LoaderFlags;
  information.ImageFileSize = static_cast<ULONG>(file_size);
  information.CheckSum = optional.CheckSum;
  return information;
}

}  // namespace nt::mm
