// Copying between a cached file and a buffer.
#include <algorithm>
#include <cstring>

#include "kernel/cc/state.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

extern "C" NTSTATUS FsRtlNormalizeNtstatus(NTSTATUS Exception, NTSTATUS GenericException);

namespace nt::cc {
namespace {

bool IsUser(const void* buffer) { return reinterpret_cast<ULONG_PTR>(buffer) < mm::kUserProbe; }

NTSTATUS CopyOut(void* to, const void* from, SIZE_T size) {
  if (IsUser(to)) return mm::CopyToUser(to, from, size);
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

NTSTATUS CopyIn(void* to, const void* from, SIZE_T size) {
  if (IsUser(from)) return mm::CopyFromUser(to, from, size);
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

bool AnyToRead(Map* map, LONGLONG offset, LONGLONG end, bool overwrite) {
  while (offset < end) {
    const Piece piece = FirstPiece(offset, end);
    if (MustRead(map, piece, overwrite)) return true;
    offset += piece.length();
  }
  return false;
}

[[noreturn]] void Raise(NTSTATUS status) { ke::RaiseStatus(FsRtlNormalizeNtstatus(status, STATUS_UNEXPECTED_IO_ERROR)); }

/// Calls `copy(view, piece)` for the pieces of a range, whose pages are made valid first.
template <class Copy>
void ForEachPiece(Map* map, LONGLONG offset, LONGLONG end, bool overwrite, Copy copy) {
  while (offset < end) {
    const Piece piece = FirstPiece(offset, end);
    const NTSTATUS filled = Fill(map, piece, overwrite);
    if (!NT_SUCCESS(filled)) Raise(filled);
    View* const view = ViewAt(map, piece.view);
    if (!NT_SUCCESS(copy(view, piece))) ke::RaiseStatus(STATUS_INVALID_USER_BUFFER);
    offset += piece.length();
  }
}

void NoteRead(PFILE_OBJECT file, LONGLONG offset, ULONG length) {
  auto* const own = static_cast<PrivateMap*>(file->PrivateCacheMap);
  if (own == nullptr || length == 0) return;
  constexpr ULONG kSequentialReads = 2;
  own->in_sequence = own->next_read == offset ? own->in_sequence + 1 : 0;
  own->next_read = offset + length;
  if (own->in_sequence >= kSequentialReads || (file->Flags & FO_SEQUENTIAL_ONLY) != 0) ReadAhead(file, offset, length);
}

}  // namespace
}  // namespace nt::cc

using namespace nt;
using namespace nt::cc;

extern "C" {

BOOLEAN CcCopyRead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer,
                   PIO_STATUS_BLOCK IoStatus) {
  Map* const map = MapOf(FileObject);
  const LONGLONG start = FileOffset->QuadPart, end = std::min(start + Length, map->sizes.FileSize.QuadPart);
  if (Wait == FALSE && AnyToRead(map, start, end, false)) {
    if (!map->no_read_ahead) ReadLater(map, start, end);
    return FALSE;
  }
  auto* to = static_cast<UCHAR*>(Buffer);
  ForEachPiece(map, start, end, false, [&](const View* view, const Piece& piece) {
    const NTSTATUS status = CopyOut(to, view->memory + piece.start, piece.length());
    to += piece.length();
    return status;
  });
  IoStatus->Status = STATUS_SUCCESS;
  IoStatus->Information = end > start ? static_cast<ULONG_PTR>(end - start) : 0;
  NoteRead(FileObject, start, static_cast<ULONG>(IoStatus->Information));
  return TRUE;
}

BOOLEAN CcCopyReadEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer,
                     PIO_STATUS_BLOCK IoStatus, PETHREAD /*IoIssuerThread*/) {
  return CcCopyRead(FileObject, FileOffset, Length, Wait, Buffer, IoStatus);
}

VOID CcFastCopyRead(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, ULONG /*PageCount*/, PVOID Buffer, PIO_STATUS_BLOCK IoStatus) {
  LARGE_INTEGER offset;
  offset.QuadPart = FileOffset;
  CcCopyRead(FileObject, &offset, Length, TRUE, Buffer, IoStatus);
}

BOOLEAN CcCopyWrite(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer) {
  Map* const map = MapOf(FileObject);
  const bool through = (FileObject->Flags & FO_WRITE_THROUGH) != 0;
  const LONGLONG start = FileOffset->QuadPart, end = start + Length;
  if (Wait == FALSE && (through || AnyToRead(map, start, end, true))) return FALSE;
  const auto* from = static_cast<const UCHAR*>(Buffer);
  ForEachPiece(map, start, end, true, [&](View* view, const Piece& piece) {
    const NTSTATUS status = CopyIn(view->memory + piece.start, from, piece.length());
    if (NT_SUCCESS(status)) MarkDirty(map, view, piece);
    from += piece.length();
    return status;
  });
  if (!through) return TRUE;
  const IO_STATUS_BLOCK written = WriteBack(map, start, end);
  if (!NT_SUCCESS(written.Status)) Raise(written.Status);
  return TRUE;
}

BOOLEAN CcCopyWriteEx(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length, BOOLEAN Wait, PVOID Buffer,
                      PETHREAD /*IoIssuerThread*/) {
  return CcCopyWrite(FileObject, FileOffset, Length, Wait, Buffer);
}

VOID CcFastCopyWrite(PFILE_OBJECT FileObject, ULONG FileOffset, ULONG Length, PVOID Buffer) {
  LARGE_INTEGER offset;
  offset.QuadPart = FileOffset;
  CcCopyWrite(FileObject, &offset, Length, TRUE, Buffer);
}

}  // extern "C"
