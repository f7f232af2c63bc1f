// A write to null ends the process with NT's code; the machine goes on.
#include <cstdio>

int main() {
  std::puts("before");
  std::fflush(stdout);
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
  std::puts("after");
  return 0;
}
