// The memory of a system service's caller: any that he names if he is in kernel mode, user memory, which may be bad, if he is not.
#pragma once

#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

namespace nt::mm {

/// Whether the running service was called from user mode. Any IRQL.
inline bool FromUser() { return ke::PreviousMode() == UserMode; }

/// Copies `size` bytes from the caller's memory. STATUS_ACCESS_VIOLATION and STATUS_GUARD_PAGE_VIOLATION as CopyFromUser has it, for a
/// caller in user mode only: a bad address from kernel mode is a bug check, as on NT. IRQL <= APC_LEVEL.
inline NTSTATUS LoadBytes(void* to, const void* from, SIZE_T size) {
  if (FromUser()) return CopyFromUser(to, from, size);
  if (size != 0) std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

/// Likewise, to the caller's memory.
inline NTSTATUS StoreBytes(void* to, const void* from, SIZE_T size) {
  if (FromUser()) return CopyToUser(to, from, size);
  if (size != 0) std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

/// Copies a variable of the caller's.
template <class T>
NTSTATUS Load(const T* from, T* value) {
  return LoadBytes(value, from, sizeof(T));
}

template <class T>
NTSTATUS Store(T* to, const T& value) {
  return StoreBytes(to, &value, sizeof(T));
}

}  // namespace nt::mm
