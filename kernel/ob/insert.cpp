// From a made object to a named one with a handle, and from a name to a handle.
#include <cstring>
#include <utility>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/capture.h"
#include "kernel/ob/state.h"
#include "nt/status.h"

namespace nt::ob {

Captured& Captured::operator=(Captured&& other) noexcept {
  Release();
  name = std::move(other.name);
  has_name = other.has_name;
  attributes = other.attributes;
  root = other.root;
  security = std::exchange(other.security, nullptr);
  return *this;
}

void Captured::Release() {
  if (security != nullptr) ex::FreePool(std::exchange(security, nullptr));
}

NTSTATUS Capture(const OBJECT_ATTRIBUTES* attributes, KPROCESSOR_MODE mode, Captured* captured) {
  *captured = Captured{};
  if (attributes == nullptr) return STATUS_SUCCESS;
  OBJECT_ATTRIBUTES copy;
  if (mode == UserMode) {
    NTSTATUS status = mm::ProbeUserRead(attributes, sizeof copy, sizeof(ULONG));
    if (NT_SUCCESS(status)) status = mm::ReadUser(attributes, &copy);
    if (!NT_SUCCESS(status)) return status;
  } else {
    copy = *attributes;
  }
  if (copy.Length != sizeof(OBJECT_ATTRIBUTES) || (copy.Attributes & ~OBJ_VALID_ATTRIBUTES) != 0) return STATUS_INVALID_PARAMETER;
  captured->attributes = copy.Attributes;
  if (mode == UserMode) captured->attributes &= ~OBJ_KERNEL_HANDLE;
  captured->root = copy.RootDirectory;
  if (copy.SecurityDescriptor != nullptr && Security().capture != nullptr) {
    const NTSTATUS status = Security().capture(copy.SecurityDescriptor, mode, &captured->security);
    if (!NT_SUCCESS(status)) return status;
  }
  if (copy.ObjectName == nullptr) return STATUS_SUCCESS;
  UNICODE_STRING name;
  if (mode == UserMode) {
    const NTSTATUS status = mm::ReadUser(copy.ObjectName, &name);
    if (!NT_SUCCESS(status)) return status;
  } else {
    name = *copy.ObjectName;
  }
  if ((name.Length & 1) != 0) return STATUS_OBJECT_NAME_INVALID;
  captured->has_name = name.Length != 0;
  captured->name.resize(name.Length / sizeof(WCHAR));
  if (mode == UserMode) return mm::CopyFromUser(captured->name.data(), name.Buffer, name.Length);
  if (name.Length != 0) std::memcpy(captured->name.data(), name.Buffer, name.Length);
  return STATUS_SUCCESS;
}

NTSTATUS LookupCaptured(const Captured& captured, Lookup lookup, PVOID* object) {
  lookup.attributes = captured.attributes;
  if (captured.root != nullptr) {
    const NTSTATUS status = ObReferenceObjectByHandle(captured.root, 0, nullptr, lookup.mode, &lookup.root, nullptr);
    if (!NT_SUCCESS(status)) return status;
  }
  const NTSTATUS status = LookupName(captured.name, lookup, object);
  if (lookup.root != nullptr) ObfDereferenceObject(lookup.root);
  return status;
}

namespace {

/// A state of the caller's says itself what is still wanted, and what has been granted already.
ACCESS_MASK Wanted(const ACCESS_STATE* state, ACCESS_MASK access) {
  return state != nullptr ? state->RemainingDesiredAccess | state->PreviouslyGrantedAccess : access;
}

}  // namespace
}  // namespace nt::ob

using namespace nt::ob;

extern "C" {

NTSTATUS ObInsertObject(PVOID Object, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess, ULONG /*ObjectPointerBias*/,
                        PVOID* NewObject, PHANDLE Handle) {
  Prefix* const prefix = PrefixOf(Object);
  Captured captured;
  if (prefix->request != nullptr) captured = std::move(*prefix->request);
  delete prefix->request;
  prefix->request = nullptr;
  NTSTATUS status = STATUS_SUCCESS;
  PVOID inserted = Object;
  if (captured.has_name) {
    Lookup lookup;
    lookup.insert = Object;
    lookup.mode = KernelMode;
    status = LookupCaptured(captured, lookup, &inserted);
    if (!NT_SUCCESS(status)) inserted = Object;
    if (NT_SUCCESS(status)) ObfDereferenceObject(Object);  // LookupCaptured referenced what it found: the same or another
  }
  if (NT_SUCCESS(status) && inserted == Object) {
    const NTSTATUS assigned = AssignSecurity(Object, captured.security, captured.has_name);
    if (!NT_SUCCESS(assigned)) status = assigned;
  }
  if (!NT_SUCCESS(status)) {
    ObMakeTemporaryObject(Object);
    ObfDereferenceObject(Object);
    return status;
  }
  if (Handle != nullptr) {
    // Whether a kernel handle may be made was decided when the attributes were captured, by the mode that gave them.
    // Who makes an object gets what he asks for; who meets one that was there is let in by it.
    const bool checked = inserted != Object && nt::ke::PreviousMode() == UserMode;
    const ACCESS_MASK access = Wanted(PassedAccessState, DesiredAccess);
    const NTSTATUS made = checked ? OpenHandle(inserted, captured.attributes | OBJ_FORCE_ACCESS_CHECK, access, KernelMode, Handle)
                                  : CreateHandle(inserted, captured.attributes, access, KernelMode, Handle);
    if (!NT_SUCCESS(made)) status = made;
  }
  if (NewObject != nullptr && NT_SUCCESS(status)) {
    *NewObject = inserted;  // the caller keeps the reference
  } else {
    ObfDereferenceObject(inserted);
  }
  return status;
}

NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                            PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, PVOID ParseContext, PHANDLE Handle) {
  if (ObjectAttributes == nullptr) return STATUS_INVALID_PARAMETER;
  Captured captured;
  NTSTATUS status = Capture(ObjectAttributes, AccessMode, &captured);
  if (!NT_SUCCESS(status)) return status;
  Lookup lookup;
  lookup.type = ObjectType;
  lookup.mode = AccessMode;
  lookup.access = Wanted(AccessState, DesiredAccess);
  lookup.context = ParseContext;
  ACCESS_MASK granted = lookup.access;
  lookup.granted = &granted;
  PVOID object = nullptr;
  status = LookupCaptured(captured, lookup, &object);
  if (!NT_SUCCESS(status)) return status;
  const NTSTATUS made = OpenHandle(object, captured.attributes, granted, AccessMode, Handle);
  ObfDereferenceObject(object);
  return NT_SUCCESS(made) ? status : made;
}

NTSTATUS ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                                 POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PVOID ParseContext, PVOID* Object) {
  if (ObjectName == nullptr || ObjectName->Length == 0 || (ObjectName->Length & 1) != 0) return STATUS_OBJECT_NAME_INVALID;
  Lookup lookup;
  lookup.type = ObjectType;
  lookup.mode = AccessMode;
  lookup.attributes = Attributes;
  lookup.access = Wanted(AccessState, DesiredAccess);
  lookup.context = ParseContext;
  NTSTATUS status = LookupName(View(*ObjectName), lookup, Object);
  if (!NT_SUCCESS(status) || (AccessMode == KernelMode && (Attributes & OBJ_FORCE_ACCESS_CHECK) == 0)) return status;
  ACCESS_MASK granted = 0;
  const NTSTATUS checked = CheckAccess(*Object, lookup.access, &granted);
  if (NT_SUCCESS(checked)) return status;
  ObfDereferenceObject(*Object);
  return checked;
}

NTSTATUS ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                               POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PHANDLE Handle) {
  if (ObjectType != nullptr && TypeOf(Object) != ObjectType) return STATUS_OBJECT_TYPE_MISMATCH;
  return OpenHandle(Object, HandleAttributes, Wanted(PassedAccessState, DesiredAccess), AccessMode, Handle);
}

}  // extern "C"
