// What the system says of how it was booted.
#include <windows.h>

#include <cstdio>

int main() {
  struct {
    ULONG length, options;
  } integrity{sizeof integrity, 0};
  struct {
    BOOLEAN enabled, not_present;
  } debugger{};
  using Query = LONG(NTAPI*)(ULONG, PVOID, ULONG, PULONG);
  const auto query =
      reinterpret_cast<Query>(reinterpret_cast<void*>(GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQuerySystemInformation")));
  query(103, &integrity, sizeof integrity, nullptr);
  query(35, &debugger, sizeof debugger, nullptr);
  std::printf("code integrity 0x%lx, debugger enabled %d, not present %d, shared data %d\n", integrity.options, debugger.enabled,
              debugger.not_present, *reinterpret_cast<volatile UCHAR*>(0x7FFE02D4));
  char options[256] = "";
  DWORD size = sizeof options;
  HKEY key;
  RegOpenKeyExA(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Control", 0, KEY_READ, &key);
  RegQueryValueExA(key, "SystemStartOptions", nullptr, nullptr, reinterpret_cast<BYTE*>(options), &size);
  RegCloseKey(key);
  std::printf("start options \"%s\"\n", options);
  return 0;
}
