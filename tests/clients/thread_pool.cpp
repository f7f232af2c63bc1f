// Thread pools: work, timers, waits, requests of files, groups; timer queues and registered waits.
#include <windows.h>

#include "show.h"

namespace {

DWORD Error(BOOL good) { return good ? 0 : GetLastError(); }

LONG calls;
HANDLE step, go_on;  ///< set by callbacks; waited for by them

FILETIME Relative(LONGLONG milliseconds) {
  ULARGE_INTEGER time;
  time.QuadPart = static_cast<ULONGLONG>(-milliseconds * 10000);
  return {time.LowPart, time.HighPart};
}

void CALLBACK Count(PTP_CALLBACK_INSTANCE, PVOID context, PTP_WORK) {
  InterlockedAdd(&calls, static_cast<LONG>(reinterpret_cast<LONG_PTR>(context)));
}

void CALLBACK Hold(PTP_CALLBACK_INSTANCE, PVOID, PTP_WORK) {
  InterlockedIncrement(&calls);
  SetEvent(step);
  WaitForSingleObject(go_on, INFINITE);
}

/// Lets a held callback go on when this thread waits for it already.
DWORD CALLBACK ReleaseLater(PVOID) {
  Sleep(30);
  return SetEvent(go_on);
}
void LetGoLater() { CloseHandle(CreateThread(nullptr, 0, ReleaseLater, nullptr, 0, nullptr)); }

void Work() {
  PTP_WORK const work = CreateThreadpoolWork(Count, reinterpret_cast<PVOID>(3), nullptr);
  for (int i = 0; i < 100; i++) SubmitThreadpoolWork(work);
  WaitForThreadpoolWorkCallbacks(work, FALSE);
  Show("work", {calls});
  CloseThreadpoolWork(work);

  // In a pool of one thread what waits behind another can be cancelled.
  calls = 0;
  PTP_POOL const pool = CreateThreadpool(nullptr);
  SetThreadpoolThreadMaximum(pool, 1);
  Show("minimum", {SetThreadpoolThreadMinimum(pool, 1)});
  TP_CALLBACK_ENVIRON environment;
  InitializeThreadpoolEnvironment(&environment);
  SetThreadpoolCallbackPool(&environment, pool);
  PTP_WORK const held = CreateThreadpoolWork(Hold, nullptr, &environment);
  for (int i = 0; i < 5; i++) SubmitThreadpoolWork(held);
  WaitForSingleObject(step, INFINITE);
  LetGoLater();
  WaitForThreadpoolWorkCallbacks(held, TRUE);
  Show("one of five", {calls});
  CloseThreadpoolWork(held);
  CloseThreadpool(pool);
  DestroyThreadpoolEnvironment(&environment);
}

void CALLBACK Later(PTP_CALLBACK_INSTANCE instance, PVOID context) {
  Show("may run long", {CallbackMayRunLong(instance)});
  SetEventWhenCallbackReturns(instance, context);
}

void CALLBACK Cancelled(PVOID object, PVOID cleanup) {
  Show("cancelled", {reinterpret_cast<ULONG_PTR>(object), reinterpret_cast<ULONG_PTR>(cleanup)});
}

void Groups() {
  Show("submitted", {TrySubmitThreadpoolCallback(Later, step, nullptr), WaitForSingleObject(step, INFINITE)});
  calls = 0;
  PTP_CLEANUP_GROUP const group = CreateThreadpoolCleanupGroup();
  TP_CALLBACK_ENVIRON environment;
  InitializeThreadpoolEnvironment(&environment);
  SetThreadpoolCallbackCleanupGroup(&environment, group, Cancelled);
  PTP_WORK const work = CreateThreadpoolWork(Count, reinterpret_cast<PVOID>(1), &environment);
  for (int i = 0; i < 10; i++) SubmitThreadpoolWork(work);
  CloseThreadpoolCleanupGroupMembers(group, FALSE, nullptr);
  Show("closed after", {calls});

  PTP_POOL const pool = CreateThreadpool(nullptr);
  SetThreadpoolThreadMaximum(pool, 1);
  SetThreadpoolCallbackPool(&environment, pool);
  PTP_WORK const held = CreateThreadpoolWork(Hold, reinterpret_cast<PVOID>(7), &environment);
  SubmitThreadpoolWork(held);
  SubmitThreadpoolWork(held);
  WaitForSingleObject(step, INFINITE);
  LetGoLater();
  CloseThreadpoolCleanupGroupMembers(group, TRUE, reinterpret_cast<PVOID>(8));
  CloseThreadpoolCleanupGroup(group);
  CloseThreadpool(pool);
}

void CALLBACK Tick(PTP_CALLBACK_INSTANCE, PVOID, PTP_TIMER) {
  if (InterlockedIncrement(&calls) == 3) SetEvent(step);
}

void Timers() {
  calls = 0;
  PTP_TIMER const timer = CreateThreadpoolTimer(Tick, nullptr, nullptr);
  FILETIME due = Relative(5);
  Show("not set", {IsThreadpoolTimerSet(timer)});
  SetThreadpoolTimer(timer, &due, 5, 0);
  Show("set", {IsThreadpoolTimerSet(timer), WaitForSingleObject(step, INFINITE)});
  SetThreadpoolTimer(timer, nullptr, 0, 0);
  WaitForThreadpoolTimerCallbacks(timer, TRUE);
  Show("cleared", {IsThreadpoolTimerSet(timer), calls >= 3});
  calls = 2;
  due = Relative(0);
  SetThreadpoolTimer(timer, &due, 0, 0);
  WaitForSingleObject(step, INFINITE);
  WaitForThreadpoolTimerCallbacks(timer, FALSE);
  Show("once", {calls, IsThreadpoolTimerSet(timer)});
  CloseThreadpoolTimer(timer);
}

void CALLBACK Ended(PTP_CALLBACK_INSTANCE, PVOID, PTP_WAIT, TP_WAIT_RESULT result) {
  Show("wait ended", {result});
  SetEvent(step);
}

void Waits() {
  HANDLE const event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  PTP_WAIT const wait = CreateThreadpoolWait(Ended, nullptr, nullptr);
  SetThreadpoolWait(wait, event, nullptr);
  SetEvent(event);
  WaitForSingleObject(step, INFINITE);
  FILETIME due = Relative(3);
  SetThreadpoolWait(wait, event, &due);
  WaitForSingleObject(step, INFINITE);
  SetThreadpoolWait(wait, event, nullptr);
  SetThreadpoolWait(wait, nullptr, nullptr);
  SetEvent(event);
  Sleep(5);
  WaitForThreadpoolWaitCallbacks(wait, FALSE);
  Show("given up", {WaitForSingleObject(event, 0)});
  CloseThreadpoolWait(wait);
  CloseHandle(event);
}

DWORD CALLBACK User(PVOID context) {
  SetEvent(context);
  return 0;
}

void CALLBACK Fired(PVOID context, BOOLEAN timed_out) {
  if (InterlockedIncrement(&calls) == 2) Show("fired twice", {reinterpret_cast<ULONG_PTR>(context), timed_out}), SetEvent(step);
}

void Older() {
  Show("queued", {QueueUserWorkItem(User, step, WT_EXECUTEDEFAULT), WaitForSingleObject(step, INFINITE)});
  HANDLE timer = nullptr, wait = nullptr;
  calls = 0;
  HANDLE const queue = CreateTimerQueue();
  Show("timer", {CreateTimerQueueTimer(&timer, queue, Fired, reinterpret_cast<PVOID>(5), 2, 2, 0), WaitForSingleObject(step, INFINITE)});
  Show("changed", {ChangeTimerQueueTimer(queue, timer, 100000, 0)});
  Show("deleted", {Error(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE))});
  CreateTimerQueueTimer(&timer, queue, Fired, nullptr, 100000, 0, WT_EXECUTEONLYONCE);
  Show("with its queue", {Error(DeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE)), Error(DeleteTimerQueue(nullptr))});

  calls = 0;
  HANDLE const event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  Show("registered", {RegisterWaitForSingleObject(&wait, event, Fired, reinterpret_cast<PVOID>(6), 3, WT_EXECUTEDEFAULT),
                      WaitForSingleObject(step, INFINITE)});
  Show("unregistered", {Error(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE)), Error(UnregisterWait(nullptr))});
  calls = 1;
  RegisterWaitForSingleObject(&wait, event, Fired, reinterpret_cast<PVOID>(9), INFINITE, WT_EXECUTEONLYONCE);
  SetEvent(event);
  WaitForSingleObject(step, INFINITE);
  UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);
  Show("no object", {Error(RegisterWaitForSingleObject(&wait, nullptr, Fired, nullptr, 0, 0))});
  CloseHandle(event);
}

void CALLBACK Read(PTP_CALLBACK_INSTANCE, PVOID context, PVOID overlapped, ULONG result, ULONG_PTR bytes, PTP_IO) {
  Show("read", {reinterpret_cast<ULONG_PTR>(context), overlapped != nullptr, result, bytes});
  SetEvent(step);
}

void CALLBACK Bound(DWORD error, DWORD bytes, LPOVERLAPPED overlapped) {
  Show("bound", {error, bytes, overlapped != nullptr});
  SetEvent(step);
}

void Requests() {
  HANDLE file = CreateFileW(L"C:\\pool.txt", GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_FLAG_OVERLAPPED, nullptr);
  PTP_IO const io = CreateThreadpoolIo(file, Read, reinterpret_cast<PVOID>(4), nullptr);
  OVERLAPPED overlapped = {};
  char text[] = "fish";
  StartThreadpoolIo(io);
  WriteFile(file, text, 4, nullptr, &overlapped);
  WaitForSingleObject(step, INFINITE);
  overlapped.Offset = 100;
  StartThreadpoolIo(io);
  if (!ReadFile(file, text, 4, nullptr, &overlapped) && GetLastError() != ERROR_IO_PENDING) {
    Show("at the end", {GetLastError()});
    CancelThreadpoolIo(io);
  } else {
    WaitForSingleObject(step, INFINITE);
  }
  WaitForThreadpoolIoCallbacks(io, FALSE);
  CloseThreadpoolIo(io);
  CloseHandle(file);
  Show("no file", {CreateThreadpoolIo(nullptr, Read, nullptr, nullptr) == nullptr, GetLastError()});
  file = CreateFileW(L"C:\\pool.txt", GENERIC_READ, 0, nullptr, OPEN_EXISTING, FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, nullptr);
  Show("bind", {Error(BindIoCompletionCallback(file, Bound, 0))});
  overlapped = {};
  ReadFile(file, text, 2, nullptr, &overlapped);
  WaitForSingleObject(step, INFINITE);
  CloseHandle(file);
}

}  // namespace

int main() {
  step = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  go_on = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  Work();
  Groups();
  Timers();
  Waits();
  Older();
  Requests();
}
