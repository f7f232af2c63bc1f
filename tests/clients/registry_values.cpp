// Values in one call, trees, predefined keys.
#include <windows.h>

#include <cstdio>
#include <cstring>

namespace {
constexpr wchar_t kKey[] = L"Software\\RingletValues";

void Set(const wchar_t* name, DWORD type, const void* data, DWORD size) {
  std::printf("set %ls %ld\n", name, RegSetKeyValueW(HKEY_CURRENT_USER, kKey, name, type, data, size));
}

void Get(const wchar_t* name, DWORD flags, DWORD room = 64) {
  wchar_t data[32] = {};
  DWORD type = 99, size = room;
  const LONG error = RegGetValueW(HKEY_CURRENT_USER, kKey, name, flags, &type, data, &size);
  std::printf("get %ls 0x%lx: %ld, type %lu, %lu bytes", name, flags, error, type, size);
  if (!error && (type == REG_SZ || type == REG_EXPAND_SZ)) std::printf(", %ls", data);
  std::printf("\n");
}
}  // namespace

int main() {
  const DWORD number = 7;
  Set(L"Number", REG_DWORD, &number, 4);
  Set(L"Bytes", REG_BINARY, &number, 3);
  Set(L"Text", REG_SZ, L"text", 8);
  Set(L"Path", REG_EXPAND_SZ, L"%windir%\\x", 22);
  Set(L"List", REG_MULTI_SZ, L"one\0two", 16);
  Get(L"Number", RRF_RT_REG_DWORD);
  Get(L"Number", RRF_RT_REG_SZ);
  Get(L"Number", RRF_RT_ANY);
  Get(L"Number", RRF_RT_DWORD, 2);
  Get(L"Bytes", RRF_RT_REG_BINARY);
  Get(L"Bytes", RRF_RT_DWORD);
  Get(L"Text", RRF_RT_REG_SZ);
  Get(L"Text", RRF_RT_REG_SZ, 8);
  Get(L"Path", RRF_RT_REG_SZ);
  Get(L"Path", RRF_RT_REG_EXPAND_SZ);
  Get(L"Path", RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND);
  Get(L"Path", RRF_RT_REG_SZ | RRF_NOEXPAND);
  Get(L"List", RRF_RT_REG_MULTI_SZ);
  Get(L"List", 0);
  Get(L"None", RRF_RT_ANY);
  char zeroed[4] = {1, 1, 1, 1};
  DWORD size = sizeof zeroed;
  RegGetValueA(HKEY_CURRENT_USER, "Software\\RingletValues", "None", RRF_RT_ANY | RRF_ZEROONFAILURE, nullptr, zeroed, &size);
  std::printf("zeroed %d\n", zeroed[0]);
  char ansi[16];
  size = sizeof ansi;
  std::printf("ansi %ld", RegGetValueA(HKEY_CURRENT_USER, "Software\\RingletValues", "Text", RRF_RT_REG_SZ, nullptr, ansi, &size));
  std::printf(": %s, %lu\n", ansi, size);

  HKEY key = nullptr, copy = nullptr;
  RegOpenKeyExW(HKEY_CURRENT_USER, kKey, 0, KEY_ALL_ACCESS, &key);
  wchar_t number_name[] = L"Number", text_name[] = L"Text";
  VALENTW wanted[2] = {};
  wanted[0].ve_valuename = number_name;
  wanted[1].ve_valuename = text_name;
  wchar_t buffer[32];
  size = 4;
  std::printf("several %ld", RegQueryMultipleValuesW(key, wanted, 2, buffer, &size));
  std::printf(", need %lu", size);
  size = sizeof buffer;
  std::printf(", then %ld", RegQueryMultipleValuesW(key, wanted, 2, buffer, &size));
  std::printf(": %lu and %lu bytes\n", wanted[0].ve_valuelen, wanted[1].ve_valuelen);
  char name[16];
  DWORD length = sizeof name, type = 0;
  size = sizeof ansi;
  std::printf("value %ld", RegEnumValueA(key, 2, name, &length, nullptr, &type, reinterpret_cast<BYTE*>(ansi), &size));
  std::printf(": %s of %lu, type %lu, %lu bytes\n", name, length, type, size);
  DWORD values = 0, longest = 0;
  std::printf("info %ld",
              RegQueryInfoKeyA(key, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, &values, &longest, nullptr, nullptr, nullptr));
  std::printf(": %lu values of %lu\n", values, longest);
  LONG bytes = sizeof buffer;
  std::printf("unnamed %ld", RegSetValueW(key, L"Below", REG_SZ, L"default", 0));
  std::printf(" %ld", RegQueryValueW(key, L"Below", buffer, &bytes));
  std::printf(": %ls, %ld\n", buffer, bytes);

  RegCreateKeyExW(HKEY_CURRENT_USER, L"Software\\RingletCopy", 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &copy, nullptr);
  std::printf("copy %ld", RegCopyTreeW(HKEY_CURRENT_USER, kKey, copy));
  bytes = sizeof buffer;
  std::printf(" %ld", RegQueryValueW(copy, L"Below", buffer, &bytes));
  std::printf(": %ls\n", buffer);
  std::printf("rename %ld", RegRenameKey(copy, L"Below", L"Above"));
  length = sizeof name;
  std::printf(" %ld", RegEnumKeyExA(copy, 0, name, &length, nullptr, nullptr, nullptr, nullptr));
  std::printf(": %s\n", name);
  std::printf("delete value %ld", RegDeleteKeyValueW(HKEY_CURRENT_USER, L"Software\\RingletCopy", L"Text"));
  std::printf(" %ld\n", RegDeleteKeyValueA(HKEY_CURRENT_USER, "Software\\RingletCopy", "Text"));

  std::printf("override %ld", RegOverridePredefKey(HKEY_LOCAL_MACHINE, copy));
  HKEY found = nullptr;
  std::printf(" %ld", RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Above", 0, KEY_READ, &found));
  RegCloseKey(found);
  std::printf(" %ld", RegOverridePredefKey(HKEY_LOCAL_MACHINE, nullptr));
  std::printf(" %ld\n", RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Above", 0, KEY_READ, &found));
  std::printf("connect %ld", RegConnectRegistryW(nullptr, HKEY_LOCAL_MACHINE, &found));
  RegCloseKey(found);
  std::printf(" %ld\n", RegConnectRegistryW(L"\\\\elsewhere", HKEY_LOCAL_MACHINE, &found));

  wchar_t target[] = L"\\Registry\\Machine\\Software\\Microsoft";
  RegCreateKeyExW(key, L"Link", 0, nullptr, REG_OPTION_CREATE_LINK | REG_OPTION_VOLATILE, KEY_ALL_ACCESS, nullptr, &found, nullptr);
  std::printf("link %ld", RegSetValueExW(found, L"SymbolicLinkValue", 0, REG_LINK, reinterpret_cast<BYTE*>(target), sizeof target - 2));
  RegCloseKey(found);
  std::printf(" %ld", RegOpenKeyExW(key, L"Link\\Windows NT", 0, KEY_READ, &found));
  RegCloseKey(found);
  std::printf(" %ld", RegOpenKeyExW(key, L"Link", REG_OPTION_OPEN_LINK, KEY_READ, &found));
  size = sizeof buffer;
  std::printf(" %ld\n", RegQueryValueExW(found, L"SymbolicLinkValue", nullptr, &type, nullptr, &size));
  RegCloseKey(found);
  RegCloseKey(copy);
  RegCloseKey(key);
}
