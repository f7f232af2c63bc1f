// The security of objects: asked for, changed, handed to drivers.
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/caller.h"
#include "kernel/se/descriptor.h"
#include "kernel/se/object_security.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::ob {

ULONG SecuritySize(PVOID object) {
  PSECURITY_DESCRIPTOR const descriptor = *SecurityOf(object);
  return descriptor != nullptr ? static_cast<ULONG>(se::PackedSize(se::PartsOf(descriptor))) : 0;
}

}  // namespace nt::ob

namespace nt::se {
namespace {}  // namespace

SECURITY_INFORMATION PartsPresent(PSECURITY_DESCRIPTOR descriptor) {
  const Descriptor parts = DescriptorOf(descriptor);
  SECURITY_INFORMATION present = 0;
  if (parts.owner != nullptr) present |= OWNER_SECURITY_INFORMATION;
  if (parts.group != nullptr) present |= GROUP_SECURITY_INFORMATION;
  if ((parts.control & SE_DACL_PRESENT) != 0) present |= DACL_SECURITY_INFORMATION;
  if ((parts.control & SE_SACL_PRESENT) != 0) present |= SACL_SECURITY_INFORMATION;
  return present;
}

namespace {

PSECURITY_DESCRIPTOR DescriptorOfObject(PVOID object) { return *ob::SecurityOf(object); }

NTSTATUS Set(PVOID object, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor) {
  const auto method = ob::SecurityMethodOf(object);
  if (method != nullptr) return method(object, SetSecurityDescriptor, &information, descriptor, nullptr, ke::PreviousMode());
  PSECURITY_DESCRIPTOR& place = *ob::SecurityOf(object);
  PSECURITY_DESCRIPTOR const old = place;
  GENERIC_MAPPING mapping = ob::MappingOf(ob::TypeOf(object));
  const NTSTATUS status = SeSetSecurityDescriptorInfo(object, &information, descriptor, &place, PagedPool, &mapping);
  if (NT_SUCCESS(status) && old != nullptr) ex::FreePool(old);
  return status;
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

using mm::FromUser;

NTSTATUS Query(PVOID object, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR buffer, PULONG length, KPROCESSOR_MODE mode) {
  const auto method = ob::SecurityMethodOf(object);
  return method != nullptr ? method(object, QuerySecurityDescriptor, &information, buffer, length, mode)
                           : ReturnSecurity(DescriptorOfObject(object), information, buffer, length, mode);
}

}  // namespace

}  // namespace nt::se

using namespace nt::se;
namespace ke = nt::ke;
namespace ex = nt::ex;
namespace mm = nt::mm;
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
  if (FromUser() && Length != 0) status = mm::ProbeUserWrite(SecurityDescriptor, Length, 1);
  ULONG length = Length;
  if (NT_SUCCESS(status)) status = Query(object, SecurityInformation, SecurityDescriptor, &length, ke::PreviousMode());
  ObfDereferenceObject(object);
  if (!NT_SUCCESS(status) && status != STATUS_BUFFER_TOO_SMALL) return status;
  const NTSTATUS told = FromUser() ? nt::mm::WriteUser(LengthNeeded, length) : (*LengthNeeded = length, STATUS_SUCCESS);
  return NT_SUCCESS(told) ? status : told;
}

NTSTATUS ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor) {
  return Set(Object, SecurityInformation, SecurityDescriptor);
}

NTSTATUS ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR* SecurityDescriptor, PBOOLEAN MemoryAllocated) {
  *SecurityDescriptor = nullptr;
  *MemoryAllocated = FALSE;
  if (ob::SecurityMethodOf(Object) == nullptr && DescriptorOfObject(Object) == nullptr) return STATUS_SUCCESS;
  // A copy: the object's own may be replaced while the caller looks at it.
  constexpr SECURITY_INFORMATION kAll = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                                        SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
  constexpr ULONG kTag = 'qSbO', kUsual = 0x100;
  NTSTATUS status = STATUS_BUFFER_TOO_SMALL;
  for (ULONG room = kUsual; status == STATUS_BUFFER_TOO_SMALL;) {
    PSECURITY_DESCRIPTOR const copy = ex::AllocatePool(PagedPool, room, kTag);
    if (copy == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    status = Query(Object, kAll, copy, &room, KernelMode);
    if (NT_SUCCESS(status)) {
      *SecurityDescriptor = copy;
      *MemoryAllocated = TRUE;
    } else {
      ex::FreePool(copy);
    }
  }
  return status;
}

VOID ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated) {
  if (SecurityDescriptor != nullptr && MemoryAllocated != FALSE) ex::FreePool(SecurityDescriptor);
}

}  // extern "C"
