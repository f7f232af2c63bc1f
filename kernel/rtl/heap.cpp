// Heaps of drivers: paged pool, with the blocks of each heap on a list, so that they go with it.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/rtl/misc.h"
#include "nt/status.h"

namespace {

constexpr ULONG kTag = 0x70616548;        // 'Heap'
constexpr ULONG kSignature = 0xEEFFEEFF;  // as NT's heaps have
constexpr ULONG kGenerateExceptions = 0x4, kZeroMemory = 0x8;

struct Block {
  LIST_ENTRY link;
  SIZE_T size;
  PVOID heap;
};
static_assert(sizeof(Block) % 16 == 0);

struct Heap {
  ULONG signature;
  ULONG flags;
  LIST_ENTRY blocks;
};

Heap* HeapOf(PVOID handle) {
  auto* const heap = static_cast<Heap*>(handle);
  return heap != nullptr && heap->signature == kSignature ? heap : nullptr;
}

/// The header of a heap's block; null if it is none.
Block* BlockOf(PVOID handle, PVOID address) {
  Block* const block = static_cast<Block*>(address) - 1;
  return HeapOf(handle) != nullptr && address != nullptr && block->heap == handle ? block : nullptr;
}

void Free(Block* block) {
  block->link.Blink->Flink = block->link.Flink;
  block->link.Flink->Blink = block->link.Blink;
  block->heap = nullptr;
  ExFreePoolWithTag(block, kTag);
}

}  // namespace

PVOID RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T, SIZE_T, PVOID Lock, PVOID Parameters) {
  if (HeapBase != nullptr || Lock != nullptr || Parameters != nullptr) return nullptr;
  auto* const heap = static_cast<Heap*>(ExAllocatePoolWithTag(PagedPool, sizeof(Heap), kTag));
  if (heap == nullptr) return nullptr;
  *heap = {kSignature, Flags, {&heap->blocks, &heap->blocks}};
  return heap;
}

PVOID RtlDestroyHeap(PVOID HeapHandle) {
  Heap* const heap = HeapOf(HeapHandle);
  if (heap == nullptr) return HeapHandle;
  while (heap->blocks.Flink != &heap->blocks) Free(reinterpret_cast<Block*>(heap->blocks.Flink));
  heap->signature = 0;
  ExFreePoolWithTag(heap, kTag);
  return nullptr;
}

PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size) {
  Heap* const heap = HeapOf(HeapHandle);
  if (heap == nullptr) return nullptr;
  const bool possible = Size <= ~SIZE_T{0} - sizeof(Block);
  auto* const block = possible ? static_cast<Block*>(ExAllocatePoolWithTag(PagedPool, sizeof(Block) + Size, kTag)) : nullptr;
  const ULONG flags = Flags | heap->flags;
  if (block == nullptr) {
    if ((flags & kGenerateExceptions) != 0) nt::ke::RaiseStatus(STATUS_NO_MEMORY);
    return nullptr;
  }
  *block = {{&heap->blocks, heap->blocks.Blink}, Size, heap};
  heap->blocks.Blink->Flink = &block->link;
  heap->blocks.Blink = &block->link;
  if ((flags & kZeroMemory) != 0) std::memset(static_cast<void*>(block + 1), 0, Size);
  return block + 1;
}

BOOLEAN RtlFreeHeap(PVOID HeapHandle, ULONG, PVOID BaseAddress) {
  if (BaseAddress == nullptr) return TRUE;
  Block* const block = BlockOf(HeapHandle, BaseAddress);
  if (block == nullptr) return FALSE;
  Free(block);
  return TRUE;
}

SIZE_T RtlSizeHeap(PVOID HeapHandle, ULONG, PVOID BaseAddress) {
  const Block* const block = BlockOf(HeapHandle, BaseAddress);
  return block == nullptr ? ~SIZE_T{0} : block->size;
}
