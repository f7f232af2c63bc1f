// The system services about keys and values.
#include <algorithm>
#include <cstring>

#include "kernel/cm/cm.h"
#include "kernel/cm/information.h"
#include "kernel/cm/key_object.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/ob.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

constexpr USHORT kMaxValueName = 0x7FFF;  // bytes
constexpr ULONG kMaxValueData = 0x7FFFFFFF;

// ---- the caller's memory -------------------------------------------------------------------------------------------------

NTSTATUS CopyIn(void* to, const void* from, SIZE_T size) {
  if (size == 0) return STATUS_SUCCESS;
  if (ke::PreviousMode() == UserMode) return mm::CopyFromUser(to, from, size);
  if (from == nullptr) return STATUS_ACCESS_VIOLATION;
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

NTSTATUS CopyOut(void* to, const void* from, SIZE_T size) {
  if (size == 0) return STATUS_SUCCESS;
  if (ke::PreviousMode() == UserMode) return mm::CopyToUser(to, from, size);
  if (to == nullptr) return STATUS_ACCESS_VIOLATION;
  std::memcpy(to, from, size);
  return STATUS_SUCCESS;
}

NTSTATUS CopyInString(const UNICODE_STRING* from, std::u16string* text) {
  UNICODE_STRING string;
  const NTSTATUS status = CopyIn(&string, from, sizeof string);
  if (!NT_SUCCESS(status)) return status;
  if ((string.Length & 1) != 0) return STATUS_INVALID_PARAMETER;
  text->resize(string.Length / sizeof(WCHAR));
  return CopyIn(text->data(), string.Buffer, string.Length);
}

/// A value's name, without the terminators that some callers count.
NTSTATUS CopyInValueName(const UNICODE_STRING* from, std::u16string* name) {
  const NTSTATUS status = CopyInString(from, name);
  if (!NT_SUCCESS(status)) return status;
  while (name->ends_with(u'\0')) name->pop_back();
  return name->size() * sizeof(WCHAR) > kMaxValueName ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/// Fails early, before anything is done, if the caller's result cannot be stored.
NTSTATUS ProbeOut(void* to, SIZE_T size, ULONG alignment) {
  return ke::PreviousMode() == UserMode ? mm::ProbeUserWrite(to, size, alignment) : STATUS_SUCCESS;
}

NTSTATUS ReturnHandle(PHANDLE to, HANDLE handle) {
  const NTSTATUS status = CopyOut(to, &handle, sizeof handle);
  if (!NT_SUCCESS(status)) ObCloseHandle(handle, ke::PreviousMode());
  return status;
}

/// Hands an answer over by the rules of FitOf.
NTSTATUS Return(const Information& information, PVOID buffer, ULONG length, PULONG result_length) {
  const auto needed = static_cast<ULONG>(information.bytes.size());
  const NTSTATUS fit = FitOf(information, length);
  NTSTATUS status = CopyOut(result_length, &needed, sizeof needed);
  if (NT_SUCCESS(status) && fit != STATUS_BUFFER_TOO_SMALL) status = CopyOut(buffer, information.bytes.data(), std::min(length, needed));
  return NT_SUCCESS(status) ? fit : status;
}

// ---- keys ----------------------------------------------------------------------------------------------------------------

/// A handle's key, for the time of one service.
class UsedKey {
 public:
  UsedKey(HANDLE handle, ACCESS_MASK access) : status_(ReferenceKeyByHandle(handle, access, ke::PreviousMode(), &key_)) {}
  ~UsedKey() {
    if (key_ != nullptr) DereferenceKey(key_);
  }
  UsedKey(const UsedKey&) = delete;
  UsedKey& operator=(const UsedKey&) = delete;

  /// Of the handle; or STATUS_KEY_DELETED.
  NTSTATUS status() const { return NT_SUCCESS(status_) && key_->deleted ? STATUS_KEY_DELETED : status_; }
  Key* get() const { return key_; }
  Key* operator->() const { return key_; }

 private:
  Key* key_ = nullptr;
  NTSTATUS status_;
};

NTSTATUS Open(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, Walk* walk) {
  if (attributes == nullptr) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = ProbeOut(handle, sizeof *handle, sizeof(ULONG));
  HANDLE made = nullptr;
  if (NT_SUCCESS(status)) status = OpenKey(attributes, ke::PreviousMode(), access, walk, &made);
  return NT_SUCCESS(status) ? ReturnHandle(handle, made) : status;
}

}  // namespace
}  // namespace nt::cm

using namespace nt::cm;

extern "C" {

NTSTATUS NtCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG /*TitleIndex*/,
                     PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition) {
  if ((CreateOptions & ~REG_LEGAL_OPTION) != 0) return STATUS_INVALID_PARAMETER;
  std::u16string class_name;
  NTSTATUS status = Class != nullptr ? CopyInString(Class, &class_name) : STATUS_SUCCESS;
  if (NT_SUCCESS(status) && Disposition != nullptr) status = ProbeOut(Disposition, sizeof *Disposition, sizeof(ULONG));
  if (!NT_SUCCESS(status)) return status;
  Walk walk;
  walk.open_link = (CreateOptions & (REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK)) != 0;
  walk.create = true;
  walk.options = CreateOptions;
  walk.class_name = class_name;
  status = Open(KeyHandle, DesiredAccess, ObjectAttributes, &walk);
  if (!NT_SUCCESS(status) || Disposition == nullptr) return status;
  const ULONG disposition = walk.created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
  return CopyOut(Disposition, &disposition, sizeof disposition);
}

NTSTATUS NtOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions) {
  if ((OpenOptions & ~REG_OPEN_LEGAL_OPTION) != 0) return STATUS_INVALID_PARAMETER;
  Walk walk;
  walk.open_link = (OpenOptions & REG_OPTION_OPEN_LINK) != 0;
  return Open(KeyHandle, DesiredAccess, ObjectAttributes, &walk);
}

NTSTATUS NtOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return NtOpenKeyEx(KeyHandle, DesiredAccess, ObjectAttributes, 0);
}

NTSTATUS NtSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG /*TitleIndex*/, ULONG Type, PVOID Data, ULONG DataSize) {
  if (DataSize > kMaxValueData) return STATUS_INSUFFICIENT_RESOURCES;
  const UsedKey key(KeyHandle, KEY_SET_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  std::u16string name;
  NTSTATUS status = CopyInValueName(ValueName, &name);
  if (!NT_SUCCESS(status)) return status;
  // A wild size must not make the host allocate it: a user's memory is looked at first.
  if (nt::ke::PreviousMode() == UserMode) status = nt::mm::ProbeUserRead(Data, DataSize, 1);
  if (!NT_SUCCESS(status)) return status;
  if (DataSize != 0 && Data == nullptr) return STATUS_ACCESS_VIOLATION;
  std::vector<UCHAR> data(DataSize);
  status = CopyIn(data.data(), Data, DataSize);
  return NT_SUCCESS(status) ? SetKeyValue(key.get(), name, Type, data.data(), data.size()) : status;
}

NTSTATUS NtQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
  const UsedKey key(KeyHandle, KEY_QUERY_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  std::u16string name;
  NTSTATUS status = CopyInValueName(ValueName, &name);
  if (!NT_SUCCESS(status)) return status;
  const Value* const value = key->FindValue(name);
  if (value == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  Information information;
  status = DescribeValue(*value, KeyValueInformationClass, &information);
  return NT_SUCCESS(status) ? Return(information, KeyValueInformation, Length, ResultLength) : status;
}

NTSTATUS NtEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                             ULONG Length, PULONG ResultLength) {
  const UsedKey key(KeyHandle, KEY_QUERY_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  if (Index >= key->values.size()) return STATUS_NO_MORE_ENTRIES;
  Information information;
  const NTSTATUS status = DescribeValue(key->values[Index], KeyValueInformationClass, &information);
  return NT_SUCCESS(status) ? Return(information, KeyValueInformation, Length, ResultLength) : status;
}

NTSTATUS NtQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length, PULONG ResultLength) {
  const UsedKey key(KeyHandle, KeyInformationClass == KeyNameInformation ? 0 : KEY_QUERY_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  Information information;
  const NTSTATUS status = DescribeKey(*key.get(), KeyInformationClass, true, &information);
  return NT_SUCCESS(status) ? Return(information, KeyInformation, Length, ResultLength) : status;
}

NTSTATUS NtEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length,
                        PULONG ResultLength) {
  const UsedKey key(KeyHandle, KEY_ENUMERATE_SUB_KEYS);
  if (!NT_SUCCESS(key.status())) return key.status();
  if (Index >= key->children.size()) return STATUS_NO_MORE_ENTRIES;
  Information information;
  const NTSTATUS status = DescribeKey(*key->children[Index], KeyInformationClass, false, &information);
  return NT_SUCCESS(status) ? Return(information, KeyInformation, Length, ResultLength) : status;
}

NTSTATUS NtDeleteKey(HANDLE KeyHandle) {
  const UsedKey key(KeyHandle, DELETE_ACCESS);
  if (key.get() == nullptr) return key.status();
  return DeleteKey(key.get());
}

NTSTATUS NtDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName) {
  const UsedKey key(KeyHandle, KEY_SET_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  std::u16string name;
  const NTSTATUS status = CopyInValueName(ValueName, &name);
  if (!NT_SUCCESS(status)) return status;
  return DeleteKeyValue(key.get(), name);
}

NTSTATUS NtFlushKey(HANDLE KeyHandle) {
  const UsedKey key(KeyHandle, 0);
  return NT_SUCCESS(key.status()) ? SaveRegistry() : key.status();
}

}  // extern "C"
