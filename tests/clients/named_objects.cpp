// Named objects between two processes: who made them, what may be done with them, and when they go.
#include <windows.h>

#include <cstdio>
#include <cstring>

#include "show.h"

namespace {

DWORD Error(HANDLE handle) { return handle ? 0 : GetLastError(); }

// Runs this program again with a word, and waits for its end.
DWORD Child(const wchar_t* word) {
  wchar_t line[64] = L"client_named_objects.exe ";
  wcscat(line, word);
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child;
  if (!CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child)) return 9999;
  WaitForSingleObject(child.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(child.hProcess, &code);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
  return code;
}

int Other(const char* word) {
  if (!std::strcmp(word, "mutex")) {
    const HANDLE mutex = OpenMutexW(SYNCHRONIZE, FALSE, L"NamedMutex");
    if (!mutex) return 1;
    return WaitForSingleObject(mutex, 0) == WAIT_TIMEOUT ? 10 : 2;
  }
  if (!std::strcmp(word, "semaphore")) {
    const HANDLE semaphore = OpenSemaphoreA(SEMAPHORE_MODIFY_STATE, FALSE, "Local\\NamedSemaphore");
    LONG before = 0;
    return semaphore && ReleaseSemaphore(semaphore, 2, &before) ? 20 + before : 1;
  }
  const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, L"Global\\NamedEvent");
  if (GetLastError() != ERROR_ALREADY_EXISTS) return 1;
  return SetEvent(event) ? 30 : 2;
}

void Mutexes() {
  const HANDLE mutex = CreateMutexW(nullptr, TRUE, L"NamedMutex");
  Show("mutex", {GetLastError(), Error(CreateMutexExW(nullptr, L"NamedMutex", 0, SYNCHRONIZE)), GetLastError()});
  Show("other process", {Child(L"mutex")});
  Show("another type",
       {Error(CreateEventW(nullptr, FALSE, FALSE, L"NamedMutex")), Error(OpenSemaphoreW(SYNCHRONIZE, FALSE, L"NamedMutex"))});
  Show("case", {Error(OpenMutexW(SYNCHRONIZE, FALSE, L"namedmutex")), Error(OpenMutexA(SYNCHRONIZE, FALSE, "NamedMutex"))});
  Show("no name", {Error(OpenMutexW(SYNCHRONIZE, FALSE, nullptr))});
  CloseHandle(mutex);
}

void Semaphores() {
  const HANDLE semaphore = CreateSemaphoreExW(nullptr, 1, 3, L"NamedSemaphore", 0, SEMAPHORE_ALL_ACCESS);
  Show("semaphore", {GetLastError(), Child(L"semaphore"), ReleaseSemaphore(semaphore, 1, nullptr), GetLastError()});
  const HANDLE again = CreateSemaphoreW(nullptr, 7, 9, L"Local\\NamedSemaphore");
  LONG before = 0;
  Show("again", {GetLastError(), WaitForSingleObject(again, 0), ReleaseSemaphore(semaphore, 1, &before), before});
  const HANDLE wait_only = OpenSemaphoreW(SYNCHRONIZE, FALSE, L"NamedSemaphore");
  Show("wait only", {WaitForSingleObject(wait_only, 0), ReleaseSemaphore(wait_only, 1, nullptr), GetLastError()});
  CloseHandle(semaphore);
  CloseHandle(again);
  CloseHandle(wait_only);
  Show("gone", {Error(OpenSemaphoreW(SYNCHRONIZE, FALSE, L"NamedSemaphore"))});
}

void Events() {
  const HANDLE event = CreateEventExA(nullptr, "Global\\NamedEvent", 0, SYNCHRONIZE);
  Show("global event",
       {GetLastError(), Error(OpenEventA(SYNCHRONIZE, FALSE, "NamedEvent")), Error(OpenEventA(SYNCHRONIZE, FALSE, "Global\\NamedEvent"))});
  Show("signaled by", {Child(L"event"), WaitForSingleObject(event, 0), SetEvent(event), GetLastError()});
  CloseHandle(event);
  const HANDLE timer = CreateWaitableTimerExW(nullptr, L"NamedTimer", 1, TIMER_ALL_ACCESS);
  Show("timer", {Error(timer), Error(OpenWaitableTimerW(SYNCHRONIZE, FALSE, L"NamedTimer")),
                 Error(OpenWaitableTimerW(SYNCHRONIZE, FALSE, L"None"))});
  Show("flags", {Error(CreateMutexExW(nullptr, nullptr, 2, SYNCHRONIZE)), Error(CreateEventW(nullptr, FALSE, FALSE, L"No\\Such\\Folder"))});
}

// What only its maker and the system may open.
void Closed() {
  UCHAR acl[64];
  SECURITY_DESCRIPTOR descriptor;
  InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  InitializeAcl(reinterpret_cast<PACL>(acl), sizeof acl, ACL_REVISION);
  SetSecurityDescriptorDacl(&descriptor, TRUE, reinterpret_cast<PACL>(acl), FALSE);
  SECURITY_ATTRIBUTES attributes{sizeof attributes, &descriptor, FALSE};
  const HANDLE event = CreateEventW(&attributes, FALSE, FALSE, L"Closed");
  Show("closed", {Error(event), SetEvent(event), Error(OpenEventW(SYNCHRONIZE, FALSE, L"Closed")),
                  Error(CreateEventW(nullptr, FALSE, FALSE, L"Closed")), Error(OpenEventW(READ_CONTROL, FALSE, L"Closed"))});
  HANDLE copy = nullptr;
  Show("duplicate", {DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, SYNCHRONIZE, FALSE, 0),
                     DuplicateHandle(GetCurrentProcess(), copy, GetCurrentProcess(), &copy, EVENT_MODIFY_STATE, FALSE, 0), GetLastError()});
  CloseHandle(event);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return Other(argv[1]);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  Mutexes();
  Semaphores();
  Events();
  Closed();
}
