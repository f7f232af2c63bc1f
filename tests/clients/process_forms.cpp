// Processes and threads that programs make, open, stop and ask, and the mistakes Windows names by their codes.
#include <windows.h>

#include <psapi.h>

#include <cstdlib>
#include <cstring>

#include "expect.h"

namespace {

STARTUPINFOW Startup() {
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  return startup;
}

// Starts this program again with arguments.
bool Start(const wchar_t* arguments, PROCESS_INFORMATION* made, DWORD flags = 0, BOOL inherit = FALSE) {
  wchar_t line[128];
  swprintf(line, 128, L"client_process_forms.exe %ls", arguments);
  STARTUPINFOW startup = Startup();
  return CreateProcessW(nullptr, line, nullptr, nullptr, inherit, flags, nullptr, nullptr, &startup, made) != 0;
}

void Close(const PROCESS_INFORMATION& made) {
  CloseHandle(made.hThread);
  CloseHandle(made.hProcess);
}

DWORD Run(const wchar_t* arguments, BOOL inherit = FALSE) {
  PROCESS_INFORMATION made;
  DWORD code = 0xDEAD;
  if (!Start(arguments, &made, 0, inherit)) return GetLastError();
  WaitForSingleObject(made.hProcess, INFINITE);
  GetExitCodeProcess(made.hProcess, &code);
  Close(made);
  return code;
}

DWORD CreateError(const wchar_t* application, const wchar_t* command, DWORD flags = 0, const wchar_t* directory = nullptr) {
  wchar_t line[128];
  if (command) swprintf(line, 128, L"%ls", command);
  STARTUPINFOW startup = Startup();
  PROCESS_INFORMATION made;
  if (!CreateProcessW(application, command ? line : nullptr, nullptr, nullptr, FALSE, flags, nullptr, directory, &startup, &made))
    return GetLastError();
  TerminateProcess(made.hProcess, 0);
  Close(made);
  return 0;
}

void Mistakes() {
  wchar_t self[MAX_PATH];
  GetModuleFileNameW(nullptr, self, MAX_PATH);
  EXPECT_EQ(CreateError(L"C:\\none.exe", nullptr), ERROR_FILE_NOT_FOUND);
  EXPECT_EQ(CreateError(nullptr, L"none.exe"), ERROR_FILE_NOT_FOUND);
  EXPECT_EQ(CreateError(L"C:\\none\\none.exe", nullptr), ERROR_PATH_NOT_FOUND);
  const HANDLE text = CreateFileW(L"C:\\forms.txt", GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, 0, nullptr);
  DWORD written;
  WriteFile(text, "not a program", 13, &written, nullptr);
  CloseHandle(text);
  EXPECT_EQ(CreateError(L"C:\\forms.txt", nullptr), ERROR_BAD_EXE_FORMAT);
  DeleteFileW(L"C:\\forms.txt");
  EXPECT_EQ(CreateError(L"C:\\Windows", nullptr), ERROR_ACCESS_DENIED);
  EXPECT_EQ(CreateError(self, nullptr, 0, L"C:\\none"), ERROR_DIRECTORY);
  EXPECT_EQ(CreateError(self, nullptr, CREATE_NEW_CONSOLE | DETACHED_PROCESS), ERROR_INVALID_PARAMETER);
  EXPECT_EQ(CreateError(self, L"forms exit 0", CREATE_SUSPENDED), 0);
}

void LifeOfAProcess() {
  PROCESS_INFORMATION made;
  EXPECT(Start(L"exit 7", &made, CREATE_SUSPENDED));
  EXPECT_EQ(WaitForSingleObject(made.hProcess, 0), WAIT_TIMEOUT);
  DWORD code = 0;
  EXPECT(GetExitCodeProcess(made.hProcess, &code));
  EXPECT_EQ(code, STILL_ACTIVE);
  EXPECT(GetExitCodeThread(made.hThread, &code));
  EXPECT_EQ(code, STILL_ACTIVE);
  EXPECT_EQ(GetProcessId(made.hProcess), made.dwProcessId);
  EXPECT_EQ(GetThreadId(made.hThread), made.dwThreadId);
  EXPECT_EQ(GetProcessIdOfThread(made.hThread), made.dwProcessId);
  EXPECT(made.dwProcessId % 4 == 0 && made.dwThreadId % 4 == 0 && made.dwProcessId != made.dwThreadId);
  FILETIME created, exited, kernel, user;
  EXPECT(GetProcessTimes(made.hProcess, &created, &exited, &kernel, &user));
  EXPECT(exited.dwLowDateTime == 0 && exited.dwHighDateTime == 0);
  EXPECT_EQ(ResumeThread(made.hThread), 1);
  EXPECT_EQ(WaitForSingleObject(made.hThread, 10000), WAIT_OBJECT_0);
  EXPECT_EQ(WaitForSingleObject(made.hProcess, 10000), WAIT_OBJECT_0);
  EXPECT(GetExitCodeProcess(made.hProcess, &code));
  EXPECT_EQ(code, 7);
  EXPECT(GetExitCodeThread(made.hThread, &code));
  EXPECT_EQ(code, 7);
  EXPECT(GetProcessTimes(made.hProcess, &created, &exited, &kernel, &user));
  EXPECT(CompareFileTime(&created, &exited) <= 0);
  // What has ended can be opened while somebody has a handle, and not be ended again.
  const HANDLE zombie = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_TERMINATE, FALSE, made.dwProcessId);
  EXPECT(zombie != nullptr);
  EXPECT(!TerminateProcess(zombie, 9));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(GetExitCodeProcess(zombie, &code));
  EXPECT_EQ(code, 7);
  CloseHandle(zombie);
  EXPECT_EQ(SuspendThread(made.hThread), 0xFFFFFFFF);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  Close(made);
  Sleep(20);  // the last thread's own reference goes a little after its end
  EXPECT(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, made.dwProcessId) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
}

void Terminated() {
  PROCESS_INFORMATION made;
  EXPECT(Start(L"sleep", &made));
  const HANDLE query = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, made.dwProcessId);
  EXPECT(!TerminateProcess(query, 1));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT_EQ(WaitForSingleObject(query, 0), WAIT_FAILED);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  CloseHandle(query);
  EXPECT(TerminateProcess(made.hProcess, 77));
  EXPECT_EQ(WaitForSingleObject(made.hProcess, 10000), WAIT_OBJECT_0);
  DWORD code = 0;
  EXPECT(GetExitCodeProcess(made.hProcess, &code));
  EXPECT_EQ(code, 77);
  EXPECT(GetExitCodeThread(made.hThread, &code));
  EXPECT_EQ(code, 77);
  Close(made);
  EXPECT_EQ(Run(L"terminate"), 9);
  EXPECT_EQ(Run(L"thread"), 12);  // ExitProcess of another thread
  EXPECT_EQ(Run(L"last"), 14);    // the last thread's code, after the first has ended
  EXPECT_EQ(Run(L"fault"), 0xC0000005);
}

void Opened() {
  const DWORD id = GetCurrentProcessId();
  for (DWORD bits = 0; bits < 4; bits++) {
    const HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id | bits);
    EXPECT(process != nullptr);
    EXPECT_EQ(GetProcessId(process), id);
    CloseHandle(process);
    const HANDLE thread = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentThreadId() | bits);
    EXPECT(thread != nullptr);
    CloseHandle(thread);
  }
  EXPECT(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, GetCurrentThreadId()) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, id) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, 0) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(OpenProcess(PROCESS_ALL_ACCESS, FALSE, 4) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  const HANDLE system = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, 4);
  EXPECT(system != nullptr);
  CloseHandle(system);
}

void Inherited() {
  SECURITY_ATTRIBUTES inherit = {sizeof inherit, nullptr, TRUE};
  const HANDLE event = CreateEventW(&inherit, TRUE, FALSE, nullptr);
  wchar_t arguments[64];
  swprintf(arguments, 64, L"set %llu", reinterpret_cast<unsigned long long>(event));
  EXPECT_EQ(Run(arguments, FALSE), ERROR_INVALID_HANDLE);
  EXPECT_EQ(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
  EXPECT_EQ(Run(arguments, TRUE), 0);
  EXPECT_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
  EXPECT(SetHandleInformation(event, HANDLE_FLAG_INHERIT, 0));
  EXPECT_EQ(Run(arguments, TRUE), ERROR_INVALID_HANDLE);
  // A handle that is put into a process that has not begun.
  ResetEvent(event);
  PROCESS_INFORMATION made;
  EXPECT(Start(L"exit 3", &made, CREATE_SUSPENDED));
  HANDLE there = nullptr;
  EXPECT(DuplicateHandle(GetCurrentProcess(), event, made.hProcess, &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
  EXPECT(there != nullptr);
  HANDLE back = nullptr;
  EXPECT(DuplicateHandle(made.hProcess, there, GetCurrentProcess(), &back, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE));
  EXPECT(!DuplicateHandle(made.hProcess, there, GetCurrentProcess(), &there, 0, FALSE, DUPLICATE_SAME_ACCESS));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
  SetEvent(back);
  EXPECT_EQ(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
  CloseHandle(back);
  ResumeThread(made.hThread);
  WaitForSingleObject(made.hProcess, INFINITE);
  Close(made);
  CloseHandle(event);
}

DWORD WINAPI Sleeper(void*) {
  Sleep(INFINITE);
  return 0;
}

DWORD WINAPI ReturnsItsParameter(void* parameter) { return static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(parameter)); }

void Threads() {
  DWORD id = 0, code = 0;
  HANDLE thread = CreateThread(nullptr, 0, ReturnsItsParameter, reinterpret_cast<void*>(33), CREATE_SUSPENDED, &id);
  EXPECT(thread != nullptr && id != 0 && id % 4 == 0);
  for (int i = 1; i < 127; i++) SuspendThread(thread);
  EXPECT_EQ(SuspendThread(thread), 0xFFFFFFFF);
  EXPECT_EQ(GetLastError(), ERROR_SIGNAL_REFUSED);
  for (DWORD i = 127; i > 1; i--) EXPECT_EQ(ResumeThread(thread), i);
  EXPECT_EQ(ResumeThread(thread), 1);
  EXPECT_EQ(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
  EXPECT(GetExitCodeThread(thread, &code) && code == 33);
  EXPECT(!TerminateThread(thread, 4) || (GetExitCodeThread(thread, &code) && code == 33));
  CloseHandle(thread);
  thread = CreateThread(nullptr, 0, Sleeper, nullptr, 0, nullptr);
  EXPECT_EQ(ResumeThread(thread), 0);
  EXPECT(!SetThreadPriority(thread, 7));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(SetThreadPriority(thread, THREAD_PRIORITY_TIME_CRITICAL));
  EXPECT_EQ(GetThreadPriority(thread), THREAD_PRIORITY_TIME_CRITICAL);
  EXPECT(SetThreadPriority(thread, THREAD_PRIORITY_IDLE));
  EXPECT_EQ(GetThreadPriority(thread), THREAD_PRIORITY_IDLE);
  EXPECT(SetThreadPriority(thread, THREAD_PRIORITY_ABOVE_NORMAL));
  EXPECT_EQ(GetThreadPriority(thread), THREAD_PRIORITY_ABOVE_NORMAL);
  EXPECT(TerminateThread(thread, 55));
  EXPECT_EQ(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
  EXPECT(GetExitCodeThread(thread, &code) && code == 55);
  CloseHandle(thread);
}

void Classes() {
  PROCESS_INFORMATION made;
  EXPECT(Start(L"exit 0", &made, CREATE_SUSPENDED | HIGH_PRIORITY_CLASS));
  EXPECT_EQ(GetPriorityClass(made.hProcess), HIGH_PRIORITY_CLASS);
  EXPECT(SetPriorityClass(made.hProcess, IDLE_PRIORITY_CLASS));
  EXPECT_EQ(GetPriorityClass(made.hProcess), IDLE_PRIORITY_CLASS);
  EXPECT(!SetPriorityClass(made.hProcess, 0x12345));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  wchar_t name[MAX_PATH];
  DWORD size = 4;
  EXPECT(!QueryFullProcessImageNameW(made.hProcess, 0, name, &size));
  EXPECT_EQ(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
  size = MAX_PATH;
  EXPECT(QueryFullProcessImageNameW(made.hProcess, 0, name, &size));
  EXPECT(size == wcslen(name) && wcsncmp(name, L"C:\\", 3) == 0);
  size = MAX_PATH;
  EXPECT(QueryFullProcessImageNameW(made.hProcess, PROCESS_NAME_NATIVE, name, &size));
  EXPECT(wcsncmp(name, L"\\Device\\HarddiskVolume", 22) == 0);
  BOOL wow = TRUE;
  EXPECT(IsWow64Process(made.hProcess, &wow) && !wow);
  DWORD handles = 0;
  EXPECT(GetProcessHandleCount(GetCurrentProcess(), &handles) && handles != 0);
  DWORD session = 7;
  EXPECT(ProcessIdToSessionId(made.dwProcessId, &session));
  DWORD mine = 8;
  EXPECT(ProcessIdToSessionId(GetCurrentProcessId(), &mine) && mine == session);
  DWORD code = 0;
  ResumeThread(made.hThread);
  const HANDLE both[] = {made.hProcess, made.hThread};
  EXPECT_EQ(WaitForMultipleObjects(2, both, TRUE, 10000), WAIT_OBJECT_0);
  EXPECT(GetExitCodeProcess(made.hProcess, &code) && code == 0);
  Close(made);
  // A class of below normal is handed on; one above is not.
  SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS);
  EXPECT(Start(L"exit 0", &made, CREATE_SUSPENDED));
  EXPECT_EQ(GetPriorityClass(made.hProcess), BELOW_NORMAL_PRIORITY_CLASS);
  TerminateProcess(made.hProcess, 0);
  Close(made);
  SetPriorityClass(GetCurrentProcess(), ABOVE_NORMAL_PRIORITY_CLASS);
  EXPECT(Start(L"exit 0", &made, CREATE_SUSPENDED));
  EXPECT_EQ(GetPriorityClass(made.hProcess), NORMAL_PRIORITY_CLASS);
  TerminateProcess(made.hProcess, 0);
  Close(made);
  SetPriorityClass(GetCurrentProcess(), NORMAL_PRIORITY_CLASS);
}

DWORD WINAPI ExitsTheProcess(void*) { ExitProcess(12); }
DWORD WINAPI EndsLater(void*) {
  Sleep(30);
  return 14;
}

int Child(int argc, char** argv) {
  const char* const what = argv[1];
  if (std::strcmp(what, "exit") == 0) return std::atoi(argv[2]);
  if (std::strcmp(what, "sleep") == 0) Sleep(INFINITE);
  if (std::strcmp(what, "terminate") == 0) TerminateProcess(GetCurrentProcess(), 9);
  if (std::strcmp(what, "fault") == 0) {
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    volatile ULONG_PTR nowhere = 16;
    *reinterpret_cast<volatile int*>(nowhere) = 1;
  }
  if (std::strcmp(what, "thread") == 0) {
    CreateThread(nullptr, 0, ExitsTheProcess, nullptr, 0, nullptr);
    Sleep(INFINITE);
  }
  if (std::strcmp(what, "last") == 0) {
    CreateThread(nullptr, 0, EndsLater, nullptr, 0, nullptr);
    ExitThread(13);
  }
  if (std::strcmp(what, "set") == 0 && argc == 3) {
    return SetEvent(reinterpret_cast<HANDLE>(std::strtoull(argv[2], nullptr, 10))) ? 0 : static_cast<int>(GetLastError());
  }
  return 99;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return Child(argc, argv);
  Mistakes();
  LifeOfAProcess();
  Terminated();
  Opened();
  Inherited();
  Threads();
  Classes();
  return Verdict();
}
