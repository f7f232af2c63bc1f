// DOS devices of a logon session: defined, stacked, removed, and seen by its other processes only as long as they are there.
#include <windows.h>

#include <cstdio>
#include <cwchar>

#include "show.h"

namespace {

void Print(const char* what, const wchar_t* name) {
  wchar_t target[256];
  const DWORD count = QueryDosDeviceW(name, target, 256);
  std::printf("%s: ", what);
  if (!count) {
    std::printf("error %lu\n", GetLastError());
    return;
  }
  for (const wchar_t* each = target; *each; each += std::wcslen(each) + 1) std::printf("%ls;", each);
  std::printf(" %lu\n", count);
}

bool Listed(const wchar_t* name) {
  static wchar_t all[16384];
  if (!QueryDosDeviceW(nullptr, all, 16384)) return false;
  for (const wchar_t* each = all; *each; each += std::wcslen(each) + 1)
    if (!_wcsicmp(each, name)) return true;
  return false;
}

}  // namespace

int main(int argc, char**) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc > 1) return Listed(L"Mine") ? 50 : 51;
  Show("before", {Listed(L"C:")});
  Print("none", L"Mine");
  Show("define", {DefineDosDeviceW(DDD_RAW_TARGET_PATH, L"Mine", L"\\Device\\Null")});
  Print("raw", L"Mine");
  Show("listed", {Listed(L"Mine"), Listed(L"C:"), (GetLogicalDrives() & 4) != 0});
  const HANDLE null = CreateFileW(L"\\\\.\\Mine", GENERIC_READ, 0, nullptr, OPEN_EXISTING, 0, nullptr);
  Show("opens", {null != INVALID_HANDLE_VALUE});
  CloseHandle(null);
  Show("folder", {DefineDosDeviceW(0, L"Mine", L"C:\\Windows")});
  Print("two", L"Mine");
  Show("remove", {DefineDosDeviceW(DDD_REMOVE_DEFINITION | DDD_EXACT_MATCH_ON_REMOVE | DDD_RAW_TARGET_PATH, L"Mine", L"\\Device\\Nul"),
                  GetLastError()});
  Show("the newest", {DefineDosDeviceW(DDD_REMOVE_DEFINITION, L"Mine", nullptr)});
  Print("one", L"Mine");
  wchar_t line[] = L"client_dos_devices.exe other";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child;
  CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child);
  WaitForSingleObject(child.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(child.hProcess, &code);
  Show("another process", {code});
  Show("gone", {DefineDosDeviceW(DDD_REMOVE_DEFINITION, L"Mine", nullptr), DefineDosDeviceW(DDD_REMOVE_DEFINITION, L"Mine", nullptr),
                GetLastError()});
  Print("none", L"Mine");
  // What all have can be hidden, not removed.
  Show("hide",
       {DefineDosDeviceW(DDD_RAW_TARGET_PATH, L"C:", L"\\Device\\Nothing"), GetFileAttributesW(L"C:\\Windows") == INVALID_FILE_ATTRIBUTES,
        DefineDosDeviceW(DDD_REMOVE_DEFINITION, L"C:", nullptr), GetFileAttributesW(L"C:\\Windows") != INVALID_FILE_ATTRIBUTES,
        DefineDosDeviceW(DDD_REMOVE_DEFINITION, L"C:", nullptr), GetLastError()});
  Show("beep", {Beep(440, 10), Beep(7, 10), GetLastError()});
  Show("wrong",
       {DefineDosDeviceW(0, L"a\\b", L"C:\\"), GetLastError(), DefineDosDeviceW(DDD_EXACT_MATCH_ON_REMOVE, L"x", L"y"), GetLastError()});
}
