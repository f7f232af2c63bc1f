// Processes that create others: command line, environment, handles, suspension, ends, and each one's own data.
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>
#include <string>

#include "show.h"

namespace {

int own = 1;

struct Child {
  PROCESS_INFORMATION information{};
  BOOL made = FALSE;

  explicit Child(const wchar_t* arguments, DWORD flags = 0, bool inherit = false, HANDLE output = nullptr, wchar_t* environment = nullptr) {
    std::wstring line = L"client_processes.exe ";
    line += arguments;
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    if (output) {
      startup.dwFlags = STARTF_USESTDHANDLES;
      startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
      startup.hStdOutput = startup.hStdError = output;
    }
    made = CreateProcessW(nullptr, line.data(), nullptr, nullptr, inherit, flags, environment, nullptr, &startup, &information);
  }
  ~Child() {
    CloseHandle(information.hThread);
    CloseHandle(information.hProcess);
  }
  DWORD End() {
    DWORD code = 0;
    WaitForSingleObject(information.hProcess, INFINITE);
    GetExitCodeProcess(information.hProcess, &code);
    return code;
  }
};

int RunChild(int argc, char** argv) {
  if (std::strcmp(argv[1], "show") == 0) {
    std::printf("child: %d arguments, \"%s\", own %d, __argc %d\n", argc, argv[2], own++, __argc);
    return 40 + argc;
  }
  if (std::strcmp(argv[1], "environment") == 0) {
    const char* const path = std::getenv("PATH");
    std::printf("child: RINGLET=%s, PATH %d\n", std::getenv("RINGLET"), path != nullptr);
    return 0;
  }
  if (std::strcmp(argv[1], "signal") == 0) {
    const HANDLE event = reinterpret_cast<HANDLE>(std::strtoull(argv[2], nullptr, 10));
    return SetEvent(event) ? 1 : 2;
  }
  Sleep(INFINITE);
  return 0;
}

void Basics() {
  Child child(L"show \"two words\"", CREATE_SUSPENDED);
  Show("made", {child.made, GetProcessId(child.information.hProcess) == child.information.dwProcessId,
                GetThreadId(child.information.hThread) == child.information.dwThreadId});
  ResumeThread(child.information.hThread);
  std::printf("ended %lu\n", child.End());
  std::printf("own %d, __argc %d\n", own, __argc);
  wchar_t path[MAX_PATH];
  DWORD size = MAX_PATH;
  std::printf("image %d", QueryFullProcessImageNameW(child.information.hProcess, 0, path, &size));
  std::printf(" %ls\n", path);
  wchar_t environment[] = L"RINGLET=yes\0";
  std::printf("environment: ended %lu\n", Child(L"environment", CREATE_UNICODE_ENVIRONMENT, false, nullptr, environment).End());
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION information;
  wchar_t none[] = L"ringlet-none.exe";
  Show("none", {CreateProcessW(nullptr, none, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &information), GetLastError()});
}

void Handles() {
  SECURITY_ATTRIBUTES inheritable{sizeof inheritable, nullptr, TRUE};
  const HANDLE event = CreateEventW(&inheritable, TRUE, FALSE, nullptr);
  const std::wstring arguments = L"signal " + std::to_wstring(reinterpret_cast<ULONG_PTR>(event));
  std::printf("not inherited: %lu\n", Child(arguments.c_str()).End());
  std::printf("inherited: %lu", Child(arguments.c_str(), 0, true).End());
  std::printf(" %lu\n", WaitForSingleObject(event, 0));
  Child child(L"sleep");
  HANDLE theirs = nullptr, back = nullptr;
  Show("duplicated", {DuplicateHandle(GetCurrentProcess(), event, child.information.hProcess, &theirs, 0, FALSE, DUPLICATE_SAME_ACCESS),
                      DuplicateHandle(child.information.hProcess, theirs, GetCurrentProcess(), &back, 0, FALSE,
                                      DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
                      ResetEvent(back), WaitForSingleObject(event, 0)});
  TerminateProcess(child.information.hProcess, 9);
  std::printf("terminated %lu\n", child.End());
  CloseHandle(event);
  CloseHandle(back);
}

void Others() {
  Child child(L"show suspended", CREATE_SUSPENDED);
  DWORD code = 0;
  GetExitCodeProcess(child.information.hProcess, &code);
  Show("suspended", {WaitForSingleObject(child.information.hProcess, 10) == WAIT_TIMEOUT, code == STILL_ACTIVE,
                     SuspendThread(child.information.hThread), ResumeThread(child.information.hThread)});
  ResumeThread(child.information.hThread);
  std::printf("ended %lu\n", child.End());
  Child sleeper(L"sleep");
  const HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, sleeper.information.dwProcessId);
  Show("limited", {limited, TerminateProcess(limited, 1), GetLastError(), GetProcessId(limited) == sleeper.information.dwProcessId});
  CloseHandle(limited);
  Show("bad id", {OpenProcess(PROCESS_ALL_ACCESS, FALSE, 0x7ffffff0), GetLastError()});
  TerminateProcess(sleeper.information.hProcess, 3);
  std::printf("terminated %lu\n", sleeper.End());
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc > 1) return RunChild(argc, argv);
  Basics();
  Handles();
  Others();
}
