// Tries to reach the host's files outside of the machine's C: drive, in every spelling.
#include <windows.h>

#include <cstdio>

int main() {
  const wchar_t* const attempts[] = {
      L"C:\\..\\secret.txt",
      L"C:/../secret.txt",
      L"C:\\Windows\\..\\..\\secret.txt",
      L"..\\secret.txt",
      L"..\\..\\..\\..\\..\\..\\..\\..\\etc\\passwd",
      L"\\\\?\\C:\\..\\secret.txt",
      L"\\\\?\\C:\\Windows\\..\\..\\secret.txt",
      L"\\\\.\\C:\\..\\secret.txt",
      L"\\\\?\\C:\\../secret.txt",
      L"\\\\?\\C:\\Windows/../../secret.txt",
      L"C:\\link",
      L"C:\\folder\\secret.txt",
      L"/etc/passwd",
      L"\\etc\\passwd",
  };
  int reached = 0;
  for (const wchar_t* const path : attempts) {
    const HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, 0, nullptr);
    if (file == INVALID_HANDLE_VALUE) continue;
    std::printf("reached %ls\n", path);
    ++reached;
    CloseHandle(file);
  }
  return reached;
}
