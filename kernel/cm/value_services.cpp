// The system services about values.
#include "kernel/cm/callbacks.h"
#include "kernel/cm/caller.h"
#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"

namespace nt::cm {
namespace {

constexpr ULONG kMaxValueData = 0x7FFFFFFF;

NTSTATUS ReturnValue(const Value& value, KEY_VALUE_INFORMATION_CLASS information_class, PVOID buffer, ULONG length, PULONG result) {
  Information information;
  const NTSTATUS status = DescribeValue(value, information_class, &information);
  return NT_SUCCESS(status) ? Return(information, buffer, length, result) : status;
}

constexpr ULONG kMaxEntries = 0x10000;

/// Copies as many values' data as fit, each at a multiple of 4, and tells how much room all of them need.
NTSTATUS ReturnValues(const Key& key, PKEY_VALUE_ENTRY entries, ULONG count, UCHAR* buffer, ULONG room, ULONG* needed) {
  NTSTATUS result = STATUS_SUCCESS;
  ULONG used = 0;
  *needed = 0;
  for (ULONG i = 0; i < count; ++i) {
    KEY_VALUE_ENTRY entry;
    CapturedString name;
    NTSTATUS status = CopyIn(&entry, &entries[i], sizeof entry);
    if (NT_SUCCESS(status)) status = name.TakeValueName(entry.ValueName);
    if (!NT_SUCCESS(status)) return status;
    const Value* const value = key.FindValue(name.view());
    if (value == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
    const auto size = static_cast<ULONG>(value->data.size());
    *needed = ((*needed + 3) & ~3u) + size;
    if (*needed > room) result = STATUS_BUFFER_OVERFLOW;
    if (!NT_SUCCESS(result)) continue;
    used = *needed - size;
    entry.DataLength = size;
    entry.DataOffset = used;
    entry.Type = value->type;
    status = CopyOut(buffer + used, value->data.data(), size);
    if (NT_SUCCESS(status)) status = CopyOut(&entries[i], &entry, sizeof entry);
    if (!NT_SUCCESS(status)) return status;
  }
  return result;
}

}  // namespace
}  // namespace nt::cm

using namespace nt::cm;

extern "C" {

NTSTATUS NtSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG DataSize) {
  if (DataSize > kMaxValueData) return STATUS_INSUFFICIENT_RESOURCES;
  const UsedKey key(KeyHandle, KEY_SET_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  CapturedString name;
  CapturedBytes data;
  NTSTATUS status = name.TakeValueName(ValueName);
  if (NT_SUCCESS(status)) status = data.Take(Data, DataSize);
  if (!NT_SUCCESS(status)) return status;
  REG_SET_VALUE_KEY_INFORMATION information{key.object(), name.string(), TitleIndex, Type,   data.data(),
                                            DataSize,     nullptr,       nullptr,    nullptr};
  return Notified(RegNtPreSetValueKey, RegNtPostSetValueKey, key.object(), information,
                  [&] { return SetKeyValue(key.get(), name.view(), Type, data.data(), data.size()); });
}

NTSTATUS NtQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength) {
  const UsedKey key(KeyHandle, KEY_QUERY_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  CapturedString name;
  const NTSTATUS status = name.TakeValueName(ValueName);
  if (!NT_SUCCESS(status)) return status;
  REG_QUERY_VALUE_KEY_INFORMATION information{
      key.object(), name.string(), KeyValueInformationClass, KeyValueInformation, Length, ResultLength, nullptr, nullptr, nullptr};
  return Notified(RegNtPreQueryValueKey, RegNtPostQueryValueKey, key.object(), information, [&] {
    const NTSTATUS alive = key.alive();
    if (!NT_SUCCESS(alive)) return alive;
    const Value* const value = key->FindValue(name.view());
    if (value == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
    return ReturnValue(*value, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
  });
}

NTSTATUS NtEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                             ULONG Length, PULONG ResultLength) {
  const UsedKey key(KeyHandle, KEY_QUERY_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  REG_ENUMERATE_VALUE_KEY_INFORMATION information{
      key.object(), Index, KeyValueInformationClass, KeyValueInformation, Length, ResultLength, nullptr, nullptr, nullptr};
  return Notified(RegNtPreEnumerateValueKey, RegNtPostEnumerateValueKey, key.object(), information, [&] {
    const NTSTATUS alive = key.alive();
    if (!NT_SUCCESS(alive)) return alive;
    if (Index >= key->values.size()) return STATUS_NO_MORE_ENTRIES;
    return ReturnValue(key->values[Index], KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
  });
}

NTSTATUS NtQueryMultipleValueKey(HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount, PVOID ValueBuffer, PULONG BufferLength,
                                 PULONG RequiredBufferLength) {
  const UsedKey key(KeyHandle, KEY_QUERY_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  if (EntryCount > kMaxEntries) return STATUS_INSUFFICIENT_RESOURCES;
  ULONG room = 0;
  const NTSTATUS status = CopyIn(&room, BufferLength, sizeof room);
  if (!NT_SUCCESS(status)) return status;
  REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION information{key.object(),         ValueEntries, EntryCount, ValueBuffer, BufferLength,
                                                       RequiredBufferLength, nullptr,      nullptr,    nullptr};
  return Notified(RegNtPreQueryMultipleValueKey, RegNtPostQueryMultipleValueKey, key.object(), information, [&] {
    if (!NT_SUCCESS(key.alive())) return STATUS_KEY_DELETED;
    ULONG needed = 0;
    const NTSTATUS result = ReturnValues(*key.get(), ValueEntries, EntryCount, static_cast<UCHAR*>(ValueBuffer), room, &needed);
    if (!NT_SUCCESS(result) && result != STATUS_BUFFER_OVERFLOW) return result;
    NTSTATUS stored = CopyOut(BufferLength, &needed, sizeof needed);
    if (NT_SUCCESS(stored) && RequiredBufferLength != nullptr) stored = CopyOut(RequiredBufferLength, &needed, sizeof needed);
    return NT_SUCCESS(stored) ? result : stored;
  });
}

NTSTATUS NtDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName) {
  const UsedKey key(KeyHandle, KEY_SET_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  CapturedString name;
  const NTSTATUS status = name.TakeValueName(ValueName);
  if (!NT_SUCCESS(status)) return status;
  REG_DELETE_VALUE_KEY_INFORMATION information{key.object(), name.string(), nullptr, nullptr, nullptr};
  return Notified(RegNtPreDeleteValueKey, RegNtPostDeleteValueKey, key.object(), information,
                  [&] { return DeleteKeyValue(key.get(), name.view()); });
}

}  // extern "C"
