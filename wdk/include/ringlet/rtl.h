// The run-time library: what mingw-w64's ntifs.h lacks.
#pragma once

#ifndef COMPRESSION_FORMAT_XPRESS
#define COMPRESSION_FORMAT_XPRESS 0x0003
#define COMPRESSION_FORMAT_XPRESS_HUFF 0x0004
#define COMPRESSION_FORMAT_XP10 0x0005
#endif

typedef USHORT RTL_ATOM, *PRTL_ATOM;

#ifndef NTAPIV
#define NTAPIV __cdecl
#endif

#ifndef SECURITY_MAX_SID_SIZE
#define SECURITY_MAX_SID_SIZE (sizeof(SID) - sizeof(ULONG) + SID_MAX_SUB_AUTHORITIES * sizeof(ULONG))
#endif

#ifndef SID_HASH_SIZE
#define SID_HASH_SIZE 32
typedef ULONG_PTR SID_HASH_ENTRY, *PSID_HASH_ENTRY;
typedef struct _SID_AND_ATTRIBUTES_HASH {
  ULONG SidCount;
  PSID_AND_ATTRIBUTES SidAttr;
  SID_HASH_ENTRY Hash[SID_HASH_SIZE];
} SID_AND_ATTRIBUTES_HASH, *PSID_AND_ATTRIBUTES_HASH;
#endif

typedef STRING UTF8_STRING, *PUTF8_STRING;
typedef const STRING *PCUTF8_STRING;

EXTERN_C_START

NTSYSAPI NTSTATUS NTAPI RtlDecompressBufferEx(USHORT CompressionFormat, PUCHAR UncompressedBuffer, ULONG UncompressedBufferSize,
                                              PUCHAR CompressedBuffer, ULONG CompressedBufferSize, PULONG FinalUncompressedSize,
                                              PVOID WorkSpace);

NTSYSAPI ULONG NTAPI RtlComputeCrc32(ULONG PartialCrc, PVOID Buffer, ULONG Length);
NTSYSAPI ULONG NTAPI RtlCrc32(const VOID *Buffer, SIZE_T Size, ULONG InitialCrc);
NTSYSAPI ULONGLONG NTAPI RtlCrc64(const VOID *Buffer, SIZE_T Size, ULONGLONG InitialCrc);
NTSYSAPI BOOLEAN NTAPI RtlIsZeroMemory(PVOID Buffer, SIZE_T Length);
NTSYSAPI ULONG NTAPI RtlNumberOfSetBitsInRange(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
NTSYSAPI ULONG NTAPI RtlNumberOfClearBitsInRange(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);

NTSYSAPI NTSTATUS NTAPI RtlInitStringEx(PSTRING DestinationString, PCSTR SourceString);
NTSYSAPI BOOLEAN NTAPI RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInsensitive);
NTSYSAPI BOOLEAN NTAPI RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInsensitive);
NTSYSAPI VOID NTAPI RtlInitUTF8String(PUTF8_STRING DestinationString, PCSTR SourceString);
NTSYSAPI NTSTATUS NTAPI RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSTR SourceString);
NTSYSAPI NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI VOID NTAPI RtlFreeUTF8String(PUTF8_STRING Utf8String);
NTSYSAPI NTSTATUS NTAPI RtlIntegerToUnicode(ULONG Value, ULONG Base, LONG OutputLength, PWSTR String);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number, PWSTR *EndPointer);

NTSYSAPI VOID NTAPI RtlGetDefaultCodePage(PUSHORT AnsiCodePage, PUSHORT OemCodePage);
NTSYSAPI BOOLEAN NTAPI RtlGetNtProductType(PULONG ProductType);
NTSYSAPI BOOLEAN NTAPI RtlIsStateSeparationEnabled(VOID);
NTSYSAPI BOOLEAN NTAPI RtlIsMultiSessionSku(VOID);
NTSYSAPI ULONG NTAPI RtlGetActiveConsoleId(VOID);

NTSYSAPI NTSTATUS NTAPI RtlCreateAtomTable(ULONG NumberOfBuckets, PVOID *AtomTable);
NTSYSAPI NTSTATUS NTAPI RtlDestroyAtomTable(PVOID AtomTable);
NTSYSAPI NTSTATUS NTAPI RtlEmptyAtomTable(PVOID AtomTable, BOOLEAN DeletePinned);
NTSYSAPI NTSTATUS NTAPI RtlAddAtomToAtomTable(PVOID AtomTable, PWSTR AtomName, PRTL_ATOM Atom);
NTSYSAPI NTSTATUS NTAPI RtlLookupAtomInAtomTable(PVOID AtomTable, PWSTR AtomName, PRTL_ATOM Atom);
NTSYSAPI NTSTATUS NTAPI RtlDeleteAtomFromAtomTable(PVOID AtomTable, RTL_ATOM Atom);
NTSYSAPI NTSTATUS NTAPI RtlPinAtomInAtomTable(PVOID AtomTable, RTL_ATOM Atom);
NTSYSAPI NTSTATUS NTAPI RtlQueryAtomInAtomTable(PVOID AtomTable, RTL_ATOM Atom, PULONG AtomUsage, PULONG AtomFlags, PWSTR AtomName,
                                                PULONG AtomNameLength);
NTSYSAPI BOOLEAN NTAPI RtlGetIntegerAtom(PWSTR AtomName, PRTL_ATOM IntegerAtom);

NTSYSAPI BOOLEAN NTAPI RtlAreAllAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
NTSYSAPI BOOLEAN NTAPI RtlAreAnyAccessesGranted(ACCESS_MASK GrantedAccess, ACCESS_MASK DesiredAccess);
NTSYSAPI PVOID NTAPI RtlFindAceByType(PACL Acl, UCHAR AceType, PULONG Index);
NTSYSAPI BOOLEAN NTAPI RtlOwnerAcesPresent(PACL Acl);
NTSYSAPI NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD2(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor, PULONG BufferSize);
NTSYSAPI NTSTATUS NTAPI RtlSidHashInitialize(PSID_AND_ATTRIBUTES SidAttr, ULONG SidCount, PSID_AND_ATTRIBUTES_HASH SidAttrHash);
NTSYSAPI PSID_AND_ATTRIBUTES NTAPI RtlSidHashLookup(PSID_AND_ATTRIBUTES_HASH SidAttrHash, PSID Sid);
NTSYSAPI BOOLEAN NTAPI RtlEqualPrefixSid(PSID Sid1, PSID Sid2);
NTSYSAPI NTSTATUS NTAPI RtlMapSecurityErrorToNtStatus(ULONG SecurityError);
NTSYSAPI NTSTATUS NTAPIV RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount, ...);
NTSYSAPI NTSTATUS NTAPI RtlLengthSidAsUnicodeString(PSID Sid, PULONG StringLength);
NTSYSAPI NTSTATUS NTAPI RtlAddAccessDeniedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid);
NTSYSAPI NTSTATUS NTAPI RtlAddAuditAccessAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid, BOOLEAN AuditSuccess,
                                             BOOLEAN AuditFailure);
NTSYSAPI NTSTATUS NTAPI RtlAddAuditAccessAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask, PSID Sid,
                                               BOOLEAN AuditSuccess, BOOLEAN AuditFailure);
NTSYSAPI NTSTATUS NTAPI RtlSetControlSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                        SECURITY_DESCRIPTOR_CONTROL ControlBitsOfInterest,
                                                        SECURITY_DESCRIPTOR_CONTROL ControlBitsToSet);
NTSYSAPI NTSTATUS NTAPI RtlGetControlSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSECURITY_DESCRIPTOR_CONTROL Control,
                                                        PULONG Revision);
NTSYSAPI VOID NTAPI RtlCopyBitMap(PRTL_BITMAP Source, PRTL_BITMAP Destination, ULONG TargetBit);
NTSYSAPI VOID NTAPI RtlExtractBitMap(PRTL_BITMAP Source, PRTL_BITMAP Destination, ULONG TargetBit, ULONG NumberOfBits);
NTSYSAPI SIZE_T NTAPI RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

EXTERN_C_END
