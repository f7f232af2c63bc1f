// What there was before thread pools had objects: work items of users, timer queues, registered waits, bound files.
#include "subsystem/kernel32/thread_pool.h"

using namespace nt::win32;
using namespace nt::win32::pool;
namespace sys = nt::sys;

namespace {

constexpr ULONG kOnce = 8;  // WT_EXECUTEONLYONCE

/// Ends a timer or a registered wait. `event`: null, an event that is signaled when its callbacks have returned, or INVALID_HANDLE_VALUE,
/// to wait for them. FALSE, ERROR_IO_PENDING: one still runs.
BOOL End(Object* object, HANDLE event) {
  if (!object) return Fail(ERROR_INVALID_HANDLE);
  Forget(object);
  CancelQueued(object);
  const bool runs = object->running != 0;
  if (event == INVALID_HANDLE_VALUE) {
    WaitUntilDone(object);
  } else {
    object->finished = event;
  }
  object->closed = true;
  DropIfDone(object);
  return !runs || event == INVALID_HANDLE_VALUE ? TRUE : Fail(ERROR_IO_PENDING);
}

/// The timers of a queue are a group; the process's own queue is none.
Group* GroupOf(HANDLE queue) { return static_cast<Group*>(queue); }

}  // namespace

extern "C" {

PVOID CreateThreadpoolCleanupGroup();
BOOL TrySubmitThreadpoolCallback(PVOID Callback, PVOID Context, PVOID Environ);

/// Calls a routine once in a thread of the process's pool. (QueueUserWorkItem)
BOOL QueueUserWorkItem(PVOID Function, PVOID Context, [[maybe_unused]] ULONG Flags) {
  Object* const object = NewObject(Kind::UserWork, Function, Context, nullptr);
  if (!object) return FALSE;
  object->closed = true;
  return Queue(object) ? TRUE : (DropIfDone(object), FALSE);
}

/// A queue of timers. (CreateTimerQueue)
HANDLE CreateTimerQueue() { return CreateThreadpoolCleanupGroup(); }

/// A timer of a queue, or of the process's: due after so many milliseconds, and then once a period. (CreateTimerQueueTimer)
BOOL CreateTimerQueueTimer(PHANDLE NewTimer, HANDLE TimerQueue, PVOID Callback, PVOID Parameter, DWORD DueTime, DWORD Period, ULONG Flags) {
  Environment environment{};
  environment.version = 1;
  environment.group = GroupOf(TimerQueue);
  *NewTimer = nullptr;
  Object* const object = NewObject(Kind::QueueTimer, Callback, Parameter, &environment);
  if (!object) return FALSE;
  object->due = AfterMilliseconds(DueTime);
  object->period = Flags & kOnce ? 0 : 10000LL * Period;
  *NewTimer = object;
  return Await(object);
}

/// Gives a timer another time, unless it was a single one that is over. (ChangeTimerQueueTimer)
BOOL ChangeTimerQueueTimer([[maybe_unused]] HANDLE TimerQueue, HANDLE Timer, ULONG DueTime, ULONG Period) {
  auto* const object = static_cast<Object*>(Timer);
  if (!object) return Fail(ERROR_INVALID_PARAMETER);
  if (!object->awaited) return TRUE;
  object->due = AfterMilliseconds(DueTime);
  object->period = 10000LL * Period;
  return Await(object);
}

/// Ends a timer; what `CompletionEvent` means is at UnregisterWaitEx. (DeleteTimerQueueTimer)
BOOL DeleteTimerQueueTimer([[maybe_unused]] HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent) {
  return End(static_cast<Object*>(Timer), CompletionEvent);
}

/// Ends a queue and its timers. (DeleteTimerQueueEx)
BOOL DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent) {
  Group* const group = GroupOf(TimerQueue);
  if (!group) return Fail(ERROR_INVALID_HANDLE);
  const bool wait = CompletionEvent == INVALID_HANDLE_VALUE;
  bool runs = false;
  while (group->members.Flink != &group->members) {
    Object* const object = CONTAINING_RECORD(group->members.Flink, Object, group_link);
    if (!End(object, wait ? INVALID_HANDLE_VALUE : nullptr)) {
      // It goes with its callback's end, by itself.
      runs = true;
      group->members.Flink = object->group_link.Flink;
      object->group_link.Flink->Blink = &group->members;
      object->group_link = {&object->group_link, &object->group_link};
      object->finished = CompletionEvent;
    }
  }
  Free(group);
  if (!wait && !runs && CompletionEvent) sys::NtSetEvent(CompletionEvent, nullptr);
  return runs ? Fail(ERROR_IO_PENDING) : TRUE;
}
BOOL DeleteTimerQueue(HANDLE TimerQueue) { return DeleteTimerQueueEx(TimerQueue, nullptr); }

/// Calls a routine whenever an object is signaled or has not been for so long; once with WT_EXECUTEONLYONCE.
/// (RegisterWaitForSingleObject)
BOOL RegisterWaitForSingleObject(PHANDLE NewWaitObject, HANDLE Waited, PVOID Callback, PVOID Context, ULONG Milliseconds, ULONG Flags) {
  *NewWaitObject = nullptr;
  if (!Waited) return Fail(ERROR_INVALID_HANDLE);
  Object* const object = NewObject(Kind::RegisteredWait, Callback, Context, nullptr);
  if (!object) return FALSE;
  object->handle = Waited;
  object->repeats = (Flags & kOnce) == 0;
  object->due = AfterMilliseconds(Milliseconds);
  object->period = Milliseconds == INFINITE ? 0 : -10000LL * Milliseconds;
  *NewWaitObject = object;
  return Await(object);
}

/// Ends a registered wait. `CompletionEvent`: null, an event that is signaled when its callbacks have returned, or INVALID_HANDLE_VALUE, to
/// wait for them. FALSE: ERROR_IO_PENDING, one still runs. (UnregisterWaitEx)
BOOL UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent) { return End(static_cast<Object*>(WaitHandle), CompletionEvent); }
BOOL UnregisterWait(HANDLE WaitHandle) { return UnregisterWaitEx(WaitHandle, nullptr); }

/// Calls a routine with the end of each request on a file, as long as the process runs. (BindIoCompletionCallback)
BOOL BindIoCompletionCallback(HANDLE File, PVOID Function, [[maybe_unused]] ULONG Flags) {
  Object* const object = NewObject(Kind::BoundIo, Function, nullptr, nullptr);
  if (!object) return FALSE;
  const NTSTATUS status = Bind(File, object);
  if (NT_SUCCESS(status)) return TRUE;
  object->closed = true;
  DropIfDone(object);
  return Check(status);
}

}  // extern "C"
