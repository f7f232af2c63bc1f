// Who may open and make keys, what security a new key gets, and how it is asked and changed.
#include "ktest.h"

using namespace ktest;

namespace {
constexpr wchar_t kPath[] = L"\\Registry\\Machine\\Software\\RingletKeySecurity";
constexpr SECURITY_INFORMATION kAll = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;

/// A descriptor with entries that allow.
class Descriptor {
 public:
  Descriptor() {
    RtlCreateSecurityDescriptor(&descriptor_, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(Acl(), sizeof room_, ACL_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor_, TRUE, Acl(), FALSE);
  }
  Descriptor& Allow(PSID sid, ACCESS_MASK mask, ULONG flags = 0) {
    RtlAddAccessAllowedAceEx(Acl(), ACL_REVISION, flags, mask, sid);
    return *this;
  }
  Descriptor& Protect() {
    ((SECURITY_DESCRIPTOR*)&descriptor_)->Control |= SE_DACL_PROTECTED;
    return *this;
  }
  PSECURITY_DESCRIPTOR get() { return &descriptor_; }
  PACL Acl() { return (PACL)room_; }

 private:
  SECURITY_DESCRIPTOR descriptor_;
  alignas(8) UCHAR room_[256];
};

/// Opens or makes a key with the access check that a user would get.
NTSTATUS Checked(const wchar_t* path, HANDLE root, ACCESS_MASK access, HANDLE* key, bool create = false, PSECURITY_DESCRIPTOR sd = nullptr,
                 ULONG options = REG_OPTION_VOLATILE) {
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, path);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE | OBJ_FORCE_ACCESS_CHECK, root, sd);
  *key = nullptr;
  return create ? ZwCreateKey(key, access, &attributes, 0, nullptr, options, nullptr) : ZwOpenKey(key, access, &attributes);
}

NTSTATUS Create(HANDLE* key, PSECURITY_DESCRIPTOR sd = nullptr) { return Checked(kPath, nullptr, KEY_ALL_ACCESS, key, true, sd); }

NTSTATUS Opens(ACCESS_MASK access, ACCESS_MASK* granted = nullptr) {
  HANDLE key;
  const NTSTATUS status = Checked(kPath, nullptr, access, &key);
  if (!NT_SUCCESS(status)) return status;
  PVOID object;
  OBJECT_HANDLE_INFORMATION information = {};
  if (NT_SUCCESS(ObReferenceObjectByHandle(key, 0, nullptr, KernelMode, &object, &information))) ObDereferenceObject(object);
  if (granted) *granted = information.GrantedAccess;
  ZwClose(key);
  return status;
}

struct Room {
  alignas(8) UCHAR bytes[1024];
};

NTSTATUS Query(HANDLE key, Room* room, SECURITY_INFORMATION information = kAll) {
  ULONG needed = 0;
  return ZwQuerySecurityObject(key, information, room->bytes, sizeof room->bytes, &needed);
}

PACL DaclOf(Room* room) {
  BOOLEAN present = FALSE, defaulted = FALSE;
  PACL dacl = nullptr;
  RtlGetDaclSecurityDescriptor(room->bytes, &present, &dacl, &defaulted);
  return present ? dacl : nullptr;
}

PACCESS_ALLOWED_ACE AceOf(PACL acl, ULONG index) {
  PVOID ace = nullptr;
  RtlGetAce(acl, index, &ace);
  return (PACCESS_ALLOWED_ACE)ace;
}
}  // namespace

KTEST(TheKernelIsNotChecked) {
  HANDLE key, again;
  Descriptor nobody;
  REQUIRE(NT_SUCCESS(Create(&key, nobody.Protect().get())));
  EXPECT_EQ(Opens(KEY_READ), STATUS_ACCESS_DENIED);
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, kPath);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr, nullptr);
  EXPECT_EQ(ZwOpenKey(&again, KEY_ALL_ACCESS, &attributes), STATUS_SUCCESS);
  ZwClose(again);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(EachRightIsChecked) {
  HANDLE key, child;
  Descriptor readers;
  readers.Allow(SeExports->SeLocalSystemSid, KEY_READ).Protect();
  REQUIRE(NT_SUCCESS(Create(&key, readers.get())));
  ACCESS_MASK granted = 0;
  EXPECT_EQ(Opens(KEY_READ, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, KEY_READ);
  EXPECT_EQ(Opens(GENERIC_READ, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, KEY_READ);
  EXPECT_EQ(Opens(KEY_SET_VALUE), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Opens(KEY_READ | KEY_SET_VALUE), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Opens(DELETE), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Opens(0), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Opens(MAXIMUM_ALLOWED, &granted), STATUS_SUCCESS);
  // The owner, here the Administrators, which the system is one of, may always read and change the list.
  EXPECT_EQ(granted, KEY_READ | WRITE_DAC);
  EXPECT_EQ(Checked(L"Child", key, KEY_READ, &child, true), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Checked(L"Missing", key, KEY_READ, &child), STATUS_OBJECT_NAME_NOT_FOUND);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(WhoMakesAKeyGetsWhatHeAsksFor) {
  HANDLE key;
  Descriptor readers;
  readers.Allow(SeExports->SeWorldSid, KEY_READ).Protect();
  REQUIRE(NT_SUCCESS(Create(&key, readers.get())));
  PVOID object;
  OBJECT_HANDLE_INFORMATION information = {};
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(key, 0, nullptr, KernelMode, &object, &information)));
  ObDereferenceObject(object);
  EXPECT_EQ(information.GrantedAccess, KEY_ALL_ACCESS);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(LinksAreMadeWithARightOfTheirOwn) {
  HANDLE key, link;
  Descriptor some;
  some.Allow(SeExports->SeLocalSystemSid, KEY_READ | KEY_CREATE_SUB_KEY).Protect();
  REQUIRE(NT_SUCCESS(Create(&key, some.get())));
  EXPECT_EQ(Checked(L"Link", key, KEY_READ, &link, true, nullptr, REG_OPTION_VOLATILE | REG_OPTION_CREATE_LINK), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Checked(L"Plain", key, KEY_ALL_ACCESS, &link, true), STATUS_SUCCESS);
  ZwDeleteKey(link);
  ZwClose(link);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(GivenSecurityIsKept) {
  HANDLE key;
  Descriptor given;
  given.Allow(SeExports->SeWorldSid, GENERIC_READ).Allow(SeExports->SeAliasAdminsSid, GENERIC_ALL, CONTAINER_INHERIT_ACE).Protect();
  REQUIRE(NT_SUCCESS(Create(&key, given.get())));
  Room room;
  EXPECT_EQ(Query(key, &room), STATUS_SUCCESS);
  PACL const dacl = DaclOf(&room);
  REQUIRE(dacl != nullptr);
  // Generic rights become the key's own; entries that go on keep them for the keys below.
  EXPECT_EQ(dacl->AceCount, 3);
  EXPECT_EQ(AceOf(dacl, 0)->Mask, KEY_READ);
  EXPECT_EQ(AceOf(dacl, 1)->Mask, KEY_ALL_ACCESS);
  EXPECT_EQ(AceOf(dacl, 1)->Header.AceFlags, 0);
  EXPECT_EQ(AceOf(dacl, 2)->Mask, GENERIC_ALL);
  EXPECT_EQ(AceOf(dacl, 2)->Header.AceFlags, CONTAINER_INHERIT_ACE | INHERIT_ONLY_ACE);
  // Owner and group are those of who made it.
  PSID owner = nullptr;
  BOOLEAN defaulted;
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(room.bytes, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(owner != nullptr && RtlEqualSid(owner, SeExports->SeAliasAdminsSid));
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(EntriesAreHandedDown) {
  HANDLE key, child;
  Descriptor given;
  given
      .Allow(SeExports->SeLocalSystemSid, KEY_ALL_ACCESS)                                               // for the key alone
      .Allow(SeExports->SeAliasAdminsSid, KEY_READ, CONTAINER_INHERIT_ACE)                              // for all below
      .Allow(SeExports->SeWorldSid, KEY_QUERY_VALUE, CONTAINER_INHERIT_ACE | NO_PROPAGATE_INHERIT_ACE)  // for the next level
      .Allow(SeExports->SeCreatorOwnerSid, GENERIC_ALL, CONTAINER_INHERIT_ACE | INHERIT_ONLY_ACE)       // for who makes one
      .Allow(SeExports->SeNetworkSid, KEY_NOTIFY, OBJECT_INHERIT_ACE)                                   // for what holds nothing
      .Protect();
  REQUIRE(NT_SUCCESS(Create(&key, given.get())));
  REQUIRE(NT_SUCCESS(Checked(L"Child", key, KEY_ALL_ACCESS, &child, true)));
  Room room;
  EXPECT_EQ(Query(child, &room), STATUS_SUCCESS);
  PACL const dacl = DaclOf(&room);
  REQUIRE(dacl != nullptr);
  EXPECT_EQ(dacl->AceCount, 5);
  EXPECT_EQ(AceOf(dacl, 0)->Mask, KEY_READ);
  EXPECT_EQ(AceOf(dacl, 0)->Header.AceFlags, CONTAINER_INHERIT_ACE);
  EXPECT_EQ(AceOf(dacl, 1)->Mask, KEY_QUERY_VALUE);
  EXPECT_EQ(AceOf(dacl, 1)->Header.AceFlags, 0);
  EXPECT_EQ(AceOf(dacl, 2)->Mask, KEY_ALL_ACCESS);
  EXPECT(RtlEqualSid(&AceOf(dacl, 2)->SidStart, SeExports->SeAliasAdminsSid));
  EXPECT_EQ(AceOf(dacl, 3)->Header.AceFlags, CONTAINER_INHERIT_ACE | INHERIT_ONLY_ACE);
  EXPECT(RtlEqualSid(&AceOf(dacl, 3)->SidStart, SeExports->SeCreatorOwnerSid));
  EXPECT_EQ(AceOf(dacl, 4)->Header.AceFlags, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE);
  ZwDeleteKey(child);
  ZwClose(child);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(KeysOfTheMachineInheritMarkedEntries) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(&key)));
  Room room;
  EXPECT_EQ(Query(key, &room), STATUS_SUCCESS);
  SECURITY_DESCRIPTOR_CONTROL const control = ((SECURITY_DESCRIPTOR*)room.bytes)->Control;
  EXPECT_EQ(control & (SE_DACL_AUTO_INHERITED | SE_DACL_PROTECTED), SE_DACL_AUTO_INHERITED);
  PACL const dacl = DaclOf(&room);
  REQUIRE(dacl != nullptr);
  EXPECT(dacl->AceCount >= 3);
  EXPECT_EQ(AceOf(dacl, 0)->Header.AceFlags & (CONTAINER_INHERIT_ACE | INHERITED_ACE), CONTAINER_INHERIT_ACE | INHERITED_ACE);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(SecurityIsChanged) {
  HANDLE key;
  REQUIRE(NT_SUCCESS(Create(&key)));
  EXPECT_EQ(Opens(KEY_SET_VALUE), STATUS_SUCCESS);
  Descriptor readers;
  readers.Allow(SeExports->SeLocalSystemSid, GENERIC_READ).Protect();
  EXPECT_EQ(ZwSetSecurityObject(key, DACL_SECURITY_INFORMATION, readers.get()), STATUS_SUCCESS);
  EXPECT_EQ(Opens(KEY_SET_VALUE), STATUS_ACCESS_DENIED);
  EXPECT_EQ(Opens(KEY_READ), STATUS_SUCCESS);
  // A handle keeps what it was opened with.
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Value");
  EXPECT_EQ(ZwSetValueKey(key, &name, 0, REG_NONE, nullptr, 0), STATUS_SUCCESS);
  Room room;
  ULONG needed = 0;
  EXPECT_EQ(ZwQuerySecurityObject(key, DACL_SECURITY_INFORMATION, room.bytes, 8, &needed), STATUS_BUFFER_TOO_SMALL);
  EXPECT(needed > 8 && needed < sizeof room);
  EXPECT_EQ(ZwQuerySecurityObject(key, DACL_SECURITY_INFORMATION, room.bytes, needed, &needed), STATUS_SUCCESS);
  EXPECT_EQ(DaclOf(&room)->AceCount, 1);
  EXPECT_EQ(AceOf(DaclOf(&room), 0)->Mask, KEY_READ);
  PSID owner = nullptr;
  BOOLEAN defaulted;
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(room.bytes, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(owner == nullptr);  // it was not asked for
  EXPECT_EQ(ZwSetSecurityObject(key, OWNER_SECURITY_INFORMATION, readers.get()), STATUS_INVALID_OWNER);
  ZwDeleteKey(key);
  EXPECT_EQ(Query(key, &room), STATUS_KEY_DELETED);
  EXPECT_EQ(ZwSetSecurityObject(key, DACL_SECURITY_INFORMATION, readers.get()), STATUS_KEY_DELETED);
  ZwClose(key);
}

KTEST(BackupGoesByPrivilege) {
  HANDLE key, again;
  Descriptor nobody;
  REQUIRE(NT_SUCCESS(Create(&key, nobody.Protect().get())));
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, kPath);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE | OBJ_FORCE_ACCESS_CHECK, nullptr, nullptr);
  EXPECT_EQ(ZwOpenKeyEx(&again, KEY_QUERY_VALUE, &attributes, REG_OPTION_BACKUP_RESTORE), STATUS_SUCCESS);
  PVOID object;
  OBJECT_HANDLE_INFORMATION information = {};
  REQUIRE(NT_SUCCESS(ObReferenceObjectByHandle(again, 0, nullptr, KernelMode, &object, &information)));
  ObDereferenceObject(object);
  EXPECT_EQ(information.GrantedAccess, KEY_READ | KEY_WRITE | ACCESS_SYSTEM_SECURITY | WRITE_DAC | WRITE_OWNER);
  ZwClose(again);
  ZwDeleteKey(key);
  ZwClose(key);
}

KTEST(AssigningSecurity) {
  SECURITY_SUBJECT_CONTEXT subject;
  SeCaptureSubjectContext(&subject);
  GENERIC_MAPPING mapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS};
  Descriptor parent;
  parent.Allow(SeExports->SeWorldSid, GENERIC_READ, OBJECT_INHERIT_ACE)
      .Allow(SeExports->SeAliasUsersSid, KEY_SET_VALUE, CONTAINER_INHERIT_ACE);
  PSECURITY_DESCRIPTOR made = nullptr;
  EXPECT_EQ(SeAssignSecurity(parent.get(), nullptr, &made, FALSE, &subject, &mapping, PagedPool), STATUS_SUCCESS);
  BOOLEAN present = FALSE, defaulted = FALSE;
  PACL dacl = nullptr;
  RtlGetDaclSecurityDescriptor(made, &present, &dacl, &defaulted);
  REQUIRE(present && dacl != nullptr);
  EXPECT_EQ(dacl->AceCount, 1);
  EXPECT_EQ(AceOf(dacl, 0)->Mask, KEY_READ);
  EXPECT_EQ(AceOf(dacl, 0)->Header.AceFlags, 0);
  EXPECT_EQ(SeDeassignSecurity(&made), STATUS_SUCCESS);
  EXPECT(made == nullptr);
  // Merging, as whoever marks inherited entries wants it.
  Descriptor given;
  given.Allow(SeExports->SeLocalSystemSid, KEY_READ);
  EXPECT_EQ(SeAssignSecurityEx(parent.get(), given.get(), &made, nullptr, TRUE, SEF_DACL_AUTO_INHERIT, &subject, &mapping, PagedPool),
            STATUS_SUCCESS);
  RtlGetDaclSecurityDescriptor(made, &present, &dacl, &defaulted);
  REQUIRE(present && dacl != nullptr);
  EXPECT_EQ(dacl->AceCount, 3);
  EXPECT_EQ(AceOf(dacl, 0)->Header.AceFlags, 0);
  EXPECT_EQ(AceOf(dacl, 1)->Header.AceFlags, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE | INHERITED_ACE);
  EXPECT_EQ(AceOf(dacl, 2)->Header.AceFlags, CONTAINER_INHERIT_ACE | INHERITED_ACE);
  SeDeassignSecurity(&made);
  // Without a parent and without a wish it is the token's own list.
  EXPECT_EQ(SeAssignSecurity(nullptr, nullptr, &made, FALSE, &subject, &mapping, PagedPool), STATUS_SUCCESS);
  RtlGetDaclSecurityDescriptor(made, &present, &dacl, &defaulted);
  EXPECT(present && dacl != nullptr && dacl->AceCount != 0);
  SeDeassignSecurity(&made);
  SeReleaseSubjectContext(&subject);
}
