// System worker threads.
#include "kernel/ex/state.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/machine.h"
#include "nt/bugcodes.h"

namespace nt::ex {
namespace {

/// A work item may wait for another one: threads are added while items are left and all threads are busy.
constexpr ULONG kMaxWorkers = 32;

/// The priority at which a queue's items run.
KPRIORITY PriorityOf(WORK_QUEUE_TYPE type) {
  switch (type) {
    case CriticalWorkQueue:
      return 13;
    case DelayedWorkQueue:
      return 12;
    case HyperCriticalWorkQueue:
      return 15;
    case NormalWorkQueue:
      return 8;
    case BackgroundWorkQueue:
      return 7;
    case RealTimeWorkQueue:
      return 18;
    case SuperCriticalWorkQueue:
      return 14;
    default:
      return static_cast<KPRIORITY>(type) - CustomPriorityWorkQueue;
  }
}

bool Empty(const LIST_ENTRY& list) { return list.Flink == &list; }

/// The oldest item of the highest priority, no longer queued. The semaphore has counted it, so there is one.
PWORK_QUEUE_ITEM Take(KPRIORITY* priority) {
  for (SIZE_T i = kWorkPriorities; i-- != 0;) {
    LIST_ENTRY& queue = state->work[i];
    if (Empty(queue)) continue;
    LIST_ENTRY* const link = queue.Flink;
    queue.Flink = link->Flink;
    link->Flink->Blink = &queue;
    link->Flink = nullptr;
    *priority = static_cast<KPRIORITY>(i);
    return CONTAINING_RECORD(link, WORK_QUEUE_ITEM, List);
  }
  return nullptr;
}

/// The item is the driver's again once its routine starts: it may be freed or queued there.
void RunItem(PWORK_QUEUE_ITEM item) {
  const auto routine = item->WorkerRoutine;
  const auto parameter = item->Parameter;
  ke::Callout<void>(routine, parameter);
  PKTHREAD const thread = ke::CurrentThread();
  if (KthreadKernelApcDisable(thread) != 0 || KthreadSpecialApcDisable(thread) != 0) {
    ke::BugCheck(
        APC_INDEX_MISMATCH, reinterpret_cast<ULONG_PTR>(routine), 0, ke::ApcDisableCounts(thread), 1,
        "A work item returned with its thread's APCs disabled; it must leave the critical or guarded region it entered, and release "
        "its mutexes.");
  }
  if (ke::CurrentIrql() != PASSIVE_LEVEL) {
    ke::BugCheck(WORKER_THREAD_RETURNED_AT_BAD_IRQL, reinterpret_cast<ULONG_PTR>(routine), ke::CurrentIrql(),
                 reinterpret_cast<ULONG_PTR>(parameter), reinterpret_cast<ULONG_PTR>(item), "A work routine must return at PASSIVE_LEVEL.");
  }
}

void Worker(void*) {
  for (;;) {
    KeWaitForSingleObject(&state->work_available, WrQueue, KernelMode, FALSE, nullptr);
    KPRIORITY priority = 0;
    PWORK_QUEUE_ITEM const item = Take(&priority);
    --state->queued_items;
    ++state->busy_workers;
    ke::SetBasePriority(ke::CurrentThread(), priority);
    RunItem(item);
    --state->busy_workers;
  }
}

/// There must be a thread for each item that is queued.
void AddWorkerIfNeeded() {
  if (state->queued_items <= state->workers - state->busy_workers || state->workers == kMaxWorkers) return;
  ++state->workers;
  ke::CreateHostThread(&Worker, nullptr, 12);
}

void Queue(PWORK_QUEUE_ITEM item, KPRIORITY priority) {
  LIST_ENTRY& queue = state->work[static_cast<SIZE_T>(priority)];
  item->List = {&queue, queue.Blink};
  queue.Blink->Flink = &item->List;
  queue.Blink = &item->List;
  ++state->queued_items;
  AddWorkerIfNeeded();
  KeReleaseSemaphore(&state->work_available, 0, 1, FALSE);
}

}  // namespace

void InitializeThreads() {
  InitializeCallbacks();
  ke::SetSecondTick(&AdjustLookasideDepths);
  for (LIST_ENTRY& queue : state->work) queue.Flink = queue.Blink = &queue;
  KeInitializeSemaphore(&state->work_available, 0, 0x7fffffff);
}

}  // namespace nt::ex

using namespace nt;
using namespace nt::ex;

extern "C" VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) {
  const KPRIORITY priority = PriorityOf(QueueType);
  if (priority < 1 || priority >= static_cast<KPRIORITY>(kWorkPriorities) ||
      (QueueType >= MaximumWorkQueue && QueueType < CustomPriorityWorkQueue)) {
    ke::BugCheck(WORKER_INVALID, 2, reinterpret_cast<ULONG_PTR>(WorkItem), QueueType, 0, "There is no such work queue.");
  }
  if (WorkItem->List.Flink != nullptr) {
    ke::BugCheck(WORKER_INVALID, 1, reinterpret_cast<ULONG_PTR>(WorkItem), reinterpret_cast<ULONG_PTR>(WorkItem->WorkerRoutine), 0,
                 "A work item that is queued must not be queued again before its routine runs.");
  }
  if (reinterpret_cast<ULONG_PTR>(WorkItem->WorkerRoutine) < 0x10000) {
    ke::BugCheck(WORKER_INVALID, 0, reinterpret_cast<ULONG_PTR>(WorkItem), reinterpret_cast<ULONG_PTR>(WorkItem->WorkerRoutine), 0,
                 "A work item needs a routine.");
  }
  Queue(WorkItem, priority);
}
