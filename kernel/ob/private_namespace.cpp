// Private namespaces: directories without a name, found by a boundary that says who may: a name, and identifiers that the caller's token
// must have.
#include "kernel/ob/private_namespace.h"

#include <algorithm>
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/ob/services.h"
#include "kernel/ob/state.h"
#include "nt/boundary.h"
#include "nt/status.h"

namespace nt::ob {
namespace {

constexpr ULONG kMostBytes = 0x1000;

using Boundary = std::vector<UCHAR>;

/// Takes a boundary over. It has one name, and entries that fill it exactly.
NTSTATUS TakeBoundary(const void* from, Boundary* boundary) {
  OBJECT_BOUNDARY_DESCRIPTOR head{};
  NTSTATUS status = mm::LoadBytes(&head, from, sizeof head);
  if (!NT_SUCCESS(status)) return status;
  if (head.Version != 1 || head.TotalSize < sizeof head || head.TotalSize > kMostBytes) return STATUS_INVALID_PARAMETER;
  boundary->resize(head.TotalSize);
  status = mm::LoadBytes(boundary->data(), from, boundary->size());
  if (!NT_SUCCESS(status)) return status;
  ULONG names = 0, items = 0;
  for (SIZE_T at = sizeof head; at < boundary->size(); ++items) {
    OBJECT_BOUNDARY_ENTRY entry;
    if (boundary->size() - at < sizeof entry) return STATUS_INVALID_PARAMETER;
    std::memcpy(&entry, boundary->data() + at, sizeof entry);
    if (entry.EntrySize < sizeof entry || entry.EntrySize > boundary->size() - at) return STATUS_INVALID_PARAMETER;
    if (entry.EntryType == OBNS_Name) ++names;
    const auto* const sid = boundary->data() + at + sizeof entry;
    if (entry.EntryType == OBNS_SID && Ob().is_member != nullptr && !Ob().is_member(sid, entry.EntrySize - sizeof entry))
      return STATUS_ACCESS_DENIED;
    at += (entry.EntrySize + 7u) & ~SIZE_T{7};
  }
  return names == 1 && items == head.Items ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

PrivateNamespace* Find(const Boundary& boundary) {
  auto& all = Ob().private_namespaces;
  const auto found = std::ranges::find(all, boundary, &PrivateNamespace::boundary);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

void SetMembershipCheck(bool (*is_member)(const void* sid, SIZE_T size)) { Ob().is_member = is_member; }

void ForgetPrivateNamespace(PVOID directory) {
  std::erase_if(Ob().private_namespaces, [&](const PrivateNamespace& each) { return each.directory == directory; });
}

}  // namespace nt::ob

using namespace nt::ob;
namespace ke = nt::ke;

extern "C" {

NTSTATUS NtCreatePrivateNamespace(PHANDLE NamespaceHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                  PVOID BoundaryDescriptor) {
  Boundary boundary;
  const NTSTATUS status = TakeBoundary(BoundaryDescriptor, &boundary);
  if (!NT_SUCCESS(status)) return status;
  if (Find(boundary) != nullptr) return STATUS_OBJECT_NAME_COLLISION;
  PVOID const directory = MakeDirectoryObject();
  Ob().private_namespaces.push_back({std::move(boundary), directory});
  return InsertNew(directory, ObjectAttributes, DesiredAccess, NamespaceHandle);
}

NTSTATUS NtOpenPrivateNamespace(PHANDLE NamespaceHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES /*ObjectAttributes*/,
                                PVOID BoundaryDescriptor) {
  Boundary boundary;
  NTSTATUS status = TakeBoundary(BoundaryDescriptor, &boundary);
  if (!NT_SUCCESS(status)) return status;
  const PrivateNamespace* const found = Find(boundary);
  if (found == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  HANDLE handle = nullptr;
  status = OpenHandle(found->directory, 0, DesiredAccess, ke::PreviousMode(), &handle);
  return NT_SUCCESS(status) ? ReturnHandle(NamespaceHandle, handle) : status;
}

/// From now on nobody finds it; it goes with its last handle.
NTSTATUS NtDeletePrivateNamespace(HANDLE NamespaceHandle) {
  PVOID directory = nullptr;
  const NTSTATUS status =
      ObReferenceObjectByHandle(NamespaceHandle, DELETE_ACCESS, Ob().directory_type, ke::PreviousMode(), &directory, nullptr);
  if (!NT_SUCCESS(status)) return status;
  ForgetPrivateNamespace(directory);
  ObfDereferenceObject(directory);
  return STATUS_SUCCESS;
}

}  // extern "C"
