// Attribute lists: a parent other than the creator, the handles that a child inherits, a thread's processor; and a child's title.
#include <windows.h>

#include <tlhelp32.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "show.h"

namespace {

/// A list with room for two attributes.
struct List {
  alignas(16) char room[96];
  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(room); }
  List() {
    SIZE_T size = sizeof room;
    InitializeProcThreadAttributeList(get(), 2, 0, &size);
  }
  ~List() { DeleteProcThreadAttributeList(get()); }
  BOOL Add(DWORD_PTR attribute, void* value, SIZE_T size) {
    return UpdateProcThreadAttribute(get(), 0, attribute, value, size, nullptr, nullptr);
  }
};

PROCESS_INFORMATION Start(const wchar_t* arguments, LPPROC_THREAD_ATTRIBUTE_LIST list, BOOL inherit = FALSE, DWORD flags = 0,
                          BOOL* made = nullptr) {
  std::wstring line = std::wstring(L"client_attributes.exe ") + arguments;
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  wchar_t title[] = L"A title";
  startup.StartupInfo.lpTitle = title;
  startup.lpAttributeList = list;
  PROCESS_INFORMATION information{};
  const BOOL result = CreateProcessW(nullptr, line.data(), nullptr, nullptr, inherit, flags | EXTENDED_STARTUPINFO_PRESENT, nullptr,
                                     nullptr, &startup.StartupInfo, &information);
  if (made) *made = result;
  return information;
}

DWORD End(const PROCESS_INFORMATION& information) {
  DWORD code = 0;
  WaitForSingleObject(information.hProcess, INFINITE);
  GetExitCodeProcess(information.hProcess, &code);
  CloseHandle(information.hThread);
  CloseHandle(information.hProcess);
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

int RunChild(int, char** argv) {
  if (std::strcmp(argv[1], "sleep") == 0) Sleep(INFINITE);
  if (std::strcmp(argv[1], "title") == 0) {
    STARTUPINFOA info;
    GetStartupInfoA(&info);
    std::printf("child: \"%s\" on %s\n", info.lpTitle, info.lpDesktop);
    return 0;
  }
  int signaled = 0;
  for (int i = 2; argv[i]; ++i) signaled += SetEvent(reinterpret_cast<HANDLE>(std::strtoull(argv[i], nullptr, 10))) << (i - 2);
  return signaled;
}

void Lists() {
  SIZE_T size = 0;
  Show("sizes", {InitializeProcThreadAttributeList(nullptr, 1, 0, &size), GetLastError() == ERROR_INSUFFICIENT_BUFFER, size});
  List list;
  HANDLE handle = nullptr;
  Show("unknown", {list.Add(0x2FFFF, &handle, 8), GetLastError() == ERROR_NOT_SUPPORTED});
  Show("bad size", {list.Add(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, 4), GetLastError() == ERROR_BAD_LENGTH});
  Show("added", {list.Add(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, 8)});
  Show("twice", {list.Add(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, 8), GetLastError() == 698 /* ERROR_OBJECT_NAME_EXISTS */});
  Show("another", {list.Add(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &handle, 8)});
  USHORT node = 0;
  Show("full", {list.Add(PROC_THREAD_ATTRIBUTE_PREFERRED_NODE, &node, sizeof node), GetLastError() == ERROR_GEN_FAILURE});
}

void Parent() {
  const PROCESS_INFORMATION parent = Start(L"sleep", nullptr);
  Show("child of the creator", {ParentOf(parent.dwProcessId) == GetCurrentProcessId()});
  List list;
  HANDLE handle = parent.hProcess;
  list.Add(PROC_THREAD_ATTRIBUTE_PARENT_PROCESS, &handle, sizeof handle);
  const PROCESS_INFORMATION child = Start(L"title", list.get(), FALSE, CREATE_SUSPENDED);
  Show("child of another", {ParentOf(child.dwProcessId) == parent.dwProcessId});
  ResumeThread(child.hThread);
  Show("ended", {End(child)});
  handle = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, parent.dwProcessId);
  BOOL made = TRUE;
  Start(L"sleep", list.get(), FALSE, 0, &made);
  Show("without the right", {made, GetLastError() == ERROR_ACCESS_DENIED});
  CloseHandle(handle);
  TerminateProcess(parent.hProcess, 5);
  Show("parent ended", {End(parent)});
}

void Handles() {
  SECURITY_ATTRIBUTES inheritable{sizeof inheritable, nullptr, TRUE};
  HANDLE wanted = CreateEventW(&inheritable, TRUE, FALSE, nullptr);
  const HANDLE other = CreateEventW(&inheritable, TRUE, FALSE, nullptr);
  HANDLE own = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  const std::wstring arguments =
      L"signal " + std::to_wstring(reinterpret_cast<ULONG_PTR>(wanted)) + L" " + std::to_wstring(reinterpret_cast<ULONG_PTR>(other));
  Show("all", {End(Start(arguments.c_str(), nullptr, TRUE))});
  BOOL made = TRUE;
  {
    List list;
    list.Add(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &wanted, sizeof wanted);
    Show("listed", {End(Start(arguments.c_str(), list.get(), TRUE))});
    Start(arguments.c_str(), list.get(), FALSE, 0, &made);
    Show("a list but no inheritance", {made, GetLastError() == ERROR_INVALID_PARAMETER});
  }
  List list;
  list.Add(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &own, sizeof own);
  Start(arguments.c_str(), list.get(), TRUE, 0, &made);
  Show("not inheritable", {made, GetLastError() == ERROR_INVALID_PARAMETER});
  for (const HANDLE handle : {wanted, other, own}) CloseHandle(handle);
}

DWORD WINAPI OnWhich(void*) { return GetCurrentProcessorNumber(); }

void Affinity() {
  List list;
  GROUP_AFFINITY affinity{};
  affinity.Mask = 1;
  list.Add(PROC_THREAD_ATTRIBUTE_GROUP_AFFINITY, &affinity, sizeof affinity);
  const HANDLE thread = CreateRemoteThreadEx(GetCurrentProcess(), nullptr, 0, OnWhich, nullptr, 0, list.get(), nullptr);
  WaitForSingleObject(thread, INFINITE);
  DWORD code = 9;
  GetExitCodeThread(thread, &code);
  Show("processor", {code});
  CloseHandle(thread);
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc > 1) return RunChild(argc, argv);
  Lists();
  Parent();
  Handles();
  Affinity();
}
