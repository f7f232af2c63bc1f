// Physical memory as drivers see it: contiguous and non-cached memory, device memory, translation.
#include <algorithm>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/state.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

namespace nt::mm {
namespace {

constexpr ULONG kCaching = PAGE_NOCACHE | PAGE_WRITECOMBINE;
/// Memory is cached, or it is not, or writes to it are combined.
bool IsOneCaching(ULONG protection) { return (protection & kCaching) != kCaching; }

PVOID AllocateContiguous(SIZE_T size, ULONG_PTR lowest, ULONG_PTR highest, ULONG_PTR boundary, ULONG protection) {
  const SIZE_T bytes = PageRoundUp(size);
  if (size == 0 || bytes < size) return nullptr;
  if (ex::LetAllocationFail()) return nullptr;
  const ULONG_PTR physical = AllocateLow("contiguous memory", bytes, lowest, highest, boundary);
  if (physical == kNoLowMemory) return nullptr;
  const ULONG_PTR address = kContiguous + physical;
  if (!hal::MapAlias(address, physical, bytes, HostProtection(protection))) {
    FreeLow(physical);
    return nullptr;
  }
  state->low.at(physical).mapped = true;
  return reinterpret_cast<PVOID>(address);
}

void FreeContiguous(PVOID base) {
  const ULONG_PTR physical = reinterpret_cast<ULONG_PTR>(base) - kContiguous;
  const auto found = state->low.find(physical);
  if (found == state->low.end() || !found->second.mapped) {
    ke::BugCheck(BAD_POOL_CALLER, 0x60, reinterpret_cast<ULONG_PTR>(base), 0, 0,
                 "Only what MmAllocateContiguousMemory returned can be freed as contiguous memory, once.");
  }
  FreeLow(physical);
}

ULONG_PTR MapDevice(ULONG_PTR physical, SIZE_T size, hal::Protection protection) {
  if (size == 0 || physical >= kPhysicalEnd || size > kPhysicalEnd - physical) return 0;
  const SIZE_T pages = PagesSpanned(physical, size);
  std::vector<PFN_NUMBER> frames(pages);
  for (SIZE_T i = 0; i < pages; ++i) frames[i] = (physical >> PAGE_SHIFT) + i;
  const ULONG_PTR base = MapSystem("I/O space", frames.data(), pages, protection);
  return base == 0 ? 0 : base + (physical & (PAGE_SIZE - 1));
}

struct Range {
  ULONG_PTR start;
  SIZE_T size;
};

/// Where memory answers, by ascending physical address. Every kind of memory has addresses of its own, far more than it uses.
std::vector<Range> PhysicalRanges() {
  std::vector<Range> ranges = {{PAGE_SIZE, kLowMemoryEnd - PAGE_SIZE}};
  for (const AddressSpace* const space : state->spaces) {
    if (space != nullptr) ranges.push_back({PhysicalOf(space->low()), kWindowSize});
  }
  for (const auto& [start, size] :
       {Range{kNonPagedPool, kNonPagedPoolSize}, {kPagedPool, kPagedPoolSize}, {kStacks, kStacksSize}, {kImages, kImagesSize}}) {
    ranges.push_back({PhysicalOf(start), size});
  }
  return ranges;
}

constexpr ULONG kTag = 0x20206d4d;  // 'Mm  '

}  // namespace

void* AddDeviceMemory(ULONG_PTR physical, SIZE_T size) {
  return reinterpret_cast<void*>(MapDevice(physical, size, hal::Protection::ReadWrite));
}

}  // namespace nt::mm

using namespace nt;
using namespace nt::mm;

extern "C" {

PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress) {
  return AllocateContiguous(NumberOfBytes, 0, static_cast<ULONG_PTR>(HighestAcceptableAddress.QuadPart), 0, PAGE_EXECUTE_READWRITE);
}

PVOID MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                             PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                             MEMORY_CACHING_TYPE) {
  return AllocateContiguous(NumberOfBytes, static_cast<ULONG_PTR>(LowestAcceptableAddress.QuadPart),
                            static_cast<ULONG_PTR>(HighestAcceptableAddress.QuadPart),
                            static_cast<ULONG_PTR>(BoundaryAddressMultiple.QuadPart), PAGE_EXECUTE_READWRITE);
}

PVOID MmAllocateContiguousMemorySpecifyCacheNode(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                 PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                 MEMORY_CACHING_TYPE CacheType, ULONG) {
  return MmAllocateContiguousMemorySpecifyCache(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress, BoundaryAddressMultiple,
                                                CacheType);
}

PVOID MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                     PHYSICAL_ADDRESS HighestAcceptableAddress, PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
                                     ULONG) {
  const ULONG access = Protect & ~kCaching;
  if (!IsOneCaching(Protect) || (access != PAGE_READWRITE && access != PAGE_EXECUTE_READWRITE)) return nullptr;
  return AllocateContiguous(NumberOfBytes, static_cast<ULONG_PTR>(LowestAcceptableAddress.QuadPart),
                            static_cast<ULONG_PTR>(HighestAcceptableAddress.QuadPart),
                            static_cast<ULONG_PTR>(BoundaryAddressMultiple.QuadPart), access);
}

VOID MmFreeContiguousMemory(PVOID BaseAddress) { FreeContiguous(BaseAddress); }

VOID MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T, MEMORY_CACHING_TYPE) { FreeContiguous(BaseAddress); }

PVOID MmAllocateNonCachedMemory(SIZE_T NumberOfBytes) { return AllocateContiguous(NumberOfBytes, 0, kLowMemoryEnd, 0, PAGE_READWRITE); }

VOID MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T) { FreeContiguous(BaseAddress); }

PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress) {
  ULONG_PTR physical = 0;
  if (!TranslateAddress(reinterpret_cast<ULONG_PTR>(BaseAddress), &physical)) physical = 0;
  PHYSICAL_ADDRESS result;
  result.QuadPart = static_cast<LONGLONG>(physical);
  return result;
}

PVOID MmGetVirtualForPhysical(PHYSICAL_ADDRESS PhysicalAddress) {
  const auto physical = static_cast<ULONG_PTR>(PhysicalAddress.QuadPart);
  if (physical < kLowMemoryEnd) return reinterpret_cast<PVOID>(kContiguous + physical);
  return physical < kEnd - kBase ? reinterpret_cast<PVOID>(VirtualOf(physical)) : nullptr;
}

PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE) {
  if (ex::LetAllocationFail()) return nullptr;
  return reinterpret_cast<PVOID>(
      MapDevice(static_cast<ULONG_PTR>(PhysicalAddress.QuadPart), NumberOfBytes, hal::Protection::ReadWriteExecute));
}

PVOID MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect) {
  if (ex::LetAllocationFail()) return nullptr;
  const ULONG access = Protect & ~kCaching;
  if (!IsOneCaching(Protect)) return nullptr;
  switch (access) {
    case PAGE_READONLY:
    case PAGE_READWRITE:
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
    case PAGE_EXECUTE_READWRITE:
      break;
    default:
      return nullptr;
  }
  return reinterpret_cast<PVOID>(MapDevice(static_cast<ULONG_PTR>(PhysicalAddress.QuadPart), NumberOfBytes, HostProtection(access)));
}

VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes) {
  const auto address = reinterpret_cast<ULONG_PTR>(BaseAddress);
  const auto found = state->mappings.find(PageAlign(address));
  if (found == state->mappings.end() || found->second.pages != PagesSpanned(address, NumberOfBytes)) {
    ke::BugCheck(SYSTEM_PTE_MISUSE, 0x400, address, NumberOfBytes, 0, "MmUnmapIoSpace needs the address and size of an MmMapIoSpace.");
  }
  UnmapSystem(PageAlign(address));
}

BOOLEAN MmIsAddressValid(PVOID VirtualAddress) { return Readable(reinterpret_cast<ULONG_PTR>(VirtualAddress)) ? TRUE : FALSE; }

BOOLEAN MmIsNonPagedSystemAddressValid(PVOID VirtualAddress) {
  const auto address = reinterpret_cast<ULONG_PTR>(VirtualAddress);
  return !IsUserAddress(address) && !ex::IsPagedPoolAddress(address) && Readable(address) ? TRUE : FALSE;
}

PPHYSICAL_MEMORY_RANGE MmGetPhysicalMemoryRanges() {
  std::vector<Range> ranges = PhysicalRanges();
  const SIZE_T size = (ranges.size() + 1) * sizeof(PHYSICAL_MEMORY_RANGE);
  auto* const list = static_cast<PPHYSICAL_MEMORY_RANGE>(ex::LetAllocationFail() ? nullptr : ex::AllocatePool(NonPagedPoolNx, size, kTag));
  if (list == nullptr) return nullptr;
  for (SIZE_T i = 0; i < ranges.size(); ++i) {
    list[i].BaseAddress.QuadPart = static_cast<LONGLONG>(ranges[i].start);
    list[i].NumberOfBytes.QuadPart = static_cast<LONGLONG>(ranges[i].size);
  }
  list[ranges.size()] = {};
  return list;
}

NTSTATUS MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes, ULONG Flags,
                      PSIZE_T NumberOfBytesTransferred) {
  *NumberOfBytesTransferred = 0;
  if (Flags != MM_COPY_MEMORY_PHYSICAL && Flags != MM_COPY_MEMORY_VIRTUAL) return STATUS_INVALID_PARAMETER_4;
  const bool physical = Flags == MM_COPY_MEMORY_PHYSICAL;
  auto source = reinterpret_cast<ULONG_PTR>(SourceAddress.VirtualAddress);
  if (physical) {
    const ULONG_PTR seen = MapDevice(source, std::max<SIZE_T>(NumberOfBytes, 1), hal::Protection::Read);
    source = seen != 0 ? seen : VirtualOf(source);
  }
  // Page by page, so that what lies before a bad page arrives.
  SIZE_T done = 0;
  while (done < NumberOfBytes) {
    const SIZE_T part = std::min<SIZE_T>(NumberOfBytes - done, PAGE_SIZE - ((source + done) & (PAGE_SIZE - 1)));
    if (!Guarded(static_cast<char*>(TargetAddress) + done, reinterpret_cast<const void*>(source + done), part)) break;
    done += part;
  }
  if (physical && source - kSystemPtes < kSystemPtesSize) UnmapSystem(PageAlign(source));
  *NumberOfBytesTransferred = done;
  return done == NumberOfBytes ? STATUS_SUCCESS : done != 0 ? STATUS_PARTIAL_COPY : STATUS_ACCESS_VIOLATION;
}

MM_SYSTEMSIZE MmQuerySystemSize() { return MmLargeSystem; }

BOOLEAN MmIsThisAnNtAsSystem() { return FALSE; }

}  // extern "C"
