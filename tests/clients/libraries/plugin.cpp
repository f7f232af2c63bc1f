// A library that uses another one.
#include <windows.h>

#include <cstdio>

extern "C" {

__declspec(dllimport) int HelperCount();
__declspec(dllimport) extern int helper_value;

__declspec(dllexport) int PluginWork(int factor) { return factor * helper_value + HelperCount(); }

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID) {
  if (reason == DLL_PROCESS_ATTACH) DisableThreadLibraryCalls(self);
  std::printf("plugin: reason %lu\n", reason);
  std::fflush(stdout);
  return TRUE;
}
}
