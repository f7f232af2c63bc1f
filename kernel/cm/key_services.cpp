// The system services about keys.
#include "kernel/cm/callbacks.h"
#include "kernel/cm/caller.h"
#include "kernel/cm/cm.h"
#include "kernel/cm/key_object.h"
#include "kernel/ke/ke.h"
#include "kernel/ob/ob.h"
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

/// What a handle is that should be a transaction's.
NTSTATUS RefuseTransaction(HANDLE handle) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(handle, 0, nullptr, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  ObfDereferenceObject(object);
  return STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS ReturnKey(const UsedKey& key, KEY_INFORMATION_CLASS information_class, PVOID buffer, ULONG length, PULONG result) {
  Information information;
  const NTSTATUS status = DescribeKey(*key.get(), information_class, true, &information, *TagsOf(key.object()));
  return NT_SUCCESS(status) ? Return(information, buffer, length, result) : status;
}

NTSTATUS ReturnChild(const Key& child, KEY_INFORMATION_CLASS information_class, PVOID buffer, ULONG length, PULONG result) {
  Information information;
  const NTSTATUS status = DescribeKey(child, information_class, false, &information);
  return NT_SUCCESS(status) ? Return(information, buffer, length, result) : status;
}

/// What may be set, and the bytes of it.
ULONG SizeToSet(KEY_SET_INFORMATION_CLASS information_class) {
  switch (information_class) {
    case KeyWriteTimeInformation:
      return sizeof(KEY_WRITE_TIME_INFORMATION);
    case KeyWow64FlagsInformation:
    case KeyControlFlagsInformation:
    case KeySetHandleTagsInformation:
      return sizeof(ULONG);
    default:
      return 0;
  }
}

NTSTATUS Set(const UsedKey& key, KEY_SET_INFORMATION_CLASS information_class, LONGLONG value) {
  if (!NT_SUCCESS(key.alive())) return STATUS_KEY_DELETED;
  constexpr LONGLONG kFlags = 0xF;
  const auto flags = static_cast<UCHAR>(value & kFlags);
  switch (information_class) {
    case KeyWriteTimeInformation:
      return SetKeyTime(key.get(), value);
    case KeyWow64FlagsInformation:
      return (value & ~kFlags) == 0 ? SetKeyFlags(key.get(), flags, key->control_flags) : STATUS_INVALID_PARAMETER;
    case KeyControlFlagsInformation:
      return (value & ~kFlags) == 0 ? SetKeyFlags(key.get(), key->user_flags, flags) : STATUS_INVALID_PARAMETER;
    default:
      *TagsOf(key.object()) = static_cast<ULONG>(value);
      return STATUS_SUCCESS;
  }
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
    return NT_SUCCESS(alive) ? ReturnKey(key, KeyInformationClass, KeyInformation, Length, ResultLength) : alive;
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
    return ReturnChild(*key->children[Index], KeyInformationClass, KeyInformation, Length, ResultLength);
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
  const ULONG size = SizeToSet(KeySetInformationClass);
  if (size == 0) return STATUS_INVALID_INFO_CLASS;
  if (KeySetInformationLength != size) return STATUS_INFO_LENGTH_MISMATCH;
  const UsedKey key(KeyHandle, KeySetInformationClass == KeySetHandleTagsInformation ? 0 : KEY_SET_VALUE);
  if (!NT_SUCCESS(key.status())) return key.status();
  LONGLONG value = 0;
  const NTSTATUS status = CopyIn(&value, KeySetInformation, size);
  if (!NT_SUCCESS(status)) return status;
  REG_SET_INFORMATION_KEY_INFORMATION information{key.object(), KeySetInformationClass, &value, size, nullptr, nullptr, nullptr};
  return Notified(RegNtPreSetInformationKey, RegNtPostSetInformationKey, key.object(), information,
                  [&] { return Set(key, KeySetInformationClass, value); });
}

/// Keys cannot be part of transactions: there is no transaction manager, and so no handle that is a transaction's.
NTSTATUS NtCreateKeyTransacted(PHANDLE /*KeyHandle*/, ACCESS_MASK /*DesiredAccess*/, POBJECT_ATTRIBUTES /*ObjectAttributes*/,
                               ULONG /*TitleIndex*/, PUNICODE_STRING /*Class*/, ULONG CreateOptions, HANDLE TransactionHandle,
                               PULONG /*Disposition*/) {
  return (CreateOptions & ~REG_LEGAL_OPTION) != 0 ? STATUS_INVALID_PARAMETER : RefuseTransaction(TransactionHandle);
}

NTSTATUS NtOpenKeyTransacted(PHANDLE /*KeyHandle*/, ACCESS_MASK /*DesiredAccess*/, POBJECT_ATTRIBUTES /*ObjectAttributes*/,
                             HANDLE TransactionHandle) {
  return RefuseTransaction(TransactionHandle);
}

NTSTATUS NtOpenKeyTransactedEx(PHANDLE /*KeyHandle*/, ACCESS_MASK /*DesiredAccess*/, POBJECT_ATTRIBUTES /*ObjectAttributes*/,
                               ULONG OpenOptions, HANDLE TransactionHandle) {
  return (OpenOptions & ~REG_OPEN_LEGAL_OPTION) != 0 ? STATUS_INVALID_PARAMETER : RefuseTransaction(TransactionHandle);
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
