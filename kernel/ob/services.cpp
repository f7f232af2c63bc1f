// The system services about objects, directories and symbolic links.
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/ob/capture.h"
#include "kernel/ob/handle_table.h"
#include "kernel/ob/services.h"
#include "nt/status.h"

namespace nt::ob {

NTSTATUS ReturnHandle(PHANDLE to, HANDLE handle) {
  if (ke::PreviousMode() != UserMode) {
    *to = handle;
    return STATUS_SUCCESS;
  }
  const NTSTATUS status = mm::WriteUser(to, handle);
  if (!NT_SUCCESS(status)) CloseHandle(handle, UserMode);
  return status;
}

namespace {

constexpr ULONG kCreatePermanentPrivilege = 16;

/// Names the object, if it is to have a name: *inserted is it, or, with STATUS_OBJECT_NAME_EXISTS, the one that has the name already.
NTSTATUS Name(PVOID object, const Captured& captured, PVOID* inserted) {
  *inserted = object;
  if ((captured.attributes & OBJ_PERMANENT) != 0) HeaderOf(object)->Flags |= OB_FLAG_PERMANENT_OBJECT;
  if ((captured.attributes & OBJ_EXCLUSIVE) != 0) HeaderOf(object)->Flags |= OB_FLAG_EXCLUSIVE_OBJECT;
  if (!captured.has_name) return STATUS_SUCCESS;
  Lookup lookup;
  lookup.insert = object;
  lookup.mode = ke::PreviousMode();
  const NTSTATUS status = LookupCaptured(captured, lookup, inserted);
  if (NT_SUCCESS(status)) {
    ObfDereferenceObject(object);  // the lookup referenced what it found
  } else {
    *inserted = object;
  }
  return status;
}

}  // namespace

NTSTATUS InsertNew(PVOID object, const OBJECT_ATTRIBUTES* attributes, ACCESS_MASK access, PHANDLE handle) {
  Captured captured;
  NTSTATUS status = Capture(attributes, ke::PreviousMode(), &captured);
  PVOID inserted = object;
  if (NT_SUCCESS(status) && (captured.attributes & OBJ_PERMANENT) != 0 && Security().holds != nullptr &&
      !Security().holds(kCreatePermanentPrivilege))
    status = STATUS_PRIVILEGE_NOT_HELD;
  if (NT_SUCCESS(status)) status = Name(object, captured, &inserted);
  NTSTATUS result = status;
  HANDLE made = nullptr;
  const bool existed = inserted != object;
  if (NT_SUCCESS(result) && !existed) result = AssignSecurity(object, captured.security, captured.has_name);
  if (NT_SUCCESS(result)) {
    // Who makes an object may do with it what he wants; who finds one there is an opener like others.
    result = existed ? OpenHandle(inserted, captured.attributes, access, ke::PreviousMode(), &made)
                     : CreateHandle(inserted, captured.attributes, access, ke::PreviousMode(), &made);
  }
  if (!NT_SUCCESS(result) && !existed) ObMakeTemporaryObject(object);
  ObfDereferenceObject(inserted);
  if (!NT_SUCCESS(result)) return result;
  result = ReturnHandle(handle, made);
  return NT_SUCCESS(result) ? status : result;
}

std::u16string FullName(PVOID object) {
  const TypeInitializer& type = TypeOf(object)->initializer;
  std::u16string name;
  if (type.query_name != nullptr && NT_SUCCESS(type.query_name(object, &name))) return name;
  return NameOf(object);
}

NTSTATUS OpenNamed(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, POBJECT_TYPE type) {
  HANDLE made = nullptr;
  const NTSTATUS status = ObOpenObjectByName(attributes, type, ke::PreviousMode(), nullptr, access, nullptr, &made);
  if (!NT_SUCCESS(status)) return status;
  const NTSTATUS stored = ReturnHandle(handle, made);
  return NT_SUCCESS(stored) ? status : stored;
}

namespace {

using mm::FromUser;

NTSTATUS ReferenceForDuplication(HANDLE handle, PEPROCESS* process) {
  constexpr ACCESS_MASK kDupHandle = 0x40;  // PROCESS_DUP_HANDLE
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(handle, kDupHandle, TypeOf(ke::CurrentProcess()), ke::PreviousMode(), &object, nullptr);
  *process = static_cast<PEPROCESS>(object);
  return status;
}

/// Copies a handle of `source` to `target`, if there is one; with DUPLICATE_CLOSE_SOURCE the old one goes even if that fails.
NTSTATUS Duplicate(PEPROCESS source, HANDLE handle, PEPROCESS target, ACCESS_MASK access, ULONG attributes, ULONG options, PHANDLE made) {
  constexpr ULONG kCloseSource = 1, kSameAccess = 2, kSameAttributes = 4;
  PVOID object = nullptr;
  OBJECT_HANDLE_INFORMATION old{};
  NTSTATUS status = ReferenceIn(source, handle, ke::PreviousMode(), &object, &old);
  if (!NT_SUCCESS(status)) return status;
  if ((options & kSameAccess) != 0) access = old.GrantedAccess;
  if ((options & kSameAttributes) != 0) attributes = old.HandleAttributes | (attributes & OBJ_KERNEL_HANDLE);
  // More than the old handle has is for the object's security descriptor to give.
  const bool more = (MapAccess(TypeOf(object), access) & ~old.GrantedAccess) != 0;
  if (target != nullptr) status = CreateHandleIn({target, object, attributes, access, ke::PreviousMode(), more, source}, made);
  if ((options & kCloseSource) != 0) CloseHandleIn(source, handle, ke::PreviousMode());
  ObfDereferenceObject(object);
  return status;
}

}  // namespace
}  // namespace nt::ob

using namespace nt::ob;
namespace ke = nt::ke;
namespace mm = nt::mm;

extern "C" {

NTSTATUS ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length, PULONG ReturnLength) {
  const std::u16string name = FullName(Object);
  const auto bytes = static_cast<USHORT>(name.size() * sizeof(WCHAR));
  const ULONG needed = static_cast<ULONG>(sizeof(OBJECT_NAME_INFORMATION)) + (bytes != 0 ? bytes + 2u : 0u);
  *ReturnLength = needed;
  if (Length < needed) return STATUS_INFO_LENGTH_MISMATCH;
  ObjectNameInfo->Name = UNICODE_STRING{};
  if (bytes == 0) return STATUS_SUCCESS;
  auto* const text = reinterpret_cast<PWSTR>(ObjectNameInfo + 1);
  std::memcpy(text, name.c_str(), bytes + sizeof(WCHAR));
  ObjectNameInfo->Name = {bytes, static_cast<USHORT>(bytes + 2), text};
  return STATUS_SUCCESS;
}

NTSTATUS NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle, PHANDLE TargetHandle,
                           ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options) {
  PEPROCESS source = nullptr;
  NTSTATUS status = ReferenceForDuplication(SourceProcessHandle, &source);
  if (!NT_SUCCESS(status)) return status;
  PEPROCESS target = nullptr;
  if (TargetProcessHandle != nullptr) {
    status = ReferenceForDuplication(TargetProcessHandle, &target);
    if (!NT_SUCCESS(status)) {
      ObfDereferenceObject(source);
      return status;
    }
  }
  HANDLE made = nullptr;
  status = Duplicate(source, SourceHandle, target, DesiredAccess, HandleAttributes, Options, &made);
  if (NT_SUCCESS(status) && target != nullptr && TargetHandle != nullptr) {
    status = FromUser() ? mm::WriteUser(TargetHandle, made) : (*TargetHandle = made, STATUS_SUCCESS);
    if (!NT_SUCCESS(status)) CloseHandleIn(target, made, ke::PreviousMode());
  }
  if (target != nullptr) ObfDereferenceObject(target);
  ObfDereferenceObject(source);
  return status;
}

NTSTATUS NtMakeTemporaryObject(HANDLE Handle) {
  PVOID object = nullptr;
  const NTSTATUS status = ObReferenceObjectByHandle(Handle, DELETE_ACCESS, nullptr, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  ObMakeTemporaryObject(object);
  ObfDereferenceObject(object);
  return STATUS_SUCCESS;
}

NTSTATUS NtCreateDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return InsertNew(MakeDirectoryObject(), ObjectAttributes, DesiredAccess, DirectoryHandle);
}

NTSTATUS NtOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(DirectoryHandle, DesiredAccess, ObjectAttributes, Ob().directory_type);
}

NTSTATUS NtQueryDirectoryObject(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan,
                                PULONG Context, PULONG ReturnLength) {
  PVOID object = nullptr;
  NTSTATUS status = ObReferenceObjectByHandle(DirectoryHandle, 1, Ob().directory_type, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  ULONG index = 0;
  if (RestartScan == 0) status = FromUser() ? mm::ReadUser(Context, &index) : (index = *Context, STATUS_SUCCESS);
  const auto& entries = *static_cast<Directory*>(object)->entries;
  // Entries first, then a zero one, then the strings they point at.
  std::vector<OBJECT_DIRECTORY_INFORMATION> found;
  std::vector<std::u16string> texts;
  SIZE_T used = sizeof(OBJECT_DIRECTORY_INFORMATION);
  const ULONG first = index;
  while (NT_SUCCESS(status) && index < entries.size()) {
    const PVOID entry = entries[index].object;
    const Prefix* const prefix = PrefixOf(entry);
    std::u16string name(prefix->name, prefix->name_length / sizeof(WCHAR));
    std::u16string type(TypeName(TypeOf(entry)));
    const SIZE_T size = sizeof(OBJECT_DIRECTORY_INFORMATION) + (name.size() + type.size() + 2) * sizeof(WCHAR);
    if (used + size > Length) {
      if (index == first) used += size;  // what the first would have needed is told
      break;
    }
    used += size;
    texts.push_back(std::move(name));
    texts.push_back(std::move(type));
    ++index;
    if (ReturnSingleEntry != 0) break;
  }
  if (NT_SUCCESS(status)) {
    if (first >= entries.size()) {
      status = STATUS_NO_MORE_ENTRIES;
    } else if (index == first) {
      status = STATUS_BUFFER_TOO_SMALL;
    } else if (index < entries.size() && ReturnSingleEntry == 0) {
      status = STATUS_MORE_ENTRIES;
    }
  }
  if (NT_SUCCESS(status)) {
    char* text = static_cast<char*>(Buffer) + (texts.size() / 2 + 1) * sizeof(OBJECT_DIRECTORY_INFORMATION);
    std::vector<UNICODE_STRING> strings;
    NTSTATUS copied = STATUS_SUCCESS;
    for (const std::u16string& part : texts) {
      const SIZE_T bytes = part.size() * sizeof(WCHAR);
      strings.push_back({static_cast<USHORT>(bytes), static_cast<USHORT>(bytes + 2), reinterpret_cast<PWSTR>(text)});
      if (NT_SUCCESS(copied)) copied = mm::StoreBytes(text, part.c_str(), bytes + sizeof(WCHAR));
      text += bytes + sizeof(WCHAR);
    }
    strings.resize(strings.size() + 2);
    if (NT_SUCCESS(copied)) copied = mm::StoreBytes(Buffer, strings.data(), strings.size() * sizeof(UNICODE_STRING));
    if (NT_SUCCESS(copied)) copied = mm::Store(Context, index);
    if (!NT_SUCCESS(copied)) status = copied;
  }
  const auto total = static_cast<ULONG>(used);
  if (ReturnLength != nullptr) mm::Store(ReturnLength, total);
  ObfDereferenceObject(object);
  return status;
}

NTSTATUS NtCreateSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                    PUNICODE_STRING LinkTarget) {
  UNICODE_STRING target{};
  std::u16string text;
  if (FromUser()) {
    NTSTATUS status = mm::ReadUser(LinkTarget, &target);
    if (!NT_SUCCESS(status)) return status;
    text.resize(target.Length / sizeof(WCHAR));
    status = mm::CopyFromUser(text.data(), target.Buffer, target.Length & ~1u);
    if (!NT_SUCCESS(status)) return status;
  } else {
    text = View(*LinkTarget);
  }
  PVOID const link = NewLink(text);
  if (link == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  return InsertNew(link, ObjectAttributes, DesiredAccess, LinkHandle);
}

NTSTATUS NtOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes) {
  return OpenNamed(LinkHandle, DesiredAccess, ObjectAttributes, Ob().link_type);
}

NTSTATUS NtQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength) {
  PVOID object = nullptr;
  NTSTATUS status = ObReferenceObjectByHandle(LinkHandle, 1, Ob().link_type, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  const UNICODE_STRING& target = static_cast<SymbolicLink*>(object)->target;
  UNICODE_STRING out{};
  if (FromUser()) {
    status = mm::ReadUser(LinkTarget, &out);
  } else {
    out = *LinkTarget;
  }
  const ULONG needed = ReturnedLength != nullptr ? target.MaximumLength : target.Length;
  if (NT_SUCCESS(status) && ReturnedLength != nullptr) status = mm::Store(ReturnedLength, needed);
  if (NT_SUCCESS(status) && out.MaximumLength < needed) status = STATUS_BUFFER_TOO_SMALL;
  if (NT_SUCCESS(status)) status = mm::StoreBytes(out.Buffer, target.Buffer, needed);
  if (NT_SUCCESS(status)) {
    out.Length = target.Length;
    status = mm::Store(LinkTarget, out);
  }
  ObfDereferenceObject(object);
  return status;
}

}  // extern "C"
