// Paths in their forms, drives, temporary files, and handles that watch a directory.
#include <windows.h>

#include <cstdio>
#include <cstring>

#include "show.h"

namespace {

bool Exists(const char* path) { return GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES; }

void Forms() {
  char text[100];
  char* part = nullptr;
  SetCurrentDirectoryA("C:\\Windows");
  std::printf("%lu ", GetFullPathNameA("..\\Some\\.\\file.txt", sizeof text, text, &part));
  std::printf("%s %s\n", text, part);
  std::printf("%lu needed\n", GetFullPathNameA("file.txt", 4, text, nullptr));
  wchar_t wide[100];
  std::printf("%lu ", GetLongPathNameW(L"c:\\WINDOWS\\system32", wide, 100));
  std::printf("%ls\n", wide);
  const DWORD none = GetLongPathNameW(L"C:\\no such file", wide, 100);
  std::printf("%lu, error %lu\n", none, GetLastError());
  std::printf("%d %ls\n", GetVolumePathNameW(L"C:\\Windows\\System32", wide, 100), wide);
  std::printf("%lu %s\n", GetLogicalDriveStringsA(sizeof text, text), text);
  DWORD sectors = 0, bytes = 0, free = 0, all = 0;
  Show("space", {GetDiskFreeSpaceA("C:\\", &sectors, &bytes, &free, &all), sectors, bytes, free <= all});
}

void Temporary() {
  char name[MAX_PATH];
  std::printf("%u ", GetTempFileNameA("C:\\Windows\\Temp", "ringlet", 0x1a2b, name));
  std::printf("%s %d\n", name, Exists(name));
  const UINT number = GetTempFileNameA("C:\\Windows\\Temp", "rin", 0, name);
  std::printf("made %d %d, ", number != 0, Exists(name));
  std::printf("deleted %d\n", DeleteFileA(name));
  const UINT nowhere = GetTempFileNameA("C:\\nowhere", "rin", 0, name);
  std::printf("nowhere %u, error %lu\n", nowhere, GetLastError());
}

void Touch(const char* path) {
  CloseHandle(CreateFileA(path, GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, nullptr));
}

void Watch() {
  CreateDirectoryA("C:\\watched", nullptr);
  const HANDLE change = FindFirstChangeNotificationA("C:\\watched", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
  std::printf("watch %d, ", change != INVALID_HANDLE_VALUE);
  std::printf("quiet %lu, ", WaitForSingleObject(change, 0));
  Touch("C:\\watched\\a");
  std::printf("changed %lu, ", WaitForSingleObject(change, 1000));
  std::printf("next %d, ", FindNextChangeNotification(change));
  std::printf("the rest %lu, ", WaitForSingleObject(change, 1000));
  FindNextChangeNotification(change);
  std::printf("quiet %lu, ", WaitForSingleObject(change, 0));
  std::printf("close %d\n", FindCloseChangeNotification(change));
  const HANDLE none = FindFirstChangeNotificationA("C:\\nowhere", FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
  std::printf("nowhere %d, error %lu\n", none != INVALID_HANDLE_VALUE, GetLastError());

  const HANDLE directory = CreateFileA("C:\\watched", FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING,
                                       FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, nullptr);
  static DWORD buffer[64], told_error = 77, told_bytes = 0;
  OVERLAPPED overlapped{};
  ReadDirectoryChangesW(directory, buffer, sizeof buffer, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME, nullptr, &overlapped,
                        [](DWORD error, DWORD bytes, OVERLAPPED*) {
                          told_error = error;
                          told_bytes = bytes;
                        });
  Touch("C:\\watched\\b");
  Show("routine, error, bytes", {SleepEx(1000, TRUE) == WAIT_IO_COMPLETION, told_error, told_bytes, buffer[1]});
  CloseHandle(directory);
  RemoveDirectoryA("C:\\watched");
}

}  // namespace

int main() {
  Forms();
  Temporary();
  Watch();
}
