// Writing back, dropping and zeroing what is cached.
#include <algorithm>
#include <bit>
#include <cstring>

#include "kernel/cc/state.h"
#include "kernel/ex/ex.h"
#include "kernel/fsrtl/fsrtl.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::cc {
namespace {

/// The pages of a view in [offset, end), or none.
PageMask PagesIn(LONGLONG number, LONGLONG offset, LONGLONG end) {
  const LONGLONG base = number * VACB_MAPPING_GRANULARITY;
  if (end <= base || offset >= base + LONGLONG{VACB_MAPPING_GRANULARITY}) return 0;
  return FirstPiece(std::max(offset, base), end).pages();
}

/// The dirty pages of a view that [offset, end) touches.
PageMask DirtyIn(const View& view, LONGLONG number, LONGLONG offset, LONGLONG end) { return view.dirty & PagesIn(number, offset, end); }

/// Writes a run of dirty pages. Whoever changes them meanwhile makes them dirty again.
IO_STATUS_BLOCK WriteRun(Map* map, LONGLONG number, View* view, ULONG first, ULONG count) {
  const PageMask pages = Piece{number, first * PAGE_SIZE, (first + count) * PAGE_SIZE}.pages();
  const LONGLONG offset = number * VACB_MAPPING_GRANULARITY + LONGLONG{first} * PAGE_SIZE;
  const LONGLONG length = std::min<LONGLONG>(LONGLONG{count} * PAGE_SIZE, SectorsOf(map->sizes.FileSize.QuadPart) - offset);
  IO_STATUS_BLOCK result{};
  MarkClean(map, view, pages);
  if (length <= 0) return result;  // cut off
  ++view->users;
  view->writing |= pages;
  FlushLog(map, offset, offset + length);
  result = Transfer(map->file, false, view->memory + SIZE_T{first} * PAGE_SIZE, offset, static_cast<ULONG>(length));
  view->writing &= ~pages;
  --view->users;
  KeSetEvent(&map->requests_done, 0, FALSE);
  if (!NT_SUCCESS(result.Status)) MarkDirty(map, view, {number, first * PAGE_SIZE, (first + count) * PAGE_SIZE});
  result.Information = static_cast<ULONG_PTR>(length);
  return result;
}

/// The end of a range as the exports give it: null or a length of 0 means all, or all from there.
void RangeOf(const LARGE_INTEGER* offset, ULONG length, LONGLONG* start, LONGLONG* end) {
  *start = offset != nullptr ? offset->QuadPart : 0;
  *end = offset != nullptr && length != 0 ? *start + length : kEnd;
}

bool AnyDirty(const Map* map, LONGLONG offset, LONGLONG end) {
  for (const auto& [number, view] : map->views) {
    if (DirtyIn(view, number, offset, end) != 0) return true;
  }
  return false;
}

}  // namespace

IO_STATUS_BLOCK WriteBack(Map* map, LONGLONG offset, LONGLONG end) {
  IO_STATUS_BLOCK total{};
  ++map->pins;
  auto at = map->views.lower_bound(offset / VACB_MAPPING_GRANULARITY);
  while (at != map->views.end() && NT_SUCCESS(total.Status)) {
    const LONGLONG number = at->first;
    const PageMask dirty = DirtyIn(at->second, number, offset, end);
    // Views come and go while requests are on their way: the search goes on by number.
    if (dirty == 0) {
      at = map->views.upper_bound(number);
      continue;
    }
    const auto first = static_cast<ULONG>(std::countr_zero(dirty));
    const auto count = static_cast<ULONG>(std::countr_one(dirty >> first));
    View* const view = &at->second;
    const PageMask pages = Piece{number, first * PAGE_SIZE, (first + count) * PAGE_SIZE}.pages();
    if ((view->writing & pages) != 0) {
      WaitWhile(map, view->writing, pages);
    } else {
      const IO_STATUS_BLOCK written = WriteRun(map, number, view, first, count);
      total.Status = written.Status;
      if (NT_SUCCESS(written.Status)) total.Information += written.Information;
    }
    at = map->views.lower_bound(number);
  }
  --map->pins;
  ForgetCleanBcbs(map);
  return total;
}

IO_STATUS_BLOCK Flush(Map* map, LONGLONG offset, LONGLONG end) {
  IO_STATUS_BLOCK result{};
  PFILE_OBJECT const file = map->file;
  ++map->pins;
  result.Status = fsrtl::AcquireForFlush(file);
  if (NT_SUCCESS(result.Status)) {
    result = WriteBack(map, offset, end);
    fsrtl::ReleaseForFlush(file);
  }
  --map->pins;
  PostDeferredWrites();
  return result;
}

bool Purge(Map* map, LONGLONG offset, LONGLONG end) {
  bool all = true;
  for (auto at = map->views.lower_bound(offset / VACB_MAPPING_GRANULARITY); at != map->views.end();) {
    const LONGLONG number = at->first;
    View* const view = &at->second;
    const PageMask pages = PagesIn(number, offset, end);
    if (pages != 0 && ((view->reading | view->writing) & pages) != 0) {
      WaitWhile(map, view->reading, pages);
      WaitWhile(map, view->writing, pages);
      at = map->views.lower_bound(number);
      continue;
    }
    if (pages != 0 && view->users != 0) {
      all = false;
    } else {
      MarkClean(map, view, pages);
      view->valid &= ~pages;
    }
    ++at;
  }
  ForgetCleanBcbs(map);
  DropEmptyViews(map);
  return all;
}

bool Truncate(Map* map, LONGLONG size) {
  const ULONG rest = static_cast<ULONG>(size % PAGE_SIZE);
  map->written_to = std::min(map->written_to, size);
  if (rest != 0) {
    const auto found = map->views.find(size / VACB_MAPPING_GRANULARITY);
    if (found != map->views.end()) std::memset(found->second.memory + size % VACB_MAPPING_GRANULARITY, 0, PAGE_SIZE - rest);
  }
  return Purge(map, rest != 0 ? size - rest + PAGE_SIZE : size, kEnd);
}

}  // namespace nt::cc

using namespace nt;
using namespace nt::cc;

extern "C" {

BOOLEAN CcUninitializeCacheMap(PFILE_OBJECT FileObject, PLARGE_INTEGER TruncateSize, PCACHE_UNINITIALIZE_EVENT UninitializeCompleteEvent);

VOID CcFlushCache(PVOID SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus) {
  IO_STATUS_BLOCK result{};
  LONGLONG start, end;
  RangeOf(FileOffset, Length, &start, &end);
  if (Map* const map = MapOf(SectionObjectPointer)) result = Flush(map, start, end);
  if (IoStatus != nullptr) *IoStatus = result;
}

BOOLEAN CcPurgeCacheSection(PVOID SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags) {
  Map* map = MapOf(SectionObjectPointer);
  if (map == nullptr) return TRUE;
  LONGLONG start, end;
  RangeOf(FileOffset, Length, &start, &end);
  if ((Flags & DO_NOT_PURGE_DIRTY_PAGES) != 0 && AnyDirty(map, start, end)) return FALSE;
  ++map->pins;
  while ((Flags & UNINITIALIZE_CACHE_MAPS) != 0 && !map->opens.empty()) CcUninitializeCacheMap(map->opens.back(), nullptr, nullptr);
  const bool purged = Purge(map, start, end);
  --map->pins;
  TryDelete(map);
  return purged ? TRUE : FALSE;
}

VOID CcCoherencyFlushAndPurgeCache(PVOID SectionObjectPointer, PLARGE_INTEGER FileOffset, ULONG Length, PIO_STATUS_BLOCK IoStatus,
                                   ULONG Flags) {
  CcFlushCache(SectionObjectPointer, FileOffset, Length, IoStatus);
  if (!NT_SUCCESS(IoStatus->Status) || (Flags & CC_FLUSH_AND_PURGE_NO_PURGE) != 0) return;
  if (CcPurgeCacheSection(SectionObjectPointer, FileOffset, Length, 0) == FALSE) IoStatus->Status = STATUS_CACHE_PAGE_LOCKED;
}

}  // extern "C"
