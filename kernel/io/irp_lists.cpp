#include "kernel/io/irp_lists.h"

#include "kernel/ke/ki.h"

namespace nt::io {
namespace {

void PushFront(LIST_ENTRY& head, PIRP irp) {
  irp->ThreadListEntry = {head.Flink, &head};
  head.Flink->Blink = &irp->ThreadListEntry;
  head.Flink = &irp->ThreadListEntry;
}

bool IsEmpty(const LIST_ENTRY& head) { return head.Flink == &head; }

bool Any(PIRP /*irp*/) { return true; }

void ReportAbandoned() {
  constexpr std::string_view kLine =
      "ringlet: a thread ended, and a driver still holds one of its IRPs; a pending IRP needs a cancel routine\n";
  ke::DebugOutput(kLine.data(), kLine.size());
}

}  // namespace

void QueueToThread(PIRP irp) { PushFront(irp->Tail.Overlay.Thread->IrpList, irp); }

void QueueToFile(PIRP irp) {
  irp->Flags |= kQueuedToFile;
  ObfReferenceObject(irp->Tail.Overlay.Thread);
  PushFront(irp->Tail.Overlay.OriginalFileObject->IrpList, irp);
}

void Dequeue(PIRP irp) {
  irp->ThreadListEntry.Blink->Flink = irp->ThreadListEntry.Flink;
  irp->ThreadListEntry.Flink->Blink = irp->ThreadListEntry.Blink;
  irp->ThreadListEntry.Flink = irp->ThreadListEntry.Blink = &irp->ThreadListEntry;
}

void CancelFileIrps(PFILE_OBJECT file) { CancelOn(file->IrpList, Any); }

void CancelThreadIrps(PETHREAD thread) {
  LIST_ENTRY& head = thread->IrpList;
  if (!CancelOn(head, Any)) return;
  // A driver has five minutes to let go of them, as on NT: then they are disowned and reported.
  constexpr int kPatience = 5 * 60 * 100;
  for (int tries = 0; !IsEmpty(head) && tries < kPatience; ++tries) {
    LARGE_INTEGER interval;
    interval.QuadPart = -100'000;
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
  }
  while (!IsEmpty(head)) {
    PIRP const irp = CONTAINING_RECORD(head.Flink, IRP, ThreadListEntry);
    Dequeue(irp);
    irp->Tail.Overlay.Thread = nullptr;
    ReportAbandoned();
  }
}

}  // namespace nt::io
