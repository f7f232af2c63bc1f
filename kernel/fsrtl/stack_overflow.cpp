// Running a routine where there is stack to spare: on a worker thread.
#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

using PFSRTL_STACK_OVERFLOW_ROUTINE = VOID (*)(PVOID Context, PKEVENT Event);

namespace {

struct Work {
  WORK_QUEUE_ITEM item;
  PFSRTL_STACK_OVERFLOW_ROUTINE routine;
  PVOID context;
  PKEVENT event;
};

}  // namespace

using namespace nt;

extern "C" {

VOID FsRtlpStackOverflowWorker(PVOID Parameter) {
  const Work work = *static_cast<Work*>(Parameter);
  ex::FreePool(Parameter);
  ke::Callout<void>(work.routine, work.context, work.event);
}

VOID FsRtlPostStackOverflow(PVOID Context, PKEVENT Event, PFSRTL_STACK_OVERFLOW_ROUTINE StackOverflowRoutine) {
  constexpr ULONG kTag = 'kSsF';
  auto* const work = static_cast<Work*>(ex::AllocatePool(NonPagedPoolNx, sizeof(Work), kTag));
  if (work == nullptr) ke::RaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
  *work = {{}, StackOverflowRoutine, Context, Event};
  work->item.WorkerRoutine = reinterpret_cast<decltype(work->item.WorkerRoutine)>(api::StubOf("FsRtlpStackOverflowWorker"));
  work->item.Parameter = work;
  ExQueueWorkItem(&work->item, CriticalWorkQueue);
}

VOID FsRtlPostPagingFileStackOverflow(PVOID Context, PKEVENT Event, PFSRTL_STACK_OVERFLOW_ROUTINE StackOverflowRoutine) {
  FsRtlPostStackOverflow(Context, Event, StackOverflowRoutine);
}

}  // extern "C"
