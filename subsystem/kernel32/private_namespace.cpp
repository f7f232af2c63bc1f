// Private namespaces: names of the form ALIAS\NAME, which only those processes share whose boundaries are the same.
#include "subsystem/kernel32/private_namespace.h"

#include <cstring>

#include "nt/boundary.h"
#include "subsystem/ntdll/process.h"

extern "C" ULONG RtlLengthSid(PVOID Sid);

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr DWORD kDestroy = 1;  // PRIVATE_NAMESPACE_FLAG_DESTROY
constexpr ACCESS_MASK kDirectoryAll = 0xF000F;

constexpr ULONG Aligned(ULONG size) { return (size + 7) & ~7U; }

/// A copy of a boundary with one entry more; null if there is no memory.
OBJECT_BOUNDARY_DESCRIPTOR* Extend(const OBJECT_BOUNDARY_DESCRIPTOR& from, BOUNDARY_ENTRY_TYPE type, const void* data, ULONG length) {
  const OBJECT_BOUNDARY_ENTRY entry{type, static_cast<ULONG>(sizeof(OBJECT_BOUNDARY_ENTRY)) + length};
  const ULONG total = from.TotalSize + Aligned(entry.EntrySize);
  auto* const made = reinterpret_cast<OBJECT_BOUNDARY_DESCRIPTOR*>(Allocate<UCHAR>(total));
  if (!made) return nullptr;
  std::memset(made, 0, total);
  std::memcpy(made, &from, from.TotalSize);
  auto* const at = reinterpret_cast<UCHAR*>(made) + from.TotalSize;
  std::memcpy(at, &entry, sizeof entry);
  std::memcpy(at + sizeof entry, data, length);
  made->TotalSize = total;
  ++made->Items;
  return made;
}

/// Replaces a boundary by one with one entry more.
BOOL Add(PHANDLE boundary, BOUNDARY_ENTRY_TYPE type, PVOID sid) {
  auto* const old = static_cast<OBJECT_BOUNDARY_DESCRIPTOR*>(*boundary);
  auto* const made = Extend(*old, type, sid, RtlLengthSid(sid));
  if (!made) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  Free(old);
  *boundary = made;
  return TRUE;
}

NamespaceAlias*& Aliases() { return CurrentProcess().namespaces; }

bool IsTaken(std::u16string_view prefix) { return NamespaceOf(prefix) != nullptr; }

/// Notes the alias of a namespace; gives its handle up if that fails.
HANDLE Note(NTSTATUS status, const HANDLE& handle, std::u16string_view prefix) {
  if (!Check(status)) return nullptr;
  auto* const alias = Allocate<NamespaceAlias>(1);
  if (!alias) {
    sys::NtClose(handle);
    return Fail(ERROR_NOT_ENOUGH_MEMORY), nullptr;
  }
  *alias = {Aliases(), handle, static_cast<ULONG>(prefix.size()), {}};
  std::memcpy(alias->prefix, prefix.data(), prefix.size() * sizeof(WCHAR));
  Aliases() = alias;
  return handle;
}

bool IsPrefix(LPCWSTR text) {
  const std::u16string_view prefix = text ? text : u"";
  return !prefix.empty() && prefix.size() <= kLongestAlias && prefix.find(u'\\') == prefix.npos;
}

}  // namespace

namespace nt::win32 {

HANDLE NamespaceOf(std::u16string_view prefix) {
  for (const NamespaceAlias* alias = Aliases(); alias; alias = alias->next)
    if (std::u16string_view(alias->prefix, alias->length) == prefix) return alias->handle;
  return nullptr;
}

}  // namespace nt::win32

extern "C" {

/// Begins a boundary with its name.
HANDLE CreateBoundaryDescriptorW(LPCWSTR Name, ULONG Flags) {
  const std::u16string_view name = Name ? Name : u"";
  if (name.empty()) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  const OBJECT_BOUNDARY_DESCRIPTOR empty{1, 0, sizeof empty, Flags};
  auto* const made = Extend(empty, OBNS_Name, name.data(), static_cast<ULONG>(name.size() * sizeof(WCHAR)));
  return made ? made : (Fail(ERROR_NOT_ENOUGH_MEMORY), nullptr);
}

/// Begins a boundary with its name.
HANDLE CreateBoundaryDescriptorA(LPCSTR Name, ULONG Flags) { return CreateBoundaryDescriptorW(WideName(Name).c_str(), Flags); }

/// Adds an identifier that who enters must have.
BOOL AddSIDToBoundaryDescriptor(PHANDLE BoundaryDescriptor, PVOID RequiredSid) { return Add(BoundaryDescriptor, OBNS_SID, RequiredSid); }

/// Adds the integrity that who enters must have.
BOOL AddIntegrityLabelToBoundaryDescriptor(PHANDLE BoundaryDescriptor, PVOID IntegrityLabel) {
  return Add(BoundaryDescriptor, OBNS_IL, IntegrityLabel);
}

/// Frees a boundary.
VOID DeleteBoundaryDescriptor(HANDLE BoundaryDescriptor) { Free(BoundaryDescriptor); }

/// Creates a namespace, which this process names by an alias.
HANDLE CreatePrivateNamespaceW(LPSECURITY_ATTRIBUTES Attributes, LPVOID BoundaryDescriptor, LPCWSTR AliasPrefix) {
  if (!BoundaryDescriptor || !IsPrefix(AliasPrefix)) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  if (IsTaken(AliasPrefix)) return Fail(ERROR_ALREADY_EXISTS), nullptr;
  ObjectName unnamed(nullptr, Attributes);
  HANDLE handle = nullptr;
  return Note(sys::NtCreatePrivateNamespace(&handle, kDirectoryAll, unnamed.get(), BoundaryDescriptor), handle, AliasPrefix);
}

/// Creates a namespace, which this process names by an alias.
HANDLE CreatePrivateNamespaceA(LPSECURITY_ATTRIBUTES Attributes, LPVOID BoundaryDescriptor, LPCSTR AliasPrefix) {
  return CreatePrivateNamespaceW(Attributes, BoundaryDescriptor, WideName(AliasPrefix).c_str());
}

/// Opens a namespace that another process made with the same boundary.
HANDLE OpenPrivateNamespaceW(LPVOID BoundaryDescriptor, LPCWSTR AliasPrefix) {
  if (!BoundaryDescriptor || !IsPrefix(AliasPrefix)) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  if (IsTaken(AliasPrefix)) return Fail(ERROR_ALREADY_EXISTS), nullptr;
  HANDLE handle = nullptr;
  return Note(sys::NtOpenPrivateNamespace(&handle, kDirectoryAll, nullptr, BoundaryDescriptor), handle, AliasPrefix);
}

/// Opens a namespace that another process made with the same boundary.
HANDLE OpenPrivateNamespaceA(LPVOID BoundaryDescriptor, LPCSTR AliasPrefix) {
  return OpenPrivateNamespaceW(BoundaryDescriptor, WideName(AliasPrefix).c_str());
}

/// Ends the use of a namespace; with the flag nobody finds it any more.
BOOLEAN ClosePrivateNamespace(HANDLE Handle, ULONG Flags) {
  for (NamespaceAlias** place = &Aliases(); *place; place = &(*place)->next) {
    NamespaceAlias* const alias = *place;
    if (alias->handle != Handle) continue;
    *place = alias->next;
    Free(alias);
    if (Flags & kDestroy) sys::NtDeletePrivateNamespace(Handle);
    return Check(sys::NtClose(Handle)) != 0;
  }
  return Fail(ERROR_INVALID_HANDLE) != 0;
}

}  // extern "C"
