// Pages of cached files as MDLs, for who transfers them without a copy.
#include <algorithm>

#include "kernel/cc/state.h"
#include "kernel/ex/ex.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

extern "C" NTSTATUS FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException);

namespace nt::cc {
namespace {

/// The view whose memory an MDL describes.
View* ViewOf(Map* map, const MDL* mdl) {
  const auto* const start = static_cast<const UCHAR*>(mdl->StartVa);
  for (auto& [number, view] : map->views) {
    if (start >= view.memory && start < view.memory + VACB_MAPPING_GRANULARITY) return &view;
  }
  return nullptr;
}

void FreeChain(Map* map, PMDL chain) {
  while (chain != nullptr) {
    PMDL const mdl = chain;
    chain = mdl->Next;
    if (View* const view = ViewOf(map, mdl)) --view->users;
    --map->pins;
    IoFreeMdl(mdl);
  }
  TryDelete(map);
}

/// Adds MDLs of a range's pages to a chain, one for each view. On failure what was added is freed again.
NTSTATUS Describe(Map* map, LONGLONG offset, LONGLONG end, bool overwrite, PMDL* chain) {
  while (*chain != nullptr) chain = &(*chain)->Next;
  PMDL* last = chain;
  while (offset < end) {
    const Piece piece = FirstPiece(offset, end);
    NTSTATUS status = Fill(map, piece, overwrite);
    View* const view = ViewAt(map, piece.view);
    PMDL const mdl = NT_SUCCESS(status) ? IoAllocateMdl(view->memory + piece.start, piece.length(), FALSE, FALSE, nullptr) : nullptr;
    if (mdl == nullptr) {
      FreeChain(map, *chain);
      *chain = nullptr;
      return NT_SUCCESS(status) ? STATUS_INSUFFICIENT_RESOURCES : status;
    }
    MmBuildMdlForNonPagedPool(mdl);
    ++view->users;
    ++map->pins;
    *last = mdl;
    last = &mdl->Next;
    offset += piece.length();
  }
  return STATUS_SUCCESS;
}

void Prepare(PFILE_OBJECT file, const LARGE_INTEGER* offset, LONGLONG end, bool write, PMDL* chain, PIO_STATUS_BLOCK result) {
  const NTSTATUS status = Describe(MapOf(file), offset->QuadPart, end, write, chain);
  if (!NT_SUCCESS(status)) ke::RaiseStatus(FsRtlNormalizeNtstatus(status, STATUS_UNEXPECTED_IO_ERROR));
  result->Status = STATUS_SUCCESS;
  result->Information = end > offset->QuadPart ? static_cast<ULONG_PTR>(end - offset->QuadPart) : 0;
}

}  // namespace
}  // namespace nt::cc

using namespace nt;
using namespace nt::cc;

extern "C" {

VOID CcMdlRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL* MdlChain, PIO_STATUS_BLOCK IoStatus) {
  const LONGLONG end = std::min(FileOffset->QuadPart + Length, MapOf(FileObject)->sizes.FileSize.QuadPart);
  Prepare(FileObject, FileOffset, end, false, MdlChain, IoStatus);
}

VOID CcMdlReadComplete(PFILE_OBJECT FileObject, PMDL MdlChain) { FreeChain(MapOf(FileObject), MdlChain); }

VOID CcPrepareMdlWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, PMDL* MdlChain, PIO_STATUS_BLOCK IoStatus) {
  Prepare(FileObject, FileOffset, FileOffset->QuadPart + Length, true, MdlChain, IoStatus);
}

VOID CcMdlWriteAbort(PFILE_OBJECT FileObject, PMDL MdlChain) { FreeChain(MapOf(FileObject), MdlChain); }

VOID CcMdlWriteComplete(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, PMDL MdlChain) {
  Map* const map = MapOf(FileObject);
  LONGLONG end = FileOffset->QuadPart;
  for (const MDL* mdl = MdlChain; mdl != nullptr; mdl = mdl->Next) {
    MarkDirty(map, ViewOf(map, mdl), FirstPiece(end, end + mdl->ByteCount));
    end += mdl->ByteCount;
  }
  const bool through = (FileObject->Flags & FO_WRITE_THROUGH) != 0;
  const NTSTATUS status = through ? WriteBack(map, FileOffset->QuadPart, end).Status : STATUS_SUCCESS;
  FreeChain(map, MdlChain);
  if (!NT_SUCCESS(status)) ke::RaiseStatus(FsRtlNormalizeNtstatus(status, STATUS_UNEXPECTED_IO_ERROR));
}

}  // extern "C"
