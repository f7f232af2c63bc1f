// The heap's size classes and flags.
#pragma once

#include "nt/types.h"

namespace nt::user {

inline constexpr ULONG kHeapGenerateExceptions = 0x4;
inline constexpr ULONG kHeapZeroMemory = 0x8;
inline constexpr ULONG kHeapReallocInPlaceOnly = 0x10;

/// Blocks above this size have pages of their own.
inline constexpr SIZE_T kHeapSmallLimit = 0x8000;
inline constexpr ULONG kHeapClasses = 40;

/// The class from which a block of `size` bytes (at most kHeapSmallLimit) comes.
ULONG HeapClassOf(SIZE_T size);
/// The payload of a class in bytes, a multiple of 16.
SIZE_T HeapClassSize(ULONG size_class);

}  // namespace nt::user
