// Memory of strings and the like that the library hands to a driver: paged pool, charged to the driver that asked.
#pragma once

#include "kernel/ex/ex.h"

namespace nt::rtl {

inline constexpr ULONG kStringTag = 0x67727453;  // 'Strg', as NT's

/// Null if there is none. Size 0 gives a block too.
template <class T>
T* AllocateString(SIZE_T bytes) {
  return static_cast<T*>(ExAllocatePoolWithTag(PagedPool, bytes == 0 ? 1 : bytes, kStringTag));
}
inline void FreeString(PVOID buffer) {
  if (buffer != nullptr) ExFreePoolWithTag(buffer, 0);
}

}  // namespace nt::rtl
