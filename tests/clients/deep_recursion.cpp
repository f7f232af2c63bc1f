// The stack grows page by page up to its reservation; beyond is STATUS_STACK_OVERFLOW.
#include <cstdio>
#include <cstring>

__attribute__((noinline)) int Descend(int depth) {
  volatile char room[1024];
  room[0] = static_cast<char>(depth);
  return depth == 0 ? 0 : Descend(depth - 1) + (room[0] & 1);
}

int main() {
  std::printf("shallow: %d\n", Descend(1000));
  std::fflush(stdout);
  return Descend(1000000000);
}
