// A process that is suspended as a whole.
#include <windows.h>

#include <cstdio>
#include <string>

#include "show.h"

namespace {

using Call = LONG(NTAPI*)(HANDLE process);

Call Find(const char* name) {
  return reinterpret_cast<Call>(reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name)));
}

}  // namespace

int main(int argc, char**) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc > 1) {
    const HANDLE event = OpenEventW(EVENT_ALL_ACCESS, FALSE, L"Beat");
    for (;;) {
      SetEvent(event);
      Sleep(1);
    }
  }
  const Call suspend = Find("NtSuspendProcess"), resume = Find("ZwResumeProcess");
  const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, L"Beat");
  std::wstring line = L"client_suspension.exe child";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child;
  CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child);
  Show("beats", {WaitForSingleObject(event, 5000)});
  Show("suspended", {suspend(child.hProcess)});
  Sleep(20);
  ResetEvent(event);
  Show("silent", {WaitForSingleObject(event, 50) == WAIT_TIMEOUT});
  Show("counted", {SuspendThread(child.hThread), ResumeThread(child.hThread)});
  Show("resumed", {resume(child.hProcess)});
  Show("beats", {WaitForSingleObject(event, 5000)});
  const HANDLE limited = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, child.dwProcessId);
  Show("without the right", {static_cast<ULONG>(suspend(limited)) == 0xC0000022});
  TerminateProcess(child.hProcess, 0);
  WaitForSingleObject(child.hProcess, INFINITE);
  Show("ended", {static_cast<ULONG>(suspend(child.hProcess)) == 0xC000010A});
}
