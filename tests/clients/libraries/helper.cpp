// A library that others use: thread-local data, and an entry point that tells what it hears.
#include <windows.h>

#include <cstdio>

namespace {
thread_local int calls = 100;
}

extern "C" {

__declspec(dllexport) int HelperCount() { return ++calls; }

__declspec(dllexport) int helper_value = 42;

BOOL WINAPI DllMain(HINSTANCE, DWORD reason, LPVOID reserved) {
  const char* const reasons[] = {"process detach", "process attach", "thread attach", "thread detach"};
  std::printf("helper: %s%s\n", reasons[reason], reserved ? ", with the program" : "");
  std::fflush(stdout);
  return TRUE;
}
}
