// Tokens: what they tell, copies with less, and what changes in them.
#include "ktest.h"

using namespace ktest;

extern "C" {
NTKERNELAPI NTSTATUS NTAPI SeFilterToken(PACCESS_TOKEN Token, ULONG Flags, PTOKEN_GROUPS Disable, PTOKEN_PRIVILEGES Remove,
                                         PTOKEN_GROUPS Restrict, PACCESS_TOKEN* Filtered);
NTKERNELAPI BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token);
NTSYSAPI NTSTATUS NTAPI ZwSetInformationToken(HANDLE Token, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length);
NTSYSAPI NTSTATUS NTAPI ZwAdjustPrivilegesToken(HANDLE Token, BOOLEAN DisableAll, PTOKEN_PRIVILEGES New, ULONG Length,
                                                PTOKEN_PRIVILEGES Previous, PULONG Needed);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationToken(HANDLE Token, TOKEN_INFORMATION_CLASS Class, PVOID Information, ULONG Length,
                                                PULONG Needed);
}

namespace {

GENERIC_MAPPING mapping = {0x1, 0x2, 0x4, 0x1f0007};
alignas(16) UCHAR buffer[2048];

// A descriptor with one entry that lets an identifier do something.
struct Descriptor {
  SECURITY_DESCRIPTOR descriptor;
  UCHAR acl[256];

  Descriptor(PSID owner, PSID who, ACCESS_MASK mask) {
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(reinterpret_cast<PACL>(acl), sizeof acl, ACL_REVISION);
    if (who != nullptr) RtlAddAccessAllowedAce(reinterpret_cast<PACL>(acl), ACL_REVISION, mask, who);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, reinterpret_cast<PACL>(acl), FALSE);
    RtlSetOwnerSecurityDescriptor(&descriptor, owner, FALSE);
  }
};

NTSTATUS Check(PACCESS_TOKEN token, PSECURITY_DESCRIPTOR descriptor, ACCESS_MASK wanted, ACCESS_MASK* granted) {
  SECURITY_SUBJECT_CONTEXT subject = {nullptr, SecurityImpersonation, token, nullptr};
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  PPRIVILEGE_SET privileges = nullptr;
  SeAccessCheck(descriptor, &subject, FALSE, wanted, 0, &privileges, &mapping, UserMode, granted, &status);
  if (privileges != nullptr) SeFreePrivileges(privileges);
  return status;
}

TOKEN_GROUPS Only(PSID sid, ULONG attributes = 0) { return {1, {{sid, attributes}}}; }

}  // namespace

KTEST(SystemsTokenTellsOfItself) {
  PACCESS_TOKEN token = PsReferencePrimaryToken(PsInitialSystemProcess);
  PVOID information;
  REQUIRE(NT_SUCCESS(SeQueryInformationToken(token, TokenSource, &information)));
  EXPECT(RtlEqualMemory(static_cast<PTOKEN_SOURCE>(information)->SourceName, "*SYSTEM*", 8));
  ExFreePool(information);
  REQUIRE(NT_SUCCESS(SeQueryInformationToken(token, TokenDefaultDacl, &information)));
  EXPECT_EQ(static_cast<PTOKEN_DEFAULT_DACL>(information)->DefaultDacl->AceCount, 2);
  ExFreePool(information);
  REQUIRE(NT_SUCCESS(SeQueryInformationToken(token, TokenGroupsAndPrivileges, &information)));
  const auto* all = static_cast<PTOKEN_GROUPS_AND_PRIVILEGES>(information);
  EXPECT(RtlEqualSid(all->Sids[0].Sid, SeExports->SeLocalSystemSid));
  EXPECT(all->PrivilegeCount > 20 && all->RestrictedSidCount == 0);
  ExFreePool(information);
  EXPECT_EQ(SeQueryInformationToken(token, TokenLogonSid, &information), STATUS_NOT_FOUND);
  EXPECT(SeTokenIsAdmin(token));
  EXPECT(!SeTokenIsRestricted(token));
  PsDereferencePrimaryToken(token);
}

KTEST(GroupsThatOnlyDeny) {
  PACCESS_TOKEN token = PsReferencePrimaryToken(PsInitialSystemProcess), less;
  TOKEN_GROUPS disable = Only(SeExports->SeAliasAdminsSid);
  REQUIRE(NT_SUCCESS(SeFilterToken(token, 1, &disable, nullptr, nullptr, &less)));
  EXPECT(!SeTokenIsAdmin(less));
  EXPECT(SeTokenIsAdmin(token));
  PVOID information;
  REQUIRE(NT_SUCCESS(SeQueryInformationToken(less, TokenPrivileges, &information)));
  EXPECT_EQ(static_cast<PTOKEN_PRIVILEGES>(information)->PrivilegeCount, 1);  // SeChangeNotifyPrivilege
  ExFreePool(information);
  REQUIRE(NT_SUCCESS(SeQueryInformationToken(less, TokenHasRestrictions, &information)));
  EXPECT_EQ(*static_cast<PULONG>(information), 1);
  ExFreePool(information);
  Descriptor administrators(SeExports->SeNullSid, SeExports->SeAliasAdminsSid, 1);
  ACCESS_MASK granted;
  EXPECT_EQ(Check(token, &administrators.descriptor, 1, &granted), STATUS_SUCCESS);
  EXPECT_EQ(Check(less, &administrators.descriptor, 1, &granted), STATUS_ACCESS_DENIED);
  ObDereferenceObject(less);
  PsDereferencePrimaryToken(token);
}

KTEST(RestrictedTokensMustPassTwice) {
  PACCESS_TOKEN token = PsReferencePrimaryToken(PsInitialSystemProcess), restricted;
  TOKEN_GROUPS world = Only(SeExports->SeWorldSid), wrong = Only(SeExports->SeWorldSid, 4);
  EXPECT_EQ(SeFilterToken(token, 0, nullptr, nullptr, &wrong, &restricted), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(SeFilterToken(token, 0x100, nullptr, nullptr, &world, &restricted), STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(SeFilterToken(token, 0, nullptr, nullptr, &world, &restricted)));
  EXPECT(SeTokenIsRestricted(restricted));
  EXPECT(!SeTokenIsWriteRestricted(restricted));
  Descriptor administrators(SeExports->SeNullSid, SeExports->SeAliasAdminsSid, 7), everyone(SeExports->SeNullSid, SeExports->SeWorldSid, 3);
  ACCESS_MASK granted;
  EXPECT_EQ(Check(restricted, &administrators.descriptor, 1, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Check(restricted, &everyone.descriptor, 3, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 3);
  EXPECT_EQ(Check(restricted, &everyone.descriptor, MAXIMUM_ALLOWED, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 3);
  ObDereferenceObject(restricted);
  REQUIRE(NT_SUCCESS(SeFilterToken(token, 8, nullptr, nullptr, &world, &restricted)));
  EXPECT(SeTokenIsWriteRestricted(restricted));
  EXPECT_EQ(Check(restricted, &administrators.descriptor, 1, &granted), STATUS_SUCCESS);
  EXPECT_EQ(Check(restricted, &administrators.descriptor, 2, &granted), STATUS_ACCESS_DENIED);
  ObDereferenceObject(restricted);
  PsDereferencePrimaryToken(token);
}

KTEST(SettingsOfAToken) {
  HANDLE own, token;
  REQUIRE(NT_SUCCESS(ZwOpenProcessTokenEx(reinterpret_cast<HANDLE>(-1), TOKEN_ALL_ACCESS, OBJ_KERNEL_HANDLE, &own)));
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  REQUIRE(NT_SUCCESS(ZwDuplicateToken(own, TOKEN_ALL_ACCESS, &attributes, FALSE, TokenPrimary, &token)));
  ZwClose(own);
  PSID owner = SeExports->SeLocalSystemSid;
  EXPECT_EQ(ZwSetInformationToken(token, TokenOwner, &owner, sizeof owner), STATUS_SUCCESS);
  ULONG length;
  EXPECT_EQ(ZwQueryInformationToken(token, TokenOwner, buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT(RtlEqualSid(*reinterpret_cast<PSID*>(buffer), owner));
  owner = SeExports->SeWorldSid;
  EXPECT_EQ(ZwSetInformationToken(token, TokenOwner, &owner, sizeof owner), STATUS_INVALID_OWNER);
  EXPECT_EQ(ZwSetInformationToken(token, TokenOwner, &owner, 4), STATUS_INFO_LENGTH_MISMATCH);
  SID_AND_ATTRIBUTES low = {SeExports->SeLowMandatorySid, 0x20};
  EXPECT_EQ(ZwSetInformationToken(token, TokenIntegrityLevel, &low, sizeof low), STATUS_SUCCESS);
  EXPECT_EQ(ZwQueryInformationToken(token, TokenIntegrityLevel, buffer, sizeof buffer, &length), STATUS_SUCCESS);
  EXPECT(RtlEqualSid(*reinterpret_cast<PSID*>(buffer), SeExports->SeLowMandatorySid));
  EXPECT_EQ(ZwSetInformationToken(token, TokenType, &low, sizeof low), STATUS_INVALID_INFO_CLASS);
  // Of low integrity, it reads what has no label, and writes to nothing.
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(token, 0, nullptr, KernelMode, &object, nullptr)));
  Descriptor everyone(SeExports->SeNullSid, SeExports->SeWorldSid, 7);
  ACCESS_MASK granted;
  EXPECT_EQ(Check(object, &everyone.descriptor, 1, &granted), STATUS_SUCCESS);
  EXPECT_EQ(Check(object, &everyone.descriptor, 2, &granted), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Check(object, &everyone.descriptor, MAXIMUM_ALLOWED, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 5);
  ObDereferenceObject(object);
  ZwClose(token);
}

KTEST(NamedObjectsAreTheirMakers) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\KtSecured");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE event, unnamed;
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)));
  PVOID object;
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(event, 0, nullptr, KernelMode, &object, nullptr)));
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  BOOLEAN allocated, defaulted;
  REQUIRE(NT_SUCCESS(ObGetObjectSecurity(object, &descriptor, &allocated)));
  REQUIRE(descriptor != nullptr);
  PSID owner = nullptr;
  RtlGetOwnerSecurityDescriptor(descriptor, &owner, &defaulted);
  EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeAliasAdminsSid));
  ObReleaseObjectSecurity(descriptor, allocated);
  ObDereferenceObject(object);
  ZwClose(event);
  REQUIRE(NT_SUCCESS(ZwCreateEvent(&unnamed, EVENT_ALL_ACCESS, nullptr, NotificationEvent, FALSE)));
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(unnamed, 0, nullptr, KernelMode, &object, nullptr)));
  EXPECT_EQ(ObGetObjectSecurity(object, &descriptor, &allocated), STATUS_SUCCESS);
  EXPECT(descriptor == nullptr);
  ObDereferenceObject(object);
  ZwClose(unnamed);
}

KTEST(PrivilegesAreEnabledAndDisabled) {
  HANDLE token = nullptr;
  REQUIRE(NT_SUCCESS(ZwOpenProcessTokenEx(ZwCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, OBJ_KERNEL_HANDLE, &token)));
  TOKEN_PRIVILEGES wanted = {1, {{{SE_DEBUG_PRIVILEGE, 0}, 0}}}, before = {};
  ULONG needed = 0;
  EXPECT_EQ(ZwAdjustPrivilegesToken(token, FALSE, &wanted, 0, &before, &needed), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(needed, sizeof before);
  EXPECT_EQ(ZwAdjustPrivilegesToken(token, FALSE, &wanted, sizeof before, &before, &needed), STATUS_SUCCESS);
  EXPECT_EQ(before.PrivilegeCount, 1u);
  EXPECT((before.Privileges[0].Attributes & SE_PRIVILEGE_ENABLED) != 0);
  EXPECT_EQ(SeSinglePrivilegeCheck({SE_DEBUG_PRIVILEGE, 0}, UserMode), FALSE);
  EXPECT_EQ(ZwAdjustPrivilegesToken(token, FALSE, &before, 0, nullptr, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(SeSinglePrivilegeCheck({SE_DEBUG_PRIVILEGE, 0}, UserMode), TRUE);
  // What a token does not have cannot be enabled.
  TOKEN_PRIVILEGES none = {1, {{{9999, 0}, SE_PRIVILEGE_ENABLED}}};
  EXPECT_EQ(ZwAdjustPrivilegesToken(token, FALSE, &none, 0, nullptr, nullptr), STATUS_NOT_ALL_ASSIGNED);
  EXPECT_EQ(ZwAdjustPrivilegesToken(token, FALSE, nullptr, 0, nullptr, nullptr), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(ZwAdjustPrivilegesToken(nullptr, FALSE, &wanted, 0, nullptr, nullptr), STATUS_INVALID_HANDLE);
  ZwClose(token);
}
