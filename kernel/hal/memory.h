// The machine's physical memory: one sparse memfd, mapped linearly (kernel/mm/layout.h) and, for MDLs, a second time.
#pragma once

#include "nt/types.h"

namespace nt::hal {

enum class Protection { None, Read, ReadWrite, ReadExecute, ReadWriteExecute };

/// Creates the machine's memory. Throws std::system_error if the host has none to give.
void InitializeMemory();
/// Unmaps everything and gives the memory back.
void ShutdownMemory();

/// Maps [va, va + size) on its own pages (physical = va - mm::kBase). Addresses and sizes are multiples of a page. False if the host
/// refuses.
bool MapLinear(ULONG_PTR va, SIZE_T size, Protection protection);
/// Maps [va, va + size) a second time on the pages at `physical`.
bool MapAlias(ULONG_PTR va, ULONG_PTR physical, SIZE_T size, Protection protection);
/// Makes a host file the pages at [physical, physical + mm::kFilePagesSize), beyond the memory; the descriptor stays the caller's.
void AttachFile(ULONG_PTR physical, int descriptor);
void DetachFile(ULONG_PTR physical);
/// Keeps [va, va + size) from being used for anything: every access faults.
bool Reserve(ULONG_PTR va, SIZE_T size);
bool Protect(ULONG_PTR va, SIZE_T size, Protection protection);
/// Zeroes the pages and gives them back to the host; the mapping stays.
void Discard(ULONG_PTR va, SIZE_T size);
/// Removes a mapping.
void Unmap(ULONG_PTR va, SIZE_T size);

}  // namespace nt::hal
