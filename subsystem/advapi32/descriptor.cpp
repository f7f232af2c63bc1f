// Security descriptors and lists as programs make them, and those of objects.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/se/sddl.h"
#include "kernel/se/se.h"
#include "subsystem/kernel32/base.h"

extern "C" {
NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision);
BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor);
ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent, PACL Dacl, BOOLEAN DaclDefaulted);
NTSTATUS RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN SaclPresent, PACL Sacl, BOOLEAN SaclDefaulted);
NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner, BOOLEAN OwnerDefaulted);
NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group, BOOLEAN GroupDefaulted);
NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent, PACL* Dacl, PBOOLEAN DaclDefaulted);
NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Owner, PBOOLEAN OwnerDefaulted);
NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID* Group, PBOOLEAN GroupDefaulted);
NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR SelfRelative, PULONG BufferLength);
NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision);
BOOLEAN RtlValidAcl(PACL Acl);
NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
NTSTATUS RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
NTSTATUS RtlGetAce(PACL Acl, ULONG AceIndex, PVOID* Ace);
HLOCAL LocalAlloc(UINT Flags, SIZE_T Bytes);
}

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

/// The BOOL that a program passes by pointer, where the kernel has a BOOLEAN.
template <class Get>
BOOL GetWithDefault(PBOOL defaulted, Get get) {
  BOOLEAN value = FALSE;
  if (!Check(get(&value))) return FALSE;
  if (defaulted) *defaulted = value;
  return TRUE;
}

}  // namespace

extern "C" {

/// Begins an empty descriptor.
BOOL InitializeSecurityDescriptor(PVOID Descriptor, DWORD Revision) { return Check(RtlCreateSecurityDescriptor(Descriptor, Revision)); }

/// Whether a block is a descriptor.
BOOL IsValidSecurityDescriptor(PVOID Descriptor) { return RtlValidSecurityDescriptor(Descriptor); }

/// Bytes of a descriptor with its parts.
DWORD GetSecurityDescriptorLength(PVOID Descriptor) { return RtlLengthSecurityDescriptor(Descriptor); }

/// Sets who may do what. No list at all: everybody everything.
BOOL SetSecurityDescriptorDacl(PVOID Descriptor, BOOL Present, PVOID Dacl, BOOL Defaulted) {
  return Check(RtlSetDaclSecurityDescriptor(Descriptor, Present != 0, static_cast<PACL>(Dacl), Defaulted != 0));
}

/// Sets what is audited, and the label.
BOOL SetSecurityDescriptorSacl(PVOID Descriptor, BOOL Present, PVOID Sacl, BOOL Defaulted) {
  return Check(RtlSetSaclSecurityDescriptor(Descriptor, Present != 0, static_cast<PACL>(Sacl), Defaulted != 0));
}

/// Sets whose the object is.
BOOL SetSecurityDescriptorOwner(PVOID Descriptor, PVOID Owner, BOOL Defaulted) {
  return Check(RtlSetOwnerSecurityDescriptor(Descriptor, Owner, Defaulted != 0));
}

/// Sets the group of the object.
BOOL SetSecurityDescriptorGroup(PVOID Descriptor, PVOID Group, BOOL Defaulted) {
  return Check(RtlSetGroupSecurityDescriptor(Descriptor, Group, Defaulted != 0));
}

/// Who may do what.
BOOL GetSecurityDescriptorDacl(PVOID Descriptor, PBOOL Present, PVOID* Dacl, PBOOL Defaulted) {
  BOOLEAN present = FALSE;
  const BOOL got = GetWithDefault(Defaulted, [&](PBOOLEAN defaulted) {
    return RtlGetDaclSecurityDescriptor(Descriptor, &present, reinterpret_cast<PACL*>(Dacl), defaulted);
  });
  *Present = present;
  return got;
}

/// Whose the object is.
BOOL GetSecurityDescriptorOwner(PVOID Descriptor, PVOID* Owner, PBOOL Defaulted) {
  return GetWithDefault(Defaulted, [&](PBOOLEAN defaulted) { return RtlGetOwnerSecurityDescriptor(Descriptor, Owner, defaulted); });
}

/// The group of the object.
BOOL GetSecurityDescriptorGroup(PVOID Descriptor, PVOID* Group, PBOOL Defaulted) {
  return GetWithDefault(Defaulted, [&](PBOOLEAN defaulted) { return RtlGetGroupSecurityDescriptor(Descriptor, Group, defaulted); });
}

/// Lays a descriptor out as one block.
BOOL MakeSelfRelativeSD(PVOID Absolute, PVOID SelfRelative, PDWORD Length) {
  return Check(RtlAbsoluteToSelfRelativeSD(Absolute, SelfRelative, Length));
}

/// Begins an empty list.
BOOL InitializeAcl(PVOID Acl, DWORD Length, DWORD Revision) { return Check(RtlCreateAcl(static_cast<PACL>(Acl), Length, Revision)); }

/// Whether a block is a list.
BOOL IsValidAcl(PVOID Acl) { return RtlValidAcl(static_cast<PACL>(Acl)); }

/// Adds an entry that allows.
BOOL AddAccessAllowedAce(PVOID Acl, DWORD Revision, DWORD AccessMask, PVOID Sid) {
  return Check(RtlAddAccessAllowedAce(static_cast<PACL>(Acl), Revision, AccessMask, Sid));
}

/// Adds an entry that denies.
BOOL AddAccessDeniedAce(PVOID Acl, DWORD Revision, DWORD AccessMask, PVOID Sid) {
  return Check(RtlAddAccessDeniedAce(static_cast<PACL>(Acl), Revision, AccessMask, Sid));
}

/// An entry by its place.
BOOL GetAce(PVOID Acl, DWORD Index, PVOID* Ace) { return Check(RtlGetAce(static_cast<PACL>(Acl), Index, Ace)); }

/// An object's descriptor; `Needed` gets the bytes that it needs.
BOOL GetKernelObjectSecurity(HANDLE Handle, DWORD Information, PVOID Descriptor, DWORD Length, PDWORD Needed) {
  return Check(sys::NtQuerySecurityObject(Handle, Information, Descriptor, Length, Needed));
}

/// Sets parts of an object's descriptor.
BOOL SetKernelObjectSecurity(HANDLE Handle, DWORD Information, PVOID Descriptor) {
  return Check(sys::NtSetSecurityObject(Handle, Information, Descriptor));
}

/// Turns text ("D:(A;;GA;;;SY)") into a descriptor, for LocalFree.
BOOL ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR Text, DWORD Revision, PVOID* Descriptor, PDWORD Size) {
  constexpr DWORD kKnownRevision = 1, kUnknownRevision = 1305;  // SDDL_REVISION_1, ERROR_UNKNOWN_REVISION
  if (!Text || !Descriptor) return Fail(ERROR_INVALID_PARAMETER);
  if (Revision != kKnownRevision) return Fail(kUnknownRevision);
  PSECURITY_DESCRIPTOR made = nullptr;
  if (!Check(nt::se::DescriptorFromText(Text, &made))) return FALSE;
  const ULONG length = RtlLengthSecurityDescriptor(made);
  PVOID const copy = LocalAlloc(0, length);
  if (copy) std::memcpy(copy, made, length);
  nt::ex::FreePool(made);
  if (!copy) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  *Descriptor = copy;
  if (Size) *Size = length;
  return TRUE;
}

/// The same of text in the process's code page.
BOOL ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR Text, DWORD Revision, PVOID* Descriptor, PDWORD Size) {
  return ConvertStringSecurityDescriptorToSecurityDescriptorW(WideName(Text).c_str(), Revision, Descriptor, Size);
}

}  // extern "C"
