// Waits until a service has stopped, and tells how it ended.
#include <windows.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const SC_HANDLE manager = OpenSCManagerA(nullptr, nullptr, SC_MANAGER_CONNECT);
  const SC_HANDLE service = OpenServiceA(manager, argv[1], SERVICE_QUERY_STATUS);
  SERVICE_STATUS status{};
  while (QueryServiceStatus(service, &status) && status.dwCurrentState != SERVICE_STOPPED) Sleep(10);
  std::printf("%s stopped, exit code %lu", argv[1], status.dwWin32ExitCode);
  if (status.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR) std::printf(" (%lu)", status.dwServiceSpecificExitCode);
  std::printf("\n");
  return 0;
}
