// The command line as main sees it, the environment, and the exit code.
#include <windows.h>

#include <cstdio>
#include <cstdlib>

#include "show.h"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) std::printf("%d [%s]\n", i, argv[i]);
  SetLastError(0);
  Show("absent variable", {GetEnvironmentVariableA("RINGLET_NONE", nullptr, 0), GetLastError()});
  SetEnvironmentVariableW(L"Ringlet_Mixed", L"value");
  wchar_t text[16];
  std::printf("size needed: %lu\n", GetEnvironmentVariableW(L"RINGLET_MIXED", text, 3));
  std::printf("length: %lu\n", GetEnvironmentVariableW(L"RINGLET_MIXED", text, 16));
  std::printf("%ls\n", text);
  ExpandEnvironmentStringsW(L"<%ringlet_mixed%>", text, 16);
  std::printf("%ls\n", text);
  std::printf("PATH is %s\n", std::getenv("Path") != nullptr ? "set" : "missing");
  std::atexit([] { std::puts("at exit"); });
  return argc + 1;
}
