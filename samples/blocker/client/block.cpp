// Block: configures the Blocker driver.
//
//   Block [PATH...]     these programs, by their full paths, do not start any more; none: all start
//   Block --demo        blocks itself, tries to start itself, and allows it again
#include <windows.h>
#include <winioctl.h>

#include <cstdio>
#include <cwchar>
#include <string>

#include "../common.h"

static int Failed(const char* what, DWORD error) {
  std::printf("%s failed (error=%lu)\n", what, error);
  return 1;
}

// Writes the configuration and has the driver read it.
static int Configure(const std::wstring& paths) {
  HKEY key;
  LONG error = RegCreateKeyExW(HKEY_LOCAL_MACHINE, BLOCKER_PARAMETERS_KEY, 0, nullptr, 0, KEY_WRITE, nullptr, &key, nullptr);
  if (error != ERROR_SUCCESS) return Failed("RegCreateKeyEx", error);
  error = RegSetValueExW(key, BLOCKER_PATHS_VALUE, 0, REG_MULTI_SZ, reinterpret_cast<const BYTE*>(paths.c_str()),
                         static_cast<DWORD>((paths.size() + 1) * sizeof(wchar_t)));
  RegCloseKey(key);
  if (error != ERROR_SUCCESS) return Failed("RegSetValueEx", error);
  const HANDLE device = CreateFileW(L"\\\\.\\Blocker", GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  if (device == INVALID_HANDLE_VALUE) return Failed("CreateFile", GetLastError());
  DWORD bytes;
  const BOOL done = DeviceIoControl(device, IOCTL_BLOCKER_RELOAD, nullptr, 0, nullptr, 0, &bytes, nullptr);
  const DWORD reason = GetLastError();
  CloseHandle(device);
  return done ? 0 : Failed("DeviceIoControl", reason);
}

static void Try(const wchar_t* program) {
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION process;
  std::wstring line = L"Block --nothing";
  if (!CreateProcessW(program, line.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &process)) {
    std::printf("%ls: not started (error=%lu)\n", program, GetLastError());
    return;
  }
  WaitForSingleObject(process.hProcess, INFINITE);
  std::printf("%ls: started\n", program);
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
}

static int Demo() {
  wchar_t own[MAX_PATH];
  GetModuleFileNameW(nullptr, own, MAX_PATH);
  Try(own);
  int result = Configure(std::wstring(L"C:\\none.exe") + L'\0' + own + L'\0');
  Try(own);
  result |= Configure(L"");
  Try(own);
  return result;
}

int wmain(int argc, wchar_t** argv) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc == 2 && std::wcscmp(argv[1], L"--nothing") == 0) return 0;
  if (argc == 2 && std::wcscmp(argv[1], L"--demo") == 0) return Demo();
  std::wstring paths;
  for (int i = 1; i < argc; i++) paths += std::wstring(argv[i]) + L'\0';
  return Configure(paths);
}
