// I/O work items: work for a system thread that keeps a device or driver object alive until it is done.
#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/state.h"
#include "kernel/ke/ke.h"
#include "nt/bugcodes.h"

/// Opaque to drivers.
struct IO_WORKITEM {
  WORK_QUEUE_ITEM item;
  PVOID routine;  ///< a PIO_WORKITEM_ROUTINE_EX, or a PIO_WORKITEM_ROUTINE if not extended
  PVOID object;   ///< device or driver
  PVOID context;
  ULONG extended;
  GUID activity;  ///< room that NT has too
};
NT_SIZE(IO_WORKITEM, 0x50);

namespace ke = nt::ke;
namespace ex = nt::ex;

namespace {

constexpr ULONG kWorkTag = 'kWoI';

bool IsQueued(const IO_WORKITEM* work) { return work->item.List.Flink != nullptr; }

void Queue(PIO_WORKITEM work, PVOID routine, bool extended, WORK_QUEUE_TYPE type, PVOID context) {
  if (IsQueued(work)) {
    ke::BugCheck(WORKER_INVALID, 1, reinterpret_cast<ULONG_PTR>(work), reinterpret_cast<ULONG_PTR>(work->routine), 0,
                 "A work item was queued again before its routine had started.");
  }
  ObfReferenceObject(work->object);
  work->routine = routine;
  work->extended = extended ? 1 : 0;
  work->context = context;
  ExQueueWorkItem(&work->item, type);
}

void RequireIdle(PIO_WORKITEM work) {
  if (!IsQueued(work)) return;
  ke::BugCheck(WORKER_INVALID, 0, reinterpret_cast<ULONG_PTR>(work), reinterpret_cast<ULONG_PTR>(work->routine), 0,
               "A work item was freed while it was queued.");
}

}  // namespace

extern "C" {

VOID IopProcessWorkItem(PVOID Parameter) {
  auto* const work = static_cast<PIO_WORKITEM>(Parameter);
  // The routine may free the work item, or queue it again.
  PVOID const object = work->object;
  if (work->extended != 0) {
    ke::Callout<void>(work->routine, object, work->context, work);
  } else {
    ke::Callout<void>(work->routine, object, work->context);
  }
  ObfDereferenceObject(object);
}

ULONG IoSizeofWorkItem() { return sizeof(IO_WORKITEM); }

VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem) {
  *IoWorkItem = IO_WORKITEM{};
  IoWorkItem->item.WorkerRoutine = reinterpret_cast<PWORKER_THREAD_ROUTINE>(nt::api::StubOf("IopProcessWorkItem"));
  IoWorkItem->item.Parameter = IoWorkItem;
  IoWorkItem->object = IoObject;
}

VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem) { RequireIdle(IoWorkItem); }

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) {
  if (ex::LetAllocationFail()) return nullptr;
  auto* const work = static_cast<PIO_WORKITEM>(ex::AllocatePool(NonPagedPoolNx, sizeof(IO_WORKITEM), kWorkTag));
  if (work != nullptr) IoInitializeWorkItem(DeviceObject, work);
  return work;
}

VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) {
  RequireIdle(IoWorkItem);
  ex::FreePool(IoWorkItem);
}

VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) {
  Queue(IoWorkItem, reinterpret_cast<PVOID>(WorkerRoutine), false, QueueType, Context);
}

VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) {
  Queue(IoWorkItem, reinterpret_cast<PVOID>(WorkerRoutine), true, QueueType, Context);
}

BOOLEAN IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) {
  if (IsQueued(IoWorkItem)) return FALSE;
  Queue(IoWorkItem, reinterpret_cast<PVOID>(WorkerRoutine), true, QueueType, Context);
  return TRUE;
}

}  // extern "C"
