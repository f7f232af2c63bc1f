// Where things are in the one address space of a machine.
//
// All guest-visible memory is one sparse memfd, the machine's "physical memory". Every region below is a linear
// window on it: physical address = virtual address - kBase. So the page frame of any address is a subtraction, and an
// MDL's pages can be mapped a second time anywhere by mmap at that offset.
#pragma once

#include "nt/types.h"

namespace nt::mm {

/// Lowest user address, as on NT.
inline constexpr ULONG_PTR kUserLow = 0x10000;
/// Highest user address (MmHighestUserAddress); processes' windows lie below it.
inline constexpr ULONG_PTR kUserHigh = 0x3FFF'FFFE'FFFF;
/// MmUserProbeAddress: the first address that a user pointer may not reach.
inline constexpr ULONG_PTR kUserProbe = 0x3FFF'FFFF'0000;
/// MmSystemRangeStart.
inline constexpr ULONG_PTR kSystemStart = 0x4000'0000'0000;

/// First process window, its size, and their number: each process has one, disjoint from the others'.
inline constexpr ULONG_PTR kWindowsStart = 0x1100'0000'0000;
inline constexpr ULONG_PTR kWindowSize = 0x10'0000'0000;  // 64 GiB
inline constexpr ULONG_PTR kWindowCount = 512;

/// Start of physical address 0: everything below is backed linearly from here on.
inline constexpr ULONG_PTR kBase = kWindowsStart;

inline constexpr ULONG_PTR kNonPagedPool = 0x4000'0000'0000;
inline constexpr ULONG_PTR kNonPagedPoolSize = 0x4'0000'0000;  // 16 GiB of addresses
inline constexpr ULONG_PTR kPagedPool = 0x4010'0000'0000;
inline constexpr ULONG_PTR kPagedPoolSize = 0x4'0000'0000;
inline constexpr ULONG_PTR kStacks = 0x4020'0000'0000;
inline constexpr ULONG_PTR kStacksSize = 0x4'0000'0000;
inline constexpr ULONG_PTR kImages = 0x4030'0000'0000;
inline constexpr ULONG_PTR kImagesSize = 0x4'0000'0000;
/// Contiguous and non-cached memory.
inline constexpr ULONG_PTR kContiguous = 0x4040'0000'0000;
inline constexpr ULONG_PTR kContiguousSize = 0x1'0000'0000;
/// Second mappings (MDLs mapped to system space, I/O space): backed by nothing of their own.
inline constexpr ULONG_PTR kSystemPtes = 0x4050'0000'0000;
inline constexpr ULONG_PTR kSystemPtesSize = 0x10'0000'0000;
/// End of the linearly backed range.
inline constexpr ULONG_PTR kEnd = 0x4060'0000'0000;

/// Behind the linear range come pages that only sections have, at physical addresses without a linear place: the page file's, and then
/// those of files, each file in a range of its own. An MDL of them is mapped as any other.
inline constexpr ULONG_PTR kSectionPages = kEnd - kBase;
inline constexpr ULONG_PTR kSectionPagesSize = 0x100'0000'0000;  // 1 TiB of addresses
inline constexpr ULONG_PTR kFilePages = 0x4000'0000'0000;
inline constexpr ULONG_PTR kFilePagesSize = 0x40'0000'0000;  // of one file
inline constexpr ULONG_PTR kFilePagesCount = 4096;

/// KUSER_SHARED_DATA, read-only for user code, where every Windows has it; the kernel's alias is patched to it.
inline constexpr ULONG_PTR kSharedUserData = 0x7FFE0000;
/// The page behind it.
inline constexpr ULONG_PTR kSharedUserDataShadow = 0x4045'0000'0000;
inline constexpr ULONG_PTR kSharedUserDataKernel = 0xFFFF'F780'0000'0000;

/// What every user stack has below its reservation, for who handles its overflow: the exception's dispatcher among them.
inline constexpr SIZE_T kStackOverflowRoom = 0x20000;

inline constexpr bool IsUserAddress(ULONG_PTR address) { return address < kUserProbe; }
inline constexpr ULONG_PTR PhysicalOf(ULONG_PTR address) { return address - kBase; }
inline constexpr PFN_NUMBER PfnOf(ULONG_PTR address) { return PhysicalOf(address) >> PAGE_SHIFT; }
inline constexpr ULONG_PTR VirtualOf(ULONG_PTR physical) { return physical + kBase; }

}  // namespace nt::mm
