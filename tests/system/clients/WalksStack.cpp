// Asks the driver Walker for the functions of this program that led to the request.
#include <windows.h>
#include <winioctl.h>

#include <cstdio>

#define IOCTL_WALK CTL_CODE(0x8000, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

static void* g_frames[32];
static DWORD g_count;

__attribute__((noinline)) static bool Ask(HANDLE device) {
  DWORD bytes = 0;
  const BOOL done = DeviceIoControl(device, IOCTL_WALK, nullptr, 0, g_frames, sizeof(g_frames), &bytes, nullptr);
  g_count = bytes / sizeof(void*);
  return done;
}
__attribute__((noinline)) static bool AskDeeper(HANDLE device) {
  volatile const bool done = Ask(device);
  return done;
}

int main() {
  HANDLE device = CreateFileW(L"\\\\.\\Walker", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE || !AskDeeper(device)) {
    std::printf("error %lu\n", GetLastError());
    return 1;
  }
  CloseHandle(device);
  DWORD own = 0;
  void* const image = GetModuleHandleW(nullptr);
  for (DWORD i = 0; i < g_count; i++) {
    void* base = nullptr;
    own += RtlPcToFileHeader(g_frames[i], &base) == image;
  }
  std::printf("frames of the program: %s\n", own >= 3 ? "enough" : "too few");
  return 0;
}
