// How urgent a request is: a hint with the IRP, or that of its file or thread.
#include "kernel/io/io.h"
#include "kernel/ke/ki.h"
#include "nt/status.h"

namespace ke = nt::ke;

namespace {

/// A hint lies in three bits of an IRP's flags, one more than itself; zero is none.
constexpr ULONG kHintShift = 17, kHintMask = 7;
constexpr ULONG kNormal = 2, kHints = 5;

/// IO_PRIORITY_INFO.
struct PriorityInfo {
  ULONG Size;
  ULONG ThreadPriority;
  ULONG PagePriority;
  ULONG IoPriority;
};
NT_SIZE(PriorityInfo, 0x10);

ULONG HintOf(const IRP* irp) { return irp->Flags >> kHintShift & kHintMask; }

}  // namespace

extern "C" {

KPRIORITY KeQueryPriorityThread(PKTHREAD Thread);

ULONG IoGetIoPriorityHint(PIRP Irp) { return HintOf(Irp) == 0 ? kNormal : HintOf(Irp) - 1; }

NTSTATUS IoSetIoPriorityHint(PIRP Irp, ULONG PriorityHint) {
  if (PriorityHint >= kHints) return STATUS_INVALID_PARAMETER;
  Irp->Flags = (Irp->Flags & ~(kHintMask << kHintShift)) | (PriorityHint + 1) << kHintShift;
  return STATUS_SUCCESS;
}

/// What is to be known of the priority of a request, and of a thread. Files have no hints of their own here: their drivers keep them.
NTSTATUS IoRetrievePriorityInfo(PIRP Irp, PFILE_OBJECT /*FileObject*/, PETHREAD Thread, PVOID Information) {
  auto* const info = static_cast<PriorityInfo*>(Information);
  if (info->Size != sizeof *info) return STATUS_INVALID_PARAMETER;
  const auto* const thread = reinterpret_cast<const ke::Thread*>(Thread);
  info->IoPriority = Irp != nullptr && HintOf(Irp) != 0 ? HintOf(Irp) - 1 : thread != nullptr ? thread->host.io_priority : kNormal;
  if (thread != nullptr) {
    info->ThreadPriority = static_cast<ULONG>(KeQueryPriorityThread(&Thread->Tcb));
    info->PagePriority = thread->host.page_priority;
  }
  return STATUS_SUCCESS;
}

}  // extern "C"
