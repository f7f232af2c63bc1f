// The security of objects: asked for, changed, handed to drivers.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/se/descriptor.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::se {
namespace {

void MapEntries(Bytes* acl, const GENERIC_MAPPING& mapping) {
  if (acl->empty()) return;
  for (const ACE_HEADER* ace : AceRange(reinterpret_cast<const ACL*>(acl->data()))) {
    RtlMapGenericMask(&const_cast<ACCESS_ALLOWED_ACE*>(reinterpret_cast<const ACCESS_ALLOWED_ACE*>(ace))->Mask, &mapping);
  }
}

constexpr USHORT kDaclBits = SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED;
constexpr USHORT kSaclBits = SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED;

void TakeBits(Parts* to, const Parts& from, USHORT bits) {
  to->control = static_cast<USHORT>((to->control & ~bits) | (from.control & bits));
}

/// Copies the parts that `information` names.
void TakeParts(Parts* to, const Parts& from, SECURITY_INFORMATION information) {
  if ((information & OWNER_SECURITY_INFORMATION) != 0) {
    to->owner = from.owner;
    TakeBits(to, from, SE_OWNER_DEFAULTED);
  }
  if ((information & GROUP_SECURITY_INFORMATION) != 0) {
    to->group = from.group;
    TakeBits(to, from, SE_GROUP_DEFAULTED);
  }
  if ((information & DACL_SECURITY_INFORMATION) != 0) {
    to->dacl = from.dacl;
    TakeBits(to, from, kDaclBits);
  }
  if ((information & SACL_SECURITY_INFORMATION) != 0) {
    to->sacl = from.sacl;
    TakeBits(to, from, kSaclBits);
  }
}

Parts CurrentParts(PVOID object) {
  PSECURITY_DESCRIPTOR const descriptor = *ob::SecurityOf(object);
  return descriptor != nullptr ? PartsOf(descriptor) : Parts{};
}

NTSTATUS Set(PVOID object, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor) {
  const Descriptor given = DescriptorOf(descriptor);
  if ((information & OWNER_SECURITY_INFORMATION) != 0 && given.owner == nullptr) return STATUS_INVALID_OWNER;
  if ((information & GROUP_SECURITY_INFORMATION) != 0 && given.group == nullptr) return STATUS_INVALID_PRIMARY_GROUP;
  Parts parts = CurrentParts(object);
  TakeParts(&parts, PartsOf(descriptor), information);
  const GENERIC_MAPPING mapping = ob::MappingOf(ob::TypeOf(object));
  MapEntries(&parts.dacl, mapping);
  MapEntries(&parts.sacl, mapping);
  PSECURITY_DESCRIPTOR const packed = Pack(parts, PagedPool);
  if (packed == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  PSECURITY_DESCRIPTOR& place = *ob::SecurityOf(object);
  if (place != nullptr) ex::FreePool(place);
  place = packed;
  return STATUS_SUCCESS;
}

ACCESS_MASK AccessToSet(SECURITY_INFORMATION information) {
  ACCESS_MASK access = 0;
  if ((information & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) != 0) access |= WRITE_OWNER;
  if ((information & DACL_SECURITY_INFORMATION) != 0) access |= WRITE_DAC;
  if ((information & SACL_SECURITY_INFORMATION) != 0) access |= ACCESS_SYSTEM_SECURITY;
  return access;
}

ACCESS_MASK AccessToQuery(SECURITY_INFORMATION information) {
  return (information & SACL_SECURITY_INFORMATION) != 0 ? READ_CONTROL | ACCESS_SYSTEM_SECURITY : READ_CONTROL;
}

bool FromUser() { return ke::PreviousMode() == UserMode; }

NTSTATUS Query(PVOID object, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR buffer, ULONG length, PULONG needed) {
  Parts parts{};
  TakeParts(&parts, CurrentParts(object), information);
  PSECURITY_DESCRIPTOR const packed = Pack(parts, PagedPool);
  if (packed == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  const auto size = static_cast<ULONG>(PackedSize(parts));
  NTSTATUS status = FromUser() ? mm::WriteUser(needed, size) : (*needed = size, STATUS_SUCCESS);
  if (NT_SUCCESS(status) && length < size) status = STATUS_BUFFER_TOO_SMALL;
  if (NT_SUCCESS(status)) status = FromUser() ? mm::CopyToUser(buffer, packed, size) : (std::memcpy(buffer, packed, size), STATUS_SUCCESS);
  ex::FreePool(packed);
  return status;
}

}  // namespace
}  // namespace nt::se

using namespace nt::se;
namespace ke = nt::ke;
namespace ex = nt::ex;
namespace ob = nt::ob;

extern "C" {

NTSTATUS NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor) {
  if (SecurityDescriptor == nullptr) return STATUS_ACCESS_VIOLATION;
  PVOID object = nullptr;
  NTSTATUS status = ObReferenceObjectByHandle(Handle, AccessToSet(SecurityInformation), nullptr, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  PSECURITY_DESCRIPTOR captured = nullptr;
  status = SeCaptureSecurityDescriptor(SecurityDescriptor, ke::PreviousMode(), PagedPool, TRUE, &captured);
  if (NT_SUCCESS(status)) {
    status = Set(object, SecurityInformation, captured);
    SeReleaseSecurityDescriptor(captured, ke::PreviousMode(), TRUE);
  }
  ObfDereferenceObject(object);
  return status;
}

NTSTATUS NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor,
                               ULONG Length, PULONG LengthNeeded) {
  PVOID object = nullptr;
  NTSTATUS status = ObReferenceObjectByHandle(Handle, AccessToQuery(SecurityInformation), nullptr, ke::PreviousMode(), &object, nullptr);
  if (!NT_SUCCESS(status)) return status;
  status = Query(object, SecurityInformation, SecurityDescriptor, Length, LengthNeeded);
  ObfDereferenceObject(object);
  return status;
}

NTSTATUS ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor) {
  return Set(Object, SecurityInformation, SecurityDescriptor);
}

NTSTATUS ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR* SecurityDescriptor, PBOOLEAN MemoryAllocated) {
  PSECURITY_DESCRIPTOR const own = *ob::SecurityOf(Object);
  *SecurityDescriptor = nullptr;
  *MemoryAllocated = FALSE;
  if (own == nullptr) return STATUS_SUCCESS;
  // A copy: the object's own may be replaced while the caller looks at it.
  *SecurityDescriptor = Pack(PartsOf(own), PagedPool);
  if (*SecurityDescriptor == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *MemoryAllocated = TRUE;
  return STATUS_SUCCESS;
}

VOID ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated) {
  if (SecurityDescriptor != nullptr && MemoryAllocated != FALSE) ex::FreePool(SecurityDescriptor);
}

}  // extern "C"
