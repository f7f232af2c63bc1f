// Processes with another parent, with chosen handles, with descriptors and tokens of their creator's choice.
#include <windows.h>

#include <tlhelp32.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>

#include "show.h"

namespace {

struct List {
  alignas(8) BYTE room[256];
  SIZE_T size = sizeof room;
  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(room); }
  explicit List(DWORD count) { InitializeProcThreadAttributeList(get(), count, 0, &size); }
};

bool Start(const wchar_t* words, BOOL inherit, DWORD flags, LPPROC_THREAD_ATTRIBUTE_LIST list, PROCESS_INFORMATION* made,
           SECURITY_ATTRIBUTES* security = nullptr) {
  wchar_t line[128] = L"client_process_attributes.exe ";
  wcscat(line, words);
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  startup.lpAttributeList = list;
  return CreateProcessW(nullptr, line, security, nullptr, inherit, flags | EXTENDED_STARTUPINFO_PRESENT, nullptr, nullptr,
                        &startup.StartupInfo, made);
}

DWORD End(const PROCESS_INFORMATION& made) {
  DWORD code = 0;
  ResumeThread(made.hThread);
  WaitForSingleObject(made.hProcess, INFINITE);
  GetExitCodeProcess(made.hProcess, &code);
  CloseHandle(made.hThread);
  CloseHandle(made.hProcess);
  return code;
}

DWORD ParentOf(DWORD id) {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
  PROCESSENTRY32W entry;
  entry.dwSize = sizeof entry;
  DWORD parent = 0;
  for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry))
    if (entry.th32ProcessID == id) parent = entry.th32ParentProcessID;
  CloseHandle(snapshot);
  return parent;
}

int Child(int argc, char** argv) {
  if (!std::strcmp(argv[1], "hold")) {
    Sleep(INFINITE);
  } else if (!std::strcmp(argv[1], "handles")) {
    int got = 0;
    for (int i = 2; i < argc; i++) {
      DWORD flags;
      const HANDLE handle = reinterpret_cast<HANDLE>(std::strtoull(argv[i], nullptr, 10));
      got = got * 10 + (GetHandleInformation(handle, &flags) ? 1 : 2);
    }
    return got;
  } else if (!std::strcmp(argv[1], "administrator")) {
    SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
    PSID administrators = nullptr;
    AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &administrators);
    BOOL member = FALSE;
    CheckTokenMembership(nullptr, administrators, &member);
    return member ? 40 : 41;
  }
  return 7;
}

void Lists() {
  SIZE_T size = 0;
  Show("size", {InitializeProcThreadAttributeList(nullptr, 2, 0, &size), GetLastError(), size});
  List list(1);
  HANDLE handle = GetCurrentProcess();
  Show("unknown", {UpdateProcThreadAttribute(list.get(), 0, 0x21234, &handle, sizeof handle, nullptr, nullptr), GetLastError()});
  Show("length",
       {UpdateProcThreadAttribute(list.get(), 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, 4, nullptr, nullptr), GetLastError()});
  Show("one", {UpdateProcThreadAttribute(list.get(), 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, sizeof handle, nullptr, nullptr)});
  Show("again", {UpdateProcThreadAttribute(list.get(), 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, sizeof handle, nullptr, nullptr),
                 GetLastError()});
  Show("full", {UpdateProcThreadAttribute(list.get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &handle, sizeof handle, nullptr, nullptr),
                GetLastError()});
  DeleteProcThreadAttributeList(list.get());
}

void Parents() {
  PROCESS_INFORMATION holder, child;
  List none(1), list(1);
  Show("holder", {Start(L"hold", FALSE, 0, none.get(), &holder)});
  HANDLE parent = OpenProcess(PROCESS_CREATE_PROCESS, FALSE, holder.dwProcessId);
  UpdateProcThreadAttribute(list.get(), 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &parent, sizeof parent, nullptr, nullptr);
  Show("adopted", {Start(L"x", FALSE, CREATE_SUSPENDED, list.get(), &child)});
  Show("parent", {ParentOf(child.dwProcessId) == holder.dwProcessId, End(child)});
  List weak(1);
  HANDLE query = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, holder.dwProcessId);
  UpdateProcThreadAttribute(weak.get(), 0, PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &query, sizeof query, nullptr, nullptr);
  Show("without the right", {Start(L"x", FALSE, CREATE_SUSPENDED, weak.get(), &child), GetLastError()});
  TerminateProcess(holder.hProcess, 5);
  End(holder);
}

void Handles() {
  SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
  HANDLE events[2] = {CreateEventW(&inherited, TRUE, FALSE, nullptr), CreateEventW(&inherited, TRUE, FALSE, nullptr)};
  HANDLE own = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  wchar_t words[64];
  swprintf(words, 64, L"handles %llu %llu", reinterpret_cast<ULONG64>(events[0]), reinterpret_cast<ULONG64>(events[1]));
  PROCESS_INFORMATION child;
  List all(1), list(1), wrong(1);
  Start(words, TRUE, 0, all.get(), &child);
  Show("all", {End(child)});
  UpdateProcThreadAttribute(list.get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &events[1], sizeof events[1], nullptr, nullptr);
  Start(words, TRUE, 0, list.get(), &child);
  Show("one", {End(child)});
  Show("not inheriting", {Start(words, FALSE, 0, list.get(), &child), GetLastError()});
  UpdateProcThreadAttribute(wrong.get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &own, sizeof own, nullptr, nullptr);
  Show("not inheritable", {Start(words, TRUE, 0, wrong.get(), &child), GetLastError()});
}

void Security() {
  UCHAR acl[64];
  SECURITY_DESCRIPTOR descriptor;
  InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  InitializeAcl(reinterpret_cast<PACL>(acl), sizeof acl, ACL_REVISION);
  SetSecurityDescriptorDacl(&descriptor, TRUE, reinterpret_cast<PACL>(acl), FALSE);
  SECURITY_ATTRIBUTES closed{sizeof closed, &descriptor, FALSE};
  PROCESS_INFORMATION child;
  List none(1);
  Start(L"x", FALSE, CREATE_SUSPENDED, none.get(), &child, &closed);
  const HANDLE limited = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, child.dwProcessId);
  Show("closed", {limited, GetLastError(), OpenProcess(READ_CONTROL, FALSE, child.dwProcessId), End(child)});
}

void Tokens() {
  HANDLE own = nullptr, less = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own);
  SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
  SID_AND_ATTRIBUTES disable{};
  AllocateAndInitializeSid(&nt, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &disable.Sid);
  CreateRestrictedToken(own, 0, 1, &disable, 0, nullptr, 0, nullptr, &less);
  wchar_t line[] = L"client_process_attributes.exe administrator";
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION child;
  Show("as less", {CreateProcessAsUserW(less, nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child), End(child)});
  Show("as itself", {CreateProcessW(nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child), End(child)});
  HANDLE copy = nullptr;
  DuplicateTokenEx(own, TOKEN_ALL_ACCESS, nullptr, SecurityImpersonation, TokenImpersonation, &copy);
  Show("not primary",
       {CreateProcessAsUserW(copy, nullptr, line, nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup, &child), GetLastError()});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return Child(argc, argv);
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  Lists();
  Parents();
  Handles();
  Security();
  Tokens();
}
