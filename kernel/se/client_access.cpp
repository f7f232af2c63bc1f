// Access and privilege checks that programs ask for: NtAccessCheck, NtPrivilegeCheck.
#include "kernel/ex/ex.h"
#include "kernel/se/caller.h"
#include "kernel/se/descriptor.h"

namespace nt::se {
namespace {

constexpr ACCESS_MASK kGeneric = GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL;

/// A descriptor for a check must say whose the object is.
NTSTATUS CheckDescriptor(PSECURITY_DESCRIPTOR descriptor) {
  if (descriptor == nullptr) return STATUS_INVALID_SECURITY_DESCR;
  const Descriptor parts = DescriptorOf(descriptor);
  return parts.owner == nullptr || parts.group == nullptr ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

NTSTATUS CheckClient(const Token& client) {
  if (client.type != TokenImpersonation) return STATUS_NO_IMPERSONATION_TOKEN;
  return client.level < SecurityIdentification ? STATUS_BAD_IMPERSONATION_LEVEL : STATUS_SUCCESS;
}

/// The privileges that decided, in the caller's buffer, which may always hold one less.
NTSTATUS StorePrivileges(const PRIVILEGE_SET* used, PPRIVILEGE_SET to, PULONG length) {
  ULONG room = 0;
  NTSTATUS status = Load(length, &room);
  const ULONG count = used != nullptr ? used->PrivilegeCount : 0;
  const auto needed = static_cast<ULONG>(offsetof(PRIVILEGE_SET, Privilege) + (count != 0 ? count : 1) * sizeof(LUID_AND_ATTRIBUTES));
  if (NT_SUCCESS(status)) status = Store(length, needed);
  if (!NT_SUCCESS(status)) return status;
  if (room < needed) return STATUS_BUFFER_TOO_SMALL;
  const PRIVILEGE_SET none{};
  return StoreBytes(to, used != nullptr ? used : &none, needed);
}

}  // namespace
}  // namespace nt::se

using namespace nt::se;
namespace ke = nt::ke;

extern "C" {

NTSTATUS NtAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, HANDLE ClientToken, ACCESS_MASK DesiredAccess,
                       PGENERIC_MAPPING GenericMapping, PPRIVILEGE_SET PrivilegeSet, PULONG PrivilegeSetLength, PACCESS_MASK GrantedAccess,
                       NTSTATUS* AccessStatus) {
  GENERIC_MAPPING mapping{};
  NTSTATUS status = Load(GenericMapping, &mapping);
  if (!NT_SUCCESS(status)) return status;
  if ((DesiredAccess & kGeneric) != 0) return STATUS_GENERIC_NOT_MAPPED;
  TokenReference client(ClientToken, TOKEN_QUERY);
  status = NT_SUCCESS(client.status()) ? CheckClient(*client.get()) : client.status();
  if (!NT_SUCCESS(status)) return status;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  status = SeCaptureSecurityDescriptor(SecurityDescriptor, ke::PreviousMode(), PagedPool, TRUE, &descriptor);
  if (!NT_SUCCESS(status)) return status;
  status = CheckDescriptor(descriptor);
  ACCESS_MASK granted = 0;
  NTSTATUS decision = STATUS_ACCESS_DENIED;
  PPRIVILEGE_SET used = nullptr;
  if (NT_SUCCESS(status)) {
    decision = DecideAccess({client.get(), descriptor, DesiredAccess, 0, &mapping}, &used, &granted);
    status = StorePrivileges(used, PrivilegeSet, PrivilegeSetLength);
  }
  if (NT_SUCCESS(status)) status = Store(AccessStatus, decision);
  if (NT_SUCCESS(status)) status = Store(GrantedAccess, NT_SUCCESS(decision) ? granted : ACCESS_MASK{0});
  if (used != nullptr) SeFreePrivileges(used);
  SeReleaseSecurityDescriptor(descriptor, ke::PreviousMode(), TRUE);
  return status;
}

NTSTATUS NtPrivilegeCheck(HANDLE ClientToken, PPRIVILEGE_SET RequiredPrivileges, PBOOLEAN Result) {
  constexpr ULONG kHeader = offsetof(PRIVILEGE_SET, Privilege), kMost = 64;
  TokenReference client(ClientToken, TOKEN_QUERY);
  NTSTATUS status = client.status();
  if (!NT_SUCCESS(status)) return status;
  if (client->type == TokenImpersonation && client->level < SecurityIdentification) return STATUS_BAD_IMPERSONATION_LEVEL;
  struct {
    ULONG count, control;
    LUID_AND_ATTRIBUTES privileges[kMost];
  } wanted{};
  status = LoadBytes(&wanted, RequiredPrivileges, kHeader);
  if (!NT_SUCCESS(status)) return status;
  if (wanted.count > kMost) return STATUS_INVALID_PARAMETER;
  status = LoadBytes(wanted.privileges, RequiredPrivileges->Privilege, wanted.count * sizeof(LUID_AND_ATTRIBUTES));
  if (!NT_SUCCESS(status)) return status;
  ULONG held = 0;
  for (ULONG i = 0; i < wanted.count; ++i) {
    if (!client->Enabled(wanted.privileges[i].Luid)) continue;
    wanted.privileges[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
    ++held;
  }
  const bool all = (wanted.control & PRIVILEGE_SET_ALL_NECESSARY) != 0;
  const BOOLEAN result = (all ? held == wanted.count : held != 0) ? TRUE : FALSE;
  status = StoreBytes(RequiredPrivileges->Privilege, wanted.privileges, wanted.count * sizeof(LUID_AND_ATTRIBUTES));
  return NT_SUCCESS(status) ? Store(Result, result) : status;
}

}  // extern "C"
