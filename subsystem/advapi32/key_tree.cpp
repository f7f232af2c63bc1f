// A key as a whole: how much it holds, and its removal with everything below it.
#include <cstring>

#include "subsystem/advapi32/registry.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// Opens a key's first subkey; null if it has none.
LONG OpenFirst(HANDLE key, HANDLE* child) {
  alignas(8) char buffer[sizeof(KEY_BASIC_INFORMATION) + 512];
  ULONG length = 0;
  *child = nullptr;
  const NTSTATUS status = sys::NtEnumerateKey(key, 0, KeyBasicInformation, buffer, sizeof buffer, &length);
  if (status == STATUS_NO_MORE_ENTRIES) return ERROR_SUCCESS;
  if (!NT_SUCCESS(status)) return ErrorOf(status);
  auto& information = *reinterpret_cast<KEY_BASIC_INFORMATION*>(buffer);
  const auto bytes = static_cast<USHORT>(information.NameLength);
  UNICODE_STRING name{bytes, bytes, information.Name};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, key, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  return ErrorOf(sys::NtOpenKey(child, 0x10008, &attributes));
}

/// Removes the keys below a key, the deepest of the first branch at a time: a tree may be deeper than a stack has room.
LONG DeleteBelow(HANDLE top) {
  for (;;) {
    HANDLE key = top, child = nullptr;
    LONG error = OpenFirst(key, &child);
    while (!error && child) {
      if (key != top) sys::NtClose(key);
      key = child;
      error = OpenFirst(key, &child);
    }
    if (key == top) return error;
    if (!error) error = ErrorOf(sys::NtDeleteKey(key));
    sys::NtClose(key);
    if (error) return error;
  }
}

LONG DeleteValues(HANDLE key) {
  constexpr ULONG kRoom = 0x8000 + sizeof(KEY_VALUE_BASIC_INFORMATION);  // a value's name has at most 16,383 characters
  auto* const information = reinterpret_cast<KEY_VALUE_BASIC_INFORMATION*>(Allocate<char>(kRoom));
  if (!information) return ERROR_NOT_ENOUGH_MEMORY;
  NTSTATUS status = STATUS_SUCCESS;
  for (ULONG length = 0; NT_SUCCESS(status);) {
    status = sys::NtEnumerateValueKey(key, 0, KeyValueBasicInformation, information, kRoom, &length);
    if (!NT_SUCCESS(status)) break;
    const auto bytes = static_cast<USHORT>(information->NameLength);
    UNICODE_STRING name{bytes, bytes, information->Name};
    status = sys::NtDeleteValueKey(key, &name);
  }
  Free(information);
  return status == STATUS_NO_MORE_ENTRIES ? static_cast<LONG>(ERROR_SUCCESS) : ErrorOf(status);
}

void Put(LPDWORD to, ULONG value) {
  if (to) *to = value;
}

}  // namespace

extern "C" {

/// Removes a key with everything below it; without a name, all that is in the key itself, which stays.
LONG RegDeleteTreeW(HKEY Key, LPCWSTR SubKey) {
  const bool whole = SubKey && *SubKey;
  OpenedKey key;
  LONG error = key.Open(Key, SubKey, whole ? 0x10008 : 0xB);
  if (error) return error;
  error = DeleteBelow(key.handle);
  if (!error) error = whole ? ErrorOf(sys::NtDeleteKey(key.handle)) : DeleteValues(key.handle);
  sys::NtClose(key.handle);
  return error;
}

/// How many subkeys and values a key has, and the sizes of the largest: names in characters, data in bytes.
LONG RegQueryInfoKeyW(HKEY Key, LPWSTR Class, LPDWORD ClassSize, LPDWORD Reserved, LPDWORD SubKeys, LPDWORD MaxSubKeyLen,
                      LPDWORD MaxClassLen, LPDWORD Values, LPDWORD MaxValueNameLen, LPDWORD MaxValueLen, LPDWORD SecurityDescriptorSize,
                      LPFILETIME LastWriteTime) {
  alignas(8) char buffer[sizeof(KEY_FULL_INFORMATION) + 512];
  ULONG length = 0;
  OpenedKey key;
  if (Reserved || (Class && !ClassSize)) return ERROR_INVALID_PARAMETER;
  LONG error = key.Open(Key, nullptr, 1);
  if (error) return error;
  error = ErrorOf(sys::NtQueryKey(key.handle, KeyFullInformation, buffer, sizeof buffer, &length));
  sys::NtClose(key.handle);
  if (error) return error;
  const auto& information = *reinterpret_cast<const KEY_FULL_INFORMATION*>(buffer);
  Put(SubKeys, information.SubKeys);
  Put(MaxSubKeyLen, information.MaxNameLen / 2);
  Put(MaxClassLen, information.MaxClassLen / 2);
  Put(Values, information.Values);
  Put(MaxValueNameLen, information.MaxValueNameLen / 2);
  Put(MaxValueLen, information.MaxValueDataLen);
  Put(SecurityDescriptorSize, 0);
  if (LastWriteTime) *LastWriteTime = ToFileTime(information.LastWriteTime.QuadPart);
  if (!ClassSize) return ERROR_SUCCESS;
  const DWORD room = *ClassSize;
  *ClassSize = information.ClassLength / 2;
  if (!Class) return ERROR_SUCCESS;
  if (room <= *ClassSize) return ERROR_MORE_DATA;
  std::memcpy(Class, buffer + information.ClassOffset, information.ClassLength);
  Class[*ClassSize] = 0;
  return ERROR_SUCCESS;
}

}  // extern "C"
