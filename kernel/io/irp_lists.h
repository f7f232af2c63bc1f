// The lists that requests are on until their requestor has heard of their end: each thread's, and each file's with a completion port.
#pragma once

#include "kernel/io/state.h"
#include "kernel/ke/ke.h"

namespace nt::io {

/// In an IRP's Flags, no flag of NT's: it is on its file's list instead of its thread's, and has a reference to the thread.
inline constexpr ULONG kQueuedToFile = 0x0100'0000;

/// Puts an IRP on the list of the thread that sends it: the thread's end cancels it.
void QueueToThread(PIRP irp);
/// Puts an IRP on its file's list: the end of its thread does not cancel it, the end of the file's handles does.
void QueueToFile(PIRP irp);
/// Takes an IRP off its list.
void Dequeue(PIRP irp);

void CancelThreadIrps(PETHREAD thread);
void CancelFileIrps(PFILE_OBJECT file);

template <class Wanted>
bool IsOn(LIST_ENTRY& head, Wanted wanted) {
  for (LIST_ENTRY* link = head.Flink; link != &head; link = link->Flink) {
    if (wanted(CONTAINING_RECORD(link, IRP, ThreadListEntry))) return true;
  }
  return false;
}

/// Cancels the wanted IRPs of a list; false if there are none. Any of them may end meanwhile, so each search starts anew.
template <class Wanted>
bool CancelOn(LIST_ENTRY& head, Wanted wanted) {
  if (!IsOn(head, wanted)) return false;
  PIRP next = nullptr;
  const auto find = [&](PIRP irp) {
    if (irp->Cancel != FALSE || !wanted(irp)) return false;
    next = irp;
    return true;
  };
  // At APC_LEVEL the running thread does not hear of their end before all are cancelled.
  const KIRQL irql = ke::RaiseIrql(APC_LEVEL);
  while (IsOn(head, find)) IoCancelIrp(next);
  ke::LowerIrql(irql);
  return true;
}

}  // namespace nt::io
