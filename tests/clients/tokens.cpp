// Tokens and privileges: what the user holds, switching privileges, impersonation, and what a process may do to others with them.
#include <windows.h>

#include <tlhelp32.h>

#include <cstdio>
#include <cstring>
#include <cwchar>

#include "show.h"

namespace {

HANDLE Own(DWORD access) {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), access, &token);
  return token;
}

template <class T>
T Read(HANDLE token, TOKEN_INFORMATION_CLASS what) {
  T value{};
  DWORD length = 0;
  GetTokenInformation(token, what, &value, sizeof value, &length);
  return value;
}

LUID Privilege(const wchar_t* name) {
  LUID luid{};
  LookupPrivilegeValueW(nullptr, name, &luid);
  return luid;
}

// 1: enabled, 0: not, -1: not held.
int StateOf(HANDLE token, const wchar_t* name) {
  alignas(8) BYTE buffer[1024];
  DWORD length = 0;
  GetTokenInformation(token, TokenPrivileges, buffer, sizeof buffer, &length);
  const auto* const privileges = reinterpret_cast<TOKEN_PRIVILEGES*>(buffer);
  const LUID luid = Privilege(name);
  for (DWORD i = 0; i < privileges->PrivilegeCount; i++)
    if (std::memcmp(&privileges->Privileges[i].Luid, &luid, sizeof luid) == 0)
      return (privileges->Privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
  return -1;
}

DWORD Adjust(HANDLE token, const wchar_t* name, DWORD attributes, TOKEN_PRIVILEGES* before = nullptr) {
  TOKEN_PRIVILEGES wanted{1, {{Privilege(name), attributes}}};
  DWORD length = 0;
  const BOOL done = AdjustTokenPrivileges(token, FALSE, &wanted, before ? sizeof *before : 0, before, &length);
  return done ? GetLastError() : 100000 + GetLastError();
}

DWORD OpenByName(const wchar_t* name, DWORD access) {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  PROCESSENTRY32W entry;
  entry.dwSize = sizeof entry;
  DWORD error = ERROR_NOT_FOUND;
  for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry)) {
    if (std::wcscmp(entry.szExeFile, name) != 0) continue;
    const HANDLE process = OpenProcess(access, FALSE, entry.th32ProcessID);
    error = process ? 0 : GetLastError();
    if (process) CloseHandle(process);
  }
  CloseHandle(snapshot);
  return error;
}

void Names() {
  LUID luid{};
  wchar_t name[64];
  DWORD size = 64;
  Show("values", {LookupPrivilegeValueW(nullptr, L"sedebugPRIVILEGE", &luid), luid.LowPart,
                  LookupPrivilegeValueW(nullptr, L"SeNoSuchPrivilege", &luid), GetLastError()});
  luid = {20, 0};
  Show("name", {LookupPrivilegeNameW(nullptr, &luid, name, &size), size, std::wcscmp(name, L"SeDebugPrivilege") == 0});
  size = 5;
  Show("no room", {LookupPrivilegeNameW(nullptr, &luid, name, &size), GetLastError(), size});
}

void Facts() {
  const HANDLE token = Own(TOKEN_QUERY);
  alignas(8) BYTE user[128];
  DWORD length = 0;
  Show("user", {GetTokenInformation(token, TokenUser, nullptr, 0, &length), GetLastError(),
                GetTokenInformation(token, TokenUser, user, length, &length)});
  std::printf("elevated %lu, kind %d, session %lu, type %d\n", Read<TOKEN_ELEVATION>(token, TokenElevation).TokenIsElevated,
              Read<TOKEN_ELEVATION_TYPE>(token, TokenElevationType), Read<DWORD>(token, TokenSessionId),
              Read<TOKEN_TYPE>(token, TokenType));
  std::printf("SeDebug %d, SeChangeNotify %d, SeTcb %d, SeLoadDriver %d\n", StateOf(token, L"SeDebugPrivilege"),
              StateOf(token, L"SeChangeNotifyPrivilege"), StateOf(token, L"SeTcbPrivilege"), StateOf(token, L"SeLoadDriverPrivilege"));
  std::printf("without the right: %lu\n", Adjust(token, L"SeDebugPrivilege", SE_PRIVILEGE_ENABLED));
  CloseHandle(token);
}

void Privileges() {
  const HANDLE token = Own(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
  std::printf("winlogon: all %lu, terminate %lu, read %lu\n", OpenByName(L"winlogon.exe", PROCESS_ALL_ACCESS),
              OpenByName(L"winlogon.exe", PROCESS_TERMINATE), OpenByName(L"winlogon.exe", PROCESS_VM_READ));
  TOKEN_PRIVILEGES before{};
  std::printf("enable: %lu", Adjust(token, L"SeDebugPrivilege", SE_PRIVILEGE_ENABLED, &before));
  std::printf(", before %lu %lu, now %d\n", before.PrivilegeCount, before.Privileges[0].Attributes, StateOf(token, L"SeDebugPrivilege"));
  std::printf("again: %lu", Adjust(token, L"SeDebugPrivilege", SE_PRIVILEGE_ENABLED, &before));
  std::printf(", before %lu\n", before.PrivilegeCount);
  std::printf("winlogon: all %lu; csrss: all %lu\n", OpenByName(L"winlogon.exe", PROCESS_ALL_ACCESS),
              OpenByName(L"csrss.exe", PROCESS_ALL_ACCESS));
  std::printf("not held: %lu\n", Adjust(token, L"SeTcbPrivilege", SE_PRIVILEGE_ENABLED));
  std::printf("removed: %lu", Adjust(token, L"SeUndockPrivilege", SE_PRIVILEGE_REMOVED));
  std::printf(", now %d\n", StateOf(token, L"SeUndockPrivilege"));
  AdjustTokenPrivileges(token, TRUE, nullptr, 0, nullptr, nullptr);
  std::printf("all off: %d %d\n", StateOf(token, L"SeDebugPrivilege"), StateOf(token, L"SeChangeNotifyPrivilege"));
  CloseHandle(token);
}

void Impersonation() {
  HANDLE token = nullptr;
  Show("none", {OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token), GetLastError()});
  Show("self",
       {ImpersonateSelf(SecurityImpersonation), OpenThreadToken(GetCurrentThread(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, TRUE, &token)});
  std::printf("type %d, level %d\n", Read<TOKEN_TYPE>(token, TokenType),
              Read<SECURITY_IMPERSONATION_LEVEL>(token, TokenImpersonationLevel));
  // The thread's privileges are its own.
  const HANDLE own = Own(TOKEN_QUERY);
  std::printf("enable: %lu", Adjust(token, L"SeDebugPrivilege", SE_PRIVILEGE_ENABLED));
  std::printf(", thread %d, process %d, winlogon %lu\n", StateOf(token, L"SeDebugPrivilege"), StateOf(own, L"SeDebugPrivilege"),
              OpenByName(L"winlogon.exe", PROCESS_ALL_ACCESS));
  Show("back", {RevertToSelf(), OpenByName(L"winlogon.exe", PROCESS_ALL_ACCESS)});
  Show("not primary", {SetThreadToken(nullptr, own), GetLastError()});
  CloseHandle(token);
  CloseHandle(own);
}

int Child() {
  const HANDLE token = Own(TOKEN_QUERY);
  return StateOf(token, L"SeDebugPrivilege") + 10;
}

void Inherited() {
  const HANDLE token = Own(TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES);
  Adjust(token, L"SeDebugPrivilege", SE_PRIVILEGE_ENABLED);
  wchar_t line[] = L"client_tokens.exe child";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child;
  CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child);
  WaitForSingleObject(child.hProcess, INFINITE);
  DWORD code = 0;
  GetExitCodeProcess(child.hProcess, &code);
  std::printf("child has it: %lu\n", code);
  CloseHandle(token);
}

}  // namespace

int main(int argc, char**) {
  if (argc > 1) return Child();
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  Names();
  Facts();
  Impersonation();
  Privileges();
  Inherited();
}
