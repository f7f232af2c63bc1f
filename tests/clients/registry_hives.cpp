// Hive files through advapi32, and the privileges that they need.
#include <windows.h>

#include <cstdio>

namespace {
void Enable(const wchar_t* name) {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token);
  TOKEN_PRIVILEGES privileges{1, {{{}, SE_PRIVILEGE_ENABLED}}};
  LookupPrivilegeValueW(nullptr, name, &privileges.Privileges[0].Luid);
  AdjustTokenPrivileges(token, FALSE, &privileges, 0, nullptr, nullptr);
  CloseHandle(token);
}

DWORD Number(HKEY root, const wchar_t* path, const wchar_t* name) {
  DWORD number = 0, size = sizeof number;
  const LONG error = RegGetValueW(root, path, name, RRF_RT_REG_DWORD, nullptr, &number, &size);
  return error ? static_cast<DWORD>(-error) : number;
}

LONG SetNumber(HKEY root, const wchar_t* path, const wchar_t* name, DWORD number) {
  return RegSetKeyValueW(root, path, name, REG_DWORD, &number, sizeof number);
}
}  // namespace

int main() {
  constexpr wchar_t kKey[] = L"SOFTWARE\\RingletHives", kFile[] = L"C:\\saved.hiv";
  HKEY key = nullptr;
  RegCreateKeyExW(HKEY_LOCAL_MACHINE, kKey, 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, nullptr);
  SetNumber(key, nullptr, L"Top", 1);
  SetNumber(key, L"A\\B", L"Deep", 2);
  std::printf("without privileges: save %ld", RegSaveKeyW(key, kFile, nullptr));
  std::printf(", load %ld\n", RegLoadKeyW(HKEY_LOCAL_MACHINE, L"Loaded", kFile));
  Enable(L"SeBackupPrivilege");
  Enable(L"SeRestorePrivilege");
  std::printf("save %ld", RegSaveKeyW(key, kFile, nullptr));
  std::printf(", again %ld", RegSaveKeyW(key, kFile, nullptr));
  std::printf(", missing folder %ld\n", RegSaveKeyW(key, L"C:\\none\\saved.hiv", nullptr));
  SetNumber(key, nullptr, L"Top", 5);
  SetNumber(key, L"Later", L"Number", 6);
  std::printf("restore %ld", RegRestoreKeyW(key, kFile, 0));
  std::printf(": %lu, %lu", Number(key, nullptr, L"Top"), Number(key, L"A\\B", L"Deep"));
  std::printf(", gone %ld\n", -static_cast<LONG>(Number(key, L"Later", L"Number")));
  std::printf("load %ld", RegLoadKeyW(HKEY_LOCAL_MACHINE, L"Loaded", kFile));
  std::printf(": %lu", Number(HKEY_LOCAL_MACHINE, L"Loaded\\A\\B", L"Deep"));
  std::printf(", set %ld", SetNumber(HKEY_LOCAL_MACHINE, L"Loaded\\A", L"New", 3));
  std::printf(", unload %ld", RegUnLoadKeyW(HKEY_LOCAL_MACHINE, L"Loaded"));
  std::printf(", again %ld\n", RegUnLoadKeyW(HKEY_LOCAL_MACHINE, L"Loaded"));
  std::printf("load elsewhere %ld", RegLoadKeyA(HKEY_USERS, "Loaded", "C:\\saved.hiv"));
  std::printf(": %lu\n", Number(HKEY_USERS, L"Loaded\\A", L"New"));
  HKEY inside = nullptr;
  RegOpenKeyW(HKEY_USERS, L"Loaded\\A", &inside);
  std::printf("unload in use %ld", RegUnLoadKeyA(HKEY_USERS, "Loaded"));
  RegCloseKey(inside);
  std::printf(", then %ld\n", RegUnLoadKeyA(HKEY_USERS, "Loaded"));
  std::printf("below another key %ld\n", RegLoadKeyW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Loaded", kFile));
  std::printf("replace a plain key %ld\n", RegReplaceKeyW(HKEY_LOCAL_MACHINE, kKey, kFile, L"C:\\old.hiv"));
  RegCloseKey(key);
  RegDeleteTreeW(HKEY_LOCAL_MACHINE, kKey);
}
