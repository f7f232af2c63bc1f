// Opens the device it is told.
#include <windows.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  const HANDLE device = CreateFileA(argv[1], GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  std::printf("open: %lu\n", device == INVALID_HANDLE_VALUE ? GetLastError() : 0);
  return 0;
}
