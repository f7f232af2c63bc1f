// Facts of processes, what tokens tell by themselves, impersonation by handle, and descriptors that are asked for in parts.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTKERNELAPI NTSTATUS NTAPI PsAssignImpersonationToken(PETHREAD Thread, HANDLE Token);
NTKERNELAPI VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread);
NTKERNELAPI BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread);
NTKERNELAPI BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessPeb(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetProcessSessionIdEx(PEPROCESS Process);
NTKERNELAPI ULONG NTAPI PsGetCurrentProcessSessionId();
NTKERNELAPI PVOID NTAPI PsGetProcessWin32Process(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetCurrentProcessWin32Process();
NTKERNELAPI PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process);
NTKERNELAPI PVOID NTAPI PsGetCurrentProcessWow64Process();
NTKERNELAPI PVOID NTAPI PsGetThreadWin32Thread(PETHREAD Thread);
NTKERNELAPI PVOID NTAPI PsGetCurrentThreadWin32Thread();
NTKERNELAPI KPROCESSOR_MODE NTAPI PsGetCurrentThreadPreviousMode();
NTKERNELAPI BOOLEAN NTAPI PsIsCurrentThreadPrefetching();
NTKERNELAPI BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process);
NTKERNELAPI BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread);
NTKERNELAPI PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread);
NTKERNELAPI NTSTATUS NTAPI PsChargeProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTKERNELAPI NTSTATUS NTAPI PsChargeProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTKERNELAPI VOID NTAPI PsReturnProcessNonPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTKERNELAPI VOID NTAPI PsReturnProcessPagedPoolQuota(PEPROCESS Process, SIZE_T Amount);
NTKERNELAPI VOID NTAPI PsReturnPoolQuota(PEPROCESS Process, POOL_TYPE PoolType, ULONG_PTR Amount);
NTKERNELAPI POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
NTKERNELAPI NTSTATUS NTAPI SeCaptureSecurityDescriptor(PSECURITY_DESCRIPTOR From, KPROCESSOR_MODE Mode, POOL_TYPE Pool, BOOLEAN Force,
                                                       PSECURITY_DESCRIPTOR* To);
NTKERNELAPI NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PVOID AccessState,
                                              ACCESS_MASK Access, PVOID ParseContext, PHANDLE Handle);
}

namespace {

alignas(16) UCHAR buffer[1024];

HANDLE OpenToken(PACCESS_TOKEN token) {
  HANDLE handle = nullptr;
  ObOpenObjectByPointer(token, OBJ_KERNEL_HANDLE, nullptr, TOKEN_ALL_ACCESS, *SeTokenObjectType, KernelMode, &handle);
  return handle;
}

HANDLE CopyToken(TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level) {
  PACCESS_TOKEN own = PsReferencePrimaryToken(PsInitialSystemProcess);
  HANDLE handle = OpenToken(own), copy = nullptr;
  SECURITY_QUALITY_OF_SERVICE quality = {sizeof quality, level, SECURITY_STATIC_TRACKING, FALSE};
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  attributes.SecurityQualityOfService = &quality;
  EXPECT_EQ(ZwDuplicateToken(handle, TOKEN_ALL_ACCESS, &attributes, FALSE, type, &copy), STATUS_SUCCESS);
  ZwClose(handle);
  PsDereferencePrimaryToken(own);
  return copy;
}

}  // namespace

KTEST(OfTheSystemProcess) {
  const PEPROCESS system = PsInitialSystemProcess;
  EXPECT_EQ(PsGetProcessExitProcessCalled(system), FALSE);
  EXPECT(PsGetProcessPeb(system) == nullptr);
  EXPECT(PsGetProcessSectionBaseAddress(system) == nullptr);
  EXPECT_EQ(PsGetProcessSessionId(system), 0);
  EXPECT_EQ(PsGetProcessSessionIdEx(system), 0xFFFFFFFF);
  EXPECT_EQ(PsGetCurrentProcessSessionId(), 0);
  EXPECT(PsGetProcessWin32Process(system) == nullptr);
  EXPECT(PsGetCurrentProcessWin32Process() == nullptr);
  EXPECT(PsGetProcessWow64Process(system) == nullptr);
  EXPECT(PsGetCurrentProcessWow64Process() == nullptr);
  EXPECT(PsGetThreadWin32Thread(PsGetCurrentThread()) == nullptr);
  EXPECT(PsGetCurrentThreadWin32Thread() == nullptr);
  EXPECT_EQ(PsGetCurrentThreadPreviousMode(), KernelMode);
  EXPECT_EQ(PsIsCurrentThreadPrefetching(), FALSE);
  EXPECT_EQ(PsIsProcessBeingDebugged(system), FALSE);
  EXPECT(PsGetThreadProcess(PsGetCurrentThread()) == system);
  EXPECT(PsGetThreadProcessId(PsGetCurrentThread()) == PsGetProcessId(system));
  EXPECT_EQ(PsGetProcessExitStatus(system), STATUS_PENDING);
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  const LONGLONG created = PsGetProcessCreateTimeQuadPart(system);
  EXPECT(created > 0 && created <= now.QuadPart);
}

KTEST(AThreadThatEnds) {
  struct Body {
    KEVENT go;
    static void Run(Body* self) { WaitFor(&self->go, 10000); }
  } body;
  KeInitializeEvent(&body.go, NotificationEvent, FALSE);
  Thread thread(Body::Run, &body);
  const PETHREAD object = reinterpret_cast<PETHREAD>(thread.object());
  EXPECT_EQ(PsIsThreadTerminating(object), FALSE);
  EXPECT_EQ(PsGetThreadExitStatus(object), STATUS_PENDING);
  ObReferenceObject(object);
  KeSetEvent(&body.go, 0, FALSE);
  thread.Join();
  EXPECT_EQ(PsIsThreadTerminating(object), TRUE);
  EXPECT_EQ(PsGetThreadExitStatus(object), STATUS_SUCCESS);
  ObDereferenceObject(object);
}

KTEST(ImpersonationByHandle) {
  const PETHREAD self = PsGetCurrentThread();
  const HANDLE primary = CopyToken(TokenPrimary, SecurityAnonymous), token = CopyToken(TokenImpersonation, SecurityIdentification);
  EXPECT_EQ(PsAssignImpersonationToken(self, primary), STATUS_BAD_TOKEN_TYPE);
  EXPECT_EQ(PsIsThreadImpersonating(self), FALSE);
  EXPECT_EQ(PsAssignImpersonationToken(self, token), STATUS_SUCCESS);
  EXPECT_EQ(PsIsThreadImpersonating(self), TRUE);
  BOOLEAN copy = TRUE, effective = TRUE;
  SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
  const PACCESS_TOKEN assigned = PsReferenceImpersonationToken(self, &copy, &effective, &level);
  REQUIRE(assigned != nullptr);
  EXPECT_EQ(level, SecurityIdentification);
  PsDereferenceImpersonationToken(assigned);
  HANDLE opened = nullptr;
  EXPECT_EQ(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &opened), STATUS_SUCCESS);
  ZwClose(opened);
  EXPECT_EQ(ZwOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &opened), STATUS_SUCCESS);
  ZwClose(opened);
  EXPECT_EQ(PsAssignImpersonationToken(self, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(PsIsThreadImpersonating(self), FALSE);
  EXPECT_EQ(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &opened), STATUS_NO_TOKEN);
  EXPECT_EQ(PsAssignImpersonationToken(self, token), STATUS_SUCCESS);
  PsRevertThreadToSelf(self);
  EXPECT_EQ(PsIsThreadImpersonating(self), FALSE);
  // A token of a level that only tells who somebody is does not become a thread's for SeImpersonateClient's callers either.
  SECURITY_QUALITY_OF_SERVICE quality = {sizeof quality, SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE};
  SECURITY_CLIENT_CONTEXT context;
  REQUIRE(NT_SUCCESS(SeCreateClientSecurity(self, &quality, FALSE, &context)));
  SeImpersonateClient(&context, nullptr);
  EXPECT_EQ(PsIsThreadImpersonating(self), TRUE);
  PsRevertToSelf();
  SeDeleteClientSecurity(&context);
  ZwClose(token);
  ZwClose(primary);
}

KTEST(WhatATokenTells) {
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  SeLockSubjectContext(&subject);
  const PACCESS_TOKEN token = SeQuerySubjectContextToken(&subject);
  EXPECT(ObGetObjectType(token) == *SeTokenObjectType);
  LUID id = {};
  EXPECT_EQ(SeQueryAuthenticationIdToken(token, &id), STATUS_SUCCESS);
  EXPECT_EQ(id.LowPart, 0x3E7);
  EXPECT_EQ(id.HighPart, 0);
  ULONG session = 7;
  EXPECT_EQ(SeQuerySessionIdToken(token, &session), STATUS_SUCCESS);
  EXPECT_EQ(session, 0);
  EXPECT_EQ(SeTokenType(token), TokenPrimary);
  SeUnlockSubjectContext(&subject);
  SeReleaseSubjectContext(&subject);
  EXPECT(subject.PrimaryToken == nullptr && subject.ClientToken == nullptr);
}

KTEST(PrivilegesAreHeldOrNot) {
  LUID debug = RtlConvertLongToLuid(SE_DEBUG_PRIVILEGE), unknown = RtlConvertLongToLuid(99);
  EXPECT_EQ(SeSinglePrivilegeCheck(debug, KernelMode), TRUE);
  EXPECT_EQ(SeSinglePrivilegeCheck(unknown, KernelMode), TRUE);
  EXPECT_EQ(SeSinglePrivilegeCheck(debug, UserMode), TRUE);
  EXPECT_EQ(SeSinglePrivilegeCheck(unknown, UserMode), FALSE);
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  struct {
    ULONG count, control;
    LUID_AND_ATTRIBUTES privileges[2];
  } wanted = {2, PRIVILEGE_SET_ALL_NECESSARY, {{debug, 0}, {unknown, 0}}};
  EXPECT_EQ(SePrivilegeCheck(reinterpret_cast<PPRIVILEGE_SET>(&wanted), &subject, UserMode), FALSE);
  wanted.control = 0;
  EXPECT_EQ(SePrivilegeCheck(reinterpret_cast<PPRIVILEGE_SET>(&wanted), &subject, UserMode), TRUE);
  EXPECT_EQ(wanted.privileges[0].Attributes & SE_PRIVILEGE_USED_FOR_ACCESS, SE_PRIVILEGE_USED_FOR_ACCESS);
  EXPECT_EQ(wanted.privileges[1].Attributes & SE_PRIVILEGE_USED_FOR_ACCESS, 0);
  wanted.control = PRIVILEGE_SET_ALL_NECESSARY;
  EXPECT_EQ(SePrivilegeCheck(reinterpret_cast<PPRIVILEGE_SET>(&wanted), &subject, KernelMode), TRUE);
  SeReleaseSubjectContext(&subject);
}

KTEST(AccessOfTheKernelAndOfUsers) {
  // A descriptor whose list is empty: nobody but its owner, and he may only read and change it.
  SECURITY_DESCRIPTOR descriptor;
  ACL nobody;
  RtlCreateAcl(&nobody, sizeof nobody, ACL_REVISION);
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &nobody, FALSE);
  RtlSetOwnerSecurityDescriptor(&descriptor, SeExports->SeLocalSystemSid, FALSE);
  RtlSetGroupSecurityDescriptor(&descriptor, SeExports->SeLocalSystemSid, FALSE);
  GENERIC_MAPPING mapping = {0x20001, 0x20002, 0x20004, 0x1F0007};
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  const auto check = [&](ACCESS_MASK wanted, ACCESS_MASK before, KPROCESSOR_MODE mode, ACCESS_MASK* granted) {
    NTSTATUS status = 77;
    PPRIVILEGE_SET privileges = nullptr;
    *granted = 0xDEAD;
    const BOOLEAN allowed = SeAccessCheck(&descriptor, &subject, FALSE, wanted, before, &privileges, &mapping, mode, granted, &status);
    if (privileges) SeFreePrivileges(privileges);
    EXPECT_EQ(allowed, NT_SUCCESS(status));
    return status;
  };
  ACCESS_MASK granted;
  // Callers in kernel mode get what they ask for; MAXIMUM_ALLOWED is all there is, with what was granted before.
  EXPECT_EQ(check(0x3, 0x4, KernelMode, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 0x7);
  EXPECT_EQ(check(MAXIMUM_ALLOWED, 0x4, KernelMode, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 0x1F0007);
  EXPECT_EQ(check(0x1, 0, UserMode, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(check(READ_CONTROL | WRITE_DAC, 0, UserMode, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, READ_CONTROL | WRITE_DAC);
  EXPECT_EQ(check(MAXIMUM_ALLOWED, 0, UserMode, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted & (READ_CONTROL | WRITE_DAC), READ_CONTROL | WRITE_DAC);
  EXPECT_EQ(granted & 7, 0);
  // WRITE_OWNER by the privilege to take ownership.
  EXPECT_EQ(check(WRITE_OWNER, 0, UserMode, &granted), STATUS_SUCCESS);
  EXPECT_EQ(check(ACCESS_SYSTEM_SECURITY, 0, UserMode, &granted), STATUS_SUCCESS);
  // Nothing wanted, and nothing granted before: refused. Something before: that is it.
  EXPECT_EQ(check(0, 0, UserMode, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(check(0, 0x2, UserMode, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 0x2);
  // Without a list everybody has all; without a descriptor nobody in user mode has anything.
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, nullptr, FALSE);
  EXPECT_EQ(check(0x7, 0, UserMode, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 0x7);
  NTSTATUS status = 77;
  PPRIVILEGE_SET privileges = nullptr;
  EXPECT_EQ(SeAccessCheck(nullptr, &subject, FALSE, 1, 0, &privileges, &mapping, UserMode, &granted, &status), FALSE);
  EXPECT_EQ(status, STATUS_ACCESS_DENIED);
  // Who impersonates only to identify is refused.
  SECURITY_SUBJECT_CONTEXT low = subject;
  low.ClientToken = subject.PrimaryToken;
  low.ImpersonationLevel = SecurityIdentification;
  EXPECT_EQ(SeAccessCheck(&descriptor, &low, FALSE, 1, 0, &privileges, &mapping, UserMode, &granted, &status), FALSE);
  EXPECT_EQ(status, STATUS_BAD_IMPERSONATION_LEVEL);
  SeReleaseSubjectContext(&subject);
}

KTEST(DescriptorsInParts) {
  PSECURITY_DESCRIPTOR none = nullptr;
  SECURITY_INFORMATION parts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  ULONG length = sizeof buffer;
  EXPECT_EQ(SeQuerySecurityDescriptorInfo(&parts, buffer, &length, &none), STATUS_SUCCESS);
  EXPECT_EQ(length, 20);
  SECURITY_DESCRIPTOR descriptor;
  UCHAR acl[128];
  RtlCreateAcl(reinterpret_cast<PACL>(acl), sizeof acl, ACL_REVISION);
  RtlAddAccessAllowedAce(reinterpret_cast<PACL>(acl), ACL_REVISION, 1, SeExports->SeWorldSid);
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetOwnerSecurityDescriptor(&descriptor, SeExports->SeLocalSystemSid, FALSE);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, reinterpret_cast<PACL>(acl), FALSE);
  PSECURITY_DESCRIPTOR object = &descriptor;
  length = 0;
  EXPECT_EQ(SeQuerySecurityDescriptorInfo(&parts, buffer, &length, &object), STATUS_BUFFER_TOO_SMALL);
  const ULONG needed = length;
  EXPECT(needed >= 20 + 12 + 8 + 20);
  length = needed;
  EXPECT_EQ(SeQuerySecurityDescriptorInfo(&parts, buffer, &length, &object), STATUS_SUCCESS);
  EXPECT_EQ(RtlValidRelativeSecurityDescriptor(buffer, length, parts), TRUE);
  parts = OWNER_SECURITY_INFORMATION;
  length = sizeof buffer;
  EXPECT_EQ(SeQuerySecurityDescriptorInfo(&parts, buffer, &length, &object), STATUS_SUCCESS);
  BOOLEAN present = TRUE, defaulted;
  PACL list;
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(buffer, &present, &list, &defaulted), STATUS_SUCCESS);
  EXPECT_EQ(present, FALSE);

  // Setting parts makes a new descriptor in pool; the old one stays its owner's to free.
  GENERIC_MAPPING mapping = {0x20001, 0x20002, 0x20004, 0x1F0007};
  parts = DACL_SECURITY_INFORMATION;
  EXPECT_EQ(SeSetSecurityDescriptorInfo(nullptr, &parts, &descriptor, &none, PagedPool, &mapping), STATUS_NO_SECURITY_ON_OBJECT);
  PSECURITY_DESCRIPTOR old = nullptr;
  REQUIRE(NT_SUCCESS(SeCaptureSecurityDescriptor(&descriptor, KernelMode, PagedPool, TRUE, &old)));
  PSECURITY_DESCRIPTOR now = old;
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, nullptr, FALSE);
  EXPECT_EQ(SeSetSecurityDescriptorInfo(nullptr, &parts, &descriptor, &now, PagedPool, &mapping), STATUS_SUCCESS);
  EXPECT(now != old);
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(now, &present, &list, &defaulted), STATUS_SUCCESS);
  EXPECT(present && list == nullptr);
  PSID owner;
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(now, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(RtlEqualSid(owner, SeExports->SeLocalSystemSid));
  ExFreePool(old);
  ExFreePool(now);
}

KTEST(QuotasAndReferences) {
  const PEPROCESS process = PsGetCurrentProcess();
  EXPECT_EQ(PsChargeProcessNonPagedPoolQuota(process, 4096), STATUS_SUCCESS);
  PsReturnProcessNonPagedPoolQuota(process, 4096);
  EXPECT_EQ(PsChargeProcessPagedPoolQuota(process, 4096), STATUS_SUCCESS);
  PsReturnProcessPagedPoolQuota(process, 4096);
  PsChargePoolQuota(process, NonPagedPool, 64);
  PsReturnPoolQuota(process, NonPagedPool, 64);
  EXPECT_EQ(ObReferenceObjectByPointerWithTag(process, 0, *PsProcessType, KernelMode, 'tseT'), STATUS_SUCCESS);
  ObDereferenceObjectWithTag(process, 'tseT');
  EXPECT_EQ(ObReferenceObjectByPointerWithTag(process, 0, *PsThreadType, UserMode, 'tseT'), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ObReferenceObjectByPointer(process, 0, *PsThreadType, UserMode), STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ObReferenceObjectByPointer(process, 0, nullptr, UserMode), STATUS_OBJECT_TYPE_MISMATCH);
}

KTEST(ObjectsOpenedByName) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\KernelObjects\\LowMemoryCondition");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  HANDLE handle = nullptr;
  EXPECT_EQ(ObOpenObjectByName(&attributes, *ExEventObjectType, KernelMode, nullptr, SYNCHRONIZE, nullptr, &handle), STATUS_SUCCESS);
  EXPECT(reinterpret_cast<LONG_PTR>(handle) < 0);
  ZwClose(handle);
  EXPECT_EQ(ObOpenObjectByName(&attributes, *ExSemaphoreObjectType, UserMode, nullptr, SYNCHRONIZE, nullptr, &handle),
            STATUS_ACCESS_VIOLATION);
  EXPECT_EQ(ObOpenObjectByName(&attributes, *PsProcessType, KernelMode, nullptr, SYNCHRONIZE, nullptr, &handle),
            STATUS_OBJECT_TYPE_MISMATCH);
  EXPECT_EQ(ObOpenObjectByName(nullptr, *ExEventObjectType, KernelMode, nullptr, SYNCHRONIZE, nullptr, &handle), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ObOpenObjectByName(&attributes, nullptr, KernelMode, nullptr, SYNCHRONIZE, nullptr, &handle), STATUS_SUCCESS);
  ZwClose(handle);
}
