// The smaller families of the run-time library: checksums, UTF-8 strings, what the system is, locally unique identifiers, more of security.
#pragma once

#include "nt/rtl.h"
#include "nt/se.h"

using PUTF8_STRING = STRING*;
using PCUTF8_STRING = const STRING*;

/// A set of SIDs with hashes of their last sub-authority's halves (ntifs.h): bit i of a hash entry says that SID i has that half.
struct SID_AND_ATTRIBUTES_HASH {
  ULONG SidCount;
  PSID_AND_ATTRIBUTES SidAttr;
  ULONG_PTR Hash[32];
};
using PSID_AND_ATTRIBUTES_HASH = SID_AND_ATTRIBUTES_HASH*;
NT_SIZE(SID_AND_ATTRIBUTES_HASH, 0x110);
NT_OFFSET(SID_AND_ATTRIBUTES_HASH, SidAttr, 0x8);
NT_OFFSET(SID_AND_ATTRIBUTES_HASH, Hash, 0x10);

// The exports; the API specification has the meaning of their parameters.
extern "C" {

// ---- checksums, memory, bits --------------------------------------------------------------------------------------------

/// CRC-32 of a buffer, from that of what is before it (0: nothing). Any IRQL.
ULONG RtlComputeCrc32(ULONG PartialCrc, PVOID Buffer, ULONG Length);
/// CRC-32 of a buffer, from that of what is before it (0: nothing). Any IRQL.
ULONG RtlCrc32(const void* Buffer, SIZE_T Size, ULONG InitialCrc);
/// CRC-64 of a buffer, from that of what is before it (0: nothing). Any IRQL.
ULONGLONG RtlCrc64(const void* Buffer, SIZE_T Size, ULONGLONG InitialCrc);
/// Copies memory past the caches. Any IRQL.
VOID RtlCopyMemoryNonTemporal(PVOID Destination, const void* Source, SIZE_T Length);
/// Hints that memory will be read once. Any IRQL.
VOID RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length);
/// Whether memory holds zeros only. Any IRQL.
BOOLEAN RtlIsZeroMemory(PVOID Buffer, SIZE_T Length);
/// The number of bits that are 1 among `Length` from `StartingIndex` on; all ones if the range is outside. Any IRQL.
ULONG RtlNumberOfSetBitsInRange(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
/// The number of bits that are 0 in a range; all ones if the range is outside. Any IRQL.
ULONG RtlNumberOfClearBitsInRange(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);

// ---- text ---------------------------------------------------------------------------------------------------------------

/// Makes a string structure of a terminated UTF-8 string. Any IRQL.
VOID RtlInitUTF8String(PUTF8_STRING DestinationString, PCSTR SourceString);
/// The same; STATUS_NAME_TOO_LONG if it is too long. Any IRQL.
NTSTATUS RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSTR SourceString);
/// Converts to UTF-16, allocating the result if asked. STATUS_BUFFER_OVERFLOW, STATUS_NO_MEMORY, STATUS_INVALID_PARAMETER_2. PASSIVE_LEVEL.
NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString, BOOLEAN AllocateDestinationString);
/// Converts to UTF-8, allocating the result if asked. Statuses as above. PASSIVE_LEVEL.
NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
/// Frees what a conversion to UTF-8 allocated. PASSIVE_LEVEL.
VOID RtlFreeUTF8String(PUTF8_STRING Utf8String);
/// Writes a number in base 0 (10), 2, 8, 10 or 16, terminated if there is room. STATUS_BUFFER_OVERFLOW, STATUS_INVALID_PARAMETER. Any IRQL.
NTSTATUS RtlIntegerToUnicode(ULONG Value, ULONG Base, LONG OutputLength, PWSTR String);
/// Reads a number with a sign and a prefix 0x, 0o, 0b; base 0 follows the prefix. *EndPointer: where it ended. PASSIVE_LEVEL.
NTSTATUS RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, LONGLONG* Number, PWSTR* EndPointer);
/// Whether a character survives the OEM code page; it becomes what it survives as. PASSIVE_LEVEL.
BOOLEAN RtlIsValidOemCharacter(PWCHAR Char);

// ---- what the system is -------------------------------------------------------------------------------------------------

/// The ANSI and OEM code pages. Any IRQL.
VOID RtlGetDefaultCodePage(PUSHORT AnsiCodePage, PUSHORT OemCodePage);
/// NT's global flags. Any IRQL.
ULONG RtlGetNtGlobalFlags();
/// The product suites, as RtlGetVersion tells them. Any IRQL.
ULONG RtlGetSuiteMask();
/// The kind of the product: 1, a workstation. Returns TRUE. Any IRQL.
BOOLEAN RtlGetNtProductType(PULONG ProductType);
/// The edition for the version a caller knows; FALSE, and 0, for a version before 6. PASSIVE_LEVEL.
BOOLEAN RtlGetProductInfo(ULONG OSMajorVersion, ULONG OSMinorVersion, ULONG SpMajorVersion, ULONG SpMinorVersion,
                          PULONG ReturnedProductType);
/// Whether the system keeps its state apart from its files: FALSE. PASSIVE_LEVEL.
BOOLEAN RtlIsStateSeparationEnabled();
/// Whether the edition is for many users at once: FALSE. Any IRQL.
BOOLEAN RtlIsMultiSessionSku();
/// The session of the console: 1. Any IRQL.
ULONG RtlGetActiveConsoleId();
/// The flags of elevation: 1 enabled, 2 virtualized, 4 installers detected. Any IRQL.
NTSTATUS RtlQueryElevationFlags(PULONG Flags);

// ---- security -----------------------------------------------------------------------------------------------------------

/// Copies a LUID. Any IRQL.
VOID RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid);
/// Whether two LUIDs are equal. Any IRQL.
BOOLEAN RtlEqualLuid(PLUID Luid1, PLUID Luid2);
/// Copies an array of LUIDs. Any IRQL.
VOID RtlCopyLuidAndAttributesArray(ULONG Count, PLUID_AND_ATTRIBUTES Src, PLUID_AND_ATTRIBUTES Dest);
/// Copies an array of SIDs, and the SIDs behind each other to `TargetSidBuffer`. STATUS_BUFFER_TOO_SMALL. IRQL <= DISPATCH_LEVEL.
NTSTATUS RtlCopySidAndAttributesArray(ULONG Count, PSID_AND_ATTRIBUTES Src, ULONG SidAreaSize, PSID_AND_ATTRIBUTES Dest, PSID SidArea,
                                      PSID* RemainingSidArea, PULONG RemainingSidAreaSize);
/// Whether every right asked for is granted. Any IRQL.
BOOLEAN RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
/// Whether a right asked for is granted. Any IRQL.
BOOLEAN RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
/// The first entry of a type from *Index on, or null; *Index, if there is one, becomes its place. IRQL <= DISPATCH_LEVEL.
PVOID RtlFindAceByType(PACL Acl, UCHAR AceType, PULONG Index);
/// Whether an entry speaks of the owner's rights (S-1-3-4) and is not for inheriting only. IRQL <= DISPATCH_LEVEL.
BOOLEAN RtlOwnerAcesPresent(PACL Acl);
/// Puts a SID of the same length in another's place: owner, group and entries of a self-relative or absolute descriptor. PASSIVE_LEVEL.
NTSTATUS RtlReplaceSidInSd(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID OldSid, PSID NewSid, PULONG NumChanges);
/// Makes a self-relative descriptor absolute in its place. STATUS_BAD_DESCRIPTOR_FORMAT; STATUS_BUFFER_TOO_SMALL: *BufferSize becomes what
/// is needed. PASSIVE_LEVEL.
NTSTATUS RtlSelfRelativeToAbsoluteSD2(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor, PULONG BufferSize);
/// Hashes a set of SIDs for RtlSidHashLookup. STATUS_INVALID_PARAMETER. Any IRQL.
NTSTATUS RtlSidHashInitialize(PSID_AND_ATTRIBUTES SidAttr, ULONG SidCount, PSID_AND_ATTRIBUTES_HASH SidAttrHash);
/// The entry of a SID in a hashed set, or null. Any IRQL.
PSID_AND_ATTRIBUTES RtlSidHashLookup(PSID_AND_ATTRIBUTES_HASH SidAttrHash, PSID Sid);
/// Makes a SID of up to 8 sub-authorities in pool. STATUS_INVALID_SID, STATUS_NO_MEMORY. IRQL <= APC_LEVEL.
NTSTATUS RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount, ULONG SubAuthority0,
                                     ULONG SubAuthority1, ULONG SubAuthority2, ULONG SubAuthority3, ULONG SubAuthority4,
                                     ULONG SubAuthority5, ULONG SubAuthority6, ULONG SubAuthority7, PSID* Sid);
/// Frees such a SID; returns null. IRQL <= APC_LEVEL.
PVOID RtlFreeSid(PSID Sid);
/// The authority within a SID. Any IRQL.
PSID_IDENTIFIER_AUTHORITY RtlIdentifierAuthoritySid(PSID Sid);
/// Whether two SIDs are equal but for the last sub-authority. Any IRQL.
BOOLEAN RtlEqualPrefixSid(PSID Sid1, PSID Sid2);
/// The status for an error of a security package (SEC_E_...); another value is itself. Any IRQL.
NTSTATUS RtlMapSecurityErrorToNtStatus(ULONG SecurityError);

}  // extern "C"
