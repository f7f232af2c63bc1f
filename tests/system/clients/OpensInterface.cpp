// Opens the interface of Plugged.sys by its link.
#include <windows.h>

#include <cstdio>

int main() {
  const HANDLE device =
      CreateFileW(L"\\\\?\\ROOT#PLUGGED#0000#{7a1f5e60-1c2d-4b3e-9a8b-102030405060}", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  std::printf("opened: %d\n", device != INVALID_HANDLE_VALUE);
  CloseHandle(device);
}
