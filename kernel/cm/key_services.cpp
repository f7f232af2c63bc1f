// The system services about keys.
#include "kernel/cm/callbacks.h"
#include "kernel/cm/caller.h"
#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "kernel/ke/ke.h"
#include "kernel/se/se.h"
#include "nt/ex.h"

namespace nt::cm {
namespace {

NTSTATUS Open(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, Walk* walk) {
  if (attributes == nullptr) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = ProbeOut(handle, sizeof *handle, sizeof(ULONG));
  HANDLE made = nullptr;
  if (NT_SUCCESS(status)) status = OpenKey(attributes, ke::PreviousMode(), access, walk, &made);
  return NT_SUCCESS(status) ? ReturnHandle(handle, made) : status;
}

/// Copies the descriptor that is given with a key's attributes, if there is one; to be released for UserMode.
NTSTATUS CaptureSecurity(const OBJECT_ATTRIBUTES* attributes, PSECURITY_DESCRIPTOR* captured) {
  OBJECT_ATTRIBUTES copy;
  const NTSTATUS status = CopyIn(&copy, attributes, sizeof copy);
  return NT_SUCCESS(status) ? SeCaptureSecurityDescriptor(copy.SecurityDescriptor, ke::PreviousMode(), PagedPool, TRUE, captured) : status;
}

NTSTATUS ReturnKey(const Key& key, KEY_INFORMATION_CLASS information_class, bool of_handle, PVOID buffer, ULONG length, PULONG result) {
  Information information;
  const NTSTATUS status = DescribeKey(key, information_class, of_handle, &information);
  return NT_SUCCESS(status) ? Return(information, buffer, length, result) : status;
}

}  // namespace
}  // namespace nt::cm

using namespace nt::cm;

extern "C" {

NTSTATUS NtCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG /*TitleIndex*/,
                     PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition) {
  if ((CreateOptions & ~REG_LEGAL_OPTION) != 0) return STATUS_INVALID_PARAMETER;
  CapturedString class_name;
  NTSTATUS status = class_name.Take(Class);
  if (NT_SUCCESS(status) && Disposition != nullptr) status = ProbeOut(Disposition, sizeof *Disposition, sizeof(ULONG));
  if (!NT_SUCCESS(status)) return status;
  Walk walk;
  walk.open_link = (CreateOptions & (REG_OPTION_OPEN_LINK | REG_OPTION_CREATE_LINK)) != 0;
  walk.create = true;
  walk.options = CreateOptions;
  walk.class_name = class_name.view();
  if (ObjectAttributes != nullptr) status = CaptureSecurity(ObjectAttributes, &walk.security);
  if (NT_SUCCESS(status)) status = Open(KeyHandle, DesiredAccess, ObjectAttributes, &walk);
  SeReleaseSecurityDescriptor(walk.security, nt::ke::PreviousMode(), TRUE);
  if (!NT_SUCCESS(status) || Disposition == nullptr) return status;
  const ULONG disposition = walk.created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
  return CopyOut(Disposition, &disposition, sizeof disposition);
}

NTSTATUS NtOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions) {
  if ((OpenOptions & ~REG_OPEN_LEGAL_OPTION) != 0) return STATUS_INVALID_PARAMETER;
  Walk walk;
  walk.open_link = (OpenOptions & REG_OPTION_OPEN_LINK) != 0;
  walk.options = OpenOptions;
  return Open(KeyHandle, DesiredAccess, ObjectAttributes, &walk);
}

NTSTATUS NtOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return NtOpenKeyEx(KeyHandle, DesiredAccess, ObjectAttributes, 0);
}

NTSTATUS NtQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length, PULONG ResultLength) {
  const UsedKey key(KeyHandle, KeyInformationClass == KeyNameInformation ? 0 : KEY_QUERY_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  REG_QUERY_KEY_INFORMATION information{key.object(), KeyInformationClass, KeyInformation, Length, ResultLength, nullptr, nullptr, nullptr};
  return Notified(RegNtPreQueryKey, RegNtPostQueryKey, key.object(), information, [&] {
    const NTSTATUS alive = key.alive();
    return NT_SUCCESS(alive) ? ReturnKey(*key.get(), KeyInformationClass, true, KeyInformation, Length, ResultLength) : alive;
  });
}

NTSTATUS NtEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length,
                        PULONG ResultLength) {
  const UsedKey key(KeyHandle, KEY_ENUMERATE_SUB_KEYS);
  if (!NT_SUCCESS(key.status())) return key.status();
  REG_ENUMERATE_KEY_INFORMATION information{key.object(), Index,  KeyInformationClass, KeyInformation, Length, ResultLength, nullptr,
                                            nullptr,      nullptr};
  return Notified(RegNtPreEnumerateKey, RegNtPostEnumerateKey, key.object(), information, [&] {
    const NTSTATUS alive = key.alive();
    if (!NT_SUCCESS(alive)) return alive;
    if (Index >= key->children.size()) return STATUS_NO_MORE_ENTRIES;
    return ReturnKey(*key->children[Index], KeyInformationClass, false, KeyInformation, Length, ResultLength);
  });
}

NTSTATUS NtDeleteKey(HANDLE KeyHandle) {
  const UsedKey key(KeyHandle, DELETE_ACCESS);
  if (!NT_SUCCESS(key.status())) return key.status();
  REG_DELETE_KEY_INFORMATION information{key.object(), nullptr, nullptr, nullptr};
  return Notified(RegNtPreDeleteKey, RegNtPostDeleteKey, key.object(), information, [&] { return DeleteKey(key.get()); });
}

NTSTATUS NtRenameKey(HANDLE KeyHandle, PUNICODE_STRING NewName) {
  const UsedKey key(KeyHandle, KEY_WRITE);
  if (!NT_SUCCESS(key.status())) return key.status();
  CapturedString name;
  const NTSTATUS status = NewName != nullptr ? name.Take(NewName) : STATUS_ACCESS_VIOLATION;
  if (!NT_SUCCESS(status)) return status;
  REG_RENAME_KEY_INFORMATION information{key.object(), name.string(), nullptr, nullptr, nullptr};
  return Notified(RegNtPreRenameKey, RegNtPostRenameKey, key.object(), information, [&] { return RenameKey(key.get(), name.view()); });
}

NTSTATUS NtSetInformationKey(HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass, PVOID KeySetInformation,
                             ULONG KeySetInformationLength) {
  if (KeySetInformationClass != KeyWriteTimeInformation) return STATUS_INVALID_INFO_CLASS;
  if (KeySetInformationLength != sizeof(KEY_WRITE_TIME_INFORMATION)) return STATUS_INFO_LENGTH_MISMATCH;
  const UsedKey key(KeyHandle, KEY_SET_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  KEY_WRITE_TIME_INFORMATION time;
  const NTSTATUS status = CopyIn(&time, KeySetInformation, sizeof time);
  if (!NT_SUCCESS(status)) return status;
  REG_SET_INFORMATION_KEY_INFORMATION information{key.object(), KeySetInformationClass, &time, KeySetInformationLength, nullptr, nullptr,
                                                  nullptr};
  return Notified(RegNtPreSetInformationKey, RegNtPostSetInformationKey, key.object(), information,
                  [&] { return SetKeyTime(key.get(), time.LastWriteTime.QuadPart); });
}

NTSTATUS NtFlushKey(HANDLE KeyHandle) {
  const UsedKey key(KeyHandle, 0);
  if (!NT_SUCCESS(key.status())) return key.status();
  REG_FLUSH_KEY_INFORMATION information{key.object(), nullptr, nullptr, nullptr};
  return Notified(RegNtPreFlushKey, RegNtPostFlushKey, key.object(), information, [&] {
    const NTSTATUS alive = key.alive();
    return NT_SUCCESS(alive) ? SaveRegistry() : alive;
  });
}

}  // extern "C"
