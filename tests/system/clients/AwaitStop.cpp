// Waits until a service has stopped, and tells how it ended. With "describe" changes its configuration instead.
#include <windows.h>

#include <cstdio>

namespace {

void Show(SC_HANDLE service) {
  alignas(8) BYTE buffer[256];
  DWORD needed = 0;
  QueryServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, buffer, sizeof buffer, &needed);
  const wchar_t* const text = reinterpret_cast<const SERVICE_DESCRIPTIONW*>(buffer)->lpDescription;
  std::printf("description: %ls\n", text ? text : L"none");
}

void Describe(SC_HANDLE manager, const char* name) {
  const SC_HANDLE service = OpenServiceA(manager, name, SERVICE_QUERY_CONFIG | SERVICE_CHANGE_CONFIG);
  alignas(8) BYTE buffer[1024];
  DWORD needed = 0;
  BOOL done = QueryServiceConfig2A(service, SERVICE_CONFIG_DESCRIPTION, buffer, 8, &needed);
  std::printf("query with too little room: %d, error %lu, %lu bytes needed\n", done, GetLastError(), needed);
  wchar_t text[] = L"Ticks", nothing[] = L"";
  SERVICE_DESCRIPTIONW description{text};
  ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &description);
  Show(service);
  description.lpDescription = nothing;
  ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &description);
  Show(service);
  done = ChangeServiceConfig2W(service, 77, &description);
  std::printf("an unknown level: %d, error %lu\n", done, GetLastError());
  SERVICE_DELAYED_AUTO_START_INFO delayed{TRUE};
  ChangeServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed);
  delayed.fDelayedAutostart = FALSE;
  QueryServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, reinterpret_cast<BYTE*>(&delayed), sizeof delayed, &needed);
  std::printf("started later: %d\n", delayed.fDelayedAutostart);
  done = ChangeServiceConfigA(service, SERVICE_NO_CHANGE, SERVICE_DEMAND_START, SERVICE_NO_CHANGE, nullptr, nullptr, nullptr, nullptr,
                              nullptr, nullptr, "Tick tock");
  auto* const config = reinterpret_cast<QUERY_SERVICE_CONFIGW*>(buffer);
  QueryServiceConfigW(service, config, sizeof buffer, &needed);
  std::printf("start by hand: %d, display name %ls\n", done && config->dwStartType == SERVICE_DEMAND_START, config->lpDisplayName);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const SC_HANDLE manager = OpenSCManagerA(nullptr, nullptr, SC_MANAGER_CONNECT);
  if (argc > 2) return Describe(manager, argv[1]), 0;
  const SC_HANDLE service = OpenServiceA(manager, argv[1], SERVICE_QUERY_STATUS);
  SERVICE_STATUS status{};
  while (QueryServiceStatus(service, &status) && status.dwCurrentState != SERVICE_STOPPED) Sleep(10);
  std::printf("%s stopped, exit code %lu", argv[1], status.dwWin32ExitCode);
  if (status.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR) std::printf(" (%lu)", status.dwServiceSpecificExitCode);
  std::printf("\n");
  return 0;
}
