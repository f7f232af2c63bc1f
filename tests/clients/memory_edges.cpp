// Memory, threads and handles at their edges: the error codes that Windows gives.
#include <windows.h>

#include <cstring>
#include <cwchar>

#include "expect.h"

namespace {

void Allocations() {
  EXPECT(VirtualAlloc(nullptr, 0, MEM_RESERVE, PAGE_READWRITE) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(VirtualAlloc(nullptr, 4096, MEM_RESERVE, 0) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(VirtualAlloc(nullptr, 4096, 0x40, PAGE_READWRITE) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(VirtualAlloc(reinterpret_cast<void*>(0xFFFF800000000000), 4096, MEM_RESERVE, PAGE_READWRITE) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  char* const base = static_cast<char*>(VirtualAlloc(nullptr, 0x30000, MEM_RESERVE, PAGE_READWRITE));
  EXPECT(base != nullptr && reinterpret_cast<ULONG_PTR>(base) % 0x10000 == 0);
  EXPECT(VirtualAlloc(base + 0x10000, 0x1000, MEM_RESERVE, PAGE_READWRITE) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_ADDRESS);
  EXPECT(VirtualAlloc(base + 0x1FFF, 2, MEM_COMMIT, PAGE_READONLY) == base + 0x1000);
  MEMORY_BASIC_INFORMATION info;
  EXPECT_EQ(VirtualQuery(base + 0x1800, &info, sizeof info), sizeof info);
  EXPECT(info.BaseAddress == base + 0x1000 && info.RegionSize == 0x2000 && info.State == MEM_COMMIT && info.Protect == PAGE_READONLY &&
         info.AllocationProtect == PAGE_READWRITE && info.Type == MEM_PRIVATE);
  EXPECT_EQ(VirtualQuery(base, &info, sizeof info), sizeof info);
  EXPECT(info.State == MEM_RESERVE && info.Protect == 0 && info.RegionSize == 0x1000);
  DWORD old = 0;
  EXPECT(!VirtualProtect(base, 0x2000, PAGE_READWRITE, &old));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_ADDRESS);
  EXPECT(!VirtualProtect(base + 0x1000, 0x1000, PAGE_READWRITE, nullptr));
  EXPECT_EQ(GetLastError(), ERROR_NOACCESS);
  EXPECT(!VirtualProtect(base + 0x1000, 0x1000, 0x3, &old));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(VirtualProtect(base + 0x1000, 1, PAGE_READWRITE | PAGE_GUARD, &old) && old == PAGE_READONLY);
  EXPECT(!VirtualFree(base, 0x1000, MEM_RELEASE));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(!VirtualFree(base + 0x1000, 0, MEM_RELEASE));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_ADDRESS);
  EXPECT(!VirtualFree(base, 0, MEM_DECOMMIT | MEM_RELEASE));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT(VirtualFree(base, 0, MEM_DECOMMIT));
  EXPECT_EQ(VirtualQuery(base + 0x1000, &info, sizeof info), sizeof info);
  EXPECT(info.State == MEM_RESERVE && info.RegionSize == 0x2F000);
  EXPECT(VirtualFree(base, 0, MEM_RELEASE));
  EXPECT(!VirtualFree(base, 0, MEM_RELEASE));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_ADDRESS);
  EXPECT_EQ(VirtualQuery(base, &info, sizeof info), sizeof info);
  EXPECT(info.State == MEM_FREE && info.AllocationBase == nullptr && info.Protect == PAGE_NOACCESS && info.Type == 0);
  EXPECT_EQ(VirtualQuery(reinterpret_cast<void*>(0xFFFFF80000000000), &info, sizeof info), 0);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT_EQ(VirtualQuery(base, &info, sizeof info - 1), 0);
  EXPECT_EQ(GetLastError(), ERROR_BAD_LENGTH);
}

DWORD exception;
LONG CALLBACK Note(EXCEPTION_POINTERS* pointers) {
  exception = pointers->ExceptionRecord->ExceptionCode;
  return exception == STATUS_GUARD_PAGE_VIOLATION ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

void Guards() {
  auto* const page = static_cast<volatile char*>(VirtualAlloc(nullptr, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD));
  void* const handler = AddVectoredExceptionHandler(1, Note);
  page[0] = 1;
  EXPECT_EQ(exception, STATUS_GUARD_PAGE_VIOLATION);
  exception = 0;
  page[1] = 2;
  EXPECT_EQ(exception, 0);
  RemoveVectoredExceptionHandler(handler);
  MEMORY_BASIC_INFORMATION info;
  VirtualQuery(const_cast<char*>(page), &info, sizeof info);
  EXPECT_EQ(info.Protect, PAGE_READWRITE);
  // The kernel meets a guard page for the program: the call fails, and the page is no guard afterwards.
  DWORD old;
  VirtualProtect(const_cast<char*>(page), 1, PAGE_READWRITE | PAGE_GUARD, &old);
  SIZE_T done = 9;
  char byte = 0;
  EXPECT(!ReadProcessMemory(GetCurrentProcess(), const_cast<char*>(page), &byte, 1, &done));
  VirtualFree(const_cast<char*>(page), 0, MEM_RELEASE);
}

void Others() {
  char* const pages = static_cast<char*>(VirtualAlloc(nullptr, 0x2000, MEM_RESERVE, PAGE_READWRITE));
  VirtualAlloc(pages, 0x1000, MEM_COMMIT, PAGE_READWRITE);
  char buffer[32] = {};
  SIZE_T done = 9;
  EXPECT(!ReadProcessMemory(GetCurrentProcess(), pages + 0xFF8, buffer, 16, &done));
  EXPECT_EQ(GetLastError(), ERROR_PARTIAL_COPY);
  EXPECT_EQ(done, 8);
  EXPECT(!ReadProcessMemory(GetCurrentProcess(), pages + 0x1000, buffer, 16, &done));
  EXPECT_EQ(GetLastError(), ERROR_PARTIAL_COPY);
  EXPECT_EQ(done, 0);
  EXPECT(!ReadProcessMemory(GetCurrentProcess(), pages, reinterpret_cast<void*>(16), 16, &done));
  EXPECT_EQ(GetLastError(), ERROR_PARTIAL_COPY);
  DWORD old;
  VirtualProtect(pages, 0x1000, PAGE_READONLY, &old);
  EXPECT(!WriteProcessMemory(GetCurrentProcess(), pages, buffer, 4, &done));
  EXPECT_EQ(GetLastError(), ERROR_NOACCESS);
  VirtualProtect(pages, 0x1000, PAGE_EXECUTE_READ, &old);
  EXPECT(WriteProcessMemory(GetCurrentProcess(), pages, "abcd", 4, &done) && done == 4 && std::memcmp(pages, "abcd", 4) == 0);
  MEMORY_BASIC_INFORMATION info;
  VirtualQuery(pages, &info, sizeof info);
  EXPECT_EQ(info.Protect, PAGE_EXECUTE_READ);
  VirtualFree(pages, 0, MEM_RELEASE);
  const HANDLE query = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
  EXPECT(!ReadProcessMemory(query, buffer, buffer, 1, &done));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(VirtualAllocEx(query, nullptr, 4096, MEM_RESERVE, PAGE_READWRITE) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT_EQ(VirtualQueryEx(query, buffer, &info, sizeof info), sizeof info);
  EXPECT(CreateRemoteThread(query, nullptr, 0, nullptr, nullptr, 0, nullptr) == nullptr);
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  CloseHandle(query);
}

void Handles() {
  const HANDLE event = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  DWORD flags = 9;
  EXPECT(GetHandleInformation(event, &flags) && flags == 0);
  EXPECT(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE | HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE));
  EXPECT(GetHandleInformation(event, &flags) && flags == HANDLE_FLAG_PROTECT_FROM_CLOSE);
  EXPECT(!CloseHandle(event));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
  EXPECT(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
  HANDLE copy = nullptr;
  EXPECT(!DuplicateHandle(GetCurrentProcess(), event, event, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
  EXPECT(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, SYNCHRONIZE, TRUE, 0));
  EXPECT(GetHandleInformation(copy, &flags) && flags == HANDLE_FLAG_INHERIT);
  EXPECT(!SetEvent(copy));
  EXPECT_EQ(GetLastError(), ERROR_ACCESS_DENIED);
  EXPECT(CloseHandle(copy) && CloseHandle(event));
  EXPECT(!CloseHandle(event));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
  EXPECT(!CloseHandle(nullptr));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
  EXPECT(!SetEvent(GetCurrentThread()));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
  EXPECT(!GetHandleInformation(event, &flags));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
  EXPECT_EQ(WaitForSingleObject(event, 0), WAIT_FAILED);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_HANDLE);
  HANDLE many[65] = {};
  for (HANDLE& each : many) each = GetCurrentProcess();
  EXPECT_EQ(WaitForMultipleObjects(65, many, FALSE, 0), WAIT_FAILED);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT_EQ(WaitForMultipleObjects(2, many, TRUE, 0), WAIT_FAILED);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT_EQ(WaitForMultipleObjects(2, many, FALSE, 0), WAIT_TIMEOUT);
}

extern "C" HRESULT WINAPI SetThreadDescription(HANDLE, PCWSTR);
extern "C" HRESULT WINAPI GetThreadDescription(HANDLE, PWSTR*);
DWORD WINAPI Nothing(void*) { return 5; }

void Threads() {
  DWORD code = 0;
  const HANDLE thread = CreateThread(nullptr, 1 << 16, Nothing, nullptr, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  EXPECT_EQ(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
  EXPECT(GetExitCodeThread(thread, &code) && code == 5);
  FILETIME created, exited, kernel, user;
  EXPECT(GetThreadTimes(thread, &created, &exited, &kernel, &user) && CompareFileTime(&created, &exited) <= 0);
  EXPECT_EQ(QueueUserAPC([](ULONG_PTR) {}, thread, 0), 0);
  CloseHandle(thread);
  wchar_t* name = nullptr;
  EXPECT(SUCCEEDED(SetThreadDescription(GetCurrentThread(), L"first")));
  EXPECT(SUCCEEDED(GetThreadDescription(GetCurrentThread(), &name)) && std::wcscmp(name, L"first") == 0);
  LocalFree(name);
  EXPECT_EQ(SetThreadAffinityMask(GetCurrentThread(), 0), 0);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  DWORD_PTR process = 0, system = 0;
  EXPECT(GetProcessAffinityMask(GetCurrentProcess(), &process, &system) && process == system && process != 0);
  EXPECT_EQ(SetThreadAffinityMask(GetCurrentThread(), 1), process);
  EXPECT_EQ(SetThreadAffinityMask(GetCurrentThread(), process), 1);
  EXPECT_EQ(SetThreadAffinityMask(GetCurrentThread(), ~process & (process + 1)), 0);
  EXPECT(!SetProcessAffinityMask(GetCurrentProcess(), 0));
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  EXPECT_EQ(TlsGetValue(TLS_MINIMUM_AVAILABLE + 2000), nullptr);
  EXPECT_EQ(GetLastError(), ERROR_INVALID_PARAMETER);
  const DWORD slot = TlsAlloc();
  EXPECT(TlsSetValue(slot, &code) && TlsGetValue(slot) == &code && GetLastError() == 0);
  EXPECT(TlsFree(slot) && !TlsFree(slot));
}

}  // namespace

int main() {
  Allocations();
  Guards();
  Others();
  Handles();
  Threads();
  return Verdict();
}
