#include <windows.h>
#include <winioctl.h>

#include <iostream>

#include "hello.h"

int main() {
  const HANDLE device = CreateFileW(L"\\\\.\\Hello", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) return 1;
  char text[16] = {};
  DWORD length = 0;
  const BOOL good = DeviceIoControl(device, IOCTL_HELLO, nullptr, 0, text, sizeof text, &length, nullptr);
  CloseHandle(device);
  std::cout << "the driver says: " << text << '\n';
  return good ? 0 : 1;
}
