// Which files are cached: maps begin with the first file object that asks, and end with the last and what it left dirty.
#include <algorithm>

#include "kernel/api/api.h"
#include "kernel/cc/state.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type);
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
}

namespace nt::cc {
namespace {

State* state = nullptr;

/// SECTION_OBJECT_POINTERS has three pointers: to the data section, to the cache, to the image section.
PVOID* SharedCacheMap(PVOID section_object_pointers) { return static_cast<PVOID*>(section_object_pointers) + 1; }

Map* MakeMap(PFILE_OBJECT file, PCC_FILE_SIZES sizes, PCACHE_MANAGER_CALLBACKS callbacks, PVOID context) {
  auto* const map = new Map{file, SharedCacheMap(file->SectionObjectPointer), *sizes, *callbacks, context, sizes->ValidDataLength.QuadPart};
  KeInitializeEvent(&map->requests_done, NotificationEvent, FALSE);
  ObfReferenceObject(file);
  *map->owner = map;
  Cc().maps.push_back(map);
  return map;
}

/// Tells those who wait for the end of the cache.
void SignalClosed(PCACHE_UNINITIALIZE_EVENT event) {
  while (event != nullptr) {
    PCACHE_UNINITIALIZE_EVENT const next = event->Next;
    KeSetEvent(&event->Event, 0, FALSE);
    event = next;
  }
}

void AddClosing(Map* map, PCACHE_UNINITIALIZE_EVENT event) {
  event->Next = map->closing;
  map->closing = event;
}

void Resize(Map* map, const CC_FILE_SIZES& sizes) {
  const LONGLONG old = map->sizes.FileSize.QuadPart;
  map->sizes = sizes;
  map->written_to = std::max(map->written_to, sizes.ValidDataLength.QuadPart);
  if (sizes.FileSize.QuadPart < old) Truncate(map, sizes.FileSize.QuadPart);
}

}  // namespace

State& Cc() { return *state; }

void Initialize() {
  state = new State;
  KeInitializeTimerEx(&state->timer, NotificationTimer);
  KeInitializeDpc(&state->timer_dpc, reinterpret_cast<PKDEFERRED_ROUTINE>(api::StubOf("CcpLazyWriterTimer")), nullptr);
  state->scan.WorkerRoutine = reinterpret_cast<decltype(state->scan.WorkerRoutine)>(api::StubOf("CcpLazyWriterScan"));
}

void Shutdown() {
  if (state == nullptr) return;
  for (const Map* map : state->maps) delete map;
  delete state;
  state = nullptr;
}

Map* MapOf(PVOID section_object_pointers) {
  return section_object_pointers != nullptr ? static_cast<Map*>(*SharedCacheMap(section_object_pointers)) : nullptr;
}

Map* MapOf(const FILE_OBJECT* file) { return MapOf(static_cast<PVOID>(file->SectionObjectPointer)); }

bool TryDelete(Map* map) {
  if (!map->opens.empty() || map->pins != 0 || map->dirty_pages != 0) return false;
  if (!Purge(map, 0, kEnd)) return false;
  if (*map->owner == map) *map->owner = nullptr;
  std::erase(Cc().maps, map);
  PFILE_OBJECT const file = map->file;
  PCACHE_UNINITIALIZE_EVENT const closing = map->closing;
  delete map;
  SignalClosed(closing);
  ObfDereferenceObject(file);
  return true;
}

}  // namespace nt::cc

using namespace nt;
using namespace nt::cc;

extern "C" {

VOID CcInitializeCacheMap(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes, BOOLEAN /*PinAccess*/, PCACHE_MANAGER_CALLBACKS Callbacks,
                          PVOID LazyWriteContext) {
  Map* map = MapOf(FileObject);
  if (FileObject->PrivateCacheMap == nullptr) {
    auto* const own = static_cast<PrivateMap*>(ex::AllocatePool(NonPagedPoolNx, sizeof(PrivateMap), kTag));
    if (own == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    if (map == nullptr) map = MakeMap(FileObject, FileSizes, Callbacks, LazyWriteContext);
    *own = {map, PAGE_SIZE, 0, 0, 0};
    FileObject->PrivateCacheMap = own;
    map->opens.push_back(FileObject);
    map->flush_soon = false;
  }
  if (FileSizes->FileSize.QuadPart > map->sizes.FileSize.QuadPart) map->sizes = *FileSizes;
}

BOOLEAN CcUninitializeCacheMap(PFILE_OBJECT FileObject, PLARGE_INTEGER TruncateSize, PCACHE_UNINITIALIZE_EVENT UninitializeCompleteEvent) {
  Map* const map = MapOf(FileObject);
  if (map == nullptr) {
    if (UninitializeCompleteEvent != nullptr) KeSetEvent(&UninitializeCompleteEvent->Event, 0, FALSE);
    return FALSE;
  }
  if (UninitializeCompleteEvent != nullptr) AddClosing(map, UninitializeCompleteEvent);
  const bool had = FileObject->PrivateCacheMap != nullptr;
  if (had) {
    ex::FreePool(FileObject->PrivateCacheMap);
    FileObject->PrivateCacheMap = nullptr;
    std::erase(map->opens, FileObject);
  }
  if (TruncateSize != nullptr && map->opens.empty() && Truncate(map, TruncateSize->QuadPart))
    map->sizes.FileSize.QuadPart = TruncateSize->QuadPart;
  if (map->opens.empty() && !TryDelete(map)) {
    map->flush_soon = true;
    ScheduleLazyWrite(true);
  }
  return had ? TRUE : FALSE;
}

VOID CcSetFileSizes(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes) {
  if (Map* const map = MapOf(FileObject)) Resize(map, *FileSizes);
}

NTSTATUS CcSetFileSizesEx(PFILE_OBJECT FileObject, PCC_FILE_SIZES FileSizes) {
  CcSetFileSizes(FileObject, FileSizes);
  return STATUS_SUCCESS;
}

VOID CcSetReadAheadGranularity(PFILE_OBJECT FileObject, ULONG Granularity) {
  if (FileObject->PrivateCacheMap != nullptr) static_cast<PrivateMap*>(FileObject->PrivateCacheMap)->granularity = Granularity;
}

VOID CcSetAdditionalCacheAttributes(PFILE_OBJECT FileObject, BOOLEAN DisableReadAhead, BOOLEAN DisableWriteBehind) {
  Map* const map = MapOf(FileObject);
  if (map == nullptr) return;
  map->no_read_ahead = DisableReadAhead != FALSE;
  map->no_write_behind = DisableWriteBehind != FALSE;
}

VOID CcSetAdditionalCacheAttributesEx(PFILE_OBJECT FileObject, ULONG Flags) {
  CcSetAdditionalCacheAttributes(FileObject, (Flags & CC_DISABLE_READ_AHEAD) != 0, (Flags & CC_DISABLE_WRITE_BEHIND) != 0);
}

VOID CcSetDirtyPageThreshold(PFILE_OBJECT FileObject, ULONG DirtyPageThreshold) {
  if (Map* const map = MapOf(FileObject)) map->dirty_limit = DirtyPageThreshold;
}

PFILE_OBJECT CcGetFileObjectFromSectionPtrs(PVOID SectionObjectPointer) {
  const Map* const map = MapOf(SectionObjectPointer);
  return map != nullptr ? map->file : nullptr;
}

PFILE_OBJECT CcGetFileObjectFromSectionPtrsRef(PVOID SectionObjectPointer) {
  PFILE_OBJECT const file = CcGetFileObjectFromSectionPtrs(SectionObjectPointer);
  if (file != nullptr) ObfReferenceObject(file);
  return file;
}

BOOLEAN CcIsThereDirtyDataEx(PVPB Vpb, PULONG NumberOfDirtyPages) {
  ULONG pages = 0;
  for (const Map* map : Cc().maps) {
    if (map->file->Vpb == Vpb) pages += map->dirty_pages;
  }
  if (NumberOfDirtyPages != nullptr) *NumberOfDirtyPages = pages;
  return pages != 0 ? TRUE : FALSE;
}

BOOLEAN CcIsThereDirtyData(PVPB Vpb) { return CcIsThereDirtyDataEx(Vpb, nullptr); }

}  // extern "C"
