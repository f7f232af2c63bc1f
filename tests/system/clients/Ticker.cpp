// A service that is a program: it counts what it is told, and writes that to a file when it stops.
#include <windows.h>

#include <cstdio>

namespace {

SERVICE_STATUS_HANDLE handle;
SERVICE_STATUS status;
HANDLE stop;
int custom, paused;
char started_with[128];

void Tell(DWORD state, DWORD accepted, DWORD code = 0) {
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwControlsAccepted = accepted;
  status.dwWin32ExitCode = code != 0 ? ERROR_SERVICE_SPECIFIC_ERROR : 0;
  status.dwServiceSpecificExitCode = code;
  SetServiceStatus(handle, &status);
}

DWORD WINAPI Control(DWORD control, DWORD, void*, void* context) {
  if (context != &status) return ERROR_INVALID_FUNCTION;
  switch (control) {
    case SERVICE_CONTROL_STOP:
      Tell(SERVICE_STOP_PENDING, 0);
      SetEvent(stop);
      return NO_ERROR;
    case SERVICE_CONTROL_PAUSE:
      ++paused;
      Tell(SERVICE_PAUSED, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE);
      return NO_ERROR;
    case SERVICE_CONTROL_CONTINUE:
      Tell(SERVICE_RUNNING, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE);
      return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
      return NO_ERROR;
    case 200:
      ++custom;
      return NO_ERROR;
    default:
      return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

void WINAPI ServiceMain(DWORD argc, char** argv) {
  handle = RegisterServiceCtrlHandlerExA("Ticker", Control, &status);
  if (argc > 1) std::snprintf(started_with, sizeof started_with, "%s", argv[1]);
  if (argc > 1 && argv[1][0] == '!') {
    Tell(SERVICE_STOPPED, 0, 42);
    return;
  }
  Tell(SERVICE_RUNNING, SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PAUSE_CONTINUE);
  WaitForSingleObject(stop, INFINITE);
  FILE* const file = std::fopen("C:\\ticker.txt", "w");
  std::fprintf(file, "%s with '%s': %d pauses, %d controls of its own\n", argv[0], started_with, paused, custom);
  std::fclose(file);
  Tell(SERVICE_STOPPED, 0);
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1) return 1;  // a program that is no service
  stop = CreateEventA(nullptr, TRUE, FALSE, nullptr);
  char name[] = "";
  const SERVICE_TABLE_ENTRYA table[] = {{name, ServiceMain}, {nullptr, nullptr}};
  if (StartServiceCtrlDispatcherA(table)) return 0;
  std::printf("not started by the service manager: %lu\n", GetLastError());
  return 2;
}
