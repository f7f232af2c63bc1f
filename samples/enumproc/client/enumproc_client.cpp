// EnumProcClient: shows the processes that the EnumProc driver lists.
#include <windows.h>
#include <winioctl.h>

#include <cstdio>
#include <vector>

#include "../common.h"

int main() {
  const HANDLE device = CreateFileW(L"\\\\.\\EnumProc", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) {
    std::printf("cannot open EnumProc (error=%lu)\n", GetLastError());
    return 1;
  }
  std::vector<ProcessEntry> processes(16);
  DWORD bytes;
  while (!DeviceIoControl(device, IOCTL_ENUMPROC_LIST, nullptr, 0, processes.data(),
                          static_cast<DWORD>(processes.size() * sizeof(ProcessEntry)), &bytes, nullptr)) {
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
      std::printf("cannot list processes (error=%lu)\n", GetLastError());
      return 1;
    }
    processes.resize(processes.size() * 2);
  }
  processes.resize(bytes / sizeof(ProcessEntry));
  std::printf("  PID  PARENT  SESSION  THREADS  HANDLES  NAME\n");
  for (const ProcessEntry& process : processes) {
    std::printf("%5lu  %6lu  %7lu  %7lu  %7lu  %ls\n", process.Id, process.ParentId, process.Session, process.Threads, process.Handles,
                process.Id != 0 ? process.Name : L"(idle)");
  }
  CloseHandle(device);
}
