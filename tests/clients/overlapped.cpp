// Requests that are given up, and several packets of a completion port at once.
#include <windows.h>

#include <cstdio>

#include "show.h"

namespace {

HANDLE Directory(DWORD flags) {
  return CreateFileW(L"C:\\Windows", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING,
                     FILE_FLAG_BACKUP_SEMANTICS | flags, nullptr);
}

DWORD buffer[64];

DWORD WINAPI WaitForAChange(void* directory) {
  DWORD bytes = 77;
  const BOOL changed =
      ReadDirectoryChangesW(directory, buffer, sizeof buffer, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, &bytes, nullptr, nullptr);
  return changed ? 0 : GetLastError();
}

void CancelOne() {
  const HANDLE directory = Directory(FILE_FLAG_OVERLAPPED);
  OVERLAPPED first{}, second{};
  first.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  second.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  for (OVERLAPPED* overlapped : {&first, &second})
    ReadDirectoryChangesW(directory, buffer, sizeof buffer, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, nullptr, overlapped, nullptr);
  Show("cancel the second",
       {CancelIoEx(directory, &second), WaitForSingleObject(second.hEvent, 1000), WaitForSingleObject(first.hEvent, 0)});
  DWORD bytes = 0;
  const BOOL got = GetOverlappedResult(directory, &second, &bytes, FALSE);
  Show("its result, error", {got, GetLastError()});
  const BOOL again = CancelIoEx(directory, &second);
  Show("again, error", {again, GetLastError()});
  Show("cancel all", {CancelIoEx(directory, nullptr), WaitForSingleObject(first.hEvent, 1000)});
  const BOOL none = CancelIoEx(directory, nullptr);
  Show("none, error", {none, GetLastError()});
  Show("of the thread", {CancelIo(directory)});
  CloseHandle(first.hEvent);
  CloseHandle(second.hEvent);
  CloseHandle(directory);
}

void CancelAThreadsWait() {
  const HANDLE directory = Directory(0);
  const HANDLE thread = CreateThread(nullptr, 0, WaitForAChange, directory, 0, nullptr);
  while (!CancelSynchronousIo(thread) && GetLastError() == ERROR_NOT_FOUND) Sleep(1);
  WaitForSingleObject(thread, INFINITE);
  DWORD error = 0;
  GetExitCodeThread(thread, &error);
  Show("the thread's error", {error});
  CloseHandle(thread);
  CloseHandle(directory);
}

void TakePackets() {
  const HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
  for (ULONG_PTR key = 1; key <= 3; ++key) PostQueuedCompletionStatus(port, static_cast<DWORD>(key * 10), key, nullptr);
  OVERLAPPED_ENTRY entries[4]{};
  ULONG removed = 77;
  const BOOL two = GetQueuedCompletionStatusEx(port, entries, 2, &removed, 0, FALSE);
  Show("two", {two, removed, entries[0].lpCompletionKey, entries[1].dwNumberOfBytesTransferred});
  const BOOL one = GetQueuedCompletionStatusEx(port, entries, 4, &removed, INFINITE, FALSE);
  Show("the rest", {one, removed, entries[0].lpCompletionKey});
  const BOOL none = GetQueuedCompletionStatusEx(port, entries, 4, &removed, 0, FALSE);
  Show("none, removed, error", {none, removed, GetLastError()});
  QueueUserAPC([](ULONG_PTR) {}, GetCurrentThread(), 0);
  const BOOL alerted = GetQueuedCompletionStatusEx(port, entries, 4, &removed, INFINITE, TRUE);
  Show("alerted, error", {alerted, GetLastError()});
  CloseHandle(port);
}

void SkipThePort() {
  const HANDLE device = CreateFileW(L"\\\\.\\Zero", GENERIC_READ, 0, nullptr, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr);
  const HANDLE port = CreateIoCompletionPort(device, nullptr, 5, 0);
  OVERLAPPED overlapped{};
  OVERLAPPED_ENTRY entry{};
  ULONG removed = 0;
  ReadFile(device, buffer, 8, nullptr, &overlapped);
  Show("a packet", {GetQueuedCompletionStatusEx(port, &entry, 1, &removed, 1000, FALSE), entry.lpOverlapped == &overlapped});
  Show("skip", {SetFileCompletionNotificationModes(device, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE)});
  const BOOL at_once = ReadFile(device, buffer, 8, nullptr, &overlapped);
  const BOOL packet = GetQueuedCompletionStatusEx(port, &entry, 1, &removed, 0, FALSE);
  Show("read at once, packet, error", {at_once, packet, GetLastError()});
  CloseHandle(port);
  CloseHandle(device);
  const HANDLE synchronous = CreateFileW(L"\\\\.\\Zero", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  const BOOL refused = SetFileCompletionNotificationModes(synchronous, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
  Show("a synchronous file, error", {refused, GetLastError()});
  CloseHandle(synchronous);
}

}  // namespace

int main() {
  CancelOne();
  CancelAThreadsWait();
  TakePackets();
  SkipThePort();
}
