// Stops a driver while it holds its device open: the driver goes when the handle does.
#include <windows.h>

#include <cstdio>

int main() {
  const HANDLE device = CreateFileW(L"\\\\.\\Zero", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  const SC_HANDLE manager = OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ALL_ACCESS);
  const SC_HANDLE service = OpenServiceW(manager, L"Zero", SERVICE_ALL_ACCESS);
  SERVICE_STATUS status{};
  const BOOL stopped = ControlService(service, SERVICE_CONTROL_STOP, &status);
  std::printf("stop: %d, error %lu\n", stopped, stopped ? 0 : GetLastError());
  std::fflush(stdout);
  char byte = 1;
  DWORD bytes = 0;
  const BOOL reads = ReadFile(device, &byte, 1, &bytes, nullptr);
  std::printf("the open handle still reads: %d, byte %d\n", reads, byte);
  const HANDLE another = CreateFileW(L"\\\\.\\Zero", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  std::printf("nobody else opens it: %d, error %lu\n", another == INVALID_HANDLE_VALUE, GetLastError());
  std::fflush(stdout);
  CloseHandle(device);
  Sleep(50);
  const HANDLE gone = CreateFileW(L"\\\\.\\Zero", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  std::printf("gone: %d, error %lu\n", gone == INVALID_HANDLE_VALUE, GetLastError());
  CloseServiceHandle(service);
  CloseServiceHandle(manager);
}
