// Security as a server uses it: identifiers, descriptors, checks for a client, and tokens with less.
#include <windows.h>

#include <sddl.h>

#include <cstdio>
#include <cstring>
#include <cwchar>

#include "show.h"

namespace {

HANDLE Own(DWORD access) {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), access, &token);
  return token;
}

HANDLE Client(SECURITY_IMPERSONATION_LEVEL level) {
  HANDLE copy = nullptr;
  const HANDLE own = Own(TOKEN_DUPLICATE);
  DuplicateTokenEx(own, TOKEN_ALL_ACCESS, nullptr, level, TokenImpersonation, &copy);
  CloseHandle(own);
  return copy;
}

PSECURITY_DESCRIPTOR FromText(const wchar_t* text) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, nullptr);
  return descriptor;
}

GENERIC_MAPPING mapping = {1, 2, 4, 0x1f0007};

// What AccessCheck answers, the access and the decision; 1000 and the error if it does not answer.
void Ask(const char* what, const wchar_t* text, HANDLE client, DWORD wanted) {
  const PSECURITY_DESCRIPTOR descriptor = FromText(text);
  PRIVILEGE_SET privileges;
  DWORD size = sizeof privileges, granted = 0;
  BOOL may = FALSE;
  if (!AccessCheck(descriptor, client, wanted, &mapping, &privileges, &size, &granted, &may)) {
    std::printf("%s: error %lu\n", what, GetLastError());
  } else {
    std::printf("%s: %d 0x%lx\n", what, may, granted);
  }
  LocalFree(descriptor);
}

void Identifiers() {
  SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
  PSID administrators = nullptr;
  AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &administrators);
  LPWSTR text = nullptr;
  ConvertSidToStringSidW(administrators, &text);
  std::printf("%ls\n", text);
  LocalFree(text);
  BYTE known[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof known;
  Show("known", {CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, known, &size), size, EqualSid(known, administrators),
                 IsWellKnownSid(administrators, WinBuiltinAdministratorsSid), IsWellKnownSid(administrators, WinWorldSid)});
  size = 4;
  Show("room", {CreateWellKnownSid(WinWorldSid, nullptr, known, &size), GetLastError(), size});
  BOOL member = FALSE;
  Show("member", {CheckTokenMembership(nullptr, administrators, &member), member});
  const HANDLE own = Own(TOKEN_QUERY);
  Show("primary", {CheckTokenMembership(own, administrators, &member), GetLastError()});
  CloseHandle(own);
  FreeSid(administrators);
}

void Checks() {
  const HANDLE client = Client(SecurityIdentification), anonymous = Client(SecurityAnonymous);
  Ask("everyone reads", L"O:SYG:SYD:(A;;0x1;;;WD)", client, 1);
  Ask("and nothing else", L"O:SYG:SYD:(A;;0x1;;;WD)", client, 3);
  Ask("at most", L"O:SYG:SYD:(A;;0x5;;;WD)", client, MAXIMUM_ALLOWED);
  Ask("denied first", L"O:SYG:SYD:(D;;0x1;;;BA)(A;;0x1;;;WD)", client, 1);
  Ask("owner", L"O:BAG:SYD:", client, READ_CONTROL | WRITE_DAC);
  Ask("owner rights", L"O:BAG:SYD:(A;;0x1;;;OW)", client, READ_CONTROL);
  Ask("no list", L"O:SYG:SY", client, 7);
  Ask("above", L"O:SYG:SYD:(A;;0x7;;;WD)S:(ML;;NW;;;SI)", client, 2);
  Ask("above, read", L"O:SYG:SYD:(A;;0x7;;;WD)S:(ML;;NW;;;SI)", client, 1);
  Ask("above, unreadable", L"O:SYG:SYD:(A;;0x7;;;WD)S:(ML;;NWNR;;;SI)", client, MAXIMUM_ALLOWED);
  Ask("no owner", L"D:(A;;0x1;;;WD)", client, 1);
  Ask("generic", L"O:SYG:SYD:(A;;0x1;;;WD)", client, GENERIC_READ);
  Ask("nobody", L"O:SYG:SYD:(A;;0x1;;;WD)", anonymous, 1);
  const HANDLE own = Own(TOKEN_QUERY);
  Ask("primary", L"O:SYG:SYD:(A;;0x1;;;WD)", own, 1);
  Ask("audit", L"O:SYG:SYD:(A;;0x1;;;WD)", client, ACCESS_SYSTEM_SECURITY);
  CloseHandle(own);
  CloseHandle(client);
  CloseHandle(anonymous);
}

void Restricted() {
  const HANDLE own = Own(TOKEN_ALL_ACCESS);
  BYTE administrators[SECURITY_MAX_SID_SIZE], world[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof administrators;
  CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, administrators, &size);
  size = sizeof world;
  CreateWellKnownSid(WinWorldSid, nullptr, world, &size);
  SID_AND_ATTRIBUTES disable{administrators, 0}, restrict_to{world, 0};
  HANDLE less = nullptr, restricted = nullptr, copy = nullptr;
  Show("less", {CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, 1, &disable, 0, nullptr, 0, nullptr, &less), IsTokenRestricted(less)});
  DuplicateToken(less, SecurityImpersonation, &copy);
  BOOL member = TRUE;
  Show("no administrator", {CheckTokenMembership(copy, administrators, &member), member});
  Ask("administrators", L"O:SYG:SYD:(A;;0x1;;;BA)", copy, 1);
  Show("restricted", {CreateRestrictedToken(own, 0, 0, nullptr, 0, nullptr, 1, &restrict_to, &restricted), IsTokenRestricted(restricted)});
  // It may not even open what is its own, as everybody may not.
  SetThreadToken(nullptr, copy);
  const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, L"OfLess");
  Show("acting", {event, OpenProcess(PROCESS_TERMINATE, FALSE, GetCurrentProcessId()), GetLastError()});
  RevertToSelf();
  CloseHandle(copy);
  CloseHandle(less);
  CloseHandle(restricted);
  CloseHandle(own);
}

void Groups() {
  const HANDLE client = Client(SecurityImpersonation);
  BYTE administrators[SECURITY_MAX_SID_SIZE];
  DWORD size = sizeof administrators;
  CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, administrators, &size);
  TOKEN_GROUPS off{1, {{administrators, 0}}};
  Show("mandatory", {AdjustTokenGroups(client, FALSE, &off, 0, nullptr, nullptr), GetLastError()});
  DWORD session = 3;
  Show("session", {SetTokenInformation(client, TokenSessionId, &session, sizeof session), GetLastError()});
  alignas(8) BYTE buffer[512];
  Show("source", {GetTokenInformation(client, TokenSource, buffer, sizeof buffer, &size), size, std::memcmp(buffer, "User32 ", 8) == 0});
  Show("logon",
       {GetTokenInformation(client, TokenLogonSid, buffer, sizeof buffer, &size), reinterpret_cast<TOKEN_GROUPS*>(buffer)->GroupCount});
  PRIVILEGE_SET set{1, PRIVILEGE_SET_ALL_NECESSARY, {{{23, 0}, 0}}};
  BOOL holds = FALSE;
  Show("privilege", {PrivilegeCheck(client, &set, &holds), holds, set.Privilege[0].Attributes});
  set.Privilege[0] = {{20, 0}, 0};
  Show("not enabled", {PrivilegeCheck(client, &set, &holds), holds});
  CloseHandle(client);
}

void Objects() {
  const HANDLE event = CreateEventW(nullptr, FALSE, FALSE, L"Described");
  BYTE buffer[512];
  DWORD needed = 0;
  Show("short", {GetKernelObjectSecurity(event, OWNER_SECURITY_INFORMATION, buffer, 4, &needed), GetLastError(), needed});
  Show("owner", {GetKernelObjectSecurity(event, OWNER_SECURITY_INFORMATION, buffer, sizeof buffer, &needed)});
  PSID owner = nullptr;
  BOOL defaulted = FALSE;
  GetSecurityDescriptorOwner(buffer, &owner, &defaulted);
  Show("administrators'", {owner && IsWellKnownSid(owner, WinBuiltinAdministratorsSid)});
  const PSECURITY_DESCRIPTOR closed = FromText(L"D:(A;;GR;;;BA)");
  Show("closed", {SetKernelObjectSecurity(event, DACL_SECURITY_INFORMATION, closed), OpenEventW(EVENT_MODIFY_STATE, FALSE, L"Described"),
                  GetLastError(), OpenEventW(READ_CONTROL, FALSE, L"Described")});
  LocalFree(closed);
  Show("text", {FromText(L"D:(A;;GA"), GetLastError()});
  CloseHandle(event);
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  Identifiers();
  Checks();
  Restricted();
  Groups();
  Objects();
}
