// Libraries that lie beside the program: loading, what they import, thread-local data, entry points, the lists of modules.
#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>

#include <cstdio>
#include <cstring>
#include <cwchar>

#include "show.h"

namespace {

using Work = int (*)(int);
using Count = int (*)();

template <class T>
T Export(HMODULE module, const char* name) {
  return reinterpret_cast<T>(reinterpret_cast<void*>(GetProcAddress(module, name)));
}

/// The modules that do not belong to the system.
void ListModules() {
  const HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, GetCurrentProcessId());
  MODULEENTRY32W entry;
  entry.dwSize = sizeof entry;
  std::printf("modules:");
  for (BOOL more = Module32FirstW(snapshot, &entry); more; more = Module32NextW(snapshot, &entry)) {
    if (!std::wcsstr(entry.szExePath, L"System32")) std::printf(" %ls", entry.szModule);
  }
  std::printf("\n");
  CloseHandle(snapshot);
  HMODULE modules[64];
  DWORD needed = 0;
  EnumProcessModules(GetCurrentProcess(), modules, sizeof modules, &needed);
  for (DWORD i = 0; i < needed / sizeof *modules; i++) {
    char name[MAX_PATH];
    MODULEINFO information;
    GetModuleBaseNameA(GetCurrentProcess(), modules[i], name, sizeof name);
    GetModuleInformation(GetCurrentProcess(), modules[i], &information, sizeof information);
    if (!std::strcmp(name, "plugin.dll")) Show(name, {information.lpBaseOfDll == modules[i], information.SizeOfImage != 0});
  }
}

DWORD WINAPI OnThread(void* helper) {
  std::printf("another thread counts %d\n", Export<Count>(static_cast<HMODULE>(helper), "HelperCount")());
  return 0;
}

void Loading() {
  ListModules();
  const HMODULE plugin = LoadLibraryW(L"plugin");
  std::printf("7 * 42 + 101 = %d\n", Export<Work>(plugin, "PluginWork")(7));
  ListModules();
  const HMODULE helper = GetModuleHandleW(L"helper.dll");
  const HANDLE thread = CreateThread(nullptr, 0, OnThread, helper, 0, nullptr);
  WaitForSingleObject(thread, INFINITE);
  CloseHandle(thread);
  std::printf("this one %d\n", Export<Count>(helper, "HelperCount")());
  wchar_t path[MAX_PATH];
  GetModuleFileNameW(plugin, path, MAX_PATH);
  std::printf("%ls\n", path);
  MEMORY_BASIC_INFORMATION information;
  VirtualQuery(reinterpret_cast<void*>(GetProcAddress(plugin, "PluginWork")), &information, sizeof information);
  std::printf("type %lx protect %lx, the module's %d\n", information.Type, information.Protect, information.AllocationBase == plugin);
  Show("in use", {DeleteFileW(path), GetLastError()});
  Show("again", {LoadLibraryW(path) == plugin, FreeLibrary(plugin)});
  Show("free", {FreeLibrary(plugin), GetModuleHandleW(L"plugin.dll"), GetModuleHandleW(L"helper.dll")});
  Show("free again", {FreeLibrary(plugin), GetLastError()});
  ListModules();
}

void Failures() {
  Show("none", {LoadLibraryW(L"nonesuch.dll"), GetLastError()});
  Show("refuses", {LoadLibraryW(L"refuses.dll"), GetLastError(), GetModuleHandleW(L"refuses.dll")});
  Show("needs what is gone", {LoadLibraryW(L"orphan.dll"), GetLastError(), GetModuleHandleW(L"orphan.dll")});
  const HANDLE file = CreateFileW(L"C:\\text.dll", GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, 0, nullptr);
  DWORD done;
  WriteFile(file, "This is no image.", 17, &done, nullptr);
  CloseHandle(file);
  Show("no image", {LoadLibraryW(L"C:\\text.dll"), GetLastError()});
  const HMODULE data = LoadLibraryExW(L"C:\\text.dll", nullptr, LOAD_LIBRARY_AS_DATAFILE);
  const auto* const text = reinterpret_cast<const char*>(reinterpret_cast<ULONG_PTR>(data) & ~ULONG_PTR{3});
  std::printf("as data: %.17s\n", text);
  Show("free", {FreeLibrary(data), DeleteFileW(L"C:\\text.dll")});
  Show("without its needs", {LoadLibraryExW(L"orphan.dll", nullptr, DONT_RESOLVE_DLL_REFERENCES)});
}

}  // namespace

int main() {
  Loading();
  Failures();
}
