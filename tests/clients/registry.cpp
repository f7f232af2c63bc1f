// The registry through advapi32.
#include <windows.h>

#include <cstdio>

int main() {
  HKEY key = nullptr;
  DWORD disposition = 0;
  std::printf("create %ld",
              RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Ringlet\\Test", 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, &disposition));
  std::printf(", disposition %lu\n", disposition);
  const DWORD number = 77;
  std::printf("set %ld", RegSetValueExW(key, L"Number", 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number));
  std::printf(" %ld\n", RegSetValueExW(key, L"Text", 0, REG_SZ, reinterpret_cast<const BYTE*>(L"hello"), 12));
  DWORD type = 0, size = 0;
  std::printf("size %ld", RegQueryValueExW(key, L"text", nullptr, &type, nullptr, &size));
  std::printf(": %lu bytes of type %lu\n", size, type);
  wchar_t text[16];
  size = 4;
  std::printf("too small %ld", RegQueryValueExW(key, L"Text", nullptr, &type, reinterpret_cast<BYTE*>(text), &size));
  std::printf(", needs %lu\n", size);
  size = sizeof text;
  std::printf("query %ld", RegQueryValueExW(key, L"Text", nullptr, &type, reinterpret_cast<BYTE*>(text), &size));
  std::printf(": %ls\n", text);
  std::printf("absent %ld\n", RegQueryValueExW(key, L"None", nullptr, nullptr, nullptr, nullptr));
  DWORD length = 16;
  std::printf("value %ld", RegEnumValueW(key, 0, text, &length, nullptr, &type, nullptr, nullptr));
  std::printf(": %ls, %lu characters\n", text, length);
  length = 16;
  std::printf("end %ld\n", RegEnumValueW(key, 2, text, &length, nullptr, nullptr, nullptr, nullptr));
  HKEY parent = nullptr;
  std::printf("open %ld\n", RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software\\RINGLET", 0, KEY_READ | DELETE, &parent));
  length = 16;
  std::printf("key %ld", RegEnumKeyExW(parent, 0, text, &length, nullptr, nullptr, nullptr, nullptr));
  std::printf(": %ls\n", text);
  std::printf("delete value %ld", RegDeleteValueW(key, L"Number"));
  std::printf(" %ld\n", RegDeleteValueW(key, L"Number"));
  RegCloseKey(key);
  std::printf("delete %ld", RegDeleteKeyW(parent, L"Test"));
  std::printf(" %ld\n", RegDeleteKeyW(parent, L"Test"));
  RegCloseKey(parent);
  std::printf("delete parent %ld\n", RegDeleteKeyW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Ringlet"));
  std::printf("gone %ld\n", RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Ringlet", 0, KEY_READ, &key));
  RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Ringlet\\A\\B", 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, nullptr);
  RegCloseKey(key);
  RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Ringlet\\Longer", 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, nullptr);
  RegCloseKey(key);
  RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Ringlet", 0, KEY_ALL_ACCESS, &key);
  RegSetValueExW(key, L"Value", 0, REG_SZ, reinterpret_cast<const BYTE*>(L"abc"), 8);
  DWORD keys = 0, longest = 0, values = 0, longest_value = 0, largest = 0;
  std::printf("info %ld", RegQueryInfoKeyW(key, nullptr, nullptr, nullptr, &keys, &longest, nullptr, &values, &longest_value, &largest,
                                           nullptr, nullptr));
  std::printf(": %lu keys of %lu, %lu values of %lu with %lu\n", keys, longest, values, longest_value, largest);
  std::printf("empty %ld", RegDeleteTreeW(key, nullptr));
  RegQueryInfoKeyW(key, nullptr, nullptr, nullptr, &keys, nullptr, nullptr, &values, nullptr, nullptr, nullptr, nullptr);
  std::printf(": %lu keys, %lu values\n", keys, values);
  RegCloseKey(key);
  std::printf("tree %ld", RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Ringlet"));
  std::printf(" %ld\n", RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Ringlet"));
}
