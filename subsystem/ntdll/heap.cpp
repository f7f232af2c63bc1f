// The user-mode heap. Blocks of up to 32 KiB come from size classes, four to a power of two, carved from segments; a freed block waits in
// its class's list. Larger blocks are allocations of pages of their own. A 16-byte header before each block tells its state, so that a
// double free or a foreign pointer is caught at once.
#include <algorithm>
#include <bit>
#include <cstring>

#include "kernel/ke/ke.h"
#include "nt/status.h"
#include "subsystem/ntdll/heap.h"
#include "subsystem/ntdll/ntdll.h"

namespace nt::user {
namespace {

constexpr ULONG kHeapMagic = 0xEEFFEEFF;
constexpr SIZE_T kSegmentSize = 0x40000;

constexpr USHORT kBusy = 0xB15E;
constexpr USHORT kFree = 0xF4EE;

struct Block {
  SIZE_T size;  ///< bytes asked for
  USHORT state;
  USHORT size_class;  ///< kHeapClasses for a block of pages of its own
  ULONG heap_check;   ///< the heap's low address bits
};
static_assert(sizeof(Block) == 16);

/// Head of a segment, or of a large block's pages; all are linked, so that the heap can be destroyed.
struct Region {
  LIST_ENTRY link;
  SIZE_T size;
  PVOID unused;
};
static_assert(sizeof(Region) == 32);

struct Heap {
  Region region;  ///< the first segment's; the list's head
  ULONG magic;
  ULONG flags;
  char* cursor;  ///< the current segment's unused rest
  char* end;
  Block* free[kHeapClasses];  ///< linked through the payload's first 8 bytes
};

Block*& NextFree(Block* block) { return *reinterpret_cast<Block**>(block + 1); }
ULONG CheckOf(const Heap* heap) { return static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(heap) >> 12); }

PVOID NewPages(SIZE_T size) {
  PVOID base = nullptr;
  SIZE_T bytes = size;
  const NTSTATUS status = sys::NtAllocateVirtualMemory(CurrentProcessHandle(), &base, 0, &bytes, 0x3000, 4);
  return NT_SUCCESS(status) ? base : nullptr;
}

void ReleasePages(PVOID base) {
  SIZE_T bytes = 0;
  sys::NtFreeVirtualMemory(CurrentProcessHandle(), &base, &bytes, 0x8000);
}

Region* AddRegion(Heap& heap, SIZE_T size) {
  auto* const region = static_cast<Region*>(NewPages(size));
  if (!region) return nullptr;
  LIST_ENTRY& head = heap.region.link;
  region->size = size;
  region->link = {head.Flink, &head};
  head.Flink->Blink = &region->link;
  head.Flink = &region->link;
  return region;
}

Block* NewLarge(Heap& heap, SIZE_T size) {
  const SIZE_T bytes = (size + sizeof(Region) + sizeof(Block) + PAGE_SIZE - 1) & ~SIZE_T{PAGE_SIZE - 1};
  if (bytes < size) return nullptr;
  Region* const region = AddRegion(heap, bytes);
  if (!region) return nullptr;
  auto* const block = reinterpret_cast<Block*>(region + 1);
  block->size_class = kHeapClasses;
  return block;
}

/// A block of a size class. The host is not preempted, but the service in AddRegion is a scheduling point: nothing is held across it.
Block* NewSmall(Heap& heap, ULONG size_class) {
  if (Block* const block = heap.free[size_class]) {
    heap.free[size_class] = NextFree(block);
    return block;
  }
  const SIZE_T bytes = HeapClassSize(size_class) + sizeof(Block);
  if (static_cast<SIZE_T>(heap.end - heap.cursor) < bytes) {
    Region* const region = AddRegion(heap, kSegmentSize);
    if (!region) return nullptr;
    heap.cursor = reinterpret_cast<char*>(region + 1);
    heap.end = reinterpret_cast<char*>(region) + kSegmentSize;
  }
  auto* const block = reinterpret_cast<Block*>(heap.cursor);
  heap.cursor += bytes;
  block->size_class = static_cast<USHORT>(size_class);
  return block;
}

[[noreturn]] void Corrupt() { ke::RaiseStatus(STATUS_HEAP_CORRUPTION); }

bool IsHeap(const Heap* heap) { return heap && heap->magic == kHeapMagic; }

/// The header of a block that `heap` gave out, or null for any other address.
Block* BusyBlock(const Heap* heap, PVOID address) {
  if (reinterpret_cast<ULONG_PTR>(address) & 15) return nullptr;
  Block* const block = static_cast<Block*>(address) - 1;
  return block->state == kBusy && block->heap_check == CheckOf(heap) ? block : nullptr;
}

SIZE_T Capacity(const Block* block) {
  if (block->size_class < kHeapClasses) return HeapClassSize(block->size_class);
  return reinterpret_cast<const Region*>(block)[-1].size - sizeof(Region) - sizeof(Block);
}

}  // namespace

ULONG HeapClassOf(SIZE_T size) {
  if (size <= 64) return size ? static_cast<ULONG>((size - 1) / 16) : 0;
  const auto log = static_cast<ULONG>(std::bit_width(size - 1)) - 1;  // 2^log < size <= 2^(log+1)
  const auto quarter = static_cast<ULONG>((size - 1) >> (log - 2)) & 3;
  return 4 + (log - 6) * 4 + quarter;
}

SIZE_T HeapClassSize(ULONG size_class) {
  if (size_class < 4) return (size_class + 1) * 16;
  const ULONG log = 6 + (size_class - 4) / 4;
  return (SIZE_T{1} << log) + ((size_class - 4) % 4 + 1) * (SIZE_T{1} << (log - 2));
}

}  // namespace nt::user

using namespace nt::user;

extern "C" {

/// Creates a heap of the process. Partial: a caller's base, lock and parameters are refused; sizes are hints.
PVOID Ntdll_RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock, PVOID Parameters) {
  if (HeapBase || Lock || Parameters || (ReserveSize && CommitSize > ReserveSize)) return nullptr;
  auto* const heap = static_cast<Heap*>(NewPages(kSegmentSize));
  if (!heap) return nullptr;
  heap->region.link = {&heap->region.link, &heap->region.link};
  heap->region.size = kSegmentSize;
  heap->magic = kHeapMagic;
  heap->flags = Flags;
  heap->cursor = reinterpret_cast<char*>(heap) + ((sizeof(Heap) + 15) & ~SIZE_T{15});
  heap->end = reinterpret_cast<char*>(heap) + kSegmentSize;
  return heap;
}

/// Destroys a heap with all its blocks; the process heap stays. Returns null on success, the heap otherwise.
PVOID Ntdll_RtlDestroyHeap(PVOID HeapHandle) {
  auto* const heap = static_cast<Heap*>(HeapHandle);
  if (!IsHeap(heap) || heap == CurrentPeb()->ProcessHeap) return HeapHandle;
  heap->magic = 0;
  for (LIST_ENTRY* link = heap->region.link.Flink; link != &heap->region.link;) {
    LIST_ENTRY* const next = link->Flink;
    ReleasePages(CONTAINING_RECORD(link, Region, link));
    link = next;
  }
  ReleasePages(heap);
  return nullptr;
}

/// Allocates a block of a heap, 16-byte aligned.
PVOID Ntdll_RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size) {
  auto* const heap = static_cast<Heap*>(HeapHandle);
  if (!IsHeap(heap)) Corrupt();
  const bool small = Size <= kHeapSmallLimit;
  Block* const block = small ? NewSmall(*heap, HeapClassOf(Size)) : NewLarge(*heap, Size);
  if (!block) {
    if ((Flags | heap->flags) & kHeapGenerateExceptions) nt::ke::RaiseStatus(STATUS_NO_MEMORY);
    return nullptr;
  }
  block->size = Size;
  block->state = kBusy;
  block->heap_check = CheckOf(heap);
  if ((Flags | heap->flags) & kHeapZeroMemory && small) std::memset(block + 1, 0, Size);
  return block + 1;
}

/// Frees a block of a heap. An address that is no block in use is a corruption: STATUS_HEAP_CORRUPTION is raised.
BOOLEAN Ntdll_RtlFreeHeap(PVOID HeapHandle, [[maybe_unused]] ULONG Flags, PVOID BaseAddress) {
  auto* const heap = static_cast<Heap*>(HeapHandle);
  if (!BaseAddress) return TRUE;
  if (!IsHeap(heap)) Corrupt();
  Block* const block = BusyBlock(heap, BaseAddress);
  if (!block) Corrupt();
  block->state = kFree;
  if (block->size_class < kHeapClasses) {
    NextFree(block) = heap->free[block->size_class];
    heap->free[block->size_class] = block;
    return TRUE;
  }
  Region* const region = reinterpret_cast<Region*>(block) - 1;
  region->link.Blink->Flink = region->link.Flink;
  region->link.Flink->Blink = region->link.Blink;
  ReleasePages(region);
  return TRUE;
}

/// The size that was asked for a block; -1 if the address is no block in use.
SIZE_T Ntdll_RtlSizeHeap(PVOID HeapHandle, [[maybe_unused]] ULONG Flags, PVOID BaseAddress) {
  auto* const heap = static_cast<Heap*>(HeapHandle);
  const Block* const block = IsHeap(heap) && BaseAddress ? BusyBlock(heap, BaseAddress) : nullptr;
  return block ? block->size : ~SIZE_T{0};
}

/// Changes a block's size, in place if it can; the contents move with it.
PVOID Ntdll_RtlReAllocateHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress, SIZE_T Size) {
  auto* const heap = static_cast<Heap*>(HeapHandle);
  if (!BaseAddress) return nullptr;
  if (!IsHeap(heap)) Corrupt();
  Block* const block = BusyBlock(heap, BaseAddress);
  if (!block) Corrupt();
  const SIZE_T old = block->size;
  const SIZE_T capacity = Capacity(block);
  // A large block that shrinks below half moves, so that its pages come back.
  if (Size <= capacity && (Size > kHeapSmallLimit / 2 ? Size >= capacity / 2 : block->size_class < kHeapClasses)) {
    if ((Flags | heap->flags) & kHeapZeroMemory && Size > old) std::memset(static_cast<char*>(BaseAddress) + old, 0, Size - old);
    block->size = Size;
    return BaseAddress;
  }
  if (Flags & kHeapReallocInPlaceOnly) return nullptr;
  PVOID const moved = Ntdll_RtlAllocateHeap(HeapHandle, Flags, Size);
  if (!moved) return nullptr;
  std::memcpy(moved, BaseAddress, std::min(old, Size));
  Ntdll_RtlFreeHeap(HeapHandle, 0, BaseAddress);
  return moved;
}

/// Whether a heap, or one block of it, is sound.
BOOLEAN Ntdll_RtlValidateHeap(PVOID HeapHandle, [[maybe_unused]] ULONG Flags, PVOID BaseAddress) {
  auto* const heap = static_cast<Heap*>(HeapHandle);
  return IsHeap(heap) && (!BaseAddress || BusyBlock(heap, BaseAddress));
}

}  // extern "C"
