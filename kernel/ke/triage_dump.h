// What drivers add to a small dump.
#pragma once

#include "nt/bugcheck.h"

namespace nt::ke {

/// Bytes that a driver may add.
inline constexpr ULONG kMostTriageData = 1 << 20;

}  // namespace nt::ke

extern "C" {
/// Empties an array that lies in `Size` bytes; STATUS_INVALID_PARAMETER if those hold no block. Any IRQL.
NTSTATUS KeInitializeTriageDumpDataArray(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, ULONG Size);
/// Adds a block of memory, unless another contains it; STATUS_INSUFFICIENT_RESOURCES if the array is full. Any IRQL.
NTSTATUS KeAddTriageDumpDataBlock(PKTRIAGE_DUMP_DATA_ARRAY KtriageDumpDataArray, PVOID Address, SIZE_T Size);
}
