// Memory descriptor lists, protections and virtual memory information (wdm.h, ntddk.h, ntifs.h).
#pragma once

#include "nt/ke.h"
#include "nt/types.h"

/// Describes the pages of a buffer; an array of PFN_NUMBER follows it.
struct MDL {
  MDL* Next;
  CSHORT Size;  ///< of the structure and its page array, in bytes
  CSHORT MdlFlags;
  PEPROCESS Process;  ///< whose user pages are locked
  PVOID MappedSystemVa;
  PVOID StartVa;  ///< page of the buffer's first byte
  ULONG ByteCount;
  ULONG ByteOffset;  ///< of the buffer in its first page
};
using PMDL = MDL*;
using PMDLX = MDL*;
NT_SIZE(MDL, 0x30);
NT_OFFSET(MDL, Next, 0x0);
NT_OFFSET(MDL, Size, 0x8);
NT_OFFSET(MDL, MdlFlags, 0xa);
NT_OFFSET(MDL, Process, 0x10);
NT_OFFSET(MDL, MappedSystemVa, 0x18);
NT_OFFSET(MDL, StartVa, 0x20);
NT_OFFSET(MDL, ByteCount, 0x28);
NT_OFFSET(MDL, ByteOffset, 0x2c);

using PPFN_NUMBER = PFN_NUMBER*;

inline constexpr USHORT MDL_MAPPED_TO_SYSTEM_VA = 0x0001;
inline constexpr USHORT MDL_PAGES_LOCKED = 0x0002;
inline constexpr USHORT MDL_SOURCE_IS_NONPAGED_POOL = 0x0004;
inline constexpr USHORT MDL_ALLOCATED_FIXED_SIZE = 0x0008;
inline constexpr USHORT MDL_PARTIAL = 0x0010;
inline constexpr USHORT MDL_PARTIAL_HAS_BEEN_MAPPED = 0x0020;
inline constexpr USHORT MDL_IO_PAGE_READ = 0x0040;
inline constexpr USHORT MDL_WRITE_OPERATION = 0x0080;
inline constexpr USHORT MDL_PARENT_MAPPED_SYSTEM_VA = 0x0100;
inline constexpr USHORT MDL_FREE_EXTRA_PTES = 0x0200;
inline constexpr USHORT MDL_DESCRIBES_AWE = 0x0400;
inline constexpr USHORT MDL_IO_SPACE = 0x0800;
inline constexpr USHORT MDL_NETWORK_HEADER = 0x1000;
inline constexpr USHORT MDL_MAPPING_CAN_FAIL = 0x2000;
inline constexpr USHORT MDL_PAGE_CONTENTS_INVARIANT = 0x4000;
inline constexpr USHORT MDL_INTERNAL = 0x8000;

/// Bits a caller may add to the priority of MmMapLockedPagesSpecifyCache.
inline constexpr ULONG MdlMappingNoWrite = 0x80000000;
inline constexpr ULONG MdlMappingNoExecute = 0x40000000;
inline constexpr ULONG MdlMappingWithGuardPtes = 0x20000000;

enum MEMORY_CACHING_TYPE {
  MmNonCached = 0,
  MmCached = 1,
  MmWriteCombined = 2,
  MmHardwareCoherentCached = 3,
  MmNonCachedUnordered = 4,
  MmUSWCCached = 5,
  MmMaximumCacheType = 6,
  MmNotMapped = -1
};

enum MM_PAGE_PRIORITY { LowPagePriority = 0, NormalPagePriority = 16, HighPagePriority = 32 };

enum LOCK_OPERATION { IoReadAccess, IoWriteAccess, IoModifyAccess };

enum MM_SYSTEMSIZE { MmSmallSystem, MmMediumSystem, MmLargeSystem };

enum MM_ROTATE_DIRECTION { MmToFrameBuffer, MmToFrameBufferNoCopy, MmToRegularMemory, MmToRegularMemoryNoCopy, MmMaximumRotateDirection };

// Flags of MmAllocatePagesForMdlEx.
inline constexpr ULONG MM_DONT_ZERO_ALLOCATION = 0x1;
inline constexpr ULONG MM_ALLOCATE_FROM_LOCAL_NODE_ONLY = 0x2;
inline constexpr ULONG MM_ALLOCATE_FULLY_REQUIRED = 0x4;
inline constexpr ULONG MM_ALLOCATE_NO_WAIT = 0x8;
inline constexpr ULONG MM_ALLOCATE_PREFER_CONTIGUOUS = 0x10;
inline constexpr ULONG MM_ALLOCATE_REQUIRE_CONTIGUOUS_CHUNKS = 0x20;
inline constexpr ULONG MM_ALLOCATE_FAST_LARGE_PAGES = 0x40;
inline constexpr ULONG MM_ALLOCATE_AND_HOT_REMOVE = 0x100;

// Flags of MmCopyMemory.
inline constexpr ULONG MM_COPY_MEMORY_PHYSICAL = 0x1;
inline constexpr ULONG MM_COPY_MEMORY_VIRTUAL = 0x2;

/// Source of MmCopyMemory; passed by reference to a copy, as structures of 8 bytes are passed in a register.
union MM_COPY_ADDRESS {
  PVOID VirtualAddress;
  PHYSICAL_ADDRESS PhysicalAddress;
};
NT_SIZE(MM_COPY_ADDRESS, 0x8);

struct PHYSICAL_MEMORY_RANGE {
  PHYSICAL_ADDRESS BaseAddress;
  LARGE_INTEGER NumberOfBytes;
};
using PPHYSICAL_MEMORY_RANGE = PHYSICAL_MEMORY_RANGE*;
NT_SIZE(PHYSICAL_MEMORY_RANGE, 0x10);

inline constexpr ULONG PAGE_NOACCESS = 0x01;
inline constexpr ULONG PAGE_READONLY = 0x02;
inline constexpr ULONG PAGE_READWRITE = 0x04;
inline constexpr ULONG PAGE_WRITECOPY = 0x08;
inline constexpr ULONG PAGE_EXECUTE = 0x10;
inline constexpr ULONG PAGE_EXECUTE_READ = 0x20;
inline constexpr ULONG PAGE_EXECUTE_READWRITE = 0x40;
inline constexpr ULONG PAGE_EXECUTE_WRITECOPY = 0x80;
inline constexpr ULONG PAGE_GUARD = 0x100;
inline constexpr ULONG PAGE_NOCACHE = 0x200;
inline constexpr ULONG PAGE_WRITECOMBINE = 0x400;
inline constexpr ULONG PAGE_TARGETS_INVALID = 0x40000000;

inline constexpr ULONG MEM_COMMIT = 0x1000;
inline constexpr ULONG MEM_RESERVE = 0x2000;
inline constexpr ULONG MEM_DECOMMIT = 0x4000;
inline constexpr ULONG MEM_RELEASE = 0x8000;
inline constexpr ULONG MEM_FREE = 0x10000;
inline constexpr ULONG MEM_PRIVATE = 0x20000;
inline constexpr ULONG MEM_MAPPED = 0x40000;
inline constexpr ULONG MEM_RESET = 0x80000;
inline constexpr ULONG MEM_TOP_DOWN = 0x100000;
inline constexpr ULONG MEM_WRITE_WATCH = 0x200000;
inline constexpr ULONG MEM_PHYSICAL = 0x400000;
inline constexpr ULONG MEM_RESET_UNDO = 0x1000000;
inline constexpr ULONG MEM_IMAGE = 0x1000000;
inline constexpr ULONG MEM_LARGE_PAGES = 0x20000000;

inline constexpr ULONG SEC_BASED = 0x200000;
inline constexpr ULONG SEC_NO_CHANGE = 0x400000;
inline constexpr ULONG SEC_FILE = 0x800000;
inline constexpr ULONG SEC_IMAGE = 0x1000000;
inline constexpr ULONG SEC_RESERVE = 0x4000000;
inline constexpr ULONG SEC_COMMIT = 0x8000000;
inline constexpr ULONG SEC_NOCACHE = 0x10000000;
inline constexpr ULONG SEC_WRITECOMBINE = 0x40000000;
inline constexpr ULONG SEC_LARGE_PAGES = 0x80000000;

inline constexpr ACCESS_MASK SECTION_QUERY = 0x1;
inline constexpr ACCESS_MASK SECTION_MAP_WRITE = 0x2;
inline constexpr ACCESS_MASK SECTION_MAP_READ = 0x4;
inline constexpr ACCESS_MASK SECTION_MAP_EXECUTE = 0x8;
inline constexpr ACCESS_MASK SECTION_EXTEND_SIZE = 0x10;
inline constexpr ACCESS_MASK SECTION_ALL_ACCESS = 0xf001f;

/// How a file system and the memory manager share a file: one for all openings of it, in non-paged pool.
struct SECTION_OBJECT_POINTERS {
  PVOID DataSectionObject;
  PVOID SharedCacheMap;
  PVOID ImageSectionObject;
};
using PSECTION_OBJECT_POINTERS = SECTION_OBJECT_POINTERS*;
NT_SIZE(SECTION_OBJECT_POINTERS, 0x18);

/// Why a file system asks MmFlushImageSection.
enum MMFLUSH_TYPE { MmFlushForDelete, MmFlushForWrite };

/// What NtQuerySection tells.
enum SECTION_INFORMATION_CLASS { SectionBasicInformation, SectionImageInformation };

struct SECTION_BASIC_INFORMATION {
  PVOID BaseAddress;
  ULONG AllocationAttributes;
  LARGE_INTEGER MaximumSize;
};
NT_SIZE(SECTION_BASIC_INFORMATION, 0x18);
NT_OFFSET(SECTION_BASIC_INFORMATION, MaximumSize, 0x10);

struct SECTION_IMAGE_INFORMATION {
  PVOID TransferAddress;
  ULONG ZeroBits;
  SIZE_T MaximumStackSize;
  SIZE_T CommittedStackSize;
  ULONG SubSystemType;
  USHORT SubSystemMinorVersion;
  USHORT SubSystemMajorVersion;
  USHORT MajorOperatingSystemVersion;
  USHORT MinorOperatingSystemVersion;
  USHORT ImageCharacteristics;
  USHORT DllCharacteristics;
  USHORT Machine;
  BOOLEAN ImageContainsCode;
  UCHAR ImageFlags;
  ULONG LoaderFlags;
  ULONG ImageFileSize;
  ULONG CheckSum;
};
NT_SIZE(SECTION_IMAGE_INFORMATION, 0x40);
NT_OFFSET(SECTION_IMAGE_INFORMATION, SubSystemType, 0x20);
NT_OFFSET(SECTION_IMAGE_INFORMATION, Machine, 0x30);
NT_OFFSET(SECTION_IMAGE_INFORMATION, CheckSum, 0x3c);

enum SECTION_INHERIT { ViewShare = 1, ViewUnmap = 2 };

enum MEMORY_INFORMATION_CLASS {
  MemoryBasicInformation,
  MemoryWorkingSetInformation,
  MemoryMappedFilenameInformation,
  MemoryRegionInformation,
  MemoryWorkingSetExInformation,
  MemorySharedCommitInformation,
  MemoryImageInformation,
  MemoryRegionInformationEx
};

/// What NtQueryVirtualMemory tells of a whole reservation.
struct MEMORY_REGION_INFORMATION {
  PVOID AllocationBase;
  ULONG AllocationProtect;
  ULONG RegionType;  ///< 1: private, 2: mapped file, 4: image, 8: page file, 0x10: physical
  SIZE_T RegionSize;
  SIZE_T CommitSize;
  ULONG_PTR PartitionId;
  ULONG_PTR NodePreference;
};
NT_SIZE(MEMORY_REGION_INFORMATION, 0x30);
NT_OFFSET(MEMORY_REGION_INFORMATION, CommitSize, 0x18);

struct MEMORY_IMAGE_INFORMATION {
  PVOID ImageBase;
  SIZE_T SizeOfImage;
  ULONG ImageFlags;
};
NT_SIZE(MEMORY_IMAGE_INFORMATION, 0x18);

struct MEMORY_WORKING_SET_EX_INFORMATION {
  PVOID VirtualAddress;
  ULONG_PTR Attributes;  ///< from bit 0: valid, share count (3), protection (11), shared, node (6), locked, large page
};
NT_SIZE(MEMORY_WORKING_SET_EX_INFORMATION, 0x10);

/// What NtQueryVirtualMemory tells of a range of like pages.
struct MEMORY_BASIC_INFORMATION {
  PVOID BaseAddress;
  PVOID AllocationBase;
  ULONG AllocationProtect;
  USHORT PartitionId;
  SIZE_T RegionSize;
  ULONG State;
  ULONG Protect;
  ULONG Type;
};
using PMEMORY_BASIC_INFORMATION = MEMORY_BASIC_INFORMATION*;
NT_SIZE(MEMORY_BASIC_INFORMATION, 0x30);
NT_OFFSET(MEMORY_BASIC_INFORMATION, AllocationProtect, 0x10);
NT_OFFSET(MEMORY_BASIC_INFORMATION, RegionSize, 0x18);
NT_OFFSET(MEMORY_BASIC_INFORMATION, State, 0x20);
NT_OFFSET(MEMORY_BASIC_INFORMATION, Protect, 0x24);
NT_OFFSET(MEMORY_BASIC_INFORMATION, Type, 0x28);

/// Pages that a range of `size` bytes at `address` touches (ADDRESS_AND_SIZE_TO_SPAN_PAGES).
inline constexpr SIZE_T PagesSpanned(ULONG_PTR address, SIZE_T size) {
  return ((address & (PAGE_SIZE - 1)) + size + (PAGE_SIZE - 1)) >> PAGE_SHIFT;
}
inline constexpr ULONG_PTR PageAlign(ULONG_PTR address) { return address & ~ULONG_PTR{PAGE_SIZE - 1}; }
inline constexpr ULONG_PTR PageRoundUp(ULONG_PTR address) { return PageAlign(address + PAGE_SIZE - 1); }
