// What mm keeps. Private.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

#include "kernel/hal/memory.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/mm.h"

namespace nt::mm {

/// One mapping in the range of second mappings.
struct SystemMapping {
  const char* kind;
  SIZE_T pages;
  std::vector<PFN_NUMBER> frames;
  ULONG_PTR caller;
};

/// One piece of low memory: contiguous, or the pages of an MDL.
struct LowBlock {
  const char* kind;
  SIZE_T size;
  bool mapped;  ///< at kContiguous + its physical address
  ULONG_PTR caller;
};

/// A user page that MDLs have locked.
struct LockedFrame {
  ULONG locks = 0;
  bool orphan = false;  ///< it is mapped no more, and goes when it is unlocked
};

/// An MDL with locked pages.
struct LockedMdl {
  Mapping mapping;
  PEPROCESS process = nullptr;            ///< whose user pages they are, or null
  std::vector<SectionPages*> sections{};  ///< that pages of it are of, referenced
};

struct State {
  std::array<AddressSpace*, kWindowCount> spaces{};
  // stacks
  std::map<SIZE_T, std::vector<ULONG_PTR>> free_stacks;  ///< by size
  ULONG_PTR next_stack = kStacks;
  std::map<ULONG_PTR, SIZE_T> stacks;  ///< in use
  // second mappings
  std::map<ULONG_PTR, SystemMapping> mappings;
  std::map<SIZE_T, std::deque<ULONG_PTR>> free_ptes;  ///< by pages: the longest free first
  ULONG_PTR next_pte = kSystemPtes;
  std::map<ULONG_PTR, SectionPages*> system_views;  ///< of sections, by address
  std::map<ULONG_PTR, SIZE_T> section_pages;        ///< what sections take: physical address, bytes
  FileSystem file_system{};
  NTSTATUS (*map_image)(PEPROCESS process, PFILE_OBJECT file, ULONG_PTR* base, SIZE_T* size) = nullptr;
  void (*unmap_image)(PEPROCESS process, ULONG_PTR address) = nullptr;
  std::map<ULONG_PTR, ULONG> reserved_tags;  ///< of MmAllocateMappingAddress, by address
  // low memory, by physical address
  std::map<ULONG_PTR, LowBlock> low;
  // MDLs with locked pages
  std::unordered_map<ULONG_PTR, LockedMdl> locked;
  std::map<PFN_NUMBER, LockedFrame> locked_frames;
  Memory memory;
};
extern State* state;

/// Physical memory below the devices' addresses, which MmAllocateContiguousMemory and MmAllocatePagesForMdl give out. It takes the
/// place of the first process window, so that a driver's wish for addresses below 4 GiB, or 16 MiB, can be met.
inline constexpr ULONG_PTR kLowMemoryStart = 0x10'0000;
inline constexpr ULONG_PTR kLowMemoryEnd = 0xc000'0000;
/// What the machine's address lines reach.
inline constexpr ULONG_PTR kPhysicalEnd = kFilePages + kFilePagesCount * kFilePagesSize;
/// Everything below this physical address is low memory or a device's.
inline constexpr ULONG_PTR kDeviceEnd = kWindowSize;

/// Copies memory that may fault; false if it did.
bool Guarded(void* to, const void* from, SIZE_T size);
/// True if a byte can be read.
bool Readable(ULONG_PTR address);

/// PE address of the running export's caller.
ULONG_PTR Caller();

hal::Protection HostProtection(ULONG protection);
/// One kind of access, with modifiers that go with it.
bool ValidProtection(ULONG protection);
/// What a protection that is asked for means in a view that was mapped with another one: writes may become copies, but what the view
/// forbids is STATUS_SECTION_PROTECTION.
NTSTATUS LimitToView(ULONG view, ULONG* protection);
/// Reservations and views start at multiples of this.
inline constexpr ULONG_PTR kGranularity = 0x10000;

/// Maps page frames into the range of second mappings; 0 if it is used up.
ULONG_PTR MapSystem(const char* kind, const PFN_NUMBER* frames, SIZE_T count, hal::Protection protection);
/// Keeps addresses for so many pages of which nothing is mapped yet; 0 if the range is used up.
ULONG_PTR ReserveSystem(const char* kind, SIZE_T count);
/// Maps page frames at reserved addresses, and unmaps what is mapped there.
bool MapReserved(ULONG_PTR address, const PFN_NUMBER* frames, SIZE_T count, hal::Protection protection);
void UnmapReserved(ULONG_PTR address);
/// False if nothing was mapped by MapSystem or reserved by ReserveSystem there.
bool UnmapSystem(ULONG_PTR address);

/// Counts the locks of a user page.
void LockFrame(PFN_NUMBER frame);
void UnlockFrame(PFN_NUMBER frame);
/// Zeroes and gives back frames, but for those that are locked: they go when they are unlocked.
void FreeFrames(ULONG_PTR physical, SIZE_T size);
/// A place for so many bytes of pages that have no linear place; 0 if there is none. FreeFrames gives back single pages.
ULONG_PTR TakeSectionPages(SIZE_T size);

/// Takes `size` bytes (whole pages) of low memory between `lowest` and `highest`, both inclusive, zeroed, that do not cross a multiple
/// of `boundary` (0: any). kNoLowMemory if there are none.
inline constexpr ULONG_PTR kNoLowMemory = ~ULONG_PTR{0};
ULONG_PTR AllocateLow(const char* kind, SIZE_T size, ULONG_PTR lowest, ULONG_PTR highest, ULONG_PTR boundary);
void FreeLow(ULONG_PTR physical);

}  // namespace nt::mm
