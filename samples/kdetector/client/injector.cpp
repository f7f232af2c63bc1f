// Injector: starts a copy of itself that sleeps, and makes a thread of its own code run there; then ends it.
//
//   Injector [PID]     with a PID: in that process, which goes on
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

// DWORD WINAPI Run(void* number): adds one to the number, and returns it.
static const unsigned char kCode[] = {
    0xff, 0x01,  // inc dword ptr [rcx]
    0x8b, 0x01,  // mov eax, [rcx]
    0xc3,        // ret
};

static int Failed(const char* what) {
  std::printf("%s failed (error=%lu)\n", what, GetLastError());
  return 1;
}

// Code and a number in the other process's memory; null if that fails.
static BYTE* WriteCode(HANDLE process, DWORD number) {
  auto* memory = static_cast<BYTE*>(VirtualAllocEx(process, nullptr, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE));
  if (!memory) return nullptr;
  SIZE_T written;
  if (!WriteProcessMemory(process, memory, kCode, sizeof kCode, &written)) return nullptr;
  return WriteProcessMemory(process, memory + 64, &number, sizeof number, &written) ? memory : nullptr;
}

static int Inject(DWORD pid) {
  const DWORD access = PROCESS_CREATE_THREAD | PROCESS_QUERY_INFORMATION | PROCESS_VM_OPERATION | PROCESS_VM_READ | PROCESS_VM_WRITE;
  const HANDLE process = OpenProcess(access, FALSE, pid);
  if (!process) return Failed("OpenProcess");
  BYTE* const memory = WriteCode(process, 41);
  if (!memory) return Failed("WriteProcessMemory");
  DWORD id, code, number;
  const HANDLE thread = CreateRemoteThread(process, nullptr, 0, reinterpret_cast<LPTHREAD_START_ROUTINE>(memory), memory + 64, 0, &id);
  if (!thread) return Failed("CreateRemoteThread");
  WaitForSingleObject(thread, INFINITE);
  GetExitCodeThread(thread, &code);
  SIZE_T read;
  if (!ReadProcessMemory(process, memory + 64, &number, sizeof number, &read)) return Failed("ReadProcessMemory");
  std::printf("thread %lu ran in process %lu: exit code %lu, number %lu\n", id, pid, code, number);
  VirtualFreeEx(process, memory, 0, MEM_RELEASE);
  CloseHandle(thread);
  CloseHandle(process);
  return 0;
}

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc > 1 && std::strcmp(argv[1], "--target") == 0) Sleep(INFINITE);
  if (argc > 1) return Inject(std::strtoul(argv[1], nullptr, 10));
  wchar_t line[] = L"Injector.exe --target";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION target;
  if (!CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &target)) return Failed("CreateProcess");
  const int result = Inject(target.dwProcessId);
  TerminateProcess(target.hProcess, 0);
  WaitForSingleObject(target.hProcess, INFINITE);
  CloseHandle(target.hThread);
  CloseHandle(target.hProcess);
  return result;
}
