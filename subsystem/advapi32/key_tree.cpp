// A key as a whole: how much it holds, and its removal with everything below it.
#include <cstring>

#include "nt/se.h"
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

/// A value's name and data are copied through one block that holds both, made larger where need be.
class Copier {
 public:
  ~Copier() {
    if (buffer_) Free(buffer_);
  }
  LONG Copy(HANDLE from, HANDLE to) {
    LONG error = CopyValues(from, to);
    for (ULONG i = 0; !error; i++) {
      HANDLE source = nullptr, target = nullptr;
      error = OpenChild(from, i, &source, to, &target);
      if (error == static_cast<LONG>(ERROR_NO_MORE_ITEMS)) return ERROR_SUCCESS;
      if (!error) error = Copy(source, target);
      if (source) sys::NtClose(source);
      if (target) sys::NtClose(target);
    }
    return error;
  }

 private:
  template <class Query>
  LONG Fill(Query query) {
    ULONG needed = 0;
    NTSTATUS status = query(buffer_, size_, &needed);
    if (status == STATUS_BUFFER_TOO_SMALL || status == STATUS_BUFFER_OVERFLOW) {
      if (buffer_) Free(buffer_);
      buffer_ = Allocate<char>(needed);
      size_ = buffer_ ? needed : 0;
      if (!buffer_) return ERROR_NOT_ENOUGH_MEMORY;
      status = query(buffer_, size_, &needed);
    }
    return ErrorOf(status);
  }
  LONG CopyValues(HANDLE from, HANDLE to) {
    for (ULONG i = 0;; i++) {
      LONG error = Fill([&](PVOID buffer, ULONG size, PULONG needed) {
        return sys::NtEnumerateValueKey(from, i, KeyValueFullInformation, buffer, size, needed);
      });
      if (error == static_cast<LONG>(ERROR_NO_MORE_ITEMS)) return ERROR_SUCCESS;
      if (error) return error;
      auto& value = *reinterpret_cast<KEY_VALUE_FULL_INFORMATION*>(buffer_);
      const auto bytes = static_cast<USHORT>(value.NameLength);
      UNICODE_STRING name{bytes, bytes, value.Name};
      PVOID const data = value.DataLength ? buffer_ + value.DataOffset : nullptr;
      error = ErrorOf(sys::NtSetValueKey(to, &name, 0, value.Type, data, value.DataLength));
      if (error) return error;
    }
  }
  LONG OpenChild(HANDLE from, ULONG index, HANDLE* source, HANDLE to, HANDLE* target) {
    LONG error = Fill([&](PVOID buffer, ULONG size, PULONG needed) {
      return sys::NtEnumerateKey(from, index, KeyNodeInformation, buffer, size, needed);
    });
    if (error) return error;
    auto& node = *reinterpret_cast<KEY_NODE_INFORMATION*>(buffer_);
    const auto bytes = static_cast<USHORT>(node.NameLength), class_bytes = static_cast<USHORT>(node.ClassLength);
    UNICODE_STRING name{bytes, bytes, node.Name};
    UNICODE_STRING class_name{class_bytes, class_bytes, class_bytes ? reinterpret_cast<PWSTR>(buffer_ + node.ClassOffset) : nullptr};
    OBJECT_ATTRIBUTES attributes{sizeof attributes, from, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
    error = ErrorOf(sys::NtOpenKey(source, KEY_READ, &attributes));
    if (error) return error;
    attributes.RootDirectory = to;
    return ErrorOf(sys::NtCreateKey(target, KEY_WRITE, &attributes, 0, &class_name, 0, nullptr));
  }

  char* buffer_ = nullptr;
  ULONG size_ = 0;
};

void Put(LPDWORD to, ULONG value) {
  if (to) *to = value;
}

/// Bytes of a key's security without the system list; 0 if it may not be read.
ULONG SecuritySize(HKEY key) {
  constexpr SECURITY_INFORMATION kParts = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  UsedKey used(key, READ_CONTROL);
  ULONG size = 0;
  if (!used.error()) sys::NtQuerySecurityObject(used.handle(), kParts, nullptr, 0, &size);
  used.Close(ERROR_SUCCESS);
  return size;
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

/// Copies the values and subkeys of a key into another one.
LONG RegCopyTreeW(HKEY Key, LPCWSTR SubKey, HKEY To) {
  OpenedKey from;
  UsedKey to(To, KEY_WRITE);
  if (to.error()) return to.error();
  LONG error = from.Open(Key, SubKey, KEY_READ);
  if (error) return to.Close(error);
  error = Copier().Copy(from.handle, to.handle());
  sys::NtClose(from.handle);
  return to.Close(error);
}

/// Gives a key another name.
LONG RegRenameKey(HKEY Key, LPCWSTR SubKey, LPCWSTR NewName) {
  if (!NewName) return ERROR_INVALID_PARAMETER;
  OpenedKey key;
  const LONG error = key.Open(Key, SubKey, KEY_WRITE);
  if (error) return error;
  UNICODE_STRING name = StringOf(NewName);
  const NTSTATUS status = sys::NtRenameKey(key.handle, &name);
  sys::NtClose(key.handle);
  return ErrorOf(status);
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
  ULONG security = 0;
  if (SecurityDescriptorSize) security = SecuritySize(Key);
  sys::NtClose(key.handle);
  if (error) return error;
  const auto& information = *reinterpret_cast<const KEY_FULL_INFORMATION*>(buffer);
  Put(SubKeys, information.SubKeys);
  Put(MaxSubKeyLen, information.MaxNameLen / 2);
  Put(MaxClassLen, information.MaxClassLen / 2);
  Put(Values, information.Values);
  Put(MaxValueNameLen, information.MaxValueNameLen / 2);
  Put(MaxValueLen, information.MaxValueDataLen);
  Put(SecurityDescriptorSize, security);
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
