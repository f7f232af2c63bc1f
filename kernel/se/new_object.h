// The security of a new object.
#pragma once

#include <vector>

#include "nt/ex.h"
#include "nt/se.h"

namespace nt::se {

/// What it comes from, besides its creator's token.
struct NewObject {
  PSECURITY_DESCRIPTOR parent = nullptr;  ///< of what contains it, or null
  PSECURITY_DESCRIPTOR given = nullptr;   ///< by its creator, in kernel memory, or null
  bool is_container = false;              ///< it will hand entries down in turn
  ULONG flags = 0;                        ///< SEF_...
  const GENERIC_MAPPING* mapping = nullptr;
};

/// Whether entries that are handed down by this descriptor are to be merged with those of a creator (SEF_..._AUTO_INHERIT).
ULONG InheritanceOf(PSECURITY_DESCRIPTOR parent);

/// Makes the descriptor, self-relative. A list is what its creator gave, with what the parent hands down behind it if that is asked for; or
/// else what the parent hands down; or else the token's own. STATUS_INVALID_OWNER, STATUS_INVALID_PRIMARY_GROUP,
/// STATUS_PRIVILEGE_NOT_HELD (a system list is given without SeSecurityPrivilege).
NTSTATUS MakeSecurity(const NewObject& object, const SECURITY_SUBJECT_CONTEXT& subject, std::vector<UCHAR>* descriptor);

}  // namespace nt::se

extern "C" {
NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor,
                          PSECURITY_DESCRIPTOR* NewDescriptor, BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext,
                          PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType);
NTSTATUS SeAssignSecurityEx(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor,
                            PSECURITY_DESCRIPTOR* NewDescriptor, GUID* ObjectType, BOOLEAN IsDirectoryObject, ULONG AutoInheritFlags,
                            PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType);
NTSTATUS SeDeassignSecurity(PSECURITY_DESCRIPTOR* SecurityDescriptor);
}
