// Buffers: ranges of cached files at an address, mapped for reading or pinned for changes.
#include <algorithm>
#include <cstring>

#include "kernel/cc/state.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"
#include "nt/status.h"

extern "C" {
NTSTATUS FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException);
VOID ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer);
}

namespace nt::cc {
namespace {

constexpr CSHORT kBcbType = 0x2fd;
using FlushToLsn = VOID (*)(PVOID LogHandle, LARGE_INTEGER Lsn);

Piece PieceOf(const LARGE_INTEGER* offset, ULONG length) {
  const Piece piece = FirstPiece(offset->QuadPart, offset->QuadPart + length);
  if (piece.length() != length) {
    ke::BugCheck(CACHE_MANAGER, 0, static_cast<ULONG_PTR>(offset->QuadPart), length, 0,
                 "A range that is mapped or pinned must not cross a boundary of 256 KiB.");
  }
  return piece;
}

Piece PieceOf(const Bcb* bcb) {
  return FirstPiece(bcb->shown.MappedFileOffset.QuadPart, bcb->shown.MappedFileOffset.QuadPart + bcb->shown.MappedLength);
}

/// A buffer over the pages of a piece; null if there is no memory.
Bcb* MakeBcb(Map* map, const Piece& piece, bool mapped_only) {
  View* const view = ViewAt(map, piece.view);
  auto* const bcb = view != nullptr ? static_cast<Bcb*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Bcb), kTag)) : nullptr;
  if (bcb == nullptr) return nullptr;
  std::memset(static_cast<void*>(bcb), 0, sizeof *bcb);
  const ULONG first = piece.start & ~ULONG{PAGE_SIZE - 1}, last = (piece.end + PAGE_SIZE - 1) & ~ULONG{PAGE_SIZE - 1};
  bcb->shown = {kBcbType, sizeof(Bcb), last - first, {}};
  bcb->shown.MappedFileOffset.QuadPart = piece.view * VACB_MAPPING_GRANULARITY + first;
  bcb->map = map;
  bcb->view = view;
  bcb->mapped_only = mapped_only;
  if (!mapped_only) {
    ExInitializeResourceLite(&bcb->resource);
    map->bcbs.push_back(bcb);
  }
  return bcb;
}

void AddPin(Bcb* bcb) {
  if (bcb->pins++ != 0) return;
  ++bcb->view->users;
  ++bcb->map->pins;
}

/// A dirty buffer stays until its pages are written.
void DropPin(Bcb* bcb) {
  if (--bcb->pins != 0) return;
  Map* const map = bcb->map;
  --bcb->view->users;
  --map->pins;
  if (bcb->mapped_only) {
    ex::FreePool(bcb);
  } else {
    ForgetCleanBcbs(map);
  }
  TryDelete(map);
}

Bcb* FindPinned(Map* map, const Piece& piece) {
  const LONGLONG end = piece.offset() + piece.length();
  for (Bcb* bcb : map->bcbs) {
    const LONGLONG start = bcb->shown.MappedFileOffset.QuadPart;
    if (start <= piece.offset() && end <= start + bcb->shown.MappedLength) return bcb;
  }
  return nullptr;
}

[[noreturn]] void Raise(NTSTATUS status) { ke::RaiseStatus(FsRtlNormalizeNtstatus(status, STATUS_UNEXPECTED_IO_ERROR)); }

/// Pins a piece whose pages are valid, or need not be.
bool Pin(Map* map, const Piece& piece, ULONG flags, PVOID* result, PVOID* buffer) {
  Bcb* bcb = FindPinned(map, piece);
  if (bcb == nullptr && (flags & PIN_IF_BCB) != 0) return false;
  if (bcb == nullptr) bcb = MakeBcb(map, piece, false);
  if (bcb == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  AddPin(bcb);
  const BOOLEAN wait = (flags & PIN_WAIT) != 0;
  const BOOLEAN acquired = (flags & PIN_EXCLUSIVE) != 0 ? ExAcquireResourceExclusiveLite(&bcb->resource, wait)
                                                        : ExAcquireResourceSharedLite(&bcb->resource, wait);
  if (acquired == FALSE) {
    DropPin(bcb);
    return false;
  }
  *result = bcb;
  *buffer = bcb->view->memory + piece.start;
  return true;
}

}  // namespace

void FlushLog(Map* map, LONGLONG offset, LONGLONG end) {
  LARGE_INTEGER newest{};
  for (const Bcb* bcb : map->bcbs) {
    const LONGLONG start = bcb->shown.MappedFileOffset.QuadPart;
    if (bcb->dirty && start < end && offset < start + bcb->shown.MappedLength)
      newest.QuadPart = std::max(newest.QuadPart, bcb->newest_lsn.QuadPart);
  }
  if (map->flush_log != nullptr && newest.QuadPart != 0)
    ke::Callout<void>(reinterpret_cast<FlushToLsn>(map->flush_log), map->log, newest.QuadPart);
}

void ForgetCleanBcbs(Map* map) {
  for (SIZE_T i = 0; i < map->bcbs.size();) {
    Bcb* const bcb = map->bcbs[i];
    const PageMask pages = PieceOf(bcb).pages();
    if (((bcb->view->dirty | bcb->view->writing) & pages) == 0) {
      bcb->dirty = false;
      bcb->oldest_lsn.QuadPart = bcb->newest_lsn.QuadPart = 0;
    }
    if (bcb->pins != 0 || bcb->dirty) {
      ++i;
      continue;
    }
    map->bcbs.erase(map->bcbs.begin() + static_cast<std::ptrdiff_t>(i));
    ExDeleteResourceLite(&bcb->resource);
    ex::FreePool(bcb);
  }
}

}  // namespace nt::cc

using namespace nt;
using namespace nt::cc;

extern "C" {

BOOLEAN CcMapData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID* Bcb, PVOID* Buffer) {
  Map* const map = MapOf(FileObject);
  const Piece piece = PieceOf(FileOffset, Length);
  if ((Flags & (MAP_WAIT | MAP_NO_READ)) != MAP_WAIT && MustRead(map, piece, false)) return FALSE;
  const NTSTATUS status = Fill(map, piece, false);
  if (!NT_SUCCESS(status)) Raise(status);
  nt::cc::Bcb* const bcb = MakeBcb(map, piece, true);
  if (bcb == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  AddPin(bcb);
  *Bcb = bcb;
  *Buffer = bcb->view->memory + piece.start;
  return TRUE;
}

BOOLEAN CcPinRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID* Bcb, PVOID* Buffer) {
  Map* const map = MapOf(FileObject);
  const Piece piece = PieceOf(FileOffset, Length);
  if ((Flags & PIN_NO_READ) == 0) {
    if ((Flags & PIN_WAIT) == 0 && MustRead(map, piece, false)) return FALSE;
    if ((Flags & PIN_IF_BCB) != 0 && FindPinned(map, piece) == nullptr) return FALSE;
    const NTSTATUS status = Fill(map, piece, false);
    if (!NT_SUCCESS(status)) Raise(status);
  }
  return Pin(map, piece, Flags, Bcb, Buffer) ? TRUE : FALSE;
}

BOOLEAN CcPinMappedData(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, ULONG Flags, PVOID* Bcb) {
  auto* const mapped = static_cast<nt::cc::Bcb*>(*Bcb);
  if (!mapped->mapped_only) return TRUE;
  PVOID buffer;
  if (CcPinRead(FileObject, FileOffset, Length, Flags, Bcb, &buffer) == FALSE) return FALSE;
  DropPin(mapped);
  return TRUE;
}

VOID CcSetDirtyPinnedData(PVOID BcbVoid, PLARGE_INTEGER Lsn) {
  auto* const bcb = static_cast<Bcb*>(BcbVoid);
  bcb->dirty = true;
  if (Lsn != nullptr) {
    if (bcb->oldest_lsn.QuadPart == 0 || Lsn->QuadPart < bcb->oldest_lsn.QuadPart) bcb->oldest_lsn = *Lsn;
    if (Lsn->QuadPart > bcb->newest_lsn.QuadPart) bcb->newest_lsn = *Lsn;
  }
  MarkDirty(bcb->map, bcb->view, PieceOf(bcb));
}

BOOLEAN CcPreparePinWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Zero, ULONG Flags, PVOID* Bcb,
                          PVOID* Buffer) {
  Map* const map = MapOf(FileObject);
  const Piece piece = PieceOf(FileOffset, Length);
  if ((Flags & PIN_WAIT) == 0 && MustRead(map, piece, true)) return FALSE;
  const NTSTATUS status = Fill(map, piece, true);
  if (!NT_SUCCESS(status)) Raise(status);
  if (!Pin(map, piece, Flags & ~PIN_IF_BCB, Bcb, Buffer)) return FALSE;
  if (Zero != FALSE) std::memset(*Buffer, 0, Length);
  CcSetDirtyPinnedData(*Bcb, nullptr);
  return TRUE;
}

VOID CcUnpinData(PVOID Bcb) {
  auto* const bcb = static_cast<nt::cc::Bcb*>(Bcb);
  if (!bcb->mapped_only) ExReleaseResourceLite(&bcb->resource);
  DropPin(bcb);
}

VOID CcUnpinDataForThread(PVOID Bcb, ERESOURCE_THREAD ResourceThreadId) {
  auto* const bcb = static_cast<nt::cc::Bcb*>(Bcb);
  if (!bcb->mapped_only) ExReleaseResourceForThreadLite(&bcb->resource, ResourceThreadId);
  DropPin(bcb);
}

VOID CcSetBcbOwnerPointer(PVOID Bcb, PVOID OwnerPointer) {
  auto* const bcb = static_cast<nt::cc::Bcb*>(Bcb);
  if (!bcb->mapped_only) ExSetResourceOwnerPointer(&bcb->resource, OwnerPointer);
}

PVOID CcRemapBcb(PVOID Bcb) {
  auto* const bcb = static_cast<nt::cc::Bcb*>(Bcb);
  nt::cc::Bcb* const again = MakeBcb(bcb->map, PieceOf(bcb), true);
  if (again == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  AddPin(again);
  return again;
}

VOID CcRepinBcb(PVOID Bcb) { AddPin(static_cast<nt::cc::Bcb*>(Bcb)); }

VOID CcUnpinRepinnedBcb(PVOID Bcb, BOOLEAN WriteThrough, PIO_STATUS_BLOCK IoStatus) {
  auto* const bcb = static_cast<nt::cc::Bcb*>(Bcb);
  *IoStatus = {};
  if (WriteThrough != FALSE && bcb->dirty) {
    const LONGLONG start = bcb->shown.MappedFileOffset.QuadPart;
    *IoStatus = WriteBack(bcb->map, start, start + bcb->shown.MappedLength);
  }
  DropPin(bcb);
}

PFILE_OBJECT CcGetFileObjectFromBcb(PVOID Bcb) { return static_cast<nt::cc::Bcb*>(Bcb)->map->file; }

VOID CcSetLogHandleForFile(PFILE_OBJECT FileObject, PVOID LogHandle, PVOID FlushToLsnRoutine) {
  Map* const map = MapOf(FileObject);
  if (map == nullptr) return;
  map->log = LogHandle;
  map->flush_log = FlushToLsnRoutine;
}

LONGLONG CcGetDirtyPages(PVOID LogHandle, PDIRTY_PAGE_ROUTINE DirtyPageRoutine, PVOID Context1, PVOID Context2) {
  LONGLONG oldest = 0;
  for (SIZE_T i = 0; i < Cc().maps.size(); ++i) {
    const Map* const map = Cc().maps[i];
    for (SIZE_T j = 0; map->log == LogHandle && j < map->bcbs.size(); ++j) {
      const Bcb* const bcb = map->bcbs[j];
      if (!bcb->dirty) continue;
      LARGE_INTEGER offset = bcb->shown.MappedFileOffset, first = bcb->oldest_lsn, last = bcb->newest_lsn;
      if (first.QuadPart != 0 && (oldest == 0 || first.QuadPart < oldest)) oldest = first.QuadPart;
      ke::Callout<void>(DirtyPageRoutine, map->file, &offset, bcb->shown.MappedLength, &first, &last, Context1, Context2);
    }
  }
  return oldest;
}

}  // extern "C"
