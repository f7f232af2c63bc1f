// Starts a thread, waits for it, and ends with 5.
#include <windows.h>

#include <cstdio>

static DWORD WINAPI Second(void*) {
  puts("second thread");
  return 0;
}

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  puts("first thread");
  const HANDLE thread = CreateThread(nullptr, 0, Second, nullptr, 0, nullptr);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
  return 5;
}
