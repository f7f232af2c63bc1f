#include "kernel/rtl/pool.h"

#include "kernel/ke/ke.h"
#include "kernel/mm/layout.h"

namespace nt::rtl {
namespace {

UserHeap user_heap{};

/// Whether a program called the running export, and no driver.
bool IsCalledByProgram() {
  const void* const caller = ke::CallerAddress();
  return user_heap.allocate != nullptr && caller != nullptr && mm::IsUserAddress(reinterpret_cast<ULONG_PTR>(caller));
}

}  // namespace

void SetUserHeap(const UserHeap& heap) { user_heap = heap; }

PVOID AllocateMemory(POOL_TYPE pool, SIZE_T bytes, ULONG tag) {
  if (IsCalledByProgram()) return user_heap.allocate(bytes);
  return ExAllocatePoolWithTag(pool, bytes == 0 ? 1 : bytes, tag);
}

void FreeMemory(PVOID block, ULONG tag) {
  if (IsCalledByProgram()) return user_heap.free(block);
  ExFreePoolWithTag(block, tag);
}

}  // namespace nt::rtl
