// What a user may do to services and drivers.
#include <windows.h>

#include <cstdio>

namespace {

struct UnicodeString {
  USHORT length, capacity;
  wchar_t* text;
};

unsigned long LoadByHand() {
  using Load = LONG(NTAPI*)(UnicodeString*);
  const auto load = reinterpret_cast<Load>(reinterpret_cast<void*>(GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtLoadDriver")));
  wchar_t name[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\NoSuchDriver";
  UnicodeString string{sizeof name - sizeof(wchar_t), sizeof name, name};
  return static_cast<unsigned long>(load(&string));
}

bool EnableLoading() {
  HANDLE token;
  TOKEN_PRIVILEGES privileges{1, {{{}, SE_PRIVILEGE_ENABLED}}};
  LookupPrivilegeValueW(nullptr, L"SeLoadDriverPrivilege", &privileges.Privileges[0].Luid);
  OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
  AdjustTokenPrivileges(token, FALSE, &privileges, 0, nullptr, nullptr);
  const bool enabled = GetLastError() == ERROR_SUCCESS;
  CloseHandle(token);
  return enabled;
}

SC_HANDLE manager;

void Open(const char* what, DWORD access) {
  SetLastError(0);
  const SC_HANDLE service = OpenServiceA(manager, "Zero", access);
  std::printf("open to %s: %lu\n", what, GetLastError());
  if (service) CloseServiceHandle(service);
}

}  // namespace

int main() {
  SetLastError(0);
  OpenSCManagerA(nullptr, nullptr, SC_MANAGER_ALL_ACCESS);
  std::printf("manager with all rights: %lu\n", GetLastError());
  manager = OpenSCManagerA(nullptr, nullptr, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
  SetLastError(0);
  const SC_HANDLE made = CreateServiceA(manager, "Made", nullptr, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                                        SERVICE_ERROR_NORMAL, "C:\\made.sys", nullptr, nullptr, nullptr, nullptr, nullptr);
  std::printf("create through a handle that may not: %d, %lu\n", made != nullptr, GetLastError());
  Open("look", SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
  Open("start", SERVICE_START);
  Open("change", SERVICE_CHANGE_CONFIG);
  Open("do what may be done", MAXIMUM_ALLOWED);
  std::printf("NtLoadDriver: 0x%lX\n", LoadByHand());
  const bool enabled = EnableLoading();
  std::printf("privilege: %d, NtLoadDriver: 0x%lX\n", enabled, LoadByHand());
  return 0;
}
