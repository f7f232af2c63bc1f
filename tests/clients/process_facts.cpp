// Facts of processes and threads: handles, working sets, boosts, priorities, names.
#include <windows.h>

#include <cstdio>
#include <cwchar>

#include "show.h"

namespace {

// The headers of some SDKs do not have these.
template <class T>
T* Find(const char* name) {
  return reinterpret_cast<T*>(reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"kernel32.dll"), name)));
}

void Priorities() {
  const HANDLE self = GetCurrentProcess(), thread = GetCurrentThread();
  Show("class", {GetPriorityClass(self), static_cast<DWORD>(GetThreadPriority(thread) + 100)});
  Show("high", {SetPriorityClass(self, HIGH_PRIORITY_CLASS), GetPriorityClass(self), static_cast<DWORD>(GetThreadPriority(thread) + 100)});
  Show("above", {SetThreadPriority(thread, THREAD_PRIORITY_HIGHEST), static_cast<DWORD>(GetThreadPriority(thread) + 100)});
  Show("critical", {SetThreadPriority(thread, THREAD_PRIORITY_TIME_CRITICAL), static_cast<DWORD>(GetThreadPriority(thread))});
  Show("idle class", {SetPriorityClass(self, IDLE_PRIORITY_CLASS), static_cast<DWORD>(GetThreadPriority(thread))});
  SetThreadPriority(thread, THREAD_PRIORITY_NORMAL);
  SetPriorityClass(self, NORMAL_PRIORITY_CLASS);
  Show("real time", {SetPriorityClass(self, REALTIME_PRIORITY_CLASS), GetPriorityClass(self)});
  SetPriorityClass(self, NORMAL_PRIORITY_CLASS);
}

void Boosts() {
  const HANDLE self = GetCurrentProcess();
  BOOL disabled = TRUE;
  Show("boost", {GetProcessPriorityBoost(self, &disabled), disabled, SetProcessPriorityBoost(self, TRUE)});
  GetThreadPriorityBoost(GetCurrentThread(), &disabled);
  Show("of the thread", {disabled, GetProcessPriorityBoost(self, &disabled), disabled, SetProcessPriorityBoost(self, FALSE)});
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  const auto is_critical = Find<BOOL WINAPI(HANDLE, BOOL*)>("IsProcessCritical");
  const auto get_name = Find<HRESULT WINAPI(HANDLE, wchar_t**)>("GetThreadDescription");
  const auto set_name = Find<HRESULT WINAPI(HANDLE, const wchar_t*)>("SetThreadDescription");
  const HANDLE self = GetCurrentProcess();
  DWORD before = 0, after = 0;
  GetProcessHandleCount(self, &before);
  CreateEventW(nullptr, FALSE, FALSE, nullptr);
  GetProcessHandleCount(self, &after);
  Show("handles", {after - before});
  BOOL wow = TRUE, critical = TRUE;
  Show("kinds", {IsWow64Process(self, &wow), wow, is_critical(self, &critical), critical});
  SIZE_T minimum = 0, maximum = 0;
  Show("working set", {GetProcessWorkingSetSize(self, &minimum, &maximum), minimum, maximum});
  Show("set", {SetProcessWorkingSetSize(self, 1 << 20, 1 << 21), GetProcessWorkingSetSize(self, &minimum, &maximum), minimum, maximum});
  Show("wrong", {SetProcessWorkingSetSize(self, 1 << 21, 1 << 20), GetLastError()});
  wchar_t* name = nullptr;
  Show("none", {static_cast<DWORD>(get_name(GetCurrentThread(), &name)), name[0]});
  LocalFree(name);
  set_name(GetCurrentThread(), L"Main thread");
  get_name(GetCurrentThread(), &name);
  std::printf("name: %ls\n", name);
  LocalFree(name);
  Priorities();
  Boosts();
}
