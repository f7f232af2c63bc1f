// Sleeps for a minute.
#include <windows.h>

#include <cstdio>

int main() {
  std::puts("Sleeping");
  std::fflush(stdout);
  Sleep(60'000);
  return 0;
}
