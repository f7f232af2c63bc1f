// Threads and memory of another process: access masks, the first thread a stranger's, ends, and what is refused.
#include <windows.h>

#include <cstdio>
#include <cstring>

#include "show.h"

namespace {

const unsigned char kReturnArgument[] = {0x89, 0xc8, 0xc3};                    // mov eax, ecx; ret
const unsigned char kStoreFive[] = {0xc7, 0x01, 0x05, 0, 0, 0, 0xeb, 0xfe};    // mov dword ptr [rcx], 5; jmp $
const unsigned char kFault[] = {0x31, 0xc0, 0xc7, 0x00, 0x01, 0, 0, 0, 0xc3};  // xor eax, eax; mov dword ptr [rax], 1

struct Target {
  PROCESS_INFORMATION information{};
  BYTE* code;

  explicit Target(bool suspended) {
    wchar_t line[] = L"client_remote_threads.exe sleep";
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, suspended ? CREATE_SUSPENDED : 0, nullptr, nullptr, &startup, &information);
    code = static_cast<BYTE*>(VirtualAllocEx(information.hProcess, nullptr, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE));
  }
  ~Target() {
    TerminateProcess(information.hProcess, 1);
    WaitForSingleObject(information.hProcess, INFINITE);
    CloseHandle(information.hThread);
    CloseHandle(information.hProcess);
  }
  template <SIZE_T N>
  HANDLE Start(const unsigned char (&bytes)[N], void* argument, DWORD flags = 0, DWORD* id = nullptr) {
    WriteProcessMemory(information.hProcess, code, bytes, N, nullptr);
    return CreateRemoteThread(information.hProcess, nullptr, 0, reinterpret_cast<LPTHREAD_START_ROUTINE>(code), argument, flags, id);
  }
};

DWORD CodeOf(HANDLE thread) {
  DWORD code = 0;
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  return code;
}

void Basics() {
  Target target(false);
  DWORD id = 0;
  const HANDLE thread = target.Start(kReturnArgument, reinterpret_cast<void*>(77), CREATE_SUSPENDED, &id);
  Show("created", {id == GetThreadId(thread), GetProcessIdOfThread(thread) == target.information.dwProcessId,
                   WaitForSingleObject(thread, 10) == WAIT_TIMEOUT, ResumeThread(thread), CodeOf(thread)});
  Show("target lives", {WaitForSingleObject(target.information.hProcess, 0) == WAIT_TIMEOUT});
  CloseHandle(thread);
}

void FirstThread() {
  Target target(true);
  const HANDLE thread = target.Start(kReturnArgument, reinterpret_cast<void*>(5));
  Show("before the process's own thread", {CodeOf(thread)});
  CloseHandle(thread);
  ResumeThread(target.information.hThread);
  Show("which then runs", {WaitForSingleObject(target.information.hProcess, 50) == WAIT_TIMEOUT});
}

void Loops() {
  Target target(false);
  const HANDLE thread = target.Start(kStoreFive, target.code + 64);
  int number = 0;
  while (number != 5) {
    Sleep(1);
    ReadProcessMemory(target.information.hProcess, target.code + 64, &number, sizeof number, nullptr);
  }
  Show("endless", {number, TerminateThread(thread, 6), CodeOf(thread)});
  CloseHandle(thread);
}

void Faults() {
  Target target(false);
  const HANDLE thread = target.Start(kFault, nullptr);
  std::printf("fault: thread %lx", CodeOf(thread));
  DWORD code = 0;
  WaitForSingleObject(target.information.hProcess, INFINITE);
  GetExitCodeProcess(target.information.hProcess, &code);
  std::printf(", process %lx\n", code);
  CloseHandle(thread);
  Show("dead", {!target.Start(kReturnArgument, nullptr), GetLastError()});
}

void Refused() {
  Target target(false);
  const DWORD pid = target.information.dwProcessId;
  const HANDLE query = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid), read = OpenProcess(PROCESS_VM_READ, FALSE, pid);
  int number = 0;
  SetLastError(0);
  Show("no thread", {CreateRemoteThread(query, nullptr, 0, nullptr, nullptr, 0, nullptr), GetLastError()});
  Show("no memory", {VirtualAllocEx(read, nullptr, 1, MEM_COMMIT, PAGE_READWRITE), GetLastError()});
  Show("no write", {WriteProcessMemory(read, target.code, &number, 4, nullptr), GetLastError()});
  Show("read", {ReadProcessMemory(read, target.code, &number, 4, nullptr), ReadProcessMemory(query, target.code, &number, 4, nullptr),
                GetLastError()});
  SIZE_T done = 9;
  BYTE page[8192];
  Show("half", {ReadProcessMemory(read, target.code, page, sizeof page, &done), GetLastError(), done});
  Show("nothing there", {ReadProcessMemory(read, nullptr, page, 4, &done), GetLastError(), done});
  CloseHandle(query);
  CloseHandle(read);
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1) Sleep(INFINITE);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  Basics();
  FirstThread();
  Loops();
  Faults();
  Refused();
}
