// Installs a driver as a service, uses it, and takes it away, as an installer does; told on the command line which part to do.
#include <windows.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace {

SC_HANDLE manager;

void Say(const char* what, bool done) { std::printf("%s: %lu\n", what, done ? 0 : GetLastError()); }

SC_HANDLE Open(const wchar_t* name) { return OpenServiceW(manager, name, SERVICE_ALL_ACCESS); }

void State(SC_HANDLE service) {
  SERVICE_STATUS_PROCESS status{};
  DWORD needed = 0;
  const BOOL done = QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&status), sizeof status, &needed);
  std::printf("state: %d type %lu state %lu controls %lu exit %lu\n", done, status.dwServiceType, status.dwCurrentState,
              status.dwControlsAccepted, status.dwWin32ExitCode);
}

void Install(const wchar_t* name, const wchar_t* path) {
  SC_HANDLE service = CreateServiceW(manager, name, L"A driver", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                                     SERVICE_ERROR_NORMAL, path, nullptr, nullptr, nullptr, nullptr, nullptr);
  Say("create", service != nullptr);
  SetLastError(0);
  Say("create again", CreateServiceW(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                                     SERVICE_ERROR_NORMAL, path, nullptr, nullptr, nullptr, nullptr, nullptr) != nullptr);
  State(service);
  SERVICE_STATUS status;
  Say("stop before the start", ControlService(service, SERVICE_CONTROL_STOP, &status));
  CloseServiceHandle(service);
}

void Configuration(SC_HANDLE service) {
  DWORD needed = 0;
  Say("size of the configuration", QueryServiceConfigW(service, nullptr, 0, &needed));
  alignas(8) BYTE buffer[2048];
  auto* const config = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer);
  Say("configuration", QueryServiceConfigW(service, config, sizeof buffer, &needed));
  std::printf("type %lu start %lu error %lu path %ls name %ls\n", config->dwServiceType, config->dwStartType, config->dwErrorControl,
              config->lpBinaryPathName, config->lpDisplayName);
}

void Change(SC_HANDLE service) {
  Say("disable", ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_DISABLED, SERVICE_NO_CHANGE, nullptr, nullptr, nullptr, nullptr,
                                      nullptr, nullptr, L"Another name"));
  Say("start", StartServiceW(service, 0, nullptr));
  Say("enable", ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_DEMAND_START, SERVICE_NO_CHANGE, nullptr, nullptr, nullptr,
                                     nullptr, nullptr, nullptr, nullptr));
}

void Start(const wchar_t* name) {
  SC_HANDLE service = Open(name);
  Say("open", service != nullptr);
  Configuration(service);
  Change(service);
  Say("start", StartServiceW(service, 0, nullptr));
  Say("start again", StartServiceW(service, 0, nullptr));
  State(service);
  CloseServiceHandle(service);
}

void UseZero() {
  const HANDLE device = CreateFileW(L"\\\\.\\Zero", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  char buffer[8] = "1234567";
  DWORD bytes = 0;
  Say("read", ReadFile(device, buffer, sizeof buffer, &bytes, nullptr));
  std::printf("%lu bytes, %d %d\n", bytes, buffer[0], buffer[7]);
  CloseHandle(device);
}

void Stop(const wchar_t* name) {
  SC_HANDLE service = Open(name);
  SERVICE_STATUS status{};
  Say("unknown control", ControlService(service, 200, &status));
  Say("stop", ControlService(service, SERVICE_CONTROL_STOP, &status));
  State(service);
  CloseServiceHandle(service);
}

void Remove(const wchar_t* name) {
  SC_HANDLE service = Open(name);
  Say("delete", DeleteService(service));
  Say("delete again", DeleteService(service));
  SetLastError(0);
  Say("start the deleted", StartServiceW(service, 0, nullptr));
  CloseServiceHandle(service);
  SetLastError(0);
  Say("open the deleted", Open(name) != nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  manager = OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ALL_ACCESS);
  const std::wstring text(argv[1], argv[1] + std::strlen(argv[1]));
  const wchar_t* const name = text.c_str();
  if (argc > 2) Install(name, std::wstring(argv[2], argv[2] + std::strlen(argv[2])).c_str());
  if (argc > 3) return 0;
  Start(name);
  if (text == L"Zero") UseZero();
  Stop(name);
  Remove(name);
  CloseServiceHandle(manager);
  return 0;
}
