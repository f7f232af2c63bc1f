// The lazy writer: a second after something became dirty a worker thread writes it. And writes that wait until less is dirty.
#include <algorithm>

#include "kernel/api/api.h"
#include "kernel/cc/state.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "nt/status.h"

extern "C" BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc);

namespace nt::cc {
namespace {

/// No one write counts for more than this when it is judged whether there is room.
constexpr ULONG kLargestCharge = 0x40000;

/// Pages that may be dirty, of all files together.
SIZE_T DirtyLimit() { return mm::PhysicalPages() / 4; }

bool HasRoom(const FILE_OBJECT* file, ULONG bytes) {
  const ULONG pages = (std::min(bytes, kLargestCharge) + PAGE_SIZE - 1) / PAGE_SIZE;
  if (SIZE_T{Cc().dirty_pages} + pages > DirtyLimit() && Cc().dirty_pages != 0) return false;
  const Map* const map = file != nullptr ? MapOf(file) : nullptr;
  return map == nullptr || map->dirty_limit == 0 || map->dirty_pages == 0 || map->dirty_pages + pages <= map->dirty_limit;
}

void Defer(DeferredWrite* write, bool first) {
  DeferredWrite** place = &Cc().deferred;
  while (!first && *place != nullptr) place = &(*place)->next;
  write->next = *place;
  *place = write;
  ScheduleLazyWrite(true);
}

bool WantsWriting(const Map* map) { return map->dirty_pages != 0 && (map->flush_soon || !map->no_write_behind); }

/// A map that the running scan has not seen, and that has work; null when there is none left.
Map* NextToWrite() {
  for (Map* map : Cc().maps) {
    if (map->scan != Cc().scans && WantsWriting(map)) return map;
  }
  return nullptr;
}

bool MayPass(NTSTATUS status) {
  return status == STATUS_FILE_LOCK_CONFLICT || status == STATUS_VERIFY_REQUIRED || status == STATUS_INSUFFICIENT_RESOURCES;
}

void WriteMap(Map* map) {
  map->scan = Cc().scans;
  ++map->pins;
  if (ke::Callout<BOOLEAN>(map->callbacks.AcquireForLazyWrite, map->context, TRUE) != FALSE) {
    const NTSTATUS status = WriteBack(map, 0, kEnd).Status;
    const LONGLONG written = std::min(map->written_to, map->sizes.FileSize.QuadPart);
    if (NT_SUCCESS(status) && map->sizes.ValidDataLength.QuadPart != kEnd && written > map->sizes.ValidDataLength.QuadPart &&
        NT_SUCCESS(AdvanceValidData(map, written))) {
      map->sizes.ValidDataLength.QuadPart = written;
    }
    if (!NT_SUCCESS(status) && !MayPass(status)) Purge(map, 0, kEnd);  // lost: nobody waits who could be told
    ke::Callout<void>(map->callbacks.ReleaseFromLazyWrite, map->context);
  }
  --map->pins;
  TryDelete(map);
}

bool AnyWork() {
  for (const Map* map : Cc().maps) {
    if (WantsWriting(map)) return true;
  }
  return false;
}

void QueueScan() {
  if (Cc().scan_queued) return;
  Cc().scan_queued = true;
  ExQueueWorkItem(&Cc().scan, CriticalWorkQueue);
}

void SignalAll(std::vector<PKEVENT>& events) {
  while (!events.empty()) {
    PKEVENT const event = events.back();
    events.pop_back();
    KeSetEvent(event, 0, FALSE);
  }
}

}  // namespace

void ScheduleLazyWrite(bool now) {
  State& state = Cc();
  if (state.scanning) {
    state.scan_again |= now;
  } else if (now) {
    QueueScan();
  } else if (!state.scan_timed && !state.scan_queued) {
    constexpr LONGLONG kSecond = 10'000'000;
    LARGE_INTEGER due;
    due.QuadPart = -kSecond;
    state.scan_timed = true;
    KeSetTimerEx(&state.timer, due, 0, &state.timer_dpc);
  }
}

void PostDeferredWrites() {
  for (DeferredWrite** place = &Cc().deferred; *place != nullptr;) {
    DeferredWrite* const write = *place;
    if (!HasRoom(write->file, write->bytes)) {
      place = &write->next;
      continue;
    }
    *place = write->next;
    if (write->event != nullptr) {
      KeSetEvent(write->event, 0, FALSE);
    } else {
      const DeferredWrite posted = *write;
      ex::FreePool(write);
      ke::Callout<void>(posted.routine, posted.context1, posted.context2);
    }
    place = &Cc().deferred;  // it may have changed anything
  }
}

}  // namespace nt::cc

using namespace nt;
using namespace nt::cc;

extern "C" {

VOID CcpLazyWriterTimer(PKDPC, PVOID, PVOID, PVOID) {
  Cc().scan_timed = false;
  if (!Cc().scanning) QueueScan();
}

VOID CcpLazyWriterScan(PVOID) {
  State& state = Cc();
  state.scan_queued = false;
  state.scanning = true;
  state.scan_again = false;
  ++state.scans;
  state.answering.swap(state.waiting);
  while (Map* const map = NextToWrite()) WriteMap(map);
  PostDeferredWrites();
  SignalAll(state.answering);
  state.scanning = false;
  if (state.scan_again) {
    QueueScan();
  } else if (AnyWork()) {
    ScheduleLazyWrite(false);
  }
}

NTSTATUS CcWaitForCurrentLazyWriterActivity() {
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  Cc().waiting.push_back(&event);
  ScheduleLazyWrite(true);
  return KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
}

BOOLEAN CcCanIWrite(PFILE_OBJECT FileObject, ULONG BytesToWrite, BOOLEAN Wait, BOOLEAN Retrying) {
  // Who came first goes first.
  if ((Retrying != FALSE || Cc().deferred == nullptr) && HasRoom(FileObject, BytesToWrite)) return TRUE;
  if (Wait == FALSE) return FALSE;
  KEVENT event;
  KeInitializeEvent(&event, NotificationEvent, FALSE);
  DeferredWrite here{nullptr, FileObject, BytesToWrite, nullptr, nullptr, nullptr, &event};
  Defer(&here, Retrying != FALSE);
  KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr);
  return TRUE;
}

VOID CcDeferWrite(PFILE_OBJECT FileObject, PCC_POST_DEFERRED_WRITE PostRoutine, PVOID Context1, PVOID Context2, ULONG BytesToWrite,
                  BOOLEAN Retrying) {
  auto* const write = static_cast<DeferredWrite*>(ex::AllocatePool(NonPagedPoolNx, sizeof(DeferredWrite), kTag));
  if (write == nullptr) {  // no room to wait in: it goes now
    ke::Callout<void>(PostRoutine, Context1, Context2);
    return;
  }
  *write = {nullptr, FileObject, BytesToWrite, PostRoutine, Context1, Context2, nullptr};
  Defer(write, Retrying != FALSE);
}

}  // extern "C"
