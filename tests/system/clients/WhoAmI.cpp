// Tells who it runs as, and what it may do to a process of the system.
#include <windows.h>

#include <tlhelp32.h>

#include <cstdio>
#include <cstring>
#include <cwchar>

namespace {

template <class T>
T Read(HANDLE token, TOKEN_INFORMATION_CLASS what) {
  alignas(8) BYTE buffer[256]{};
  DWORD length = 0;
  GetTokenInformation(token, what, buffer, sizeof buffer, &length);
  T value;
  std::memcpy(&value, buffer, sizeof value);
  return value;
}

DWORD IntegrityOf(HANDLE token) {
  alignas(8) BYTE buffer[128];
  DWORD length = 0;
  GetTokenInformation(token, TokenIntegrityLevel, buffer, sizeof buffer, &length);
  const auto* const label = reinterpret_cast<TOKEN_MANDATORY_LABEL*>(buffer);
  return *reinterpret_cast<DWORD*>(static_cast<BYTE*>(label->Label.Sid) + 8);
}

int StateOf(HANDLE token, const wchar_t* name) {
  alignas(8) BYTE buffer[1024];
  DWORD length = 0;
  LUID luid{};
  LookupPrivilegeValueW(nullptr, name, &luid);
  GetTokenInformation(token, TokenPrivileges, buffer, sizeof buffer, &length);
  const auto* const privileges = reinterpret_cast<TOKEN_PRIVILEGES*>(buffer);
  for (DWORD i = 0; i < privileges->PrivilegeCount; i++)
    if (privileges->Privileges[i].Luid.LowPart == luid.LowPart) return (privileges->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
  return -1;
}

DWORD OpenWinlogon(DWORD access) {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  PROCESSENTRY32W entry;
  entry.dwSize = sizeof entry;
  BOOL more = Process32FirstW(snapshot, &entry);
  while (more && std::wcscmp(entry.szExeFile, L"winlogon.exe") != 0) more = Process32NextW(snapshot, &entry);
  CloseHandle(snapshot);
  const HANDLE process = OpenProcess(access, FALSE, entry.th32ProcessID);
  const DWORD error = process ? 0 : GetLastError();
  if (process) CloseHandle(process);
  return error;
}

}  // namespace

int main() {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
  std::printf("elevated %lu, kind %d, integrity 0x%lx\n", Read<TOKEN_ELEVATION>(token, TokenElevation).TokenIsElevated,
              Read<TOKEN_ELEVATION_TYPE>(token, TokenElevationType), IntegrityOf(token));
  std::printf("SeDebug %d, SeChangeNotify %d, SeLoadDriver %d\n", StateOf(token, L"SeDebugPrivilege"),
              StateOf(token, L"SeChangeNotifyPrivilege"), StateOf(token, L"SeLoadDriverPrivilege"));
  std::printf("winlogon: error %lu\n", OpenWinlogon(PROCESS_QUERY_LIMITED_INFORMATION));
  std::printf("critical: error %lu\n", OpenWinlogon(PROCESS_SET_INFORMATION));
  CloseHandle(token);
}
