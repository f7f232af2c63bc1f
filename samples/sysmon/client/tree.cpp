// Tree: programs that start programs. The exit code of each is the number of processes that it and those below it were.
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

// Starts this program again, one level further down.
static HANDLE StartChild(int depth, int width) {
  wchar_t line[64];
  _snwprintf(line, 64, L"Tree.exe %d %d below", depth - 1, width);
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process;
  if (!CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &process)) return nullptr;
  CloseHandle(process.hThread);
  return process.hProcess;
}

int main(int argc, char** argv) {
  const int depth = argc > 1 ? std::atoi(argv[1]) : 2;
  const int width = argc > 2 ? std::atoi(argv[2]) : 2;
  std::vector<HANDLE> children;
  for (int i = 0; depth > 0 && i < width; i++) {
    const HANDLE child = StartChild(depth, width);
    if (!child) {
      std::printf("cannot start Tree.exe (error=%lu)\n", GetLastError());
      return 0;
    }
    children.push_back(child);
  }
  DWORD lived = 1;
  for (const HANDLE child : children) {
    DWORD below = 0;
    WaitForSingleObject(child, INFINITE);
    GetExitCodeProcess(child, &below);
    CloseHandle(child);
    lived += below;
  }
  if (argc <= 3) {
    std::printf("%lu processes lived and died\n", lived);
    return 0;
  }
  return static_cast<int>(lived);
}
