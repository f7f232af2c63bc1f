// FourReaders: four threads read and write the Zero device at once; the statistics must then be the exact sums.
#include <windows.h>

#include <cstdio>

#include "samples/zero/common.h"

static DWORD WINAPI Work(LPVOID parameter) {
  const HANDLE device = static_cast<HANDLE>(parameter);
  char buffer[48];
  for (int i = 0; i < 8; ++i) {
    DWORD done = 0;
    buffer[0] = 1;
    if (!ReadFile(device, buffer, sizeof buffer, &done, nullptr) || done != sizeof buffer || buffer[0] != 0) return 1;
    if (!WriteFile(device, buffer, 16, &done, nullptr) || done != 16) return 2;
  }
  return 0;
}

int main() {
  const HANDLE device = CreateFileW(L"\\\\.\\Zero", GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) return 1;
  HANDLE threads[4];
  for (HANDLE& thread : threads) thread = CreateThread(nullptr, 0, Work, device, 0, nullptr);
  WaitForMultipleObjects(4, threads, TRUE, INFINITE);
  for (const HANDLE thread : threads) {
    DWORD code = 0;
    GetExitCodeThread(thread, &code);
    if (code != 0) return 2;
  }
  ZeroStats stats{};
  DWORD returned = 0;
  if (!DeviceIoControl(device, IOCTL_ZERO_GET_STATS, nullptr, 0, &stats, sizeof stats, &returned, nullptr)) return 3;
  return stats.TotalRead == 4 * 8 * 48 && stats.TotalWritten == 4 * 8 * 16 ? 0 : 4;
}
