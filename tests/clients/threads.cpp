// Threads: the standard library's, Win32's, thread-local storage of all three kinds, priorities.
#include <windows.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "show.h"

namespace {

thread_local int mine = 5;

void Standard() {
  std::mutex mutex;
  std::condition_variable changed;
  std::queue<int> queue;
  long long sum = 0;
  std::thread consumer([&] {
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return !queue.empty(); });
      const int value = queue.front();
      queue.pop();
      if (value < 0) return;
      sum += value;
    }
  });
  std::vector<std::thread> producers;
  for (int p = 0; p < 4; ++p) {
    producers.emplace_back([&] {
      for (int i = 1; i <= 250; ++i) {
        const std::lock_guard lock(mutex);
        queue.push(i);
        changed.notify_one();
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  {
    const std::lock_guard lock(mutex);
    queue.push(-1);
  }
  changed.notify_all();
  consumer.join();
  std::printf("sum %lld\n", sum);
  std::future<int> future = std::async(std::launch::async, [] { return mine += 1; });
  std::printf("async %d, here %d\n", future.get(), mine);
  std::promise<int> promise;
  std::thread thrower([&] {
    try {
      throw 42;
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  });
  try {
    promise.get_future().get();
  } catch (int value) {
    std::printf("thrown in another thread: %d\n", value);
  }
  thrower.join();
}

DWORD tls_slot, fls_slot;

void CALLBACK FiberEnd(PVOID value) { std::printf("fls callback %d\n", static_cast<int>(reinterpret_cast<INT_PTR>(value))); }

DWORD WINAPI Worker(PVOID context) {
  std::printf("worker: tls %p, last error %lu\n", TlsGetValue(tls_slot), GetLastError());
  TlsSetValue(tls_slot, context);
  FlsSetValue(fls_slot, context);
  return 77;
}

void Windows() {
  tls_slot = TlsAlloc();
  fls_slot = FlsAlloc(FiberEnd);
  TlsSetValue(tls_slot, &tls_slot);
  DWORD id = 0;
  HANDLE thread = CreateThread(nullptr, 0, Worker, reinterpret_cast<PVOID>(INT_PTR{3}), CREATE_SUSPENDED, &id);
  std::printf("id %d, waiting %d\n", id == GetThreadId(thread), WaitForSingleObject(thread, 0) == WAIT_TIMEOUT);
  DWORD code = 0;
  GetExitCodeThread(thread, &code);
  std::printf("still active %d\n", code == STILL_ACTIVE);
  std::printf("priority %d\n", GetThreadPriority(thread));
  Show("set", {SetThreadPriority(thread, THREAD_PRIORITY_HIGHEST), GetThreadPriority(thread)});
  Show("bad priority", {SetThreadPriority(thread, 3), GetLastError()});
  const DWORD suspended = ResumeThread(thread);
  WaitForSingleObject(thread, INFINITE);
  std::printf("suspended %lu times\n", suspended);
  GetExitCodeThread(thread, &code);
  std::printf("exit code %lu, tls kept %d\n", code, TlsGetValue(tls_slot) == &tls_slot);
  CloseHandle(thread);
  TlsFree(tls_slot);
  FlsFree(fls_slot);
  Show("closed twice", {CloseHandle(thread), GetLastError()});
}

void Clocks() {
  LARGE_INTEGER frequency, before, after;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&before);
  const ULONGLONG ticks = GetTickCount64();
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  QueryPerformanceCounter(&after);
  std::printf("frequency %lld, slept %d, ticked %d\n", frequency.QuadPart,
              after.QuadPart - before.QuadPart >= frequency.QuadPart * 29 / 1000, GetTickCount64() > ticks);
  SYSTEMTIME system{2022, 2, 0, 28, 23, 59, 58, 250}, back;
  FILETIME file;
  std::printf("converted %d\n", SystemTimeToFileTime(&system, &file));
  FileTimeToSystemTime(&file, &back);
  std::printf("%d-%d-%d weekday %d, %d ms\n", back.wYear, back.wMonth, back.wDay, back.wDayOfWeek, back.wMilliseconds);
}

}  // namespace

int main() {
  Standard();
  Windows();
  Clocks();
}
