// All processes as tools see them: snapshots, process status functions, sessions, and what protected processes refuse.
#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>

#include <cstdio>
#include <cstring>
#include <cwchar>
#include <map>
#include <string>

#include "show.h"

namespace {

std::map<DWORD, PROCESSENTRY32W> all;

const wchar_t* NameOf(DWORD id) {
  const auto found = all.find(id);
  return found != all.end() ? found->second.szExeFile : L"(ended)";
}

void Processes() {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
  PROCESSENTRY32W entry;
  entry.dwSize = sizeof entry;
  std::wstring order;
  for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry)) {
    all[entry.th32ProcessID] = entry;
    order += entry.szExeFile;
    order += L' ';
  }
  std::printf("%ls\nbehind the last: %lu\n", order.c_str(), GetLastError());
  for (const auto& [id, process] : all) {
    DWORD session = 9;
    ProcessIdToSessionId(id, &session);
    std::printf("%ls: parent %ls, session %ld, threads %d, priority %ld, id %% 4 = %lu\n", process.szExeFile,
                id ? NameOf(process.th32ParentProcessID) : L"none", static_cast<long>(session), process.cntThreads > 0,
                process.pcPriClassBase, id % 4);
  }
  THREADENTRY32 thread;
  thread.dwSize = sizeof thread;
  std::map<DWORD, DWORD> threads;
  for (BOOL more = Thread32First(snapshot, &thread); more; more = Thread32Next(snapshot, &thread)) threads[thread.th32OwnerProcessID]++;
  bool same = true;
  for (const auto& [id, process] : all) same = same && threads[id] == process.cntThreads;
  Show("threads", {same, threads[GetCurrentProcessId()]});
  PROCESSENTRY32 narrow;
  narrow.dwSize = sizeof narrow - 1;
  Show("bad size", {Process32First(snapshot, &narrow), GetLastError()});
  CloseHandle(snapshot);
  Show("closed", {Process32First(snapshot, &narrow)});
}

void Status() {
  DWORD ids[64], bytes = 0;
  Show("EnumProcesses", {EnumProcesses(ids, sizeof ids, &bytes), bytes / sizeof(DWORD) == all.size(), ids[0], ids[1]});
  Show("too small", {EnumProcesses(ids, 8, &bytes), bytes});
  for (const auto& [id, process] : all) {
    const HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    if (!handle) {
      std::printf("%ls: not opened, error %lu\n", process.szExeFile, GetLastError());
      continue;
    }
    wchar_t native[MAX_PATH] = L"", dos[MAX_PATH] = L"";
    DWORD size = MAX_PATH;
    GetProcessImageFileNameW(handle, native, MAX_PATH);
    QueryFullProcessImageNameW(handle, 0, dos, &size);
    std::printf("%ls %ls\n", native, dos);
    CloseHandle(handle);
  }
}

void Protection() {
  for (const auto& [id, process] : all) {
    if (id == 0) continue;
    std::printf("%ls:", process.szExeFile);
    for (const unsigned long access :
         {0UL + PROCESS_ALL_ACCESS, 0UL + PROCESS_TERMINATE, 0UL + PROCESS_VM_READ, 0UL + PROCESS_QUERY_INFORMATION, 0UL + SYNCHRONIZE}) {
      const HANDLE handle = OpenProcess(access, FALSE, id);
      std::printf(" %lu", handle ? 0 : GetLastError());
      if (handle) CloseHandle(handle);
    }
    std::printf("\n");
  }
}

}  // namespace

int main() {
  Processes();
  Status();
  Protection();
}
