// The registry's older and rarer functions, and lists of services: sizes, truncation, what is refused.
#include <windows.h>

#include "show.h"

namespace {

constexpr char kPath[] = "SOFTWARE\\OlderRegistry";

void OldForms() {
  HKEY key = nullptr, same = nullptr;
  Show("created", {static_cast<DWORD>(RegCreateKeyA(HKEY_LOCAL_MACHINE, kPath, &key)), key != nullptr});
  Show("opened", {static_cast<DWORD>(RegOpenKeyA(HKEY_LOCAL_MACHINE, kPath, &same)),
                  static_cast<DWORD>(RegOpenKeyA(HKEY_LOCAL_MACHINE, "SOFTWARE\\None", &same))});
  Show("nothing opened", {same != nullptr});
  RegCloseKey(same);
  Show("itself",
       {static_cast<DWORD>(RegOpenKeyA(key, nullptr, &same)), same == key, static_cast<DWORD>(RegCreateKeyW(key, nullptr, &same))});
  Show("unnamed values", {static_cast<DWORD>(RegSetValueA(key, "Below", REG_SZ, "fish", 4)),
                          static_cast<DWORD>(RegSetValueA(key, "Below", REG_DWORD, "fish", 4))});
  char text[32] = {};
  LONG size = sizeof text;
  Show("read", {static_cast<DWORD>(RegQueryValueA(key, "Below", text, &size)), static_cast<DWORD>(size)});
  std::printf("%s\n", text);
  size = 3;
  Show("too small", {static_cast<DWORD>(RegQueryValueA(key, "Below", text, &size)), static_cast<DWORD>(size)});
  size = sizeof text;
  Show("none", {static_cast<DWORD>(RegQueryValueA(key, "Nowhere", text, &size))});
  Show("empty", {static_cast<DWORD>(RegQueryValueA(key, nullptr, text, &size)), static_cast<DWORD>(size), static_cast<DWORD>(text[0])});
  char name[16];
  WCHAR wide[16];
  Show("enumerated", {static_cast<DWORD>(RegEnumKeyA(key, 0, name, sizeof name)), static_cast<DWORD>(RegEnumKeyW(key, 0, wide, 5)),
                      static_cast<DWORD>(RegEnumKeyW(key, 0, wide, 6)), static_cast<DWORD>(RegEnumKeyA(key, 1, name, sizeof name))});
  std::printf("%s %ls\n", name, wide);
  Show("set", {static_cast<DWORD>(RegSetKeyValueA(key, "Below\\Deeper", "Value", REG_DWORD, &size, 4)),
               static_cast<DWORD>(RegSetKeyValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\None2", "Value", REG_SZ, "x", 2))});
  RegDeleteKeyA(HKEY_LOCAL_MACHINE, "SOFTWARE\\None2");
  RegCloseKey(key);
}

void Trees() {
  HKEY key = nullptr, copy = nullptr;
  RegOpenKeyA(HKEY_LOCAL_MACHINE, kPath, &key);
  RegCreateKeyA(HKEY_LOCAL_MACHINE, "SOFTWARE\\OlderCopy", &copy);
  Show("copied", {static_cast<DWORD>(RegCopyTreeA(key, "Below", copy))});
  DWORD value = 0, size = sizeof value, type = 0;
  Show("value", {static_cast<DWORD>(RegGetValueA(copy, "Deeper", "Value", RRF_RT_DWORD, &type, &value, &size)), type, size});
  Show("not empty", {static_cast<DWORD>(RegDeleteKeyExA(HKEY_LOCAL_MACHINE, "SOFTWARE\\OlderCopy", 0, 0)),
                     static_cast<DWORD>(RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\None", KEY_WOW64_64KEY, 0)),
                     static_cast<DWORD>(RegDeleteKeyExW(HKEY_LOCAL_MACHINE, nullptr, 0, 0))});
  Show("whole", {static_cast<DWORD>(RegDeleteTreeA(HKEY_LOCAL_MACHINE, "SOFTWARE\\OlderCopy")),
                 static_cast<DWORD>(RegDeleteTreeA(HKEY_LOCAL_MACHINE, "SOFTWARE\\OlderCopy"))});
  Show("gone", {static_cast<DWORD>(RegQueryValueExA(copy, "x", nullptr, nullptr, nullptr, nullptr))});
  RegCloseKey(copy);
  HKEY machine = nullptr;
  Show("this machine", {static_cast<DWORD>(RegConnectRegistryA(nullptr, HKEY_LOCAL_MACHINE, &machine)), machine != nullptr});
  RegCloseKey(machine);
  Show("cache", {static_cast<DWORD>(RegDisablePredefinedCache()), static_cast<DWORD>(RegDisablePredefinedCacheEx())});
  RegCloseKey(key);
}

void Enable(PCSTR privilege) {
  HANDLE token = nullptr;
  TOKEN_PRIVILEGES wanted = {1, {}};
  wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  LookupPrivilegeValueA(nullptr, privilege, &wanted.Privileges[0].Luid);
  OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token);
  AdjustTokenPrivileges(token, FALSE, &wanted, 0, nullptr, nullptr);
  CloseHandle(token);
}

void Saved() {
  HKEY key = nullptr;
  RegOpenKeyA(HKEY_LOCAL_MACHINE, kPath, &key);
  DeleteFileA("C:\\older.hiv");
  Show("without privilege", {static_cast<DWORD>(RegSaveKeyA(key, "C:\\older.hiv", nullptr))});
  Enable("SeBackupPrivilege");
  Enable("SeRestorePrivilege");
  Show("saved", {static_cast<DWORD>(RegSaveKeyA(key, "C:\\older.hiv", nullptr)),
                 static_cast<DWORD>(RegSaveKeyExA(key, "C:\\older.hiv", nullptr, REG_LATEST_FORMAT))});
  DeleteFileA("C:\\older.hiv");
  Show("in a format", {static_cast<DWORD>(RegSaveKeyExW(key, L"C:\\older.hiv", nullptr, REG_LATEST_FORMAT)),
                       static_cast<DWORD>(RegSaveKeyExW(key, L"C:\\x.hiv", nullptr, 77))});
  RegDeleteTreeA(key, "Below");
  Show("restored", {static_cast<DWORD>(RegRestoreKeyA(key, "C:\\older.hiv", REG_FORCE_RESTORE))});
  HKEY deeper = nullptr;
  Show("there again", {static_cast<DWORD>(RegOpenKeyA(key, "Below\\Deeper", &deeper))});
  RegCloseKey(deeper);
  Show("not there", {static_cast<DWORD>(RegRestoreKeyA(key, "C:\\none.hiv", 0))});
  DeleteFileA("C:\\older.hiv");
  RegDeleteTreeA(HKEY_LOCAL_MACHINE, kPath);
  RegCloseKey(key);
}

void Services() {
  SC_HANDLE const manager = OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ENUMERATE_SERVICE | SC_MANAGER_CREATE_SERVICE);
  SC_HANDLE const service =
      CreateServiceW(manager, L"OlderService", L"An older one", SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                     SERVICE_ERROR_NORMAL, L"C:\\older.sys", nullptr, nullptr, nullptr, nullptr, nullptr);
  static char buffer[16384];
  DWORD needed = 0, count = 0, resume = 0;
  auto* const wide = reinterpret_cast<ENUM_SERVICE_STATUSW*>(buffer);
  BOOL good = EnumServicesStatusW(manager, SERVICE_DRIVER, SERVICE_INACTIVE, wide, sizeof buffer, &needed, &count, &resume);
  DWORD found = 0;
  for (DWORD i = 0; i < count; i++)
    found += lstrcmpW(wide[i].lpServiceName, L"OlderService") == 0 && lstrcmpW(wide[i].lpDisplayName, L"An older one") == 0;
  Show("listed", {good, found, needed, resume});
  resume = 0;
  auto* const narrow = reinterpret_cast<ENUM_SERVICE_STATUSA*>(buffer);
  good = EnumServicesStatusA(manager, SERVICE_DRIVER, SERVICE_STATE_ALL, narrow, sizeof buffer, &needed, &count, &resume);
  found = 0;
  for (DWORD i = 0; i < count; i++) found += lstrcmpA(narrow[i].lpServiceName, "OlderService") == 0;
  Show("narrow", {good, found});
  resume = 0;
  Show("no room", {EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_DRIVER, SERVICE_STATE_ALL, nullptr, 0, &needed, &count,
                                         &resume, nullptr),
                   GetLastError(), needed != 0, count});
  Show("no kind", {EnumServicesStatusW(manager, 0, SERVICE_STATE_ALL, wide, sizeof buffer, &needed, &count, &resume), GetLastError()});
  Show("deleted",
       {DeleteService(service), CloseServiceHandle(service), CloseServiceHandle(manager), CloseServiceHandle(manager), GetLastError()});
}

void Identifiers() {
  SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
  alignas(4) UCHAR sid[SECURITY_MAX_SID_SIZE], copy[16], room[64];
  Show("length", {GetSidLengthRequired(2), InitializeSid(sid, &authority, 2), GetLengthSid(sid)});
  *GetSidSubAuthority(sid, 0) = 32;
  *GetSidSubAuthority(sid, 1) = 544;
  Show("valid", {IsValidSid(sid), *GetSidSubAuthorityCount(sid), GetSidIdentifierAuthority(sid)->Value[5]});
  Show("copied", {CopySid(16, copy, sid), EqualSid(sid, copy), CopySid(15, copy, sid), GetLastError()});
  Show("too many parts", {InitializeSid(sid, &authority, 16), GetLastError()});
  const auto acl = reinterpret_cast<PACL>(room);
  Show("list", {InitializeAcl(acl, 32, ACL_REVISION), IsValidAcl(acl), InitializeAcl(acl, 4, ACL_REVISION), GetLastError()});
  InitializeAcl(acl, 32, ACL_REVISION);
  LPVOID ace = nullptr;
  Show("entries", {AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, copy), AddAccessDeniedAce(acl, ACL_REVISION, GENERIC_READ, copy),
                   GetLastError(), GetAce(acl, 0, &ace), GetAce(acl, 1, &ace), GetLastError()});
  SECURITY_DESCRIPTOR descriptor;
  InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  PSID group = nullptr;
  PACL dacl = nullptr;
  BOOL present = TRUE, defaulted = TRUE;
  Show("descriptor", {SetSecurityDescriptorGroup(&descriptor, copy, FALSE), SetSecurityDescriptorOwner(&descriptor, copy, TRUE),
                      SetSecurityDescriptorSacl(&descriptor, FALSE, nullptr, FALSE),
                      GetSecurityDescriptorGroup(&descriptor, &group, &defaulted), group == copy, defaulted});
  Show("no list", {GetSecurityDescriptorDacl(&descriptor, &present, &dacl, &defaulted), present, IsValidSecurityDescriptor(&descriptor),
                   GetSecurityDescriptorLength(&descriptor)});
  DWORD size = 10;
  Show("self-relative", {MakeSelfRelativeSD(&descriptor, room, &size), GetLastError(), size, MakeSelfRelativeSD(&descriptor, room, &size)});
  GENERIC_MAPPING mapping = {1, 2, 4, 8};
  DWORD mask = GENERIC_WRITE | DELETE;
  MapGenericMask(&mask, &mapping);
  Show("mapped", {mask});
}

}  // namespace

int main() {
  OldForms();
  Trees();
  Saved();
  Services();
  Identifiers();
}
