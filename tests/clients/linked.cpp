// A program that is linked to a library beside it.
#include <windows.h>

#include <cstdio>

extern "C" __declspec(dllimport) int HelperCount();

int main() {
  std::printf("main: %d\n", HelperCount());
  std::fflush(stdout);
}
