// CreateThreadpool… and its relatives (threadpoolapiset.h).
#include "subsystem/kernel32/thread_pool.h"

using namespace nt::win32;
using namespace nt::win32::pool;
namespace sys = nt::sys;

namespace {

/// Closes an object: it goes now, or when its callbacks have returned.
void Close(Object* object) {
  Forget(object);
  object->closed = true;
  DropIfDone(object);
}

void WaitFor(Object* object, BOOL cancel_pending) {
  if (cancel_pending) CancelQueued(object);
  WaitUntilDone(object);
}

/// Takes one member out of a group for good: what did not begin may be cancelled, what runs is waited for.
void Release(Group* group, Object* object, BOOL cancel_pending, PVOID cleanup_context) {
  Forget(object);
  if (cancel_pending && CancelQueued(object) && object->cancel_callback)
    nt::ke::Callout<void>(object->cancel_callback, object->context, cleanup_context);
  // A callback that is a member by itself frees it with its end.
  while (group->members.Flink == &object->group_link && (object->queued || object->running)) Park(object, nullptr);
  if (group->members.Flink != &object->group_link) return;
  object->closed = true;
  DropIfDone(object);
}

}  // namespace

extern "C" {

/// A pool of its own; it goes with its last object after it was closed. (CreateThreadpool)
PVOID CreateThreadpool(PVOID /*Reserved*/) { return NewPool(); }
VOID CloseThreadpool(PVOID ThreadPool) {
  auto* const pool = static_cast<Pool*>(ThreadPool);
  pool->closed = true;
  ReleasePool(pool);
}

/// How many threads a pool may have, and keeps: it makes them when they are needed. (SetThreadpoolThreadMaximum, …Minimum)
VOID SetThreadpoolThreadMaximum(PVOID ThreadPool, DWORD Most) { static_cast<Pool*>(ThreadPool)->maximum = Most ? Most : 1; }
BOOL SetThreadpoolThreadMinimum(PVOID ThreadPool, DWORD Least) {
  static_cast<Pool*>(ThreadPool)->minimum = Least;
  return TRUE;
}

/// An object whose callback is called once for each submission. (CreateThreadpoolWork)
PVOID CreateThreadpoolWork(PVOID Callback, PVOID Context, PVOID Environ) {
  return NewObject(Kind::Work, Callback, Context, static_cast<const Environment*>(Environ));
}
VOID SubmitThreadpoolWork(PVOID Work) { Queue(static_cast<Object*>(Work)); }
VOID WaitForThreadpoolWorkCallbacks(PVOID Work, BOOL CancelPending) { WaitFor(static_cast<Object*>(Work), CancelPending); }
VOID CloseThreadpoolWork(PVOID Work) { Close(static_cast<Object*>(Work)); }

/// Calls a callback once. (TrySubmitThreadpoolCallback)
BOOL TrySubmitThreadpoolCallback(PVOID Callback, PVOID Context, PVOID Environ) {
  Object* const object = NewObject(Kind::Simple, Callback, Context, static_cast<const Environment*>(Environ));
  if (!object) return FALSE;
  object->closed = true;
  return Queue(object) ? TRUE : (DropIfDone(object), FALSE);
}

/// An object whose callback is called when a time has come. Null for the time: it is not called any more. A period is in milliseconds.
/// (CreateThreadpoolTimer, SetThreadpoolTimer)
PVOID CreateThreadpoolTimer(PVOID Callback, PVOID Context, PVOID Environ) {
  return NewObject(Kind::Timer, Callback, Context, static_cast<const Environment*>(Environ));
}
BOOL SetThreadpoolTimerEx(PVOID Timer, const FILETIME* DueTimePointer, DWORD Period, [[maybe_unused]] DWORD WindowLength) {
  auto* const object = static_cast<Object*>(Timer);
  const BOOL was_set = object->awaited;
  Forget(object);
  if (!DueTimePointer) return was_set;
  object->due = DueTime(DueTimePointer);
  object->period = 10000LL * Period;
  Await(object);
  return was_set;
}
VOID SetThreadpoolTimer(PVOID Timer, const FILETIME* DueTimePointer, DWORD Period, DWORD WindowLength) {
  SetThreadpoolTimerEx(Timer, DueTimePointer, Period, WindowLength);
}
BOOL IsThreadpoolTimerSet(PVOID Timer) { return static_cast<Object*>(Timer)->awaited; }
VOID WaitForThreadpoolTimerCallbacks(PVOID Timer, BOOL CancelPending) { WaitFor(static_cast<Object*>(Timer), CancelPending); }
VOID CloseThreadpoolTimer(PVOID Timer) { Close(static_cast<Object*>(Timer)); }

/// An object whose callback is called once a handle is signaled or a time has come. Null for the handle: not any more.
/// (CreateThreadpoolWait, SetThreadpoolWait)
PVOID CreateThreadpoolWait(PVOID Callback, PVOID Context, PVOID Environ) {
  return NewObject(Kind::Wait, Callback, Context, static_cast<const Environment*>(Environ));
}
BOOL SetThreadpoolWaitEx(PVOID Wait, HANDLE Handle, const FILETIME* Timeout, [[maybe_unused]] PVOID Reserved) {
  auto* const object = static_cast<Object*>(Wait);
  const BOOL was_set = object->awaited;
  Forget(object);
  object->handle = Handle;
  if (!Handle) return was_set;
  object->due = Timeout ? DueTime(Timeout) : kNever;
  Await(object);
  return was_set;
}
VOID SetThreadpoolWait(PVOID Wait, HANDLE Handle, const FILETIME* Timeout) { SetThreadpoolWaitEx(Wait, Handle, Timeout, nullptr); }
VOID WaitForThreadpoolWaitCallbacks(PVOID Wait, BOOL CancelPending) { WaitFor(static_cast<Object*>(Wait), CancelPending); }
VOID CloseThreadpoolWait(PVOID Wait) { Close(static_cast<Object*>(Wait)); }

/// An object whose callback is called with the end of each request on a file; each must be announced before. (CreateThreadpoolIo,
/// StartThreadpoolIo, CancelThreadpoolIo)
PVOID CreateThreadpoolIo(HANDLE File, PVOID Callback, PVOID Context, PVOID Environ) {
  Object* const object = NewObject(Kind::Io, Callback, Context, static_cast<const Environment*>(Environ));
  if (!object || Check(Bind(File, object))) return object;
  const DWORD error = CurrentTeb()->LastErrorValue;
  Close(object);
  return SetError(error), nullptr;
}
VOID StartThreadpoolIo(PVOID Io) { static_cast<Object*>(Io)->outstanding++; }
VOID CancelThreadpoolIo(PVOID Io) {
  auto* const object = static_cast<Object*>(Io);
  if (object->outstanding) object->outstanding--;
  DropIfDone(object);
}
VOID WaitForThreadpoolIoCallbacks(PVOID Io, BOOL CancelPending) { WaitFor(static_cast<Object*>(Io), CancelPending); }
VOID CloseThreadpoolIo(PVOID Io) { Close(static_cast<Object*>(Io)); }

/// Objects that are closed together. (CreateThreadpoolCleanupGroup, CloseThreadpoolCleanupGroupMembers)
PVOID CreateThreadpoolCleanupGroup() {
  auto* const group = Allocate<Group>();
  if (!group) return SetError(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  group->members = {&group->members, &group->members};
  return group;
}
VOID CloseThreadpoolCleanupGroupMembers(PVOID CleanupGroup, BOOL CancelPending, PVOID CleanupContext) {
  auto* const group = static_cast<Group*>(CleanupGroup);
  while (group->members.Flink != &group->members)
    Release(group, CONTAINING_RECORD(group->members.Flink, Object, group_link), CancelPending, CleanupContext);
}
VOID CloseThreadpoolCleanupGroup(PVOID CleanupGroup) { Free(CleanupGroup); }

/// What is to be done when a callback returns. (SetEventWhenCallbackReturns, …)
VOID SetEventWhenCallbackReturns(PVOID Running, HANDLE Event) { static_cast<Instance*>(Running)->event = Event; }
VOID ReleaseSemaphoreWhenCallbackReturns(PVOID Running, HANDLE Semaphore, DWORD Count) {
  static_cast<Instance*>(Running)->semaphore = Semaphore;
  static_cast<Instance*>(Running)->release_count = Count;
}
VOID ReleaseMutexWhenCallbackReturns(PVOID Running, HANDLE Mutex) { static_cast<Instance*>(Running)->mutex = Mutex; }
VOID LeaveCriticalSectionWhenCallbackReturns(PVOID Running, PRTL_CRITICAL_SECTION Section) {
  static_cast<Instance*>(Running)->section = Section;
}
VOID FreeLibraryWhenCallbackReturns(PVOID Running, HMODULE Library) { static_cast<Instance*>(Running)->library = Library; }

/// Whether there is a thread besides for other callbacks: there always is room for one. (CallbackMayRunLong)
BOOL CallbackMayRunLong([[maybe_unused]] PVOID Running) { return TRUE; }

/// The callback's end is not waited for any more. (DisassociateCurrentThreadFromCallback)
VOID DisassociateCurrentThreadFromCallback(PVOID Running) {
  auto& instance = *static_cast<Instance*>(Running);
  if (instance.disassociated) return;
  instance.disassociated = true;
  Object& object = *instance.object;
  object.running--;
  if (object.running == 0 && object.queued == 0) UnparkAll(&object);
}

}  // extern "C"
