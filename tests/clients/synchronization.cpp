// Win32's synchronization objects and their edges.
#include <windows.h>

#include <cstdio>

#include "show.h"

namespace {

HANDLE objects[3];
CRITICAL_SECTION section;
SRWLOCK lock = SRWLOCK_INIT;
CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
int counter, ready;

DWORD WINAPI Abandon(PVOID) {
  WaitForSingleObject(objects[1], INFINITE);
  return 0;
}

DWORD WINAPI Count(PVOID) {
  for (int i = 0; i < 1000; ++i) {
    EnterCriticalSection(&section);
    ++counter;
    LeaveCriticalSection(&section);
    if (i % 100 == 0) SwitchToThread();
  }
  AcquireSRWLockExclusive(&lock);
  ++ready;
  WakeConditionVariable(&changed);
  ReleaseSRWLockExclusive(&lock);
  return 0;
}

DWORD Run(LPTHREAD_START_ROUTINE routine) {
  const HANDLE thread = CreateThread(nullptr, 0, routine, nullptr, 0, nullptr);
  const DWORD result = WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
  return result;
}

void Events() {
  const HANDLE automatic = CreateEventW(nullptr, FALSE, TRUE, nullptr);
  std::printf("%lu", WaitForSingleObject(automatic, 0));
  std::printf(" %lu\n", WaitForSingleObject(automatic, 0));
  const HANDLE manual = CreateEventW(nullptr, TRUE, FALSE, L"Local\\RingletEvent");
  SetLastError(0);
  const HANDLE again = CreateEventW(nullptr, TRUE, FALSE, L"Local\\RingletEvent");
  std::printf("exists %d\n", GetLastError() == ERROR_ALREADY_EXISTS);
  SetEvent(again);
  std::printf("%lu", WaitForSingleObject(manual, 0));
  ResetEvent(manual);
  std::printf(" %lu\n", WaitForSingleObject(again, 1));
  Show("no such event", {OpenEventW(SYNCHRONIZE, FALSE, L"RingletNone"), GetLastError()});
  CloseHandle(manual);
  CloseHandle(again);
  CloseHandle(automatic);
}

void Several() {
  objects[0] = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  objects[1] = CreateMutexW(nullptr, FALSE, nullptr);
  objects[2] = CreateSemaphoreW(nullptr, 1, 2, nullptr);
  Run(Abandon);
  std::printf("any %lx\n", WaitForMultipleObjects(3, objects, FALSE, INFINITE));  // the mutex, abandoned
  std::printf("all %lu\n", WaitForMultipleObjects(3, objects, TRUE, 5));
  SetEvent(objects[0]);
  std::printf("all %lu\n", WaitForMultipleObjects(3, objects, TRUE, 5));
  ReleaseMutex(objects[1]);
  ReleaseMutex(objects[1]);
  Show("not owned", {ReleaseMutex(objects[1]), GetLastError()});
  LONG before = -1;
  ReleaseSemaphore(objects[2], 2, &before);
  Show("semaphore", {before, ReleaseSemaphore(objects[2], 1, nullptr), GetLastError()});
  Show("none", {WaitForMultipleObjects(0, objects, FALSE, 0), GetLastError()});
  for (const HANDLE object : objects) CloseHandle(object);
}

VOID CALLBACK OnApc(ULONG_PTR value) { std::printf("apc %llu\n", static_cast<unsigned long long>(value)); }

VOID CALLBACK OnTimer(LPVOID calls, DWORD low, DWORD high) {
  if (low != 0 && high != 0) ++*static_cast<int*>(calls);
}

void Timers() {
  const HANDLE timer = CreateWaitableTimerW(nullptr, TRUE, nullptr);
  LARGE_INTEGER due;
  due.QuadPart = -20000;
  std::printf("set %d", SetWaitableTimer(timer, &due, 0, nullptr, nullptr, FALSE));
  std::printf(" %lu\n", WaitForSingleObject(timer, 10000));
  due.QuadPart = -20000;
  int calls = 0;
  std::printf("with a routine %d", SetWaitableTimer(timer, &due, 2, OnTimer, &calls, FALSE));
  std::printf(" %d", calls);  // not before an alertable wait
  for (int i = 0; i < 2; ++i) std::printf(" %lx", SleepEx(10000, TRUE));
  std::printf(" %d\n", calls >= 2);
  CancelWaitableTimer(timer);
  Sleep(5);
  std::printf("cancelled %lx\n", SleepEx(1, TRUE));
  const int before = calls;
  SetWaitableTimer(timer, &due, 0, OnTimer, &calls, FALSE);
  Sleep(5);
  SetWaitableTimer(timer, &due, 0, nullptr, nullptr, FALSE);  // takes the APC back that waits
  std::printf("set again %lx %d\n", SleepEx(1, TRUE), calls - before);
  CloseHandle(timer);
  QueueUserAPC(OnApc, GetCurrentThread(), 7);
  std::printf("alerted %lx\n", SleepEx(10000, TRUE));
}

void Locks() {
  InitializeCriticalSectionAndSpinCount(&section, 100);
  HANDLE threads[4];
  for (HANDLE& thread : threads) thread = CreateThread(nullptr, 0, Count, nullptr, 0, nullptr);
  AcquireSRWLockExclusive(&lock);
  while (ready < 4) SleepConditionVariableSRW(&changed, &lock, INFINITE, 0);
  ReleaseSRWLockExclusive(&lock);
  WaitForMultipleObjects(4, threads, TRUE, INFINITE);
  for (const HANDLE thread : threads) CloseHandle(thread);
  std::printf("counted %d\n", counter);
  AcquireSRWLockShared(&lock);
  Show("shared twice, exclusive", {TryAcquireSRWLockShared(&lock), TryAcquireSRWLockExclusive(&lock)});
  ReleaseSRWLockShared(&lock);
  ReleaseSRWLockShared(&lock);
  AcquireSRWLockExclusive(&lock);
  Show("timed out", {SleepConditionVariableSRW(&changed, &lock, 1, 0), GetLastError()});
  ReleaseSRWLockExclusive(&lock);
  DeleteCriticalSection(&section);
}

}  // namespace

int main() {
  Events();
  Several();
  Timers();
  Locks();
}
