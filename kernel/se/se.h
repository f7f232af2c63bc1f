// Security: tokens, well-known identifiers, access and privilege checks.
#pragma once

#include "kernel/ob/ob.h"
#include "nt/ex.h"
#include "nt/se.h"

namespace nt::se {

/// Makes the Token type, the well-known identifiers, and the tokens of the system and of the user. After ob.
void Initialize();
/// Sets the data exports SeExports and SeTokenObjectType; after ldr made the built-in modules.
void PublishExports();
/// Lets go of the tokens and drops the state. After all processes have ended, before ob's Shutdown().
void Shutdown();

/// The well-known identifiers and privilege numbers; never null after Initialize().
const SE_EXPORTS& WellKnown();

/// LocalSystem's token: every privilege, system integrity.
PACCESS_TOKEN SystemToken();
/// The token that client processes run with: a user who is an elevated administrator.
PACCESS_TOKEN UserToken();
/// Makes the user one who is no administrator: the same, as he works before he asks to be elevated.
void MakeUserPlain();
/// The token of a new process, with a reference: a copy of its creator's, or, for one that the machine's owner starts, of the user's.
PACCESS_TOKEN TokenForChild(PEPROCESS creator, bool first);
/// A caller's token for a new process, by handle, with a reference: a primary one that he may give away, as it is his own with less, or as
/// he holds the privilege for any.
NTSTATUS TokenForProcess(HANDLE handle, PACCESS_TOKEN* token);
/// Which parts a descriptor in kernel memory has.
SECURITY_INFORMATION PartsPresent(PSECURITY_DESCRIPTOR descriptor);
/// From now on access to objects is checked; the directories of the namespace get their descriptors.
void SecureObjects();
/// The logon session of whom the calling thread acts for; 0 for the system's.
ULONGLONG CallersLogon();
/// A process's token without a reference: EPROCESS::Token if that is set, else the system's or, for a process with a PEB, the user's.
PACCESS_TOKEN PrimaryTokenOf(PEPROCESS process);

}  // namespace nt::se

extern "C" {
NTSTATUS ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSTATUS SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                       PSECURITY_DESCRIPTOR* ObjectsSecurityDescriptor);
NTSTATUS SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR ModificationDescriptor,
                                     PSECURITY_DESCRIPTOR* ObjectsSecurityDescriptor, POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping);
BOOLEAN SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext,
                      BOOLEAN SubjectContextLocked, ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess,
                      PPRIVILEGE_SET* Privileges, PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess,
                      NTSTATUS* AccessStatus);
VOID SeFreePrivileges(PPRIVILEGE_SET Privileges);
BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode);
BOOLEAN SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges, PSECURITY_SUBJECT_CONTEXT SubjectContext, KPROCESSOR_MODE AccessMode);
VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext);
VOID SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext);
VOID SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext);
VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext);
NTSTATUS SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR InputSecurityDescriptor, KPROCESSOR_MODE RequestorMode, ULONG PoolType,
                                     BOOLEAN ForceCapture, PSECURITY_DESCRIPTOR* OutputSecurityDescriptor);
VOID SeReleaseSecurityDescriptor(PSECURITY_DESCRIPTOR CapturedSecurityDescriptor, KPROCESSOR_MODE RequestorMode, BOOLEAN ForceCapture);
NTSTATUS SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID* TokenInformation);
NTSTATUS SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId);
NTSTATUS SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId);
BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN Token);
BOOLEAN SeTokenIsRestricted(PACCESS_TOKEN Token);
TOKEN_TYPE SeTokenType(PACCESS_TOKEN Token);
PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS Process);
VOID PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken);
VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING* GenericMapping);
NTSTATUS NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle);
NTSTATUS NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle);
NTSTATUS NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID TokenInformation,
                                 ULONG TokenInformationLength, PULONG ReturnLength);
}
