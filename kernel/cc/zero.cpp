// Zeroing ranges of files, in the cache or, where there is none, in the file.
#include <algorithm>
#include <cstring>

#include "kernel/cc/state.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::cc {
namespace {

constexpr ULONG kChunk = 0x10000;

bool ZeroCached(Map* map, LONGLONG start, LONGLONG end, bool wait) {
  while (start < end) {
    const Piece piece = FirstPiece(start, end);
    if (!wait && MustRead(map, piece, true)) return false;
    const NTSTATUS status = Fill(map, piece, true);
    if (!NT_SUCCESS(status)) ke::RaiseStatus(status);
    View* const view = ViewAt(map, piece.view);
    std::memset(view->memory + piece.start, 0, piece.length());
    MarkDirty(map, view, piece);
    start += piece.length();
  }
  return true;
}

/// Writes zeros to the file, whole sectors.
NTSTATUS ZeroFile(PFILE_OBJECT file, LONGLONG start, LONGLONG end) {
  auto* const zeros = static_cast<UCHAR*>(ex::AllocatePool(NonPagedPoolNx, kChunk, kTag));
  if (zeros == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  std::memset(zeros, 0, kChunk);
  NTSTATUS status = STATUS_SUCCESS;
  end = SectorsOf(end);
  while (start < end && NT_SUCCESS(status)) {
    const auto length = static_cast<ULONG>(std::min<LONGLONG>(kChunk, end - start));
    status = Transfer(file, false, zeros, start, length).Status;
    start += length;
  }
  ex::FreePool(zeros);
  return status;
}

}  // namespace
}  // namespace nt::cc

using namespace nt;
using namespace nt::cc;

extern "C" BOOLEAN CcZeroData(PFILE_OBJECT FileObject, PLARGE_INTEGER StartOffset, PLARGE_INTEGER EndOffset, BOOLEAN Wait) {
  Map* const map = MapOf(FileObject);
  const LONGLONG start = StartOffset->QuadPart, end = EndOffset->QuadPart;
  const bool through = (FileObject->Flags & FO_WRITE_THROUGH) != 0;
  if (Wait == FALSE && (map == nullptr || through)) return FALSE;
  NTSTATUS status = STATUS_SUCCESS;
  if (map != nullptr) {
    if (!ZeroCached(map, start, end, Wait != FALSE)) return FALSE;
    if (through) status = WriteBack(map, start, end).Status;
  } else {
    status = ZeroFile(FileObject, start, end);
  }
  if (!NT_SUCCESS(status)) ke::RaiseStatus(status);
  return TRUE;
}
