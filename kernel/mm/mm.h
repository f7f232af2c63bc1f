// The memory manager: user memory, MDLs, kernel stacks, I/O space, address spaces.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "kernel/hal/memory.h"
#include "kernel/mm/layout.h"
#include "nt/io.h"
#include "nt/mm.h"
#include "nt/types.h"

struct TEB;

namespace nt::mm {

/// Needs hal's memory.
void Initialize();
/// Sets the data exports (MmHighestUserAddress and others) and creates section objects' type; after ldr made the built-in modules, and
/// after ob.
void InitializeExports();
/// Unmaps what processes have; before pool goes.
void DestroyAddressSpaces();
void Shutdown();

// ---- how much memory there is ------------------------------------------------------------------------------------------------

/// What the machine has, in bytes; before anything is allocated.
void SetMemorySize(SIZE_T bytes);
/// Makes the nine events of \KernelObjects that tell of the conditions of memory.
void CreateMemoryEvents();
/// Before the machine is taken apart.
void StopMemoryEvents();
/// When the memory events tell of little or much available memory, in MiB; 0: by the machine's size.
void SetMemoryThresholds(ULONG low_mebibytes, ULONG high_mebibytes);
SIZE_T PhysicalPages();
SIZE_T AvailablePages();
SIZE_T CommittedPages();
SIZE_T PeakCommittedPages();
/// Physical memory and page file together.
SIZE_T CommitLimit();

// ---- user memory -------------------------------------------------------------------------------------------------------------

/// Copies from memory that may fault. STATUS_ACCESS_VIOLATION if it does, or if [source, source + size) is not user memory;
/// STATUS_GUARD_PAGE_VIOLATION at a guard page. What was copied before the fault stays. IRQL <= APC_LEVEL.
NTSTATUS CopyFromUser(void* to, const void* source, SIZE_T size);
/// Likewise, to memory that may fault.
NTSTATUS CopyToUser(void* target, const void* from, SIZE_T size);
/// Checks that a range lies in user space and is aligned: STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT. Touches nothing.
/// `alignment` is a power of two up to 16. A range of zero bytes is always right.
NTSTATUS ProbeUserRead(const void* address, SIZE_T size, ULONG alignment);
/// Likewise, and touches each page for writing.
NTSTATUS ProbeUserWrite(void* address, SIZE_T size, ULONG alignment);
/// What a query does first: probes the buffer for its answer, which lies on four bytes, and where the length is told (null: nowhere), if
/// the previous mode is user. STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT.
NTSTATUS ProbeAnswer(PVOID buffer, SIZE_T length, PULONG return_length);
/// Probes a variable that a service will store to in the end, if the previous mode is user; null is right.
NTSTATUS ProbeResult(PVOID result, SIZE_T size);

template <class T>
NTSTATUS ReadUser(const T* source, T* value) {
  return CopyFromUser(value, source, sizeof(T));
}
template <class T>
NTSTATUS WriteUser(T* target, const T& value) {
  return CopyToUser(target, &value, sizeof(T));
}

// ---- kernel stacks -----------------------------------------------------------------------------------------------------------

/// A stack of `size` bytes (rounded up to pages) above an unmapped guard page; returns its lowest byte, null if there is no memory.
void* AllocateKernelStack(SIZE_T size);
void FreeKernelStack(void* stack, SIZE_T size);

// ---- address spaces ----------------------------------------------------------------------------------------------------------

/// A section's pages, shared by its views.
struct SectionPages;
struct ImagePages;

/// The part of a section that a view shows.
struct SectionPart {
  SectionPages* pages;
  ULONG64 size;  ///< of the section, in bytes
  ULONG64 offset;
};

/// A process's user memory: its window, reservations and pages. Addresses outside the window are not available to the process,
/// but for the shared data page.
class AddressSpace {
 public:
  /// Takes the lowest free window. Null if all are taken.
  static AddressSpace* Create(PEPROCESS process);
  /// Unmaps everything and gives the window back.
  static void Destroy(AddressSpace* space);

  ULONG_PTR low() const { return low_; }
  ULONG_PTR high() const { return low_ + kWindowSize; }
  PEPROCESS process() const { return process_; }

  /// Reserves and commits as NtAllocateVirtualMemory does; *base of 0 lets the system choose. `zero_bits` as there.
  NTSTATUS Allocate(ULONG_PTR* base, ULONG_PTR zero_bits, SIZE_T* size, ULONG type, ULONG protection);
  /// MEM_DECOMMIT, or MEM_RELEASE (size 0: the whole allocation).
  NTSTATUS Free(ULONG_PTR* base, SIZE_T* size, ULONG type);
  NTSTATUS Protect(ULONG_PTR* base, SIZE_T* size, ULONG protection, ULONG* old);
  NTSTATUS Query(ULONG_PTR address, MEMORY_BASIC_INFORMATION* information) const;

  /// Reserves a range for an image and commits it, all pages PAGE_READWRITE; the loader then sets each section's protection.
  /// *base is a wish, or 0. STATUS_CONFLICTING_ADDRESSES if the wish is taken.
  NTSTATUS MapImage(ULONG_PTR* base, SIZE_T size);
  /// The image at `base` is one of a section: its file is in use as long as it is mapped.
  void KeepImage(ULONG_PTR base, ImagePages* image);
  /// The same, for an image that was mapped without a section; `bytes` are its file's.
  NTSTATUS KeepImage(ULONG_PTR base, PFILE_OBJECT file, std::span<const std::byte> bytes);
  /// The pages of a view at an address, or null; those that are the process's own are not.
  SectionPages* SectionAt(ULONG_PTR address) const;
  /// Maps a section from an offset on; *size 0: to its end.
  NTSTATUS MapView(const SectionPart& part, ULONG_PTR* base, SIZE_T* size, ULONG type, ULONG protection);
  /// Maps page frames, for an MDL.
  NTSTATUS MapFrames(ULONG_PTR* base, const PFN_NUMBER* frames, SIZE_T count, ULONG protection);
  /// Removes the view or image that contains the address.
  NTSTATUS UnmapView(ULONG_PTR address);
  /// What NtFlushVirtualMemory has to do: the range must be of one view of a file. What was written there is in the file already.
  NTSTATUS FlushView(ULONG_PTR* base, SIZE_T* size);
  /// The file that a view shows, or null.
  PFILE_OBJECT FileOf(ULONG_PTR address) const;
  /// Reserves a user stack and commits its top, with a guard page below; *limit is the lowest committed byte, *base the end. Below what is
  /// asked for is room for whoever handles the stack's overflow.
  NTSTATUS CreateStack(SIZE_T reserve, SIZE_T commit, ULONG_PTR* allocation, ULONG_PTR* limit, ULONG_PTR* base);

  /// What NT does at a fault: STATUS_SUCCESS if the access may be repeated (a stack grew), STATUS_GUARD_PAGE_VIOLATION (once),
  /// STATUS_STACK_OVERFLOW, STATUS_ACCESS_VIOLATION.
  NTSTATUS HandleFault(ULONG_PTR address, bool write);
  /// Whether an access to a page is to go through HandleFault first.
  bool NeedsFault(ULONG_PTR address, bool write) const;
  /// Maps what was committed of a reserved section, in all views of it.
  void ShowCommitted(const SectionPages* pages);

  /// Keeps a range from being freed, and from a protection that refuses what `mode` (PAGE_READONLY, PAGE_READWRITE) allows; a number for
  /// Unsecure, 0 if it is refused now.
  ULONG_PTR Secure(ULONG_PTR base, SIZE_T size, ULONG mode);
  void Unsecure(ULONG_PTR number);

  /// Protection of a committed page; 0 if the page is not committed.
  ULONG ProtectionOf(ULONG_PTR address) const;
  /// Physical address behind a committed page.
  ULONG_PTR PhysicalAddressOf(ULONG_PTR address) const;
  /// Committed bytes.
  SIZE_T committed() const;

 private:
  /// A run of pages with one state.
  struct Run {
    SIZE_T pages;
    ULONG protection;  ///< 0: reserved only
  };
  /// One reservation (NT's VAD).
  struct Allocation {
    SIZE_T size;
    ULONG protection;  ///< of the reservation
    ULONG type;        ///< MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE
    bool stack;
    SectionPages* section;
    ULONG64 section_offset;
    std::vector<PFN_NUMBER> frames;                 ///< MapFrames: the pages; else empty
    std::map<ULONG_PTR, Run> runs;                  ///< by first address; they cover the allocation
    std::set<ULONG_PTR> copied = {};                ///< pages of a view that were written to and are now the process's own
    std::map<ULONG_PTR, ULONG_PTR> displaced = {};  ///< own pages whose frames were locked: their physical addresses
    bool uncommittable = false;                     ///< reserved for physical pages
    ImagePages* image = nullptr;                    ///< of an image that was mapped by its section
  };
  using Allocations = std::map<ULONG_PTR, Allocation>;

  Allocations::iterator Find(ULONG_PTR address);
  Allocations::const_iterator Find(ULONG_PTR address) const;
  bool Available(ULONG_PTR base, SIZE_T size) const;
  ULONG_PTR Place(SIZE_T size, bool top_down, SIZE_T alignment) const;
  NTSTATUS Reserve(ULONG_PTR* base, SIZE_T size, ULONG type, Allocation allocation);
  static SIZE_T PrivatePages(const Allocation& allocation, ULONG_PTR base, SIZE_T size);
  static void UnmapCommitted(Allocation& allocation, ULONG_PTR base, SIZE_T size);
  static bool SetRange(ULONG_PTR start, Allocation& allocation, ULONG_PTR base, SIZE_T size, ULONG protection);
  static bool MapOwn(Allocation& allocation, ULONG_PTR base, SIZE_T size, hal::Protection protection);
  static void FreeOwn(Allocation& allocation, ULONG_PTR base, SIZE_T size);
  static bool Map(ULONG_PTR start, Allocation& allocation, ULONG_PTR base, SIZE_T size, ULONG protection);
  static void Unmap(Allocation& allocation, ULONG_PTR base, SIZE_T size);
  static hal::Protection HostProtectionIn(const Allocation& allocation, ULONG protection);
  static NTSTATUS CopyPage(Allocation& allocation, ULONG_PTR page, ULONG protection);
  static NTSTATUS CommitView(ULONG_PTR start, Allocation& allocation, ULONG_PTR base, SIZE_T size, ULONG protection);
  static void Split(Allocation& allocation, ULONG_PTR address);
  static void Merge(Allocation& allocation);
  static const Run* RunAt(const Allocation& allocation, ULONG_PTR address);
  void Release(Allocations::iterator allocation, ULONG_PTR base, SIZE_T size);
  NTSTATUS CheckWish(ULONG_PTR* base, SIZE_T* size) const;
  static NTSTATUS GrowStack(ULONG_PTR start, Allocation& allocation, ULONG_PTR guard);

  struct Secured {
    ULONG_PTR base;
    SIZE_T size;
    bool write;
  };
  bool MaySet(ULONG_PTR base, SIZE_T size, ULONG protection) const;

  ULONG_PTR low_ = 0;
  ULONG_PTR secured_count_ = 0;
  std::map<ULONG_PTR, Secured> secured_;
  PEPROCESS process_ = nullptr;
  Allocations allocations_;
};

/// Bugchecks if a driver has pages of a process locked: in its last thread, when nothing can unlock them any more.
void CheckLockedPages(PEPROCESS process);

/// The space of a process; null for one without user memory.
AddressSpace* AddressSpaceOf(PEPROCESS process);
/// The space whose window contains the address, or null.
AddressSpace* AddressSpaceAt(ULONG_PTR address);

/// Where the last guard page of a user stack may be: what lies below is for who handles the overflow. `allocation` is the stack's lowest
/// byte.
ULONG_PTR LowestStackGuard(ULONG_PTR allocation, const TEB& teb);

/// Called by the trap handler for every fault of user memory, before it becomes an exception; see AddressSpace::HandleFault.
NTSTATUS HandleUserFault(ULONG_PTR address, bool write);
/// The protection (PAGE_…) of the user page at `address`; 0 where nothing is committed. Safe in a fault handler.
ULONG UserProtection(ULONG_PTR address);

/// Zeroed pages for a section; `size` is rounded up to pages. Null if there is no memory. Starts with one reference. Those of a reserved
/// section become usable when a view commits them.
SectionPages* CreateSectionPages(SIZE_T size, bool reserved = false);
void ReferenceSectionPages(SectionPages* pages);
void DereferenceSectionPages(SectionPages* pages);
/// Physical address of the first page; the others follow.
ULONG_PTR SectionPhysical(const SectionPages* pages);

/// What the file system of C: does for sections of files.
struct FileSystem {
  int (*descriptor)(PFILE_OBJECT file);  ///< the host's, for reading and writing; negative if the file cannot be mapped
  NTSTATUS (*extend)(PFILE_OBJECT file, LONGLONG size);
  void (*written)(PFILE_OBJECT file);  ///< views of it were written to
};
void SetFileSystem(const FileSystem& functions);
/// All bytes of an open file of that file system.
NTSTATUS ReadImageFile(PFILE_OBJECT file, std::vector<std::byte>* bytes);
/// Who maps images into processes, and is told before one goes.
void SetImageMapper(NTSTATUS (*map)(PEPROCESS process, PFILE_OBJECT file, ULONG_PTR* base, SIZE_T* size),
                    void (*unmap)(PEPROCESS process, ULONG_PTR address));

// ---- the rest ----------------------------------------------------------------------------------------------------------------

/// In words what is known of an address: pool block, stack, device memory, MDL mapping, a process's page. Empty if nothing is.
std::string DescribeAddress(ULONG_PTR address);

/// Physical address behind any mapped address of the current process or the system; false if nothing is mapped there.
bool TranslateAddress(ULONG_PTR address, ULONG_PTR* physical);

/// One MDL mapping or device memory mapping that was not undone.
struct Mapping {
  const char* kind;  ///< "MDL mapping", "I/O space", "contiguous memory", "MDL pages", "locked pages"
  ULONG_PTR address;
  SIZE_T size;
  ULONG_PTR caller;  ///< PE address that made it; 0 for the kernel
};
/// Visits all of them by ascending address; for the report of what a driver left behind.
void ForEachMapping(const std::function<void(const Mapping&)>& visit);

/// Makes [physical, physical + size) a device's memory: MmMapIoSpace of it maps `backing` bytes that both sides see. Addresses that no
/// device has read as zeroes and keep what is written. Returns where the device sees it.
void* AddDeviceMemory(ULONG_PTR physical, SIZE_T size);

}  // namespace nt::mm

extern "C" {
SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length);
VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation);
VOID MmUnlockPages(PMDL MemoryDescriptorList);
VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList);
PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode);
PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType,
                                   PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority);
VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList);
PHYSICAL_ADDRESS MmGetPhysicalAddress(PVOID BaseAddress);
BOOLEAN MmIsAddressValid(PVOID VirtualAddress);
PVOID MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress);
VOID MmFreeContiguousMemory(PVOID BaseAddress);
PVOID MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, MEMORY_CACHING_TYPE CacheType);
VOID MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes);
NTSTATUS MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID FromAddress, PEPROCESS ToProcess, PVOID ToAddress, SIZE_T BufferSize,
                             KPROCESSOR_MODE PreviousMode, PSIZE_T ReturnSize);
NTSTATUS NtAllocateVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize, ULONG AllocationType,
                                 ULONG Protect);
NTSTATUS NtFreeVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, PSIZE_T RegionSize, ULONG FreeType);
NTSTATUS NtProtectVirtualMemory(HANDLE ProcessHandle, PVOID* BaseAddress, PSIZE_T RegionSize, ULONG NewProtect, PULONG OldProtect);
NTSTATUS NtQueryVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, MEMORY_INFORMATION_CLASS Class, PVOID Information, SIZE_T Length,
                              PSIZE_T ReturnLength);
NTSTATUS NtReadVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Size, PSIZE_T Read);
NTSTATUS NtWriteVirtualMemory(HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T Size, PSIZE_T Written);
}
