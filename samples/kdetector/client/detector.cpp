// Detector: shows the remote threads that the KDetector driver has noted, and goes on doing so.
#include <windows.h>

#include <cstdio>
#include <cstring>

#include "../common.h"

static void Show(const RemoteThread& thread) {
  FILETIME time, local;
  std::memcpy(&time, &thread.Time, sizeof time);
  SYSTEMTIME clock;
  FileTimeToLocalFileTime(&time, &local);
  FileTimeToSystemTime(&local, &clock);
  std::printf("%02u:%02u:%02u.%03u: remote thread %lu in process %lu, created by thread %lu of process %lu\n", clock.wHour, clock.wMinute,
              clock.wSecond, clock.wMilliseconds, thread.ThreadId, thread.ProcessId, thread.CreatorThreadId, thread.CreatorProcessId);
}

// Shows all records there are; false if the device fails.
static bool ShowAll(HANDLE device) {
  RemoteThread threads[32];
  DWORD bytes;
  do {
    if (!ReadFile(device, threads, sizeof threads, &bytes, nullptr)) return false;
    for (DWORD i = 0; i < bytes / sizeof(RemoteThread); i++) Show(threads[i]);
  } while (bytes != 0);
  return true;
}

// Runs the Injector to its end.
static bool Inject() {
  wchar_t line[] = L"Injector.exe";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process;
  if (!CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &process)) return false;
  WaitForSingleObject(process.hProcess, INFINITE);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return true;
}

int main(int argc, char** argv) {
  const bool demo = argc > 1 && std::strcmp(argv[1], "--demo") == 0;
  const HANDLE device = CreateFileW(L"\\\\.\\KDetector", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) {
    std::printf("cannot open KDetector (error=%lu)\n", GetLastError());
    return 1;
  }
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (demo && !Inject()) {
    std::printf("cannot start Injector.exe (error=%lu)\n", GetLastError());
    return 1;
  }
  while (ShowAll(device)) {
    if (demo) return 0;
    Sleep(1000);
  }
  std::printf("cannot read (error=%lu)\n", GetLastError());
  return 1;
}
