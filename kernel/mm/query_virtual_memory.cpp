// NtQueryVirtualMemory: what a process's addresses are.
#include <algorithm>
#include <cstring>

#include "kernel/mm/section.h"
#include "kernel/ob/ob.h"
#include "nt/ps.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

/// Who asks for what, and where the answer goes.
struct Query {
  ULONG_PTR address;
  PVOID information;
  SIZE_T length;
  SIZE_T told = 0;

  template <class T>
  NTSTATUS Answer(const T& value, SIZE_T least = sizeof(T)) {
    if (length < least) return STATUS_INFO_LENGTH_MISMATCH;
    told = std::min(length, sizeof value);
    return Give(information, &value, told);
  }
  static NTSTATUS Give(void* to, const void* from, SIZE_T size) {
    if (ke::PreviousMode() != KernelMode) return CopyToUser(to, from, size);
    std::memcpy(to, from, size);
    return STATUS_SUCCESS;
  }
};

NTSTATUS TellBasic(const AddressSpace& space, Query& query) {
  MEMORY_BASIC_INFORMATION information{};
  const NTSTATUS status = space.Query(query.address, &information);
  return status == STATUS_SUCCESS ? query.Answer(information) : status;
}

std::u16string NameOf(PFILE_OBJECT file) {
  ULONG needed = 0;
  ObQueryNameString(file, nullptr, 0, &needed);
  std::vector<std::byte> buffer(needed);
  auto* const information = reinterpret_cast<POBJECT_NAME_INFORMATION>(buffer.data());
  if (!NT_SUCCESS(ObQueryNameString(file, information, needed, &needed))) return {};
  return {information->Name.Buffer, information->Name.Length / sizeof(WCHAR)};
}

/// A name, its characters behind it.
NTSTATUS TellFileName(const AddressSpace& space, Query& query) {
  MEMORY_BASIC_INFORMATION basic{};
  const NTSTATUS status = space.Query(query.address, &basic);
  if (status != STATUS_SUCCESS) return status;
  if (basic.Type != MEM_MAPPED && basic.Type != MEM_IMAGE) return STATUS_INVALID_ADDRESS;
  PFILE_OBJECT const file = space.FileOf(query.address);
  if (file == nullptr) return STATUS_FILE_INVALID;
  const std::u16string name = NameOf(file);
  const auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  query.told = sizeof(UNICODE_STRING) + bytes + sizeof(WCHAR);
  if (query.length < sizeof(UNICODE_STRING)) return STATUS_INFO_LENGTH_MISMATCH;
  if (query.length < query.told) return STATUS_BUFFER_OVERFLOW;
  auto* const characters = static_cast<char*>(query.information) + sizeof(UNICODE_STRING);
  const UNICODE_STRING string{bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), reinterpret_cast<PWSTR>(characters)};
  const NTSTATUS given = Query::Give(characters, name.c_str(), bytes + sizeof(WCHAR));
  return given == STATUS_SUCCESS ? Query::Give(query.information, &string, sizeof string) : given;
}

/// All bytes of the reservation that an address is in, and those of them that are committed.
void Measure(const AddressSpace& space, PVOID base, SIZE_T* size, SIZE_T* committed) {
  auto at = reinterpret_cast<ULONG_PTR>(base);
  MEMORY_BASIC_INFORMATION part{};
  while (space.Query(at, &part) == STATUS_SUCCESS && part.AllocationBase == base) {
    *size += part.RegionSize;
    if (part.State == MEM_COMMIT) *committed += part.RegionSize;
    at += part.RegionSize;
  }
}

NTSTATUS TellRegion(const AddressSpace& space, Query& query) {
  constexpr ULONG kPrivate = 1, kDataFile = 2, kImage = 4, kPageFile = 8;
  constexpr SIZE_T kLeast = offsetof(MEMORY_REGION_INFORMATION, CommitSize);  // as the structure once ended
  MEMORY_BASIC_INFORMATION basic{};
  const NTSTATUS status = space.Query(query.address, &basic);
  if (status != STATUS_SUCCESS) return status;
  if (basic.State == MEM_FREE) return STATUS_INVALID_ADDRESS;
  MEMORY_REGION_INFORMATION information{basic.AllocationBase, basic.AllocationProtect, kPrivate, 0, 0, 0, 0};
  if (basic.Type == MEM_IMAGE) information.RegionType = kImage;
  if (basic.Type == MEM_MAPPED) information.RegionType = space.FileOf(query.address) != nullptr ? kDataFile : kPageFile;
  Measure(space, basic.AllocationBase, &information.RegionSize, &information.CommitSize);
  return query.Answer(information, kLeast);
}

NTSTATUS TellImage(const AddressSpace& space, Query& query) {
  MEMORY_BASIC_INFORMATION basic{};
  const NTSTATUS status = space.Query(query.address, &basic);
  if (status != STATUS_SUCCESS) return status;
  if (basic.State == MEM_FREE) return STATUS_INVALID_ADDRESS;
  MEMORY_IMAGE_INFORMATION information{};
  if (basic.Type == MEM_IMAGE) {
    SIZE_T committed = 0;
    information.ImageBase = basic.AllocationBase;
    Measure(space, basic.AllocationBase, &information.SizeOfImage, &committed);
  }
  return query.Answer(information);
}

/// What is known of each page that the caller lists.
NTSTATUS TellPages(const AddressSpace& space, Query& query) {
  constexpr ULONG_PTR kValid = 1, kShareCount = 2, kShared = 0x8000;
  if (query.length == 0 || query.length % sizeof(MEMORY_WORKING_SET_EX_INFORMATION) != 0) return STATUS_INFO_LENGTH_MISMATCH;
  auto* const pages = static_cast<MEMORY_WORKING_SET_EX_INFORMATION*>(query.information);
  for (SIZE_T i = 0; i < query.length / sizeof *pages; ++i) {
    MEMORY_WORKING_SET_EX_INFORMATION page{};
    NTSTATUS status = TakeParameter(&pages[i], &page);
    if (status != STATUS_SUCCESS) return status;
    const ULONG protection = space.ProtectionOf(reinterpret_cast<ULONG_PTR>(page.VirtualAddress));
    MEMORY_BASIC_INFORMATION basic{};
    space.Query(reinterpret_cast<ULONG_PTR>(page.VirtualAddress), &basic);
    const bool valid = protection != 0 && (protection & (PAGE_NOACCESS | PAGE_GUARD)) == 0;
    page.Attributes = valid ? kValid | ULONG_PTR{protection & 0x7ff} << 4 : 0;
    if (valid && basic.Type != MEM_PRIVATE) page.Attributes |= kShared | kShareCount;
    status = GiveParameter(&pages[i], page);
    if (status != STATUS_SUCCESS) return status;
  }
  query.told = query.length;
  return STATUS_SUCCESS;
}

NTSTATUS Tell(const AddressSpace& space, MEMORY_INFORMATION_CLASS information_class, Query& query) {
  switch (information_class) {
    case MemoryBasicInformation:
      return TellBasic(space, query);
    case MemoryMappedFilenameInformation:
      return TellFileName(space, query);
    case MemoryRegionInformation:
    case MemoryRegionInformationEx:
      return TellRegion(space, query);
    case MemoryWorkingSetExInformation:
      return TellPages(space, query);
    case MemoryImageInformation:
      return TellImage(space, query);
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
}

bool Known(MEMORY_INFORMATION_CLASS information_class) {
  return information_class <= MemoryRegionInformationEx && information_class != MemoryWorkingSetInformation &&
         information_class != MemorySharedCommitInformation;
}

}  // namespace
}  // namespace nt::mm

using namespace nt;
using namespace nt::mm;

extern "C" NTSTATUS NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, MEMORY_INFORMATION_CLASS Class, PVOID Information,
                                         SIZE_T Length, PSIZE_T ReturnLength) {
  constexpr ACCESS_MASK kQueryInformation = 0x400;
  if (!Known(Class)) return STATUS_INVALID_INFO_CLASS;
  if (Class == MemoryBasicInformation && Length < sizeof(MEMORY_BASIC_INFORMATION)) return STATUS_INFO_LENGTH_MISMATCH;
  PEPROCESS process = ke::CurrentProcess();
  if (reinterpret_cast<LONG_PTR>(ProcessHandle) != -1) {
    const NTSTATUS status = ObReferenceObjectByHandle(ProcessHandle, kQueryInformation, ob::TypeOf(process), ke::PreviousMode(),
                                                      reinterpret_cast<PVOID*>(&process), nullptr);
    if (!NT_SUCCESS(status)) return status;
  } else {
    ObfReferenceObject(process);
  }
  Query query{reinterpret_cast<ULONG_PTR>(BaseAddress), Information, Length};
  const AddressSpace* const space = AddressSpaceOf(process);
  const NTSTATUS status = space != nullptr ? Tell(*space, Class, query) : STATUS_PROCESS_IS_TERMINATING;
  ObfDereferenceObject(process);
  if (ReturnLength != nullptr && query.told != 0) {
    const NTSTATUS given = GiveParameter(ReturnLength, query.told);
    if (given != STATUS_SUCCESS) return given;
  }
  return status;
}
