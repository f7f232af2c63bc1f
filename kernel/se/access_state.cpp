// The state of an attempt to open something: what is wanted, what has been granted, by which subject and with which privileges.
#include <cstring>

#include "kernel/ex/ex.h"
#include "kernel/se/se.h"
#include "kernel/se/state.h"
#include "nt/status.h"

namespace {

constexpr ULONG kTag = 'rPeS';
constexpr ULONG kTraversePrivilege = 1;  ///< TOKEN_HAS_TRAVERSE_PRIVILEGE, of Flags

/// AUX_ACCESS_DATA, which callers keep for the kernel beside an ACCESS_STATE.
struct AuxiliaryData {
  PPRIVILEGE_SET privileges_used;
  GENERIC_MAPPING mapping;
  UCHAR rest[0xc8];
};
NT_SIZE(AuxiliaryData, 0xe0);
NT_OFFSET(AuxiliaryData, mapping, 0x8);

AuxiliaryData* DataOf(PACCESS_STATE state) { return static_cast<AuxiliaryData*>(state->AuxData); }

SIZE_T SizeOf(ULONG privileges) { return offsetof(PRIVILEGE_SET, Privilege) + privileges * sizeof(LUID_AND_ATTRIBUTES); }

}  // namespace

extern "C" {

NTSTATUS SeCreateAccessState(PACCESS_STATE AccessState, PVOID AuxData, ACCESS_MASK DesiredAccess, PGENERIC_MAPPING GenericMapping) {
  std::memset(AccessState, 0, sizeof *AccessState);
  std::memset(AuxData, 0, sizeof(AuxiliaryData));
  AccessState->AuxData = AuxData;
  DataOf(AccessState)->privileges_used = &AccessState->Privileges.PrivilegeSet;
  if (GenericMapping != nullptr) {
    RtlMapGenericMask(&DesiredAccess, GenericMapping);
    DataOf(AccessState)->mapping = *GenericMapping;
  }
  SeCaptureSubjectContext(&AccessState->SubjectSecurityContext);
  if (nt::se::EffectiveToken(AccessState->SubjectSecurityContext)->Enabled({SE_CHANGE_NOTIFY_PRIVILEGE, 0}))
    AccessState->Flags = kTraversePrivilege;
  AccessState->RemainingDesiredAccess = AccessState->OriginalDesiredAccess = DesiredAccess;
  AccessState->OperationID = nt::se::NewLuid();
  return STATUS_SUCCESS;
}

VOID SeDeleteAccessState(PACCESS_STATE AccessState) {
  if (AccessState->PrivilegesAllocated != 0) nt::ex::FreePool(DataOf(AccessState)->privileges_used);
  if (AccessState->ObjectName.Buffer != nullptr) nt::ex::FreePool(AccessState->ObjectName.Buffer);
  if (AccessState->ObjectTypeName.Buffer != nullptr) nt::ex::FreePool(AccessState->ObjectTypeName.Buffer);
  SeReleaseSubjectContext(&AccessState->SubjectSecurityContext);
}

VOID SeSetAccessStateGenericMapping(PACCESS_STATE AccessState, PGENERIC_MAPPING GenericMapping) {
  DataOf(AccessState)->mapping = *GenericMapping;
}

NTSTATUS SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges) {
  PPRIVILEGE_SET used = DataOf(AccessState)->privileges_used;
  const ULONG count = used->PrivilegeCount + Privileges->PrivilegeCount;
  if (count > INITIAL_PRIVILEGE_COUNT) {
    auto* const larger = static_cast<PPRIVILEGE_SET>(nt::ex::AllocatePool(PagedPool, SizeOf(count), kTag));
    if (larger == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    std::memcpy(larger, used, SizeOf(used->PrivilegeCount));
    if (AccessState->PrivilegesAllocated != 0) nt::ex::FreePool(used);
    AccessState->PrivilegesAllocated = TRUE;
    DataOf(AccessState)->privileges_used = used = larger;
  }
  std::memcpy(&used->Privilege[used->PrivilegeCount], Privileges->Privilege, Privileges->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
  used->PrivilegeCount = count;
  return STATUS_SUCCESS;
}

}  // extern "C"
