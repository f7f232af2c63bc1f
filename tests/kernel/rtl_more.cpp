// The smaller families of the run-time library: checksums, atoms, UTF-8 strings, identifiers, sets of SIDs.
#include "ktest.h"

using namespace ktest;

KTEST(Checksums) {
  char text[] = "123456789";
  EXPECT_EQ(RtlComputeCrc32(0, text, 9), 0xCBF43926);
  EXPECT_EQ(RtlComputeCrc32(RtlComputeCrc32(0, text, 4), text + 4, 5), 0xCBF43926);
  EXPECT_EQ(RtlCrc32(text, 9, 0), 0xCBF43926);
  EXPECT_EQ(RtlCrc64(text, 9, 0), 0xAE8B14860A799888);
  EXPECT_EQ(RtlCrc64(text + 4, 5, RtlCrc64(text, 4, 0)), 0xAE8B14860A799888);
}

KTEST(MemoryAndBits) {
  ULONG words[4] = {};
  EXPECT(RtlIsZeroMemory(words, sizeof words));
  words[3] = 0x80000000;
  EXPECT(!RtlIsZeroMemory(words, sizeof words));
  RTL_BITMAP map;
  RtlInitializeBitMap(&map, words, 128);
  RtlSetBits(&map, 30, 40);
  EXPECT_EQ(RtlNumberOfSetBitsInRange(&map, 0, 128), 41);
  EXPECT_EQ(RtlNumberOfSetBitsInRange(&map, 32, 10), 10);
  EXPECT_EQ(RtlNumberOfClearBitsInRange(&map, 60, 20), 10);
  EXPECT_EQ(RtlNumberOfSetBitsInRange(&map, 120, 9), MAXULONG);
  ULONG copy[4];
  RtlCopyMemoryNonTemporal(copy, words, sizeof copy);
  EXPECT(RtlEqualMemory(copy, words, sizeof copy));
}

// ---- atoms ----

KTEST(AtomsAreCounted) {
  PVOID table = nullptr;
  REQUIRE(RtlCreateAtomTable(0, &table) == STATUS_SUCCESS);
  PVOID const same = table;
  EXPECT_EQ(RtlCreateAtomTable(100, &table), STATUS_SUCCESS);
  EXPECT(table == same);
  RTL_ATOM first = 0, second = 0;
  EXPECT_EQ(RtlLookupAtomInAtomTable(table, (PWSTR)L"Name", &first), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"Name", &first), STATUS_SUCCESS);
  EXPECT_EQ(first, 0xC000);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"NAME", &second), STATUS_SUCCESS);
  EXPECT_EQ(first, second);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"Other", &second), STATUS_SUCCESS);
  EXPECT_EQ(second, 0xC001);

  ULONG usage = 0, flags = 9;
  WCHAR name[8];
  ULONG length = sizeof name;
  EXPECT_EQ(RtlQueryAtomInAtomTable(table, first, &usage, &flags, name, &length), STATUS_SUCCESS);
  EXPECT_EQ(usage, 2);
  EXPECT_EQ(flags, 0);
  EXPECT_EQ(length, 8);
  EXPECT(wcscmp(name, L"Name") == 0);
  length = 6;
  EXPECT_EQ(RtlQueryAtomInAtomTable(table, first, nullptr, nullptr, name, &length), STATUS_SUCCESS);
  EXPECT(wcscmp(name, L"Na") == 0);
  EXPECT_EQ(length, 4);
  length = 0;
  EXPECT_EQ(RtlQueryAtomInAtomTable(table, first, nullptr, nullptr, name, &length), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(length, 8);

  EXPECT_EQ(RtlDeleteAtomFromAtomTable(table, first), STATUS_SUCCESS);
  EXPECT_EQ(RtlLookupAtomInAtomTable(table, (PWSTR)L"name", &second), STATUS_SUCCESS);
  EXPECT_EQ(RtlDeleteAtomFromAtomTable(table, first), STATUS_SUCCESS);
  EXPECT_EQ(RtlDeleteAtomFromAtomTable(table, first), STATUS_INVALID_HANDLE);
  EXPECT_EQ(RtlQueryAtomInAtomTable(table, first, nullptr, nullptr, nullptr, nullptr), STATUS_INVALID_HANDLE);
  EXPECT_EQ(RtlDestroyAtomTable(table), STATUS_SUCCESS);
}

KTEST(PinnedAtomsStay) {
  PVOID table = nullptr;
  REQUIRE(RtlCreateAtomTable(37, &table) == STATUS_SUCCESS);
  RTL_ATOM pinned, loose;
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"pinned", &pinned), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"loose", &loose), STATUS_SUCCESS);
  EXPECT_EQ(RtlPinAtomInAtomTable(table, pinned), STATUS_SUCCESS);
  EXPECT_EQ(RtlPinAtomInAtomTable(table, 0xCFFF), STATUS_INVALID_HANDLE);
  EXPECT_EQ(RtlDeleteAtomFromAtomTable(table, pinned), STATUS_WAS_LOCKED);
  EXPECT_EQ(RtlEmptyAtomTable(table, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(RtlLookupAtomInAtomTable(table, (PWSTR)L"pinned", &pinned), STATUS_SUCCESS);
  EXPECT_EQ(RtlLookupAtomInAtomTable(table, (PWSTR)L"loose", &loose), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(RtlEmptyAtomTable(table, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(RtlLookupAtomInAtomTable(table, (PWSTR)L"pinned", &pinned), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(RtlDestroyAtomTable(table), STATUS_SUCCESS);
}

KTEST(NumbersAreAtoms) {
  PVOID table = nullptr;
  REQUIRE(RtlCreateAtomTable(37, &table) == STATUS_SUCCESS);
  RTL_ATOM atom = 0;
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)0x123, &atom), STATUS_SUCCESS);
  EXPECT_EQ(atom, 0x123);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"#123", &atom), STATUS_SUCCESS);
  EXPECT_EQ(atom, 123);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"#12a", &atom), STATUS_SUCCESS);
  EXPECT_EQ(atom, 0xC000);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"#0", &atom), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)0xC000, &atom), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlAddAtomToAtomTable(table, (PWSTR)L"", &atom), STATUS_OBJECT_NAME_INVALID);
  static WCHAR longest[257];
  for (ULONG i = 0; i < 256; ++i) longest[i] = L'a';
  EXPECT_EQ(RtlAddAtomToAtomTable(table, longest, &atom), STATUS_INVALID_PARAMETER);
  longest[255] = 0;
  EXPECT_EQ(RtlAddAtomToAtomTable(table, longest, &atom), STATUS_SUCCESS);
  WCHAR name[8];
  ULONG usage, flags, length = sizeof name;
  EXPECT_EQ(RtlQueryAtomInAtomTable(table, 4711, &usage, &flags, name, &length), STATUS_SUCCESS);
  EXPECT(wcscmp(name, L"#4711") == 0);
  EXPECT_EQ(length, 10);
  EXPECT_EQ(usage, 1);
  EXPECT_EQ(flags, 1);
  EXPECT_EQ(RtlDeleteAtomFromAtomTable(table, 4711), STATUS_SUCCESS);
  EXPECT_EQ(RtlDestroyAtomTable(table), STATUS_SUCCESS);
}

// ---- text ----

KTEST(Utf8Strings) {
  UTF8_STRING utf8;
  RtlInitUTF8String(&utf8, "Gr\xC3\xBC\xC3\x9F\x65 \xF0\x9F\x98\x80");
  EXPECT_EQ(utf8.Length, 12);
  UNICODE_STRING wide;
  EXPECT_EQ(RtlUTF8StringToUnicodeString(&wide, &utf8, TRUE), STATUS_SUCCESS);
  EXPECT_EQ(wide.Length, 16);
  EXPECT_EQ(wide.MaximumLength, 18);
  EXPECT_EQ(wide.Buffer[2], 0xFC);
  UTF8_STRING back;
  EXPECT_EQ(RtlUnicodeStringToUTF8String(&back, &wide, TRUE), STATUS_SUCCESS);
  EXPECT(RtlEqualString(&back, &utf8, FALSE));
  RtlFreeUTF8String(&back);
  EXPECT(back.Buffer == nullptr);
  WCHAR small[3];
  UNICODE_STRING few{0, sizeof small, small};
  EXPECT_EQ(RtlUTF8StringToUnicodeString(&few, &utf8, FALSE), STATUS_BUFFER_OVERFLOW);
  RtlFreeUnicodeString(&wide);
}

KTEST(NumbersAsText) {
  WCHAR text[12];
  EXPECT_EQ(RtlIntegerToUnicode(255, 16, 12, text), STATUS_SUCCESS);
  EXPECT(wcscmp(text, L"FF") == 0);
  EXPECT_EQ(RtlIntegerToUnicode(42, 10, -5, text), STATUS_SUCCESS);
  EXPECT(wcsncmp(text, L"00042", 5) == 0);
  EXPECT_EQ(RtlIntegerToUnicode(12345, 10, 4, text), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(RtlIntegerToUnicode(1, 7, 4, text), STATUS_INVALID_PARAMETER);

  LONG64 number = 0;
  PWSTR end = nullptr;
  UNICODE_STRING string = RTL_CONSTANT_STRING(L"  -0x10z");
  EXPECT_EQ(RtlUnicodeStringToInt64(&string, 0, &number, &end), STATUS_SUCCESS);
  EXPECT_EQ(number, -16);
  EXPECT_EQ(*end, L'z');
  RtlInitUnicodeString(&string, L"9223372036854775808");
  EXPECT_EQ(RtlUnicodeStringToInt64(&string, 10, &number, nullptr), STATUS_INTEGER_OVERFLOW);
  RtlInitUnicodeString(&string, L"-9223372036854775808");
  EXPECT_EQ(RtlUnicodeStringToInt64(&string, 10, &number, nullptr), STATUS_SUCCESS);
  EXPECT_EQ(number, MINLONG64);
  EXPECT_EQ(RtlUnicodeStringToInt64(&string, 3, &number, nullptr), STATUS_INVALID_PARAMETER);
}

KTEST(WhatTheSystemIs) {
  ULONG product = 0, type = 0;
  EXPECT(RtlGetProductInfo(10, 0, 0, 0, &product));
  EXPECT_EQ(product, 0x30);
  EXPECT(!RtlGetProductInfo(5, 1, 0, 0, &product));
  EXPECT(RtlGetNtProductType(&type));
  EXPECT_EQ(type, VER_NT_WORKSTATION);
  USHORT ansi, oem;
  RtlGetDefaultCodePage(&ansi, &oem);
  EXPECT_EQ(ansi, 1252);
  EXPECT_EQ(oem, 437);
  EXPECT(!RtlIsStateSeparationEnabled());
}

// ---- security ----

KTEST(SidsOfTheirOwn) {
  SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
  PSID first, second;
  REQUIRE(RtlAllocateAndInitializeSid(&authority, 3, 21, 7, 500, 0, 0, 0, 0, 0, &first) == STATUS_SUCCESS);
  REQUIRE(RtlAllocateAndInitializeSid(&authority, 3, 21, 7, 501, 0, 0, 0, 0, 0, &second) == STATUS_SUCCESS);
  EXPECT_EQ(RtlAllocateAndInitializeSid(&authority, 9, 0, 0, 0, 0, 0, 0, 0, 0, &first), STATUS_INVALID_SID);
  EXPECT_EQ(*RtlSubAuthoritySid(first, 2), 500);
  EXPECT_EQ(RtlIdentifierAuthoritySid(first)->Value[5], 5);
  EXPECT(!RtlEqualSid(first, second));
  EXPECT(RtlEqualPrefixSid(first, second));

  SID_AND_ATTRIBUTES set[2] = {{first, 1}, {second, 2}};
  SID_AND_ATTRIBUTES_HASH hash;
  EXPECT_EQ(RtlSidHashInitialize(set, 2, &hash), STATUS_SUCCESS);
  EXPECT(RtlSidHashLookup(&hash, second) == &set[1]);
  EXPECT_EQ(RtlSidHashInitialize(set, 1, &hash), STATUS_SUCCESS);
  EXPECT(RtlSidHashLookup(&hash, second) == nullptr);
  EXPECT_EQ(RtlSidHashInitialize(nullptr, 0, nullptr), STATUS_INVALID_PARAMETER);
  EXPECT(RtlFreeSid(first) == nullptr);
  RtlFreeSid(second);
}

KTEST(EntriesAndDescriptors) {
  SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
  PSID old_sid, new_sid;
  RtlAllocateAndInitializeSid(&authority, 1, 18, 0, 0, 0, 0, 0, 0, 0, &old_sid);
  RtlAllocateAndInitializeSid(&authority, 1, 19, 0, 0, 0, 0, 0, 0, 0, &new_sid);
  UCHAR memory[256];
  PACL const acl = reinterpret_cast<PACL>(memory);
  RtlCreateAcl(acl, sizeof memory, ACL_REVISION);
  RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, old_sid);
  RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, old_sid);
  ULONG index = 1;
  PVOID const second = RtlFindAceByType(acl, ACCESS_ALLOWED_ACE_TYPE, &index);
  REQUIRE(second != nullptr);
  EXPECT_EQ(index, 1);
  EXPECT_EQ(static_cast<PACCESS_ALLOWED_ACE>(second)->Mask, GENERIC_ALL);
  EXPECT(RtlFindAceByType(acl, ACCESS_DENIED_ACE_TYPE, nullptr) == nullptr);
  EXPECT(!RtlOwnerAcesPresent(acl));

  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetOwnerSecurityDescriptor(&descriptor, old_sid, FALSE);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
  UCHAR relative[512];
  ULONG size = sizeof relative;
  REQUIRE(RtlAbsoluteToSelfRelativeSD(&descriptor, relative, &size) == STATUS_SUCCESS);
  ULONG changes = 0;
  EXPECT_EQ(RtlReplaceSidInSd(relative, old_sid, new_sid, &changes), STATUS_SUCCESS);
  EXPECT_EQ(changes, 3);

  ULONG room = size;
  EXPECT_EQ(RtlSelfRelativeToAbsoluteSD2(relative, &room), STATUS_BUFFER_TOO_SMALL);
  EXPECT(room > size);
  EXPECT_EQ(RtlSelfRelativeToAbsoluteSD2(relative, &room), STATUS_SUCCESS);
  PSID owner = nullptr;
  BOOLEAN defaulted;
  EXPECT_EQ(RtlGetOwnerSecurityDescriptor(relative, &owner, &defaulted), STATUS_SUCCESS);
  EXPECT(RtlEqualSid(owner, new_sid));
  EXPECT_EQ(RtlSelfRelativeToAbsoluteSD2(relative, &room), STATUS_BAD_DESCRIPTOR_FORMAT);
  RtlFreeSid(old_sid);
  RtlFreeSid(new_sid);
}

KTEST(IdentifiersAndRights) {
  LUID one = {1, 2}, two;
  RtlCopyLuid(&two, &one);
  EXPECT(RtlEqualLuid(&one, &two));
  two.HighPart = 3;
  EXPECT(!RtlEqualLuid(&one, &two));
  EXPECT(RtlAreAllAccessesGranted(7, 5));
  EXPECT(!RtlAreAllAccessesGranted(7, 9));
  EXPECT(RtlAreAnyAccessesGranted(7, 9));
  EXPECT(!RtlAreAnyAccessesGranted(7, 8));
  EXPECT_EQ(RtlMapSecurityErrorToNtStatus(0x8009030C), STATUS_LOGON_FAILURE);
  EXPECT_EQ(RtlMapSecurityErrorToNtStatus(0x12345), 0x12345);
}

KTEST(EntriesThatDenyAndAudit) {
  SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
  UCHAR sid[SECURITY_MAX_SID_SIZE], memory[128];
  EXPECT_EQ(RtlInitializeSidEx(sid, &authority, 2, 32, 544), STATUS_SUCCESS);
  EXPECT_EQ(*RtlSubAuthoritySid(sid, 1), 544);
  EXPECT_EQ(RtlInitializeSidEx(sid, &authority, 16), STATUS_INVALID_PARAMETER);
  PACL const acl = reinterpret_cast<PACL>(memory);
  RtlCreateAcl(acl, sizeof memory, ACL_REVISION);
  EXPECT_EQ(RtlAddAccessDeniedAceEx(acl, ACL_REVISION, CONTAINER_INHERIT_ACE, GENERIC_WRITE, sid), STATUS_SUCCESS);
  EXPECT_EQ(RtlAddAuditAccessAce(acl, ACL_REVISION, GENERIC_READ, sid, TRUE, FALSE), STATUS_SUCCESS);
  PACE_HEADER ace = nullptr;
  EXPECT_EQ(RtlGetAce(acl, 0, reinterpret_cast<PVOID*>(&ace)), STATUS_SUCCESS);
  EXPECT_EQ(ace->AceType, ACCESS_DENIED_ACE_TYPE);
  EXPECT_EQ(ace->AceFlags, CONTAINER_INHERIT_ACE);
  EXPECT_EQ(RtlGetAce(acl, 1, reinterpret_cast<PVOID*>(&ace)), STATUS_SUCCESS);
  EXPECT_EQ(ace->AceType, SYSTEM_AUDIT_ACE_TYPE);
  EXPECT_EQ(ace->AceFlags, SUCCESSFUL_ACCESS_ACE_FLAG);
}

KTEST(ControlBitsOfDescriptors) {
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  EXPECT_EQ(RtlSetControlSecurityDescriptor(&descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED), STATUS_SUCCESS);
  EXPECT_EQ(descriptor.Control, SE_DACL_PROTECTED);
  EXPECT_EQ(RtlSetControlSecurityDescriptor(&descriptor, SE_DACL_PRESENT, SE_DACL_PRESENT), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlSetControlSecurityDescriptor(&descriptor, SE_DACL_PROTECTED, 0), STATUS_SUCCESS);
  EXPECT_EQ(descriptor.Control, 0);
  SECURITY_DESCRIPTOR_RELATIVE relative;
  EXPECT_EQ(RtlCreateSecurityDescriptorRelative((PISECURITY_DESCRIPTOR_RELATIVE)&relative, 2), STATUS_UNKNOWN_REVISION);
  EXPECT_EQ(RtlCreateSecurityDescriptorRelative((PISECURITY_DESCRIPTOR_RELATIVE)&relative, 1), STATUS_SUCCESS);
  EXPECT_EQ(relative.Control, SE_SELF_RELATIVE);
}

KTEST(BitsAreCopied) {
  ULONG from_bits[2] = {0xF0F0, 0}, to_bits[2] = {0, 0};
  RTL_BITMAP from, to;
  RtlInitializeBitMap(&from, from_bits, 16);
  RtlInitializeBitMap(&to, to_bits, 40);
  RtlCopyBitMap(&from, &to, 20);
  EXPECT_EQ(to_bits[0], 0x0F000000);
  EXPECT_EQ(to_bits[1], 0xF);
  RtlClearAllBits(&to);
  RtlExtractBitMap(&from, &to, 4, 6);
  EXPECT_EQ(to_bits[0], 0xF);
}

KTEST(LengthsOfMemoryResources) {
  IO_RESOURCE_DESCRIPTOR io = {};
  ULONGLONG alignment, minimum, maximum, start;
  EXPECT_EQ(RtlIoEncodeMemIoResource(&io, CmResourceTypeMemory, 0x1000, 0x1000, 0, 0xFFFFFFFF), STATUS_SUCCESS);
  EXPECT_EQ(io.Type, CmResourceTypeMemory);
  EXPECT_EQ(io.u.Memory.Length, 0x1000);
  EXPECT_EQ(RtlIoEncodeMemIoResource(&io, CmResourceTypeMemory, 0x4000000000, 0x1000, 0, MAXULONGLONG), STATUS_SUCCESS);
  EXPECT_EQ(io.Type, CmResourceTypeMemoryLarge);
  EXPECT_EQ(io.Flags, CM_RESOURCE_MEMORY_LARGE_40);
  EXPECT_EQ(RtlIoDecodeMemIoResource(&io, &alignment, &minimum, &maximum), 0x4000000000);
  EXPECT_EQ(alignment, 0x1000);
  EXPECT_EQ(maximum, -1);
  EXPECT_EQ(RtlIoEncodeMemIoResource(&io, CmResourceTypePort, 0x4000000000, 1, 0, 0), STATUS_UNSUCCESSFUL);
  EXPECT_EQ(RtlIoEncodeMemIoResource(&io, CmResourceTypeInterrupt, 1, 1, 0, 0), STATUS_INVALID_PARAMETER);
  CM_PARTIAL_RESOURCE_DESCRIPTOR cm = {};
  EXPECT_EQ(RtlCmEncodeMemIoResource(&cm, CmResourceTypeMemory, 0x1000000000000, 0xC0000000), STATUS_SUCCESS);
  EXPECT_EQ(cm.Flags, CM_RESOURCE_MEMORY_LARGE_64);
  EXPECT_EQ(RtlCmDecodeMemIoResource(&cm, &start), 0x1000000000000);
  EXPECT_EQ(start, 0xC0000000);
  ULONGLONG length;
  EXPECT_EQ(RtlFindClosestEncodableLength(0x100000001, &length), STATUS_SUCCESS);
  EXPECT_EQ(length, 0x100000100);
  EXPECT_EQ(RtlFindClosestEncodableLength(MAXULONGLONG, &length), STATUS_UNSUCCESSFUL);
}

KTEST(HeapsOfDrivers) {
  PVOID const heap = RtlCreateHeap(HEAP_GROWABLE, nullptr, 0, 0, nullptr, nullptr);
  REQUIRE(heap != nullptr);
  auto* const block = static_cast<UCHAR*>(RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100));
  REQUIRE(block != nullptr);
  EXPECT(RtlIsZeroMemory(block, 100));
  EXPECT_EQ(RtlSizeHeap(heap, 0, block), 100);
  EXPECT(RtlFreeHeap(heap, 0, block));
  EXPECT(RtlAllocateHeap(heap, 0, 10000) != nullptr);
  EXPECT(RtlFreeHeap(heap, 0, nullptr));
  EXPECT(RtlDestroyHeap(heap) == nullptr);
}

// ---- short names ----

namespace {
bool IsShort(const wchar_t* name, BOOLEAN* spaces = nullptr) {
  UNICODE_STRING string;
  RtlInitUnicodeString(&string, name);
  return RtlIsNameLegalDOS8Dot3(&string, nullptr, spaces);
}

bool NextShortName(const wchar_t* name, GENERATE_NAME_CONTEXT* context, const wchar_t* expected) {
  WCHAR buffer[12];
  UNICODE_STRING string, made{0, sizeof buffer, buffer}, wanted;
  RtlInitUnicodeString(&string, name);
  RtlInitUnicodeString(&wanted, expected);
  RtlGenerate8dot3Name(&string, FALSE, context, &made);
  return RtlEqualUnicodeString(&made, &wanted, FALSE);
}
}  // namespace

KTEST(WhatAShortNameIs) {
  static const wchar_t* const legal[] = {L"a", L"FILE.TXT", L"12345678.123", L".", L"..", L"a b.c", L"readme", L"x~1"};
  for (const wchar_t* name : legal) EXPECT(IsShort(name));
  static const wchar_t* const illegal[] = {L"", L"123456789", L"a.1234", L".a", L"a.", L"a.b.c", L"a+b", L"a ", L"a .b", L"a*"};
  for (const wchar_t* name : illegal) EXPECT(!IsShort(name));
  BOOLEAN spaces = FALSE;
  EXPECT(IsShort(L"a b", &spaces));
  EXPECT(spaces);
  CHAR buffer[12];
  OEM_STRING oem{0, sizeof buffer, buffer};
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"name.ext");
  EXPECT(RtlIsNameLegalDOS8Dot3(&name, &oem, nullptr));
  EXPECT_EQ(oem.Length, 8);
  EXPECT(RtlEqualMemory(buffer, "NAME.EXT", 8));
}

KTEST(ShortNamesAreMadeOneAfterTheOther) {
  GENERATE_NAME_CONTEXT context = {};
  EXPECT(NextShortName(L"A long name.text", &context, L"ALONGN~1.TEX"));
  EXPECT(NextShortName(L"A long name.text", &context, L"ALONGN~2.TEX"));
  EXPECT(NextShortName(L"A long name.text", &context, L"ALONGN~3.TEX"));
  EXPECT(NextShortName(L"A long name.text", &context, L"ALONGN~4.TEX"));
  EXPECT(!context.CheckSumInserted);
  EXPECT(!NextShortName(L"A long name.text", &context, L"ALONGN~5.TEX"));
  EXPECT(context.CheckSumInserted);
  EXPECT_EQ(context.LastIndexValue, 1);
  EXPECT_EQ(context.NameLength, 6);

  context = {};
  EXPECT(NextShortName(L"..with+plus", &context, L"WITH_P~1"));
  context = {};
  EXPECT(NextShortName(L"many.dots.in.it", &context, L"MANYDO~1.IT"));
  // Of a short beginning nothing but the checksum tells names apart.
  context = {};
  EXPECT(!NextShortName(L"ab.longer", &context, L"AB~1.LON"));
  EXPECT(context.CheckSumInserted);
}

// ---- features and state ----

extern "C" {
NTSYSAPI NTSTATUS NTAPI RtlQueryFeatureConfiguration(ULONG, ULONG, PULONG64, PVOID);
NTSYSAPI ULONG64 NTAPI RtlQueryFeatureConfigurationChangeStamp();
NTSYSAPI NTSTATUS NTAPI RtlRegisterFeatureConfigurationChangeNotification(PVOID, PVOID, PULONG64, PVOID*);
NTSYSAPI NTSTATUS NTAPI RtlUnregisterFeatureConfigurationChangeNotification(PVOID);
NTSYSAPI NTSTATUS NTAPI RtlGetPersistedStateLocation(PCWSTR, PCWSTR, PCWSTR, ULONG, PWCHAR, ULONG, PULONG);
}

KTEST(NoFeatureIsConfigured) {
  ULONG64 stamp = 0;
  UCHAR configuration[32];
  EXPECT_EQ(RtlQueryFeatureConfiguration(4711, 0, &stamp, configuration), STATUS_NOT_FOUND);
  EXPECT_EQ(stamp, RtlQueryFeatureConfigurationChangeStamp());
  EXPECT_EQ(RtlQueryFeatureConfiguration(4711, 2, &stamp, configuration), STATUS_INVALID_PARAMETER);
  PVOID registration = nullptr;
  EXPECT_EQ(RtlRegisterFeatureConfigurationChangeNotification(configuration, nullptr, nullptr, &registration), STATUS_SUCCESS);
  EXPECT_EQ(RtlUnregisterFeatureConfigurationChangeNotification(registration), STATUS_SUCCESS);
}

KTEST(StateIsWhereItsOwnerHasIt) {
  WCHAR path[8];
  ULONG length = 0;
  EXPECT_EQ(RtlGetPersistedStateLocation(L"Id", nullptr, L"C:\\Data", 1, nullptr, 0, &length), STATUS_BUFFER_OVERFLOW);
  EXPECT_EQ(length, 16);
  EXPECT_EQ(RtlGetPersistedStateLocation(L"Id", nullptr, L"C:\\Data", 1, path, sizeof path, &length), STATUS_SUCCESS);
  EXPECT(wcscmp(path, L"C:\\Data") == 0);
  EXPECT_EQ(RtlGetPersistedStateLocation(L"Id", nullptr, nullptr, 1, path, sizeof path, &length), STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(RtlGetPersistedStateLocation(L"Id", nullptr, L"x", 2, path, sizeof path, &length), STATUS_INVALID_PARAMETER);
}
