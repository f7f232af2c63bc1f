// Accounts by name and identifier, lists of who may do what, and the security of objects by handle and name.
#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

#include "show.h"

namespace {

DWORD Error(BOOL good) { return good ? 0 : GetLastError(); }

void Account(PCWSTR text) {
  PSID sid = nullptr;
  WCHAR name[64] = {}, domain[64] = {};
  DWORD name_size = 64, domain_size = 64;
  SID_NAME_USE use = {};
  if (!ConvertStringSidToSidW(text, &sid)) return Show("no identifier", {GetLastError()});
  const DWORD error = Error(LookupAccountSidW(nullptr, sid, name, &name_size, domain, &domain_size, &use));
  std::printf("%ls: error %lu, [%ls]\\[%ls] %lu %lu, kind %d\n", text, error, domain, name, domain_size, name_size, use);
  LocalFree(sid);
}

void Accounts() {
  Account(L"S-1-5-18");
  Account(L"BA");
  Account(L"S-1-1-0");
  Account(L"S-1-16-12288");
  Account(L"S-1-5-21-1-2-3-4");
  Account(L"nonsense");
  UCHAR sid[SECURITY_MAX_SID_SIZE];
  WCHAR domain[64];
  DWORD size = sizeof sid, domain_size = 64;
  SID_NAME_USE use = {};
  Show("by name", {Error(LookupAccountNameW(nullptr, L"BUILTIN\\users", sid, &size, domain, &domain_size, &use)), size, domain_size, use});
  LPSTR text = nullptr;
  Show("as text", {ConvertSidToStringSidA(sid, &text)});
  std::printf("%s\n", text);
  LocalFree(text);
  size = domain_size = 0;
  Show("how long", {Error(LookupAccountNameA(nullptr, "Everyone", nullptr, &size, nullptr, &domain_size, &use)), size, domain_size});
  Show("nobody", {Error(LookupAccountNameW(nullptr, L"nobody", sid, &size, domain, &domain_size, &use))});
  char name[64], group[64];
  DWORD name_size = 3, group_size = 64;
  CreateWellKnownSid(WinLocalSystemSid, nullptr, sid, &(size = sizeof sid));
  Show("too small", {Error(LookupAccountSidA(nullptr, sid, name, &name_size, group, &group_size, &use)), name_size, group_size});
  Show("enough", {Error(LookupAccountSidA(nullptr, sid, name, &name_size, group, &group_size, &use))});
  std::printf("%s %s\n", group, name);
  WCHAR user[64];
  name_size = 2;
  Show("user", {Error(GetUserNameA(name, &name_size)), name_size});
  Show("user", {Error(GetUserNameW(user, &(size = 64))), size});
  std::printf("%ls\n", user);
  LUID luid = {20, 0};
  name_size = sizeof name;
  Show("privilege", {Error(LookupPrivilegeNameA(nullptr, &luid, name, &name_size))});
  std::printf("%s\n", name);
}

void ShowAcl(const char* what, PACL acl) {
  SECURITY_DESCRIPTOR descriptor;
  LPWSTR text = nullptr;
  InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  SetSecurityDescriptorDacl(&descriptor, TRUE, acl, FALSE);
  ConvertSecurityDescriptorToStringSecurityDescriptorW(&descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, nullptr);
  std::printf("%s: %ls\n", what, text ? text : L"?");
  LocalFree(text);
}

void Lists() {
  EXPLICIT_ACCESS_W entries[2];
  WCHAR users[] = L"Users", nobody[] = L"nobody", everyone[] = L"Everyone";
  PACL first = nullptr, second = nullptr;
  BuildExplicitAccessWithNameW(&entries[0], users, KEY_READ, GRANT_ACCESS, NO_INHERITANCE);
  BuildExplicitAccessWithNameW(&entries[1], everyone, DELETE, DENY_ACCESS, CONTAINER_INHERIT_ACE);
  Show("entries", {SetEntriesInAclW(2, entries, nullptr, &first)});
  ShowAcl("made", first);
  BuildExplicitAccessWithNameW(&entries[0], users, KEY_SET_VALUE, GRANT_ACCESS, NO_INHERITANCE);
  Show("granted more", {SetEntriesInAclW(1, entries, first, &second)});
  ShowAcl("made", second);
  LocalFree(second);
  BuildExplicitAccessWithNameW(&entries[0], users, KEY_NOTIFY, DENY_ACCESS, NO_INHERITANCE);
  SetEntriesInAclW(1, entries, first, &second);
  ShowAcl("denied", second);
  LocalFree(second);
  PSID sid = nullptr;
  ConvertStringSidToSidA("WD", &sid);
  BuildTrusteeWithSidW(&entries[0].Trustee, sid);
  entries[0].grfAccessMode = REVOKE_ACCESS;
  Show("revoked", {SetEntriesInAclW(1, entries, first, &second)});
  ShowAcl("made", second);
  BuildExplicitAccessWithNameW(&entries[0], nobody, KEY_READ, GRANT_ACCESS, NO_INHERITANCE);
  PACL none = nullptr;
  Show("for nobody", {SetEntriesInAclW(1, entries, first, &none), none});

  ACL_SIZE_INFORMATION size = {};
  Show("information",
       {GetAclInformation(first, &size, sizeof size, AclSizeInformation), size.AceCount, size.AclBytesInUse, size.AclBytesFree});
  Show("too small", {Error(GetAclInformation(first, &size, 8, AclSizeInformation))});
  alignas(8) UCHAR room[128];
  const auto acl = reinterpret_cast<PACL>(room);
  InitializeAcl(acl, sizeof room, ACL_REVISION);
  Show("allowed", {AddAccessAllowedAceEx(acl, ACL_REVISION, OBJECT_INHERIT_ACE, GENERIC_READ, sid)});
  Show("denied", {AddAccessDeniedAceEx(acl, ACL_REVISION, INHERIT_ONLY_ACE | CONTAINER_INHERIT_ACE, DELETE, sid)});
  PVOID ace = nullptr;
  GetAce(first, 0, &ace);
  Show("copied", {AddAce(acl, ACL_REVISION, 0, ace, static_cast<ACE_HEADER*>(ace)->AceSize)});
  ShowAcl("list", acl);
  Show("deleted", {DeleteAce(acl, 1), Error(DeleteAce(acl, 9))});
  ShowAcl("list", acl);
  LocalFree(sid);
  LocalFree(first);
  LocalFree(second);
}

void OfObjects() {
  HKEY key = nullptr;
  WCHAR name[] = L"MACHINE\\SOFTWARE\\AccountsTest", file_name[] = L"C:\\accounts.txt";
  RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\AccountsTest", 0, nullptr, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, nullptr, &key, nullptr);
  PSECURITY_DESCRIPTOR descriptor = nullptr, wanted = nullptr;
  PSID owner = nullptr;
  PACL dacl = nullptr;
  Show("of a key", {GetSecurityInfo(key, SE_REGISTRY_KEY, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, nullptr, &dacl,
                                    nullptr, &descriptor),
                    IsValidSid(owner), IsValidAcl(dacl)});
  LocalFree(descriptor);
  ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:(A;;KA;;;BA)(A;;KR;;;WD)", SDDL_REVISION_1, &wanted, nullptr);
  BOOL present = FALSE, defaulted = FALSE;
  GetSecurityDescriptorDacl(wanted, &present, &dacl, &defaulted);
  Show("set by name", {SetNamedSecurityInfoW(name, SE_REGISTRY_KEY, DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                                             nullptr, nullptr, dacl, nullptr)});
  Show("by name",
       {GetNamedSecurityInfoW(name, SE_REGISTRY_KEY, DACL_SECURITY_INFORMATION, nullptr, nullptr, nullptr, nullptr, &descriptor)});
  LPSTR text = nullptr;
  DWORD length = 0;
  ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, &length);
  std::printf("%s %lu\n", text, length);
  LocalFree(text);
  WORD control = 0;
  DWORD revision = 0;
  Show("control", {GetSecurityDescriptorControl(descriptor, &control, &revision), control, revision});
  PACL sacl = nullptr;
  Show("no audit", {GetSecurityDescriptorSacl(descriptor, &present, &sacl, &defaulted), present});
  LocalFree(descriptor);
  RegDeleteKeyW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\AccountsTest");
  RegCloseKey(key);

  HANDLE const file = CreateFileW(file_name, GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, 0, nullptr);
  CloseHandle(file);
  DWORD needed = 0;
  Show("of a file", {Error(GetFileSecurityW(file_name, OWNER_SECURITY_INFORMATION, nullptr, 0, &needed)), needed != 0});
  Show("set", {Error(SetFileSecurityW(file_name, DACL_SECURITY_INFORMATION, wanted))});
  Show("got", {GetNamedSecurityInfoA(const_cast<LPSTR>("C:\\accounts.txt"), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr,
                                     &dacl, nullptr, &descriptor)});
  ShowAcl("list", dacl);
  LocalFree(descriptor);
  DeleteFileW(file_name);
  Show("gone",
       {GetNamedSecurityInfoW(file_name, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr, &dacl, nullptr, &descriptor)});
  Show("no root",
       {GetNamedSecurityInfoW(L"NOWHERE\\X", SE_REGISTRY_KEY, DACL_SECURITY_INFORMATION, nullptr, nullptr, &dacl, nullptr, &descriptor)});

  DWORD sizes[5] = {};
  Show("parts",
       {Error(MakeAbsoluteSD(wanted, nullptr, &sizes[0], nullptr, &sizes[1], nullptr, &sizes[2], nullptr, &sizes[3], nullptr, &sizes[4])),
        sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]});
  SECURITY_DESCRIPTOR absolute;
  InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION);
  Show("bits", {SetSecurityDescriptorControl(&absolute, SE_DACL_PROTECTED, SE_DACL_PROTECTED),
                Error(SetSecurityDescriptorControl(&absolute, SE_DACL_PRESENT, SE_DACL_PRESENT))});
  LocalFree(wanted);
}

}  // namespace

int main() {
  Accounts();
  Lists();
  OfObjects();
}
