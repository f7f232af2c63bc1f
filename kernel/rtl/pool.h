// Memory that the library hands out: pool, charged to the driver that asked, or a block of the process heap for a program that did.
#pragma once

#include "kernel/ex/ex.h"

namespace nt::rtl {

inline constexpr ULONG kStringTag = 0x67727453;  // 'Strg', as NT's

/// The heap of the current process, for what a program asks of this library through ntdll.
struct UserHeap {
  PVOID (*allocate)(SIZE_T bytes);
  void (*free)(PVOID block);
};
/// Tells where it is. Once a machine has programs.
void SetUserHeap(const UserHeap& heap);

/// Null if there is none. Size 0 gives a block too.
PVOID AllocateMemory(POOL_TYPE pool, SIZE_T bytes, ULONG tag);
/// `tag` 0: whatever the block has.
void FreeMemory(PVOID block, ULONG tag);

template <class T>
T* AllocateString(SIZE_T bytes) {
  return static_cast<T*>(AllocateMemory(PagedPool, bytes, kStringTag));
}
inline void FreeString(PVOID buffer) {
  if (buffer != nullptr) FreeMemory(buffer, 0);
}

}  // namespace nt::rtl
