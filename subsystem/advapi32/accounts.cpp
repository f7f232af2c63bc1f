// Accounts by name and by identifier: the well-known ones, the local groups, and the user.
#include <cstring>
#include <iterator>

#include "kernel/rtl/rtl.h"
#include "kernel/se/sddl.h"
#include "kernel/se/user.h"
#include "subsystem/advapi32/text.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr DWORD kInvalidSid = 1337, kNoneMapped = 1332;  // ERROR_INVALID_SID, ERROR_NONE_MAPPED
/// SID_NAME_USE
constexpr ULONG kUser = 1, kDomain = 3, kAlias = 4, kWellKnown = 5, kLabel = 10;

constexpr std::u16string_view kMachine = u"RINGLET", kAuthority = u"NT AUTHORITY", kBuiltin = u"BUILTIN", kMandatory = u"Mandatory Label";

struct Account {
  UCHAR authority;
  UCHAR count;
  ULONG parts[5];
  ULONG use;
  std::u16string_view domain, name;
};

constexpr ULONG kLocal = 21;
constexpr Account kAccounts[] = {
    {0, 1, {0}, kWellKnown, u"", u"NULL SID"},
    {1, 1, {0}, kWellKnown, u"", u"Everyone"},
    {2, 1, {0}, kWellKnown, u"", u"LOCAL"},
    {3, 1, {0}, kWellKnown, u"", u"CREATOR OWNER"},
    {3, 1, {1}, kWellKnown, u"", u"CREATOR GROUP"},
    {3, 1, {4}, kWellKnown, u"", u"OWNER RIGHTS"},
    {5, 1, {2}, kWellKnown, kAuthority, u"NETWORK"},
    {5, 1, {3}, kWellKnown, kAuthority, u"BATCH"},
    {5, 1, {4}, kWellKnown, kAuthority, u"INTERACTIVE"},
    {5, 1, {6}, kWellKnown, kAuthority, u"SERVICE"},
    {5, 1, {7}, kWellKnown, kAuthority, u"ANONYMOUS LOGON"},
    {5, 1, {11}, kWellKnown, kAuthority, u"Authenticated Users"},
    {5, 1, {12}, kWellKnown, kAuthority, u"RESTRICTED"},
    {5, 1, {15}, kWellKnown, kAuthority, u"This Organization"},
    {5, 1, {18}, kWellKnown, kAuthority, u"SYSTEM"},
    {5, 1, {19}, kWellKnown, kAuthority, u"LOCAL SERVICE"},
    {5, 1, {20}, kWellKnown, kAuthority, u"NETWORK SERVICE"},
    {5, 1, {113}, kWellKnown, kAuthority, u"Local account"},
    {5, 1, {114}, kWellKnown, kAuthority, u"Local account and member of Administrators group"},
    {5, 1, {32}, kDomain, kBuiltin, u"BUILTIN"},
    {5, 2, {32, 544}, kAlias, kBuiltin, u"Administrators"},
    {5, 2, {32, 545}, kAlias, kBuiltin, u"Users"},
    {5, 2, {32, 546}, kAlias, kBuiltin, u"Guests"},
    {5, 2, {32, 547}, kAlias, kBuiltin, u"Power Users"},
    {16, 1, {0}, kLabel, kMandatory, u"Untrusted Mandatory Level"},
    {16, 1, {0x1000}, kLabel, kMandatory, u"Low Mandatory Level"},
    {16, 1, {0x2000}, kLabel, kMandatory, u"Medium Mandatory Level"},
    {16, 1, {0x3000}, kLabel, kMandatory, u"High Mandatory Level"},
    {16, 1, {0x4000}, kLabel, kMandatory, u"System Mandatory Level"},
    {5, 4, {kLocal, nt::se::kMachineId[0], nt::se::kMachineId[1], nt::se::kMachineId[2]}, kDomain, kMachine, kMachine},
    {5, 5, {kLocal, nt::se::kMachineId[0], nt::se::kMachineId[1], nt::se::kMachineId[2], 500}, kUser, kMachine, u"Administrator"},
    {5, 5, {kLocal, nt::se::kMachineId[0], nt::se::kMachineId[1], nt::se::kMachineId[2], 501}, kUser, kMachine, u"Guest"},
    {5, 5, {kLocal, nt::se::kMachineId[0], nt::se::kMachineId[1], nt::se::kMachineId[2], nt::se::kUserRid}, kUser, kMachine, u"ringlet"},
};

const Account* Find(const SID& sid) {
  for (const Account& account : kAccounts) {
    const SID_IDENTIFIER_AUTHORITY authority{{0, 0, 0, 0, 0, account.authority}};
    if (sid.SubAuthorityCount == account.count && std::memcmp(&sid.IdentifierAuthority, &authority, sizeof authority) == 0 &&
        std::memcmp(sid.SubAuthority, account.parts, account.count * sizeof(ULONG)) == 0)
      return &account;
  }
  return nullptr;
}

/// "DOMAIN\name" or the name alone.
const Account* Find(std::u16string_view name) {
  const auto slash = name.find(u'\\');
  const std::u16string_view domain = slash == name.npos ? std::u16string_view() : name.substr(0, slash);
  if (slash != name.npos) name.remove_prefix(slash + 1);
  for (const Account& account : kAccounts) {
    const bool local = domain == u"." && account.domain == kMachine;
    if (SameLetters(account.name, name) && (domain.empty() || local || SameLetters(account.domain, domain))) return &account;
  }
  return nullptr;
}

template <class Character>
BOOL LookupSid(PVOID sid, Character* name, PDWORD name_size, Character* domain, PDWORD domain_size, PULONG use) {
  if (!sid || !RtlValidSid(sid)) return Fail(kInvalidSid);
  const Account* const account = Find(*static_cast<const SID*>(sid));
  if (!account) return Fail(kNoneMapped);
  if (use) *use = account->use;
  // Both sizes are told where one of them is too small.
  if (*name_size <= account->name.size() || *domain_size <= account->domain.size()) {
    *name_size = static_cast<DWORD>(account->name.size() + 1);
    *domain_size = static_cast<DWORD>(account->domain.size() + 1);
    return Fail(ERROR_INSUFFICIENT_BUFFER);
  }
  *name_size = CopyOut(account->name, name, *name_size);
  *domain_size = CopyOut(account->domain, domain, *domain_size);
  return TRUE;
}

template <class Character>
BOOL LookupName(PCWSTR name, PVOID sid, PDWORD sid_size, Character* domain, PDWORD domain_size, PULONG use) {
  const Account* const account = name ? Find(name) : nullptr;
  if (!account) return Fail(name ? kNoneMapped : ERROR_INVALID_PARAMETER);
  const DWORD needed = 8U + 4U * account->count;
  if (use) *use = account->use;
  if (!sid || *sid_size < needed || *domain_size <= account->domain.size()) {
    *sid_size = needed;
    *domain_size = static_cast<DWORD>(account->domain.size() + 1);
    return Fail(ERROR_INSUFFICIENT_BUFFER);
  }
  SID_IDENTIFIER_AUTHORITY authority{{0, 0, 0, 0, 0, account->authority}};
  RtlInitializeSid(sid, &authority, account->count);
  std::memcpy(static_cast<SID*>(sid)->SubAuthority, account->parts, account->count * sizeof(ULONG));
  *sid_size = needed;
  *domain_size = CopyOut(account->domain, domain, *domain_size);
  return TRUE;
}

/// The caller's account: that of its thread's token, if it has one.
const Account* Caller() {
  alignas(8) UCHAR buffer[128];
  HANDLE token = nullptr;
  ULONG length = 0;
  constexpr ULONG kQuery = 8, kTokenUser = 1;
  if (!NT_SUCCESS(sys::NtOpenThreadToken(CurrentThreadHandle(), kQuery, TRUE, &token)) &&
      !Check(sys::NtOpenProcessToken(CurrentProcessHandle(), kQuery, &token)))
    return nullptr;
  const NTSTATUS status =
      sys::NtQueryInformationToken(token, static_cast<TOKEN_INFORMATION_CLASS>(kTokenUser), buffer, sizeof buffer, &length);
  sys::NtClose(token);
  if (!Check(status)) return nullptr;
  const Account* const account = Find(**reinterpret_cast<const SID* const*>(buffer));
  if (!account) SetError(kNoneMapped);
  return account;
}

template <class Character>
BOOL UserName(Character* buffer, PDWORD size) {
  const Account* const account = Caller();
  if (!account) return FALSE;
  const DWORD room = *size;
  *size = static_cast<DWORD>(account->name.size() + 1);
  if (!buffer || room < *size) return Fail(ERROR_INSUFFICIENT_BUFFER);
  CopyOut(account->name, buffer, room);
  return TRUE;
}

}  // namespace

extern "C" {

/// The name of an account and of what it belongs to; sizes are in characters. FALSE: ERROR_NONE_MAPPED, ERROR_INSUFFICIENT_BUFFER.
/// (LookupAccountSidW)
BOOL LookupAccountSidW(LPCWSTR /*SystemName*/, PVOID Sid, LPWSTR Name, LPDWORD NameSize, LPWSTR Domain, LPDWORD DomainSize, PULONG Use) {
  return LookupSid(Sid, Name, NameSize, Domain, DomainSize, Use);
}
BOOL LookupAccountSidA(LPCSTR /*SystemName*/, PVOID Sid, LPSTR Name, LPDWORD NameSize, LPSTR Domain, LPDWORD DomainSize, PULONG Use) {
  return LookupSid(Sid, Name, NameSize, Domain, DomainSize, Use);
}

/// The identifier of an account ("name", "DOMAIN\name", ".\name"), and what it belongs to. FALSE: as above. (LookupAccountNameW)
BOOL LookupAccountNameW(LPCWSTR /*SystemName*/, LPCWSTR AccountName, PVOID Sid, LPDWORD SidSize, LPWSTR Domain, LPDWORD DomainSize,
                        PULONG Use) {
  return LookupName(AccountName, Sid, SidSize, Domain, DomainSize, Use);
}
BOOL LookupAccountNameA(LPCSTR /*SystemName*/, LPCSTR AccountName, PVOID Sid, LPDWORD SidSize, LPSTR Domain, LPDWORD DomainSize,
                        PULONG Use) {
  return LookupName(WideName(AccountName).c_str(), Sid, SidSize, Domain, DomainSize, Use);
}

/// The caller's user name; `Size` gets its characters with the terminator. FALSE: ERROR_INSUFFICIENT_BUFFER. (GetUserNameW)
BOOL GetUserNameW(LPWSTR Buffer, LPDWORD Size) { return UserName(Buffer, Size); }
BOOL GetUserNameA(LPSTR Buffer, LPDWORD Size) { return UserName(Buffer, Size); }

/// An identifier of its text ("S-1-5-18", "BA"), for LocalFree. FALSE: ERROR_INVALID_SID. (ConvertStringSidToSidW)
BOOL ConvertStringSidToSidW(LPCWSTR StringSid, PVOID* Sid) {
  if (!StringSid || !Sid) return Fail(ERROR_INVALID_PARAMETER);
  const std::u16string_view text(StringSid);
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (text.empty() || text.find_first_of(u":()") != text.npos) return Fail(kInvalidSid);
  PathBuffer sentence;
  sentence.Append(u"O:");
  sentence.Append(text);
  if (!NT_SUCCESS(nt::se::DescriptorFromText(sentence.View(), &descriptor))) return Fail(kInvalidSid);
  PSID owner = nullptr;
  BOOLEAN defaulted = FALSE;
  RtlGetOwnerSecurityDescriptor(descriptor, &owner, &defaulted);
  const ULONG size = owner ? RtlLengthSid(owner) : 0;
  *Sid = size ? LocalAlloc(0, size) : nullptr;
  if (*Sid) std::memcpy(*Sid, owner, size);
  nt::ex::FreePool(descriptor);
  return *Sid ? TRUE : Fail(size ? ERROR_NOT_ENOUGH_MEMORY : kInvalidSid);
}
BOOL ConvertStringSidToSidA(LPCSTR StringSid, PVOID* Sid) { return ConvertStringSidToSidW(WideName(StringSid).c_str(), Sid); }

/// An identifier's text in the ANSI code page, for LocalFree. (ConvertSidToStringSidA)
BOOL ConvertSidToStringSidA(PVOID Sid, LPSTR* StringSid) {
  LPWSTR wide = nullptr;
  if (!StringSid) return Fail(ERROR_INVALID_PARAMETER);
  if (!ConvertSidToStringSidW(Sid, &wide)) return FALSE;
  *StringSid = GiveAnsi(wide);
  LocalFree(wide);
  return *StringSid ? TRUE : Fail(ERROR_NOT_ENOUGH_MEMORY);
}

/// A privilege's name in the ANSI code page. (LookupPrivilegeNameA)
BOOL LookupPrivilegeNameA(LPCSTR /*SystemName*/, PVOID Value, LPSTR Name, LPDWORD Size) {
  WCHAR wide[64];
  DWORD length = std::size(wide);
  if (!LookupPrivilegeNameW(nullptr, Value, wide, &length)) return FALSE;
  const DWORD room = *Size;
  *Size = CopyOut({wide, length}, Name, room);
  return room > length ? TRUE : Fail(ERROR_INSUFFICIENT_BUFFER);
}

}  // extern "C"
