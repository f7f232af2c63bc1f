// The registry's functions for ANSI text, and waiting for a key to change.
#include <windows.h>

#include <cstdio>

int main() {
  HKEY key = nullptr;
  DWORD disposition = 0;
  std::printf("create %ld",
              RegCreateKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\RingletAnsi", 0, nullptr, 0, KEY_ALL_ACCESS, nullptr, &key, &disposition));
  std::printf(", disposition %lu\n", disposition);
  HANDLE event = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  std::printf("no event %ld\n", RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, nullptr, TRUE));
  std::printf("watch %ld\n", RegNotifyChangeKeyValue(key, FALSE, REG_NOTIFY_CHANGE_LAST_SET, event, TRUE));
  std::printf("changed %lu\n", WaitForSingleObject(event, 0));
  std::printf("set %ld\n", RegSetValueExA(key, "Text", 0, REG_SZ, reinterpret_cast<const BYTE*>("caf\xe9"), 5));
  std::printf("changed %lu\n", WaitForSingleObject(event, 0));
  DWORD type = 0, size = 0;
  std::printf("size %ld", RegQueryValueExA(key, "Text", nullptr, &type, nullptr, &size));
  std::printf(": %lu bytes of type %lu\n", size, type);
  char text[16] = {};
  size = 3;
  std::printf("too small %ld", RegQueryValueExA(key, "Text", nullptr, nullptr, reinterpret_cast<BYTE*>(text), &size));
  std::printf(", needs %lu\n", size);
  size = sizeof text;
  std::printf("query %ld", RegQueryValueExA(key, "Text", nullptr, nullptr, reinterpret_cast<BYTE*>(text), &size));
  std::printf(": %.3s %x, %lu bytes\n", text, static_cast<unsigned char>(text[3]), size);
  const DWORD number = 77;
  DWORD back = 0;
  size = sizeof back;
  RegSetValueExA(key, "Number", 0, REG_DWORD, reinterpret_cast<const BYTE*>(&number), sizeof number);
  RegQueryValueExA(key, "Number", nullptr, &type, reinterpret_cast<BYTE*>(&back), &size);
  std::printf("number %lu of type %lu\n", back, type);
  std::printf("flush %ld\n", RegFlushKey(key));
  std::printf("delete value %ld", RegDeleteValueA(key, "Number"));
  std::printf(" %ld\n", RegDeleteValueA(key, "Number"));
  RegCloseKey(key);
  std::printf("delete %ld", RegDeleteKeyA(HKEY_LOCAL_MACHINE, "SOFTWARE\\RingletAnsi"));
  std::printf(" %ld\n", RegDeleteKeyA(HKEY_LOCAL_MACHINE, "SOFTWARE\\RingletAnsi"));
}
