// Security identifiers as programs make and compare them.
#include <cstring>
#include <iterator>

#include "nt/se.h"
#include "subsystem/kernel32/base.h"

extern "C" {
BOOLEAN RtlValidSid(PSID Sid);
BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2);
ULONG RtlLengthSid(PSID Sid);
NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid);
NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount);
NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid, BOOLEAN AllocateDestinationString);
HLOCAL LocalAlloc(UINT Flags, SIZE_T Bytes);
}

using namespace nt::win32;

namespace {

constexpr DWORD kInvalidSid = 1337;  // ERROR_INVALID_SID

/// WELL_KNOWN_SID_TYPE (winnt.h), as far as they are this machine's.
struct WellKnownSid {
  ULONG type;
  UCHAR authority;
  UCHAR count;
  ULONG parts[2];
};
constexpr WellKnownSid kWellKnown[] = {
    {0, 0, 1, {0}},         // null
    {1, 1, 1, {0}},         // world
    {2, 2, 1, {0}},         // local
    {3, 3, 1, {0}},         // creator owner
    {4, 3, 1, {1}},         // creator group
    {7, 5, 0, {}},          // NT authority
    {9, 5, 1, {2}},         // network
    {10, 5, 1, {3}},        // batch
    {11, 5, 1, {4}},        // interactive
    {12, 5, 1, {6}},        // service
    {13, 5, 1, {7}},        // anonymous
    {17, 5, 1, {11}},       // authenticated users
    {18, 5, 1, {12}},       // restricted code
    {22, 5, 1, {18}},       // local system
    {23, 5, 1, {19}},       // local service
    {24, 5, 1, {20}},       // network service
    {26, 5, 2, {32, 544}},  // administrators
    {27, 5, 2, {32, 545}},  // users
    {28, 5, 2, {32, 546}},  // guests
    {29, 5, 2, {32, 547}},  // power users
    {65, 16, 1, {0}},       // integrity: untrusted, low, medium, high, system
    {66, 16, 1, {0x1000}}, {67, 16, 1, {0x2000}}, {68, 16, 1, {0x3000}}, {69, 16, 1, {0x4000}}, {71, 3, 1, {4}},  // owner rights
};

}  // namespace

extern "C" {

/// Whether a block is an identifier.
BOOL IsValidSid(PVOID Sid) { return Sid && RtlValidSid(Sid); }

/// Whether two identifiers are the same.
BOOL EqualSid(PVOID Sid1, PVOID Sid2) { return RtlEqualSid(Sid1, Sid2); }

/// Bytes of an identifier.
DWORD GetLengthSid(PVOID Sid) { return RtlLengthSid(Sid); }

/// Bytes of an identifier with so many parts.
DWORD GetSidLengthRequired(UCHAR SubAuthorityCount) { return 8U + 4U * SubAuthorityCount; }

/// Copies an identifier.
BOOL CopySid(DWORD DestinationLength, PVOID Destination, PVOID Source) { return Check(RtlCopySid(DestinationLength, Destination, Source)); }

/// Begins an identifier; its parts are still to be set.
BOOL InitializeSid(PVOID Sid, PVOID Authority, BYTE SubAuthorityCount) {
  return Check(RtlInitializeSid(Sid, static_cast<PSID_IDENTIFIER_AUTHORITY>(Authority), SubAuthorityCount));
}

/// Where a part of an identifier is.
PDWORD GetSidSubAuthority(PVOID Sid, DWORD Index) { return static_cast<PISID>(Sid)->SubAuthority + Index; }

/// Where the count of an identifier's parts is.
PVOID GetSidSubAuthorityCount(PVOID Sid) { return &static_cast<PISID>(Sid)->SubAuthorityCount; }

/// Where the authority of an identifier is.
PVOID GetSidIdentifierAuthority(PVOID Sid) { return &static_cast<PISID>(Sid)->IdentifierAuthority; }

/// Makes an identifier of up to eight parts, for FreeSid.
BOOL AllocateAndInitializeSid(PVOID Authority, BYTE SubAuthorityCount, DWORD SubAuthority0, DWORD SubAuthority1, DWORD SubAuthority2,
                              DWORD SubAuthority3, DWORD SubAuthority4, DWORD SubAuthority5, DWORD SubAuthority6, DWORD SubAuthority7,
                              PVOID* Sid) {
  const DWORD parts[] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3,
                         SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
  if (SubAuthorityCount > std::size(parts)) return Fail(kInvalidSid);
  auto* const sid = static_cast<PISID>(LocalAlloc(0, 8U + 4U * SubAuthorityCount));
  if (!sid) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  RtlInitializeSid(sid, static_cast<PSID_IDENTIFIER_AUTHORITY>(Authority), SubAuthorityCount);
  std::memcpy(sid->SubAuthority, parts, SubAuthorityCount * sizeof(DWORD));
  *Sid = sid;
  return TRUE;
}

HLOCAL LocalFree(HLOCAL Memory);

/// Frees what AllocateAndInitializeSid made.
PVOID FreeSid(PVOID Sid) { return LocalFree(Sid); }

/// Makes one of the identifiers that every machine has.
BOOL CreateWellKnownSid(ULONG Type, [[maybe_unused]] PVOID DomainSid, PVOID Sid, PDWORD Size) {
  for (const WellKnownSid& known : kWellKnown) {
    if (known.type != Type) continue;
    const DWORD needed = 8U + 4U * known.count, room = *Size;
    *Size = needed;
    if (!Sid || room < needed) return Fail(ERROR_INSUFFICIENT_BUFFER);
    const SID_IDENTIFIER_AUTHORITY authority{{0, 0, 0, 0, 0, known.authority}};
    auto* const sid = static_cast<PISID>(Sid);
    RtlInitializeSid(sid, const_cast<PSID_IDENTIFIER_AUTHORITY>(&authority), known.count);
    std::memcpy(sid->SubAuthority, known.parts, known.count * sizeof(DWORD));
    return TRUE;
  }
  return Fail(ERROR_INVALID_PARAMETER);
}

/// Whether an identifier is one of those.
BOOL IsWellKnownSid(PVOID Sid, ULONG Type) {
  alignas(SID) UCHAR known[16];
  DWORD size = sizeof known;
  return CreateWellKnownSid(Type, nullptr, known, &size) && RtlEqualSid(Sid, known);
}

/// An identifier's text ("S-1-5-18"), for LocalFree.
BOOL ConvertSidToStringSidW(PVOID Sid, LPWSTR* StringSid) {
  WCHAR text[256];
  UNICODE_STRING string{0, sizeof text, text};
  if (!Sid || !RtlValidSid(Sid)) return Fail(kInvalidSid);
  if (!Check(RtlConvertSidToUnicodeString(&string, Sid, FALSE))) return FALSE;
  auto* const copy = static_cast<LPWSTR>(LocalAlloc(0, string.Length + sizeof(WCHAR)));
  if (!copy) return Fail(ERROR_NOT_ENOUGH_MEMORY);
  std::memcpy(copy, text, string.Length);
  copy[string.Length / sizeof(WCHAR)] = 0;
  *StringSid = copy;
  return TRUE;
}

}  // extern "C"
