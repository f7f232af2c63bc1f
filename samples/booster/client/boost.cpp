// Boost TID PRIORITY: asks the Booster driver to set a thread's priority.
#include <windows.h>

#include <cstdio>
#include <cstdlib>

#include "../common.h"

static int Error(const char* message) {
  std::printf("%s (error=%lu)\n", message, GetLastError());
  return 1;
}

// A whole decimal number, or false.
static bool ParseNumber(const char* text, unsigned long minimum, unsigned long maximum, unsigned long& value) {
  char* end;
  value = std::strtoul(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0' && value >= minimum && value <= maximum;
}

int main(int argc, const char* argv[]) {
  unsigned long thread_id, priority;
  if (argc != 3 || !ParseNumber(argv[1], 0, 0xFFFFFFFF, thread_id) || !ParseNumber(argv[2], 0, 31, priority)) {
    std::printf("Usage: Boost THREADID PRIORITY     (priority: 1 to 31)\n");
    return 2;
  }

  HANDLE device = CreateFileW(L"\\\\.\\Booster", GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) {
    return Error("Failed to open the Booster device");
  }

  ThreadData data;
  data.ThreadId = thread_id;
  data.Priority = static_cast<int>(priority);
  DWORD written;
  const BOOL done = WriteFile(device, &data, sizeof(data), &written, nullptr);
  const int result = done ? 0 : Error("The priority was not changed");
  if (done) {
    std::printf("Thread %lu now has priority %lu\n", thread_id, priority);
  }
  CloseHandle(device);
  return result;
}
