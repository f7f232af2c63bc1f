// Security descriptors, absolute and self-relative.
#include <cstring>

#include "kernel/rtl/rtl.h"
#include "nt/status.h"

namespace {

/// The four parts of a descriptor of either form; null where there is none.
struct Parts {
  PSID owner;
  PSID group;
  PACL sacl;
  PACL dacl;
};

bool IsRelative(PISECURITY_DESCRIPTOR descriptor) { return (descriptor->Control & SE_SELF_RELATIVE) != 0; }

PVOID At(PISECURITY_DESCRIPTOR descriptor, ULONG offset) { return offset == 0 ? nullptr : reinterpret_cast<PUCHAR>(descriptor) + offset; }

Parts PartsOf(PISECURITY_DESCRIPTOR descriptor) {
  const USHORT control = descriptor->Control;
  Parts parts;
  if (IsRelative(descriptor)) {
    const auto* const relative = reinterpret_cast<PISECURITY_DESCRIPTOR_RELATIVE>(descriptor);
    parts = {At(descriptor, relative->Owner), At(descriptor, relative->Group), static_cast<PACL>(At(descriptor, relative->Sacl)),
             static_cast<PACL>(At(descriptor, relative->Dacl))};
  } else {
    parts = {descriptor->Owner, descriptor->Group, descriptor->Sacl, descriptor->Dacl};
  }
  if ((control & SE_SACL_PRESENT) == 0) parts.sacl = nullptr;
  if ((control & SE_DACL_PRESENT) == 0) parts.dacl = nullptr;
  return parts;
}

constexpr ULONG Aligned(ULONG size) { return (size + 3) & ~3U; }
ULONG SidSize(PSID sid) { return sid == nullptr ? 0 : Aligned(RtlLengthSid(sid)); }
ULONG AclSize(PACL acl) { return acl == nullptr ? 0 : Aligned(acl->AclSize); }

void SetFlag(PISECURITY_DESCRIPTOR descriptor, USHORT flag, bool on) {
  descriptor->Control = static_cast<USHORT>(on ? descriptor->Control | flag : descriptor->Control & ~flag);
}

NTSTATUS CheckSet(PISECURITY_DESCRIPTOR descriptor) {
  if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  return IsRelative(descriptor) ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

NTSTATUS GetAcl(PISECURITY_DESCRIPTOR descriptor, USHORT present, USHORT defaulted, bool dacl, PBOOLEAN is_present, PACL* acl,
                PBOOLEAN is_defaulted) {
  if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *is_present = (descriptor->Control & present) != 0;
  if (!*is_present) return STATUS_SUCCESS;
  const Parts parts = PartsOf(descriptor);
  *acl = dacl ? parts.dacl : parts.sacl;
  *is_defaulted = (descriptor->Control & defaulted) != 0;
  return STATUS_SUCCESS;
}

/// Appends a part to a self-relative descriptor under construction; returns its offset.
ULONG Put(PISECURITY_DESCRIPTOR_RELATIVE to, ULONG* end, const void* part, ULONG size, ULONG room) {
  if (part == nullptr) return 0;
  const ULONG offset = *end;
  std::memset(reinterpret_cast<PUCHAR>(to) + offset, 0, room);
  std::memcpy(reinterpret_cast<PUCHAR>(to) + offset, part, size);
  *end += room;
  return offset;
}

/// Copies a part into its own buffer.
template <class T>
T* CopyPart(T* buffer, const void* part, ULONG size) {
  if (part == nullptr) return nullptr;
  std::memcpy(buffer, part, size);
  return buffer;
}

bool Fits(ULONG total, ULONG offset, ULONG size) {
  return offset % 4 == 0 && offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE) && offset <= total && size <= total - offset;
}

bool SidFits(PUCHAR base, ULONG total, ULONG offset) {
  if (offset == 0) return true;
  if (!Fits(total, offset, 8)) return false;
  return RtlValidSid(base + offset) && Fits(total, offset, RtlLengthSid(base + offset));
}

bool AclFits(PUCHAR base, ULONG total, ULONG offset) {
  if (offset == 0) return true;
  if (!Fits(total, offset, sizeof(ACL))) return false;
  auto* const acl = reinterpret_cast<PACL>(base + offset);
  return Fits(total, offset, acl->AclSize) && RtlValidAcl(acl);
}

}  // namespace

NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision) {
  if (Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor) = {SECURITY_DESCRIPTOR_REVISION, 0, 0, nullptr, nullptr, nullptr, nullptr};
  return STATUS_SUCCESS;
}

BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
  auto* const descriptor = static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
  if (descriptor == nullptr || descriptor->Revision != SECURITY_DESCRIPTOR_REVISION) return FALSE;
  const Parts parts = PartsOf(descriptor);
  return (parts.owner == nullptr || RtlValidSid(parts.owner)) && (parts.group == nullptr || RtlValidSid(parts.group)) &&
         (parts.sacl == nullptr || RtlValidAcl(parts.sacl)) && (parts.dacl == nullptr || RtlValidAcl(parts.dacl));
}

BOOLEAN RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput, ULONG SecurityDescriptorLength,
                                           SECURITY_INFORMATION RequiredInformation) {
  auto* const relative = static_cast<PISECURITY_DESCRIPTOR_RELATIVE>(SecurityDescriptorInput);
  if (SecurityDescriptorLength < sizeof *relative || relative->Revision != SECURITY_DESCRIPTOR_REVISION ||
      (relative->Control & SE_SELF_RELATIVE) == 0) {
    return FALSE;
  }
  auto* const base = static_cast<PUCHAR>(SecurityDescriptorInput);
  const ULONG total = SecurityDescriptorLength;
  const bool has_sacl = (relative->Control & SE_SACL_PRESENT) != 0;
  const bool has_dacl = (relative->Control & SE_DACL_PRESENT) != 0;
  if (!SidFits(base, total, relative->Owner) || !SidFits(base, total, relative->Group) ||
      (has_sacl && !AclFits(base, total, relative->Sacl)) || (has_dacl && !AclFits(base, total, relative->Dacl))) {
    return FALSE;
  }
  return ((RequiredInformation & OWNER_SECURITY_INFORMATION) == 0 || relative->Owner != 0) &&
         ((RequiredInformation & GROUP_SECURITY_INFORMATION) == 0 || relative->Group != 0) &&
         ((RequiredInformation & DACL_SECURITY_INFORMATION) == 0 || has_dacl) &&
         ((RequiredInformation & SACL_SECURITY_INFORMATION) == 0 || has_sacl);
}

ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
  auto* const descriptor = static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
  const Parts parts = PartsOf(descriptor);
  const auto head = static_cast<ULONG>(IsRelative(descriptor) ? sizeof(SECURITY_DESCRIPTOR_RELATIVE) : sizeof(SECURITY_DESCRIPTOR));
  return head + SidSize(parts.owner) + SidSize(parts.group) + AclSize(parts.sacl) + AclSize(parts.dacl);
}

NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent, PACL Dacl, BOOLEAN DaclDefaulted) {
  auto* const descriptor = static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
  const NTSTATUS status = CheckSet(descriptor);
  if (!NT_SUCCESS(status)) return status;
  SetFlag(descriptor, SE_DACL_PRESENT, DaclPresent);
  SetFlag(descriptor, SE_DACL_DEFAULTED, DaclPresent && DaclDefaulted);
  if (DaclPresent) descriptor->Dacl = Dacl;
  return STATUS_SUCCESS;
}

NTSTATUS RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN SaclPresent, PACL Sacl, BOOLEAN SaclDefaulted) {
  auto* const descriptor = static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
  const NTSTATUS status = CheckSet(descriptor);
  if (!NT_SUCCESS(status)) return status;
  SetFlag(descriptor, SE_SACL_PRESENT, SaclPresent);
  SetFlag(descriptor, SE_SACL_DEFAULTED, SaclPresent && SaclDefaulted);
  if (SaclPresent) descriptor->Sacl = Sacl;
  return STATUS_SUCCESS;
}

NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner, BOOLEAN OwnerDefaulted) {
  auto* const descriptor = static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
  const NTSTATUS status = CheckSet(descriptor);
  if (!NT_SUCCESS(status)) return status;
  descriptor->Owner = Owner;
  SetFlag(descriptor, SE_OWNER_DEFAULTED, OwnerDefaulted);
  return STATUS_SUCCESS;
}

NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group, BOOLEAN GroupDefaulted) {
  auto* const descriptor = static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
  const NTSTATUS status = CheckSet(descriptor);
  if (!NT_SUCCESS(status)) return status;
  descriptor->Group = Group;
  SetFlag(descriptor, SE_GROUP_DEFAULTED, GroupDefaulted);
  return STATUS_SUCCESS;
}

NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent, PACL* Dacl, PBOOLEAN DaclDefaulted) {
  return GetAcl(static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor), SE_DACL_PRESENT, SE_DACL_DEFAULTED, true, DaclPresent, Dacl,
                DaclDefaulted);
}

NTSTATUS RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN SaclPresent, PACL* Sacl, PBOOLEAN SaclDefaulted) {
  return GetAcl(static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor), SE_SACL_PRESENT, SE_SACL_DEFAULTED, false, SaclPresent, Sacl,
                SaclDefaulted);
}

NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Owner, PBOOLEAN OwnerDefaulted) {
  auto* const descriptor = static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
  if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *Owner = PartsOf(descriptor).owner;
  *OwnerDefaulted = (descriptor->Control & SE_OWNER_DEFAULTED) != 0;
  return STATUS_SUCCESS;
}

NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Group, PBOOLEAN GroupDefaulted) {
  auto* const descriptor = static_cast<PISECURITY_DESCRIPTOR>(SecurityDescriptor);
  if (descriptor->Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *Group = PartsOf(descriptor).group;
  *GroupDefaulted = (descriptor->Control & SE_GROUP_DEFAULTED) != 0;
  return STATUS_SUCCESS;
}

NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor, PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                     PULONG BufferLength) {
  auto* const from = static_cast<PISECURITY_DESCRIPTOR>(AbsoluteSecurityDescriptor);
  if (IsRelative(from)) return STATUS_BAD_DESCRIPTOR_FORMAT;
  const Parts parts = PartsOf(from);
  ULONG end = sizeof(SECURITY_DESCRIPTOR_RELATIVE);
  const ULONG size = end + SidSize(parts.owner) + SidSize(parts.group) + AclSize(parts.sacl) + AclSize(parts.dacl);
  if (*BufferLength < size) {
    *BufferLength = size;
    return STATUS_BUFFER_TOO_SMALL;
  }
  auto* const to = static_cast<PISECURITY_DESCRIPTOR_RELATIVE>(SelfRelativeSecurityDescriptor);
  *to = {from->Revision, from->Sbz1, static_cast<USHORT>(from->Control | SE_SELF_RELATIVE), 0, 0, 0, 0};
  if (parts.sacl != nullptr) to->Sacl = Put(to, &end, parts.sacl, parts.sacl->AclSize, AclSize(parts.sacl));
  if (parts.dacl != nullptr) to->Dacl = Put(to, &end, parts.dacl, parts.dacl->AclSize, AclSize(parts.dacl));
  if (parts.owner != nullptr) to->Owner = Put(to, &end, parts.owner, RtlLengthSid(parts.owner), SidSize(parts.owner));
  if (parts.group != nullptr) to->Group = Put(to, &end, parts.group, RtlLengthSid(parts.group), SidSize(parts.group));
  *BufferLength = size;
  return STATUS_SUCCESS;
}

NTSTATUS RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor, PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                     PULONG AbsoluteSecurityDescriptorSize, PACL Dacl, PULONG DaclSize, PACL Sacl, PULONG SaclSize,
                                     PSID Owner, PULONG OwnerSize, PSID PrimaryGroup, PULONG PrimaryGroupSize) {
  auto* const from = static_cast<PISECURITY_DESCRIPTOR>(SelfRelativeSecurityDescriptor);
  if (!IsRelative(from)) return STATUS_BAD_DESCRIPTOR_FORMAT;
  const Parts parts = PartsOf(from);
  const struct {
    PULONG have;
    ULONG need;
  } sizes[] = {{AbsoluteSecurityDescriptorSize, sizeof(SECURITY_DESCRIPTOR)},
               {DaclSize, AclSize(parts.dacl)},
               {SaclSize, AclSize(parts.sacl)},
               {OwnerSize, SidSize(parts.owner)},
               {PrimaryGroupSize, SidSize(parts.group)}};
  bool fits = true;
  for (const auto& size : sizes) fits &= *size.have >= size.need;
  for (const auto& size : sizes) *size.have = size.need;
  if (!fits) return STATUS_BUFFER_TOO_SMALL;
  auto* const to = static_cast<PISECURITY_DESCRIPTOR>(AbsoluteSecurityDescriptor);
  *to = {from->Revision, from->Sbz1, static_cast<USHORT>(from->Control & ~SE_SELF_RELATIVE), nullptr, nullptr, nullptr, nullptr};
  to->Dacl = CopyPart(Dacl, parts.dacl, parts.dacl == nullptr ? 0 : parts.dacl->AclSize);
  to->Sacl = CopyPart(Sacl, parts.sacl, parts.sacl == nullptr ? 0 : parts.sacl->AclSize);
  to->Owner = CopyPart(static_cast<PISID>(Owner), parts.owner, parts.owner == nullptr ? 0 : RtlLengthSid(parts.owner));
  to->Group = CopyPart(static_cast<PISID>(PrimaryGroup), parts.group, parts.group == nullptr ? 0 : RtlLengthSid(parts.group));
  return STATUS_SUCCESS;
}
