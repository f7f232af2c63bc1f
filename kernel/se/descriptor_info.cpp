// Parts of security descriptors: taken out for who asks, put in for who sets.
#include <cstring>
#include <utility>

#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/mm.h"
#include "kernel/se/descriptor.h"
#include "kernel/se/object_security.h"
#include "kernel/se/se.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace nt::se {
namespace {

constexpr USHORT kDaclBits = SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED;
constexpr USHORT kSaclBits = SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_AUTO_INHERITED | SE_SACL_PROTECTED;

void TakeBits(Parts* to, const Parts& from, USHORT bits) {
  to->control = static_cast<USHORT>((to->control & ~bits) | (from.control & bits));
}

bool IsLabel(const ACE_HEADER* ace) { return ace->AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE; }

/// Appends the entries of one list that are labels, or those that are not, to another.
void AppendEntries(Bytes* to, const Bytes& from, bool labels) {
  if (from.empty()) return;
  for (const ACE_HEADER* ace : AceRange(reinterpret_cast<const ACL*>(from.data()))) {
    if (IsLabel(ace) != labels) continue;
    if (to->empty()) {
      to->assign(from.begin(), from.begin() + sizeof(ACL));
      reinterpret_cast<ACL*>(to->data())->AceCount = 0;
    }
    const auto* const bytes = reinterpret_cast<const UCHAR*>(ace);
    to->insert(to->end(), bytes, bytes + ace->AceSize);
    auto* const acl = reinterpret_cast<ACL*>(to->data());
    ++acl->AceCount;
    acl->AclSize = static_cast<USHORT>(to->size());
  }
}

/// The system list holds two things: what is audited, and the mandatory label.
void TakeSacl(Parts* to, const Parts& from, SECURITY_INFORMATION information) {
  const bool audit = (information & SACL_SECURITY_INFORMATION) != 0, label = (information & LABEL_SECURITY_INFORMATION) != 0;
  if (!audit && !label) return;
  Bytes list;
  AppendEntries(&list, audit ? from.sacl : to->sacl, false);
  AppendEntries(&list, label ? from.sacl : to->sacl, true);
  // A list without entries is one all the same.
  if (list.empty() && audit) list = Bytes(from.sacl.begin(), from.sacl.begin() + (from.sacl.empty() ? 0 : sizeof(ACL)));
  to->sacl = std::move(list);
  if (audit) TakeBits(to, from, kSaclBits);
  if (!to->sacl.empty()) to->control |= SE_SACL_PRESENT;
  if (to->sacl.size() == sizeof(ACL)) {
    auto* const acl = reinterpret_cast<ACL*>(to->sacl.data());
    acl->AceCount = 0;
    acl->AclSize = sizeof(ACL);
  }
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
  TakeSacl(to, from, information);
}

/// Whether the calling thread may make somebody an owner.
bool MayGiveTo(const SID* owner) {
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  const bool may = EffectiveToken(subject)->MayMakeOwner(owner);
  SeReleaseSubjectContext(&subject);
  return may;
}

}  // namespace

NTSTATUS ReturnSecurity(PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR buffer, PULONG length,
                        KPROCESSOR_MODE mode) {
  Parts parts{};
  TakeParts(&parts, descriptor != nullptr ? PartsOf(descriptor) : Parts{}, information);
  const Bytes packed = Packed(parts);
  const ULONG room = *length;
  *length = static_cast<ULONG>(packed.size());
  if (room < packed.size()) return STATUS_BUFFER_TOO_SMALL;
  if (mode == UserMode) return mm::CopyToUser(buffer, packed.data(), packed.size());
  std::memcpy(buffer, packed.data(), packed.size());
  return STATUS_SUCCESS;
}

NTSTATUS ChangeSecurity(PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR given,
                        const GENERIC_MAPPING& mapping, std::vector<UCHAR>* changed) {
  const Descriptor wanted = DescriptorOf(given);
  if ((information & OWNER_SECURITY_INFORMATION) != 0 && (wanted.owner == nullptr || !MayGiveTo(wanted.owner))) return STATUS_INVALID_OWNER;
  if ((information & GROUP_SECURITY_INFORMATION) != 0 && wanted.group == nullptr) return STATUS_INVALID_PRIMARY_GROUP;
  Parts parts = descriptor != nullptr ? PartsOf(descriptor) : Parts{};
  TakeParts(&parts, PartsOf(given), information);
  MapEntries(&parts.dacl, mapping);
  MapEntries(&parts.sacl, mapping);
  *changed = Packed(parts);
  return STATUS_SUCCESS;
}

}  // namespace nt::se

using namespace nt::se;

extern "C" {

/// The parts of the object's descriptor that SecurityInformation names, self-relative. *Length is set to their size in any case.
NTSTATUS SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                       PSECURITY_DESCRIPTOR* ObjectsSecurityDescriptor) {
  const bool for_user = nt::mm::IsUserAddress(reinterpret_cast<ULONG_PTR>(SecurityDescriptor));
  return ReturnSecurity(*ObjectsSecurityDescriptor, *SecurityInformation, SecurityDescriptor, Length, for_user ? UserMode : KernelMode);
}

/// Makes a new descriptor of the object's, with the parts of another that SecurityInformation names. The old one is the caller's to free.
NTSTATUS SeSetSecurityDescriptorInfo(PVOID /*Object*/, PSECURITY_INFORMATION SecurityInformation,
                                     PSECURITY_DESCRIPTOR ModificationDescriptor, PSECURITY_DESCRIPTOR* ObjectsSecurityDescriptor,
                                     POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping) {
  if (*ObjectsSecurityDescriptor == nullptr) return STATUS_NO_SECURITY_ON_OBJECT;
  Bytes changed;
  const NTSTATUS status =
      ChangeSecurity(*ObjectsSecurityDescriptor, *SecurityInformation, ModificationDescriptor, *GenericMapping, &changed);
  if (!NT_SUCCESS(status)) return status;
  PSECURITY_DESCRIPTOR const packed = ToPool(changed, PoolType);
  if (packed == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  *ObjectsSecurityDescriptor = packed;
  return STATUS_SUCCESS;
}

}  // extern "C"
