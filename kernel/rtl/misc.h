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
/// Makes a SID with the sub-authorities that follow. STATUS_INVALID_PARAMETER: more than 15. Any IRQL.
NTSTATUS RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount,
                            const ULONG_PTR* SubAuthorities);
/// The bytes of a SID's text with its terminator, at most. STATUS_INVALID_SID. Any IRQL.
NTSTATUS RtlLengthSidAsUnicodeString(PSID Sid, PULONG StringLength);
/// Appends an entry that denies, with inheritance flags; statuses as RtlAddAccessAllowedAceEx. IRQL <= APC_LEVEL.
NTSTATUS RtlAddAccessDeniedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid);
/// Appends an entry that audits; statuses as RtlAddAccessAllowedAceEx. IRQL <= APC_LEVEL.
NTSTATUS RtlAddAuditAccessAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid, BOOLEAN AuditSuccess, BOOLEAN AuditFailure);
/// The same with inheritance flags. IRQL <= APC_LEVEL.
NTSTATUS RtlAddAuditAccessAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid, BOOLEAN AuditSuccess,
                                BOOLEAN AuditFailure);
/// Changes those control bits of an absolute or self-relative descriptor that are about inheritance. STATUS_INVALID_PARAMETER: others. Any
/// IRQL.
NTSTATUS RtlSetControlSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, USHORT ControlBitsOfInterest, USHORT ControlBitsToSet);
/// Tells a descriptor's control bits and revision. Any IRQL.
NTSTATUS RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PUSHORT Control, PULONG Revision);
/// Makes an empty self-relative descriptor. STATUS_UNKNOWN_REVISION. Any IRQL.
NTSTATUS RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE SecurityDescriptor, ULONG Revision);

// ---- bitmaps ------------------------------------------------------------------------------------------------------------

/// Copies a bitmap's bits over another's from `TargetBit` on. IRQL <= DISPATCH_LEVEL.
VOID RtlCopyBitMap(PRTL_BITMAP Source, PRTL_BITMAP Destination, ULONG TargetBit);
/// Copies `NumberOfBits` of a bitmap from `TargetBit` on to the beginning of another. IRQL <= DISPATCH_LEVEL.
VOID RtlExtractBitMap(PRTL_BITMAP Source, PRTL_BITMAP Destination, ULONG TargetBit, ULONG NumberOfBits);

// ---- resource descriptors -----------------------------------------------------------------------------------------------

/// Fills an IO_RESOURCE_DESCRIPTOR of a port or memory. STATUS_UNSUCCESSFUL: the length cannot be told; STATUS_INVALID_PARAMETER: another
/// type. Any IRQL.
NTSTATUS RtlIoEncodeMemIoResource(PVOID Descriptor, UCHAR Type, ULONGLONG Length, ULONGLONG Alignment, ULONGLONG MinimumAddress,
                                  ULONGLONG MaximumAddress);
/// The length of such a descriptor, and the rest of it. Any IRQL.
ULONGLONG RtlIoDecodeMemIoResource(PVOID Descriptor, PULONGLONG Alignment, PULONGLONG MinimumAddress, PULONGLONG MaximumAddress);
/// Fills a CM_PARTIAL_RESOURCE_DESCRIPTOR of a port or memory. Statuses as above. Any IRQL.
NTSTATUS RtlCmEncodeMemIoResource(PVOID Descriptor, UCHAR Type, ULONGLONG Length, ULONGLONG Start);
/// The length of such a descriptor, and its start. Any IRQL.
ULONGLONG RtlCmDecodeMemIoResource(PVOID Descriptor, PULONGLONG Start);
/// The smallest length from `SourceLength` on that can be told. STATUS_UNSUCCESSFUL: it is too large. Any IRQL.
NTSTATUS RtlFindClosestEncodableLength(ULONGLONG SourceLength, PULONGLONG TargetLength);

// ---- heaps of drivers ---------------------------------------------------------------------------------------------------

/// Makes a heap. A base, a lock and parameters of the caller's are refused: null. PASSIVE_LEVEL.
PVOID RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock, PVOID Parameters);
/// Frees a heap with its blocks. Returns null, or the handle if it is none. PASSIVE_LEVEL.
PVOID RtlDestroyHeap(PVOID HeapHandle);
/// Allocates a block; flag 8: of zeros, 4: without memory STATUS_NO_MEMORY is raised. IRQL <= APC_LEVEL.
PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size);
/// Frees a block. FALSE if it is none of the heap's. IRQL <= APC_LEVEL.
BOOLEAN RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);
/// The size that was asked for a block; -1 if it is none of the heap's. IRQL <= APC_LEVEL.
SIZE_T RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

// ---- features under staged rollout; persistent state --------------------------------------------------------------------

/// The configuration of a feature: STATUS_NOT_FOUND, for none is configured. STATUS_INVALID_PARAMETER: no such section. IRQL <= APC_LEVEL.
NTSTATUS RtlQueryFeatureConfiguration(ULONG FeatureId, ULONG SectionType, PULONG64 ChangeStamp, PVOID FeatureConfiguration);
/// The stamp of the configuration, which never changes. Any IRQL.
ULONG64 RtlQueryFeatureConfigurationChangeStamp();
/// Reports that a feature was used, to subscribers, of whom there are none. IRQL <= APC_LEVEL.
NTSTATUS RtlNotifyFeatureUsage(PVOID FeatureUsageReport);
/// Asks to be told of changes. The registration is the caller's to end. IRQL <= APC_LEVEL.
NTSTATUS RtlRegisterFeatureConfigurationChangeNotification(PVOID Callback, PVOID Context, PULONG64 ObservedChangeStamp,
                                                           PVOID* RegistrationHandle);
/// Ends such a registration. IRQL <= APC_LEVEL.
NTSTATUS RtlUnregisterFeatureConfigurationChangeNotification(PVOID RegistrationHandle);
/// Where a component keeps its state: its default, for no state is kept elsewhere. Lengths are in bytes, with the terminator.
/// STATUS_OBJECT_NAME_NOT_FOUND: it has no default; STATUS_BUFFER_OVERFLOW: no room; STATUS_INVALID_PARAMETER. PASSIVE_LEVEL.
NTSTATUS RtlGetPersistedStateLocation(PCWSTR SourceID, PCWSTR CustomValue, PCWSTR DefaultPath, ULONG StateLocationType, PWCHAR TargetPath,
                                      ULONG BufferLengthIn, PULONG BufferLengthOut);

}  // extern "C"
