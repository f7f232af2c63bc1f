// What a creator says of a process's first window, and of a thread's processor.
#include <windows.h>

#include <cstdio>

#include "show.h"

namespace {

DWORD WINAPI OnWhich(void*) { return GetCurrentProcessorNumber(); }

void Affinity() {
  alignas(16) char room[64];
  const auto list = reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(room);
  SIZE_T size = sizeof room;
  InitializeProcThreadAttributeList(list, 1, 0, &size);
  GROUP_AFFINITY affinity{};
  affinity.Mask = 1;
  UpdateProcThreadAttribute(list, 0, PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, &affinity, sizeof affinity, nullptr, nullptr);
  const HANDLE thread = CreateRemoteThreadEx(GetCurrentProcess(), nullptr, 0, OnWhich, nullptr, 0, list, nullptr);
  WaitForSingleObject(thread, INFINITE);
  DWORD code = 9;
  GetExitCodeThread(thread, &code);
  Show("processor", {code});
  CloseHandle(thread);
  DeleteProcThreadAttributeList(list);
}

void Start(char* title) {
  char line[] = "client_startup_info.exe child";
  STARTUPINFOA startup{};
  startup.cb = sizeof startup;
  startup.lpTitle = title;
  PROCESS_INFORMATION child;
  CreateProcessA(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child);
  WaitForSingleObject(child.hProcess, INFINITE);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
}

}  // namespace

int main(int argc, char**) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc > 1) {
    STARTUPINFOA info;
    GetStartupInfoA(&info);
    std::printf("child: \"%s\" on %s\n", info.lpTitle, info.lpDesktop);
    return 0;
  }
  char title[] = "A title";
  Start(title);
  Start(nullptr);
  Affinity();
}
