// The registry as one who is no administrator has it: the machine's part is read only, his own is his.
#include <windows.h>

#include <cstdio>

namespace {
void Name(const char* what, HKEY key) {
  alignas(8) wchar_t buffer[256] = {};
  ULONG length = 0;
  using Query = LONG(NTAPI*)(HANDLE, ULONG, PVOID, ULONG, PULONG);
  const auto query = reinterpret_cast<Query>(reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQueryKey")));
  query(key, 3, buffer, sizeof buffer - 2, &length);
  std::printf("%s is %ls\n", what, buffer + 2);
}
}  // namespace

int main() {
  HKEY key = nullptr;
  std::printf("read %ld", RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft", 0, KEY_READ, &key));
  RegCloseKey(key);
  std::printf(", write %ld", RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft", 0, KEY_SET_VALUE, &key));
  std::printf(", all %ld", RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft", 0, KEY_ALL_ACCESS, &key));
  std::printf(", create %ld", RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\New", 0, nullptr, 0, KEY_READ, nullptr, &key, nullptr));
  std::printf(", delete %ld\n", RegDeleteKeyW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Classes"));
  std::printf("open existing by create %ld",
              RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft", 0, nullptr, 0, KEY_READ, nullptr, &key, nullptr));
  const DWORD number = 5;
  std::printf(", set through a reader's handle %ld\n",
              RegSetValueExW(key, L"Number", 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number));
  RegCloseKey(key);
  std::printf("other user %ld\n", RegOpenKeyExW(HKEY_USERS, L".DEFAULT", 0, KEY_SET_VALUE, &key));

  std::printf("own %ld", RegCreateKeyExW(HKEY_CURRENT_USER, L"Software\\Ringlet", 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, nullptr));
  std::printf(", set %ld\n", RegSetValueExW(key, L"Number", 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number));
  Name("own key", key);
  RegCloseKey(key);
  std::printf("current user %ld\n", RegOpenCurrentUser(KEY_READ, &key));
  Name("HKEY_CURRENT_USER", key);
  RegCloseKey(key);
  std::printf("class %ld\n",
              RegCreateKeyExW(HKEY_CURRENT_USER, L"Software\\Classes\\.own", 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, nullptr));
  Name("class", key);
  RegCloseKey(key);
  std::printf("merged %ld\n", RegOpenKeyExW(HKEY_CLASSES_ROOT, L".own", 0, KEY_READ, &key));
  Name("merged", key);
  RegCloseKey(key);
  std::printf("tree %ld\n", RegDeleteTreeW(HKEY_CURRENT_USER, L"Software\\Ringlet"));

  alignas(8) char descriptor[512];
  DWORD size = sizeof descriptor;
  RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE", 0, KEY_READ, &key);
  std::printf("security %ld", RegGetKeySecurity(key, DACL_SECURITY_INFORMATION | OWNER_SECURITY_INFORMATION, descriptor, &size));
  std::printf(", set %ld", RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor));
  size = 4;
  std::printf(", too small %ld", RegGetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor, &size));
  std::printf(" needs more: %s\n", size > 4 ? "yes" : "no");
  RegCloseKey(key);
  std::printf("load %ld\n", RegLoadKeyW(HKEY_LOCAL_MACHINE, L"Loaded", L"C:\\none"));
}
