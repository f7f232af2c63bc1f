// Sleeps for a minute.
#include <windows.h>

int main() {
  Sleep(60'000);
  return 0;
}
