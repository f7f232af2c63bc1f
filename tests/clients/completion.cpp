// Overlapped I/O against the Zero driver: events, completion ports, errors of DeviceIoControl.
#include <windows.h>

#include <cstdio>
#include <cstring>

#include "show.h"

int main() {
  std::printf("no such device %d",
              CreateFileW(L"\\\\.\\RingletNone", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr) != INVALID_HANDLE_VALUE);
  std::printf(", error %lu\n", GetLastError());
  const HANDLE device = CreateFileW(L"\\\\.\\Zero", GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr);
  std::printf("open %d\n", device != INVALID_HANDLE_VALUE);
  char buffer[64];
  std::memset(buffer, 'x', sizeof buffer);
  OVERLAPPED overlapped{};
  overlapped.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  const BOOL done = ReadFile(device, buffer, sizeof buffer, nullptr, &overlapped);
  DWORD bytes = 0;
  Show("read", {done || GetLastError() == ERROR_IO_PENDING, GetOverlappedResult(device, &overlapped, &bytes, TRUE)});
  Show("bytes, zero, signalled", {bytes, buffer[63] == 0, WaitForSingleObject(overlapped.hEvent, 0)});
  CloseHandle(overlapped.hEvent);

  DWORD at_once = 77;
  OVERLAPPED finished_at_once{};
  const BOOL synchronous = ReadFile(device, buffer, sizeof buffer, &at_once, &finished_at_once);
  Show("finished at once, bytes", {synchronous, at_once});

  OVERLAPPED with_routine{};
  static DWORD told_bytes = 0, told_error = 77;
  const BOOL queued = ReadFileEx(device, buffer, 32, &with_routine, [](DWORD error, DWORD count, OVERLAPPED*) {
    told_error = error;
    told_bytes = count;
  });
  Show("routine waits for an alertable wait", {queued, told_bytes});
  Show("alerted, error, bytes", {SleepEx(1000, TRUE) == WAIT_IO_COMPLETION, told_error, told_bytes});

  const HANDLE port = CreateIoCompletionPort(device, nullptr, 55, 0);
  std::printf("port %d\n", port != nullptr);
  OVERLAPPED second{};
  WriteFile(device, buffer, 10, nullptr, &second);
  ULONG_PTR key = 0;
  OVERLAPPED* finished = nullptr;
  std::printf("dequeued %d", GetQueuedCompletionStatus(port, &bytes, &key, &finished, 10000));
  std::printf(" key %llu, bytes %lu, same %d\n", static_cast<unsigned long long>(key), bytes, finished == &second);
  PostQueuedCompletionStatus(port, 3, 4, nullptr);
  std::printf("posted %d", GetQueuedCompletionStatus(port, &bytes, &key, &finished, 10000));
  std::printf(" key %llu, bytes %lu, null %d\n", static_cast<unsigned long long>(key), bytes, finished == nullptr);
  std::printf("empty %d", GetQueuedCompletionStatus(port, &bytes, &key, &finished, 1));
  std::printf(", error %lu\n", GetLastError());
  OVERLAPPED third{};
  third.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  const BOOL control = DeviceIoControl(device, 0x80223FFC, nullptr, 0, nullptr, 0, nullptr, &third);
  std::printf("unknown control %d, error %lu\n", control, GetLastError());
  CloseHandle(third.hEvent);
  CloseHandle(device);
  CloseHandle(port);
}
