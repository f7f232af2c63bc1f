// Zones: blocks of one size cut from segments the driver gives. Allocating and freeing are macros of ntddk.h.
#include "kernel/ex/ex.h"
#include "nt/status.h"

namespace {

/// At the beginning of each segment.
struct ZONE_SEGMENT_HEADER {
  SINGLE_LIST_ENTRY SegmentList;
  PVOID Reserved;
};
static_assert(sizeof(ZONE_SEGMENT_HEADER) == 0x10);

struct ZONE_HEADER {
  SINGLE_LIST_ENTRY FreeList;
  SINGLE_LIST_ENTRY SegmentList;
  ULONG BlockSize;
  ULONG TotalSegmentSize;  ///< bytes of blocks
};
static_assert(sizeof(ZONE_HEADER) == 0x18);
using PZONE_HEADER = ZONE_HEADER*;

constexpr ULONG kAlignment = 8;

bool IsAligned(const void* segment, ULONG block_size) {
  return reinterpret_cast<ULONG_PTR>(segment) % kAlignment == 0 && block_size % kAlignment == 0;
}

/// Cuts a segment into blocks; the first block is the first of the free ones.
void Cut(PZONE_HEADER zone, PVOID segment, ULONG size) {
  auto* const header = static_cast<ZONE_SEGMENT_HEADER*>(segment);
  header->SegmentList.Next = zone->SegmentList.Next;
  header->Reserved = nullptr;
  zone->SegmentList.Next = &header->SegmentList;
  const ULONG count = (size - static_cast<ULONG>(sizeof *header)) / zone->BlockSize;
  for (ULONG i = count; i-- != 0;) {
    auto* const block = reinterpret_cast<PSINGLE_LIST_ENTRY>(reinterpret_cast<char*>(header + 1) + SIZE_T{i} * zone->BlockSize);
    block->Next = zone->FreeList.Next;
    zone->FreeList.Next = block;
  }
  zone->TotalSegmentSize += count * zone->BlockSize;
}

}  // namespace

extern "C" {

/// Makes a zone of blocks of `BlockSize` bytes from a first segment. STATUS_INVALID_PARAMETER: one is not a multiple of 8, or there is no
/// room for a block. Any IRQL.
NTSTATUS ExInitializeZone(PZONE_HEADER Zone, ULONG BlockSize, PVOID InitialSegment, ULONG InitialSegmentSize) {
  if (!IsAligned(InitialSegment, BlockSize) || BlockSize == 0 || InitialSegmentSize < sizeof(ZONE_SEGMENT_HEADER) ||
      BlockSize > InitialSegmentSize - sizeof(ZONE_SEGMENT_HEADER)) {
    return STATUS_INVALID_PARAMETER;
  }
  *Zone = {{nullptr}, {nullptr}, BlockSize, 0};
  Cut(Zone, InitialSegment, InitialSegmentSize);
  return STATUS_SUCCESS;
}

/// Adds a segment to a zone. STATUS_UNSUCCESSFUL: it is not aligned, or has no room for a block. Any IRQL.
NTSTATUS ExExtendZone(PZONE_HEADER Zone, PVOID Segment, ULONG SegmentSize) {
  if (!IsAligned(Segment, 0) || SegmentSize % kAlignment != 0 || SegmentSize < sizeof(ZONE_SEGMENT_HEADER) ||
      Zone->BlockSize > SegmentSize - sizeof(ZONE_SEGMENT_HEADER)) {
    return STATUS_UNSUCCESSFUL;
  }
  Cut(Zone, Segment, SegmentSize);
  return STATUS_SUCCESS;
}

/// The same under a lock, which nobody else can hold while the host runs. Any IRQL.
NTSTATUS ExInterlockedExtendZone(PZONE_HEADER Zone, PVOID Segment, ULONG SegmentSize, PKSPIN_LOCK) {
  return ExExtendZone(Zone, Segment, SegmentSize);
}

}  // extern "C"
