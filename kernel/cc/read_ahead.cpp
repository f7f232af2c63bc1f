// Reading before somebody asks, in a worker thread.
#include <algorithm>

#include "kernel/api/api.h"
#include "kernel/cc/state.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::cc {
namespace {

struct Work {
  WORK_QUEUE_ITEM item;
  Map* map;
  LONGLONG offset;
  LONGLONG end;
};

}  // namespace

void ReadLater(Map* map, LONGLONG offset, LONGLONG end) {
  auto* const work = offset < end ? static_cast<Work*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Work), kTag)) : nullptr;
  if (work == nullptr) return;
  *work = {{}, map, offset, end};
  work->item.WorkerRoutine = reinterpret_cast<decltype(work->item.WorkerRoutine)>(api::StubOf("CcpReadAhead"));
  work->item.Parameter = work;
  ++map->pins;
  ExQueueWorkItem(&work->item, CriticalWorkQueue);
}

void ReadAhead(PFILE_OBJECT file, LONGLONG offset, ULONG length) {
  constexpr ULONG kRandomAccess = 0x100000;  // FO_RANDOM_ACCESS
  auto* const own = static_cast<PrivateMap*>(file->PrivateCacheMap);
  if (own == nullptr || own->map->no_read_ahead || (file->Flags & kRandomAccess) != 0) return;
  const LONGLONG unit = std::max<LONGLONG>(own->granularity, PAGE_SIZE);
  const LONGLONG ahead = (file->Flags & FO_SEQUENTIAL_ONLY) != 0 ? 2 * unit : unit;
  const LONGLONG start = std::max((offset + length + PAGE_SIZE - 1) & ~LONGLONG{PAGE_SIZE - 1}, own->read_ahead);
  const LONGLONG end = std::min((offset + length + unit - 1) / unit * unit + ahead, own->map->sizes.FileSize.QuadPart);
  if (start >= end) return;
  own->read_ahead = end;
  ReadLater(own->map, start, end);
}

}  // namespace nt::cc

using namespace nt;
using namespace nt::cc;

extern "C" {

VOID CcpReadAhead(PVOID Parameter) {
  const Work work = *static_cast<Work*>(Parameter);
  ex::FreePool(Parameter);
  if (ke::Callout<BOOLEAN>(work.map->callbacks.AcquireForReadAhead, work.map->context, TRUE) != FALSE) {
    // Whoever reads it in earnest sees the error.
    NTSTATUS status = STATUS_SUCCESS;
    for (LONGLONG at = work.offset; at < work.end && NT_SUCCESS(status);) {
      const Piece piece = FirstPiece(at, work.end);
      status = Fill(work.map, piece, false);
      at += piece.length();
    }
    ke::Callout<void>(work.map->callbacks.ReleaseFromReadAhead, work.map->context);
  }
  --work.map->pins;
  TryDelete(work.map);
}

VOID CcScheduleReadAhead(PFILE_OBJECT FileObject, PLARGE_INTEGER FileOffset, ULONG Length) {
  ReadAhead(FileObject, FileOffset->QuadPart, Length);
}

}  // extern "C"
