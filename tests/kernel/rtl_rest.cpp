// The run-time library's smaller routines: access control entries, descriptors, attributes of SIDs, times, addresses as wide text, atoms.
#include "ktest.h"

#include <ip2string.h>

using namespace ktest;

extern "C" {
NTSYSAPI NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG Revision, ACCESS_MASK Mask, PSID Sid);
NTSYSAPI VOID NTAPI RtlCopyLuidAndAttributesArray(ULONG Count, PLUID_AND_ATTRIBUTES Source, PLUID_AND_ATTRIBUTES Target);
NTSYSAPI NTSTATUS NTAPI RtlCopySidAndAttributesArray(ULONG Count, PSID_AND_ATTRIBUTES Source, ULONG Size, PSID_AND_ATTRIBUTES Target,
                                                     PSID Sids, PSID* Next, PULONG Remaining);
NTSYSAPI VOID NTAPI RtlTimeToElapsedTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS Fields);
NTSYSAPI NTSTATUS NTAPI RtlSystemTimeToLocalTime(PLARGE_INTEGER System, PLARGE_INTEGER Local);
NTSYSAPI NTSTATUS NTAPI RtlLocalTimeToSystemTime(PLARGE_INTEGER Local, PLARGE_INTEGER System);
NTSYSAPI VOID NTAPI RtlRaiseStatus(NTSTATUS Status);
}

namespace {
UCHAR world[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
UCHAR admins[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0};
UCHAR wrong[] = {7, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};

bool Same(PCWSTR a, PCWSTR b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}
}  // namespace

KTEST(EntriesAreAddedWhereTheyFit) {
  alignas(8) UCHAR room[sizeof(ACL) + 20 + 24];
  auto* const acl = (PACL)room;
  EXPECT_EQ(RtlCreateAcl(acl, sizeof room, ACL_REVISION), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAccessDeniedAce(acl, ACL_REVISION, 1, wrong), STATUS_INVALID_SID);
  EXPECT_EQ(RtlAddAccessDeniedAce(acl, 9, 1, world), STATUS_REVISION_MISMATCH);
  EXPECT_EQ(RtlAddAccessDeniedAce(acl, ACL_REVISION, DELETE, world), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAuditAccessAceEx(acl, ACL_REVISION, CONTAINER_INHERIT_ACE, DELETE, admins, TRUE, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAccessDeniedAce(acl, ACL_REVISION, DELETE, world), STATUS_ALLOTTED_SPACE_EXCEEDED);
  EXPECT_EQ(acl->AceCount, 2);
  PACE_HEADER ace = nullptr;
  EXPECT_EQ(RtlGetAce(acl, 0, (PVOID*)&ace), STATUS_SUCCESS);
  EXPECT_EQ(ace->AceType, ACCESS_DENIED_ACE_TYPE);
  EXPECT_EQ(ace->AceSize, 20);
  EXPECT_EQ(RtlGetAce(acl, 1, (PVOID*)&ace), STATUS_SUCCESS);
  EXPECT_EQ(ace->AceType, SYSTEM_AUDIT_ACE_TYPE);
  EXPECT_EQ(ace->AceFlags, CONTAINER_INHERIT_ACE | SUCCESSFUL_ACCESS_ACE_FLAG);
  EXPECT_EQ(RtlGetAce(acl, 2, (PVOID*)&ace), STATUS_INVALID_PARAMETER);

  // Entries of another list are taken as they are, at their place.
  alignas(8) UCHAR more[sizeof(ACL) + 3 * 24];
  auto* const other = (PACL)more;
  EXPECT_EQ(RtlCreateAcl(other, sizeof more, ACL_REVISION), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAce(other, ACL_REVISION, MAXULONG, acl + 1, 20), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAce(other, ACL_REVISION, 0, (PUCHAR)(acl + 1) + 20, 24), STATUS_SUCCESS);
  EXPECT_EQ(other->AceCount, 2);
  EXPECT_EQ(RtlGetAce(other, 0, (PVOID*)&ace), STATUS_SUCCESS);
  EXPECT_EQ(ace->AceType, SYSTEM_AUDIT_ACE_TYPE);
  EXPECT_EQ(RtlAddAce(other, ACL_REVISION, 0, acl + 1, 44), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlAddAce(other, ACL_REVISION, 0, acl + 1, 10), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlDeleteAce(other, 2), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlDeleteAce(other, 0), STATUS_SUCCESS);
  EXPECT_EQ(other->AceCount, 1);
}

KTEST(GroupsAndAuditListsOfDescriptors) {
  SECURITY_DESCRIPTOR descriptor;
  EXPECT_EQ(RtlCreateSecurityDescriptor(&descriptor, 2), STATUS_UNKNOWN_REVISION);
  EXPECT_EQ(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
  PSID group = &descriptor;
  BOOLEAN defaulted = TRUE, present = TRUE;
  EXPECT_EQ(RtlGetGroupSecurityDescriptor(&descriptor, &group, &defaulted), STATUS_SUCCESS);
  EXPECT(group == nullptr);
  EXPECT_EQ(RtlSetGroupSecurityDescriptor(&descriptor, admins, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetGroupSecurityDescriptor(&descriptor, &group, &defaulted), STATUS_SUCCESS);
  EXPECT(group == admins && defaulted);
  ACL acl;
  PACL sacl = nullptr;
  EXPECT_EQ(RtlCreateAcl(&acl, sizeof acl, ACL_REVISION), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetSaclSecurityDescriptor(&descriptor, &present, &sacl, &defaulted), STATUS_SUCCESS);
  EXPECT(!present);
  EXPECT_EQ(RtlSetSaclSecurityDescriptor(&descriptor, TRUE, &acl, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetSaclSecurityDescriptor(&descriptor, &present, &sacl, &defaulted), STATUS_SUCCESS);
  EXPECT(present && sacl == &acl && !defaulted);
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  ULONG revision = 0;
  EXPECT_EQ(RtlGetControlSecurityDescriptor(&descriptor, &control, &revision), STATUS_SUCCESS);
  EXPECT_EQ(control, SE_SACL_PRESENT | SE_GROUP_DEFAULTED);
  EXPECT_EQ(revision, SECURITY_DESCRIPTOR_REVISION);

  alignas(8) UCHAR relative[128];
  ULONG size = 0;
  EXPECT_EQ(RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &size), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(size, sizeof(SECURITY_DESCRIPTOR_RELATIVE) + sizeof(ACL) + sizeof admins);
  EXPECT_EQ(RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &size), STATUS_SUCCESS);
  EXPECT_EQ(RtlSetGroupSecurityDescriptor(relative, admins, FALSE), STATUS_INVALID_SECURITY_DESCR);
  EXPECT_EQ(RtlSetSaclSecurityDescriptor(relative, TRUE, &acl, FALSE), STATUS_INVALID_SECURITY_DESCR);
  EXPECT_EQ(RtlGetGroupSecurityDescriptor(relative, &group, &defaulted), STATUS_SUCCESS);
  EXPECT(RtlEqualSid(group, admins));
  EXPECT_EQ(*RtlSubAuthorityCountSid(group), 2);
}

KTEST(ArraysOfSidsAndPrivileges) {
  SID_AND_ATTRIBUTES source[] = {{world, 1}, {admins, 2}}, target[2] = {};
  alignas(8) UCHAR room[64];
  PSID next = nullptr;
  ULONG remaining = 0;
  EXPECT_EQ(RtlCopySidAndAttributesArray(2, source, 27, target, room, &next, &remaining), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlCopySidAndAttributesArray(2, source, sizeof room, target, room, &next, &remaining), STATUS_SUCCESS);
  EXPECT_EQ(remaining, sizeof room - 28);
  EXPECT(next == room + 28);
  EXPECT(target[0].Sid == room && target[1].Sid == room + 12 && target[1].Attributes == 2);
  EXPECT(RtlEqualSid(target[1].Sid, admins));
  LUID_AND_ATTRIBUTES privileges[] = {{{5, 0}, 1}, {{6, 7}, 2}}, copy[2] = {};
  RtlCopyLuidAndAttributesArray(2, privileges, copy);
  EXPECT(copy[1].Luid.LowPart == 6 && copy[1].Luid.HighPart == 7 && copy[1].Attributes == 2);
}

KTEST(GenericRightsAreMapped) {
  GENERIC_MAPPING mapping = {0x1, 0x2, 0x4, 0xF};
  ACCESS_MASK mask = GENERIC_READ | GENERIC_EXECUTE | DELETE;
  RtlMapGenericMask(&mask, &mapping);
  EXPECT_EQ(mask, 0x5 | DELETE);
  mask = GENERIC_ALL;
  RtlMapGenericMask(&mask, &mapping);
  EXPECT_EQ(mask, 0xF);
}

KTEST(TimesBetweenTheirForms) {
  LARGE_INTEGER time;
  RtlSecondsSince1980ToTime(0, &time);
  EXPECT_EQ(time.QuadPart, 119600064000000000);
  ULONG seconds = 99;
  EXPECT(RtlTimeToSecondsSince1980(&time, &seconds));
  EXPECT_EQ(seconds, 0);
  time.QuadPart--;
  EXPECT(!RtlTimeToSecondsSince1980(&time, &seconds));
  RtlSecondsSince1980ToTime(MAXULONG, &time);
  EXPECT(RtlTimeToSecondsSince1980(&time, &seconds));
  EXPECT_EQ(seconds, MAXULONG);
  time.QuadPart += 10000000;
  EXPECT(!RtlTimeToSecondsSince1980(&time, &seconds));

  time.QuadPart = ((((3LL * 24 + 4) * 60 + 5) * 60 + 6) * 1000 + 7) * 10000;
  TIME_FIELDS fields;
  RtlTimeToElapsedTimeFields(&time, &fields);
  EXPECT(fields.Year == 0 && fields.Month == 0 && fields.Day == 3 && fields.Hour == 4 && fields.Minute == 5 && fields.Second == 6);
  EXPECT_EQ(fields.Milliseconds, 7);

  LARGE_INTEGER now, local, exact, system;
  KeQuerySystemTime(&now);
  ExSystemTimeToLocalTime(&now, &exact);
  EXPECT_EQ(RtlSystemTimeToLocalTime(&now, &local), STATUS_SUCCESS);
  EXPECT_EQ(local.QuadPart, exact.QuadPart);
  EXPECT_EQ(RtlLocalTimeToSystemTime(&local, &system), STATUS_SUCCESS);
  EXPECT_EQ(system.QuadPart, now.QuadPart);
  ExLocalTimeToSystemTime(&local, &system);
  EXPECT_EQ(system.QuadPart, now.QuadPart);
}

KTEST(AddressesAsWideText) {
  WCHAR text[70];
  IN_ADDR v4 = {}, back = {};
  v4.S_un.S_addr = 0x0100007F;
  ULONG length = 15;
  EXPECT_EQ(RtlIpv4AddressToStringExW(&v4, 0x5000, text, &length), STATUS_SUCCESS);
  EXPECT(Same(text, L"127.0.0.1:80"));
  EXPECT_EQ(length, 13);
  length = 12;
  EXPECT_EQ(RtlIpv4AddressToStringExW(&v4, 0x5000, text, &length), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(length, 13);
  PCWSTR end = nullptr;
  EXPECT_EQ(RtlIpv4StringToAddressW(L"10.1.2.3x", TRUE, &end, &back), STATUS_SUCCESS);
  EXPECT_EQ(back.S_un.S_addr, 0x0302010A);
  EXPECT_EQ(*end, L'x');
  EXPECT_EQ(RtlIpv4StringToAddressW(L"10.1.2", TRUE, &end, &back), STATUS_INVALID_PARAMETER);
  IN6_ADDR v6 = {};
  EXPECT_EQ(RtlIpv6StringToAddressW(L"fe80::1%4", &end, &v6), STATUS_SUCCESS);
  EXPECT_EQ(*end, L'%');
  EXPECT(RtlIpv6AddressToStringW(&v6, text) == text + 7);
  EXPECT(Same(text, L"fe80::1"));
  char narrow[66];
  length = sizeof narrow;
  EXPECT_EQ(RtlIpv6AddressToStringExA(&v6, 4, 0x5000, narrow, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, sizeof "[fe80::1%4]:80");
  DL_EUI48 mac = {{0x00, 0x1B, 0x44, 0x11, 0x3A, 0xB7}}, read = {};
  EXPECT(RtlEthernetAddressToStringW(&mac, text) == text + 17);
  EXPECT(Same(text, L"00-1B-44-11-3A-B7"));
  EXPECT_EQ(RtlEthernetStringToAddressW(text, &end, &read), STATUS_SUCCESS);
  EXPECT(RtlCompareMemory(&mac, &read, 6) == 6 && *end == 0);
  EXPECT_EQ(RtlEthernetStringToAddressW(L"00-1B-44", &end, &read), STATUS_INVALID_PARAMETER);
}

KTEST(NumbersThatAreAtoms) {
  WCHAR text[] = L"#49151", large[] = L"#49152", zero[] = L"#0", name[] = L"fish", mixed[] = L"#12x";
  RTL_ATOM atom = 0;
  EXPECT(RtlGetIntegerAtom(text, &atom));
  EXPECT_EQ(atom, 49151);
  EXPECT(RtlGetIntegerAtom((PWSTR)(ULONG_PTR)77, &atom));
  EXPECT_EQ(atom, 77);
  EXPECT(!RtlGetIntegerAtom(name, &atom));
  EXPECT(!RtlGetIntegerAtom(mixed, &atom));
  // A number out of range is a number all the same; it means no atom.
  EXPECT(RtlGetIntegerAtom(large, &atom));
  EXPECT_EQ(atom, 0xC000);
  EXPECT(RtlGetIntegerAtom(zero, &atom));
  EXPECT_EQ(atom, 0xC000);
}

KTEST(BitsOneByOne) {
  ULONG words[2] = {};
  RTL_BITMAP bitmap;
  RtlInitializeBitMap(&bitmap, words, 40);
  RtlSetBit(&bitmap, 33);
  EXPECT(RtlTestBit(&bitmap, 33));
  EXPECT(!RtlTestBit(&bitmap, 32));
  EXPECT(RtlCheckBit(&bitmap, 33));
  RtlClearBit(&bitmap, 33);
  EXPECT(RtlAreBitsClear(&bitmap, 0, 40));
  EXPECT_EQ(RtlNumberOfSetBitsUlongPtr(0xF0F0F0F0F0F0F0F1), 33);
}

KTEST(DevicesOfVolumesHaveLetters) {
  UNICODE_STRING path = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1"), letter = {};
  PFILE_OBJECT file;
  PDEVICE_OBJECT device;
  REQUIRE(NT_SUCCESS(IoGetDeviceObjectPointer(&path, FILE_READ_ATTRIBUTES, &file, &device)));
  EXPECT(file->FileName.Length == 0 && device == file->DeviceObject);
  EXPECT_EQ(RtlVolumeDeviceToDosName(file->DeviceObject, &letter), STATUS_SUCCESS);
  EXPECT(letter.Length == 4 && letter.Buffer[0] == L'C' && letter.Buffer[1] == L':');
  if (letter.Buffer) ExFreePool(letter.Buffer);
  ObDereferenceObject(file);
}

KTEST(RaisedStatusesAreCaught) {
  __try {
    RtlRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
  } __except (GetExceptionCode() == STATUS_DATATYPE_MISALIGNMENT ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
    return;
  }
  EXPECT(!"raised");
}
