// Modules.
#include <algorithm>

#include "subsystem/kernel32/base.h"

using namespace nt::win32;

namespace {

std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / sizeof(WCHAR)}; }

HMODULE Find(PCWSTR name) {
  if (!name) return CurrentPeb()->ImageBaseAddress;
  const UNICODE_STRING string = StringOf(name);
  PVOID base = nullptr;
  if (NT_SUCCESS(LdrGetDllHandle(nullptr, nullptr, &string, &base))) return base;
  return Fail(ERROR_MOD_NOT_FOUND), nullptr;
}

/// A module's path; empty with an error set if there is no such module.
std::u16string_view PathOf(HMODULE module) {
  if (!module) return View(CurrentPeb()->ProcessParameters->ImagePathName);
  const Module* const entry = ModuleOfAddress(module);
  if (!entry) SetError(ERROR_MOD_NOT_FOUND);
  return entry ? View(entry->FullDllName) : std::u16string_view();
}

/// GetModuleFileName cuts a name that is too long, and says so by an error; it never tells the size.
template <class C>
DWORD CopyCut(std::u16string_view text, C* buffer, DWORD size) {
  const DWORD count = CopyOut(text, buffer, size);
  if (count < size || text.empty()) return text.empty() ? 0 : count;
  SetError(ERROR_INSUFFICIENT_BUFFER);
  if (size) {
    for (DWORD i = 0; i + 1 < size; i++) buffer[i] = static_cast<C>(i < text.size() ? text[i] : 0);
    buffer[size - 1] = 0;
  }
  return size;
}

}  // namespace

extern "C" {

/// The base of a loaded module, or of the program itself.
HMODULE GetModuleHandleW(LPCWSTR ModuleName) { return Find(ModuleName); }

/// The base of a loaded module, or of the program itself.
HMODULE GetModuleHandleA(LPCSTR ModuleName) { return Find(WideName(ModuleName).c_str()); }

/// The base of a loaded module, by name or by an address in it (flag 4).
BOOL GetModuleHandleExW(DWORD Flags, LPCWSTR ModuleName, HMODULE* Library) {
  const Module* const entry = Flags & 4 ? ModuleOfAddress(ModuleName) : nullptr;
  *Library = Flags & 4 ? (entry ? entry->DllBase : nullptr) : Find(ModuleName);
  return *Library ? TRUE : Fail(ERROR_MOD_NOT_FOUND);
}

/// Loads a module. Partial: finds built-in and already loaded modules; it maps none from a file.
HMODULE LoadLibraryExW(LPCWSTR FileName, [[maybe_unused]] HANDLE File, [[maybe_unused]] DWORD Flags) {
  return FileName ? Find(FileName) : (Fail(ERROR_INVALID_PARAMETER), nullptr);
}

/// Loads a module. Partial: finds built-in and already loaded modules; it maps none from a file.
HMODULE LoadLibraryExA(LPCSTR FileName, HANDLE File, DWORD Flags) { return LoadLibraryExW(WideName(FileName).c_str(), File, Flags); }

/// Loads a module. Partial: finds built-in and already loaded modules; it maps none from a file.
HMODULE LoadLibraryW(LPCWSTR FileName) { return LoadLibraryExW(FileName, nullptr, 0); }

/// Loads a module. Partial: finds built-in and already loaded modules; it maps none from a file.
HMODULE LoadLibraryA(LPCSTR FileName) { return LoadLibraryExW(WideName(FileName).c_str(), nullptr, 0); }

/// Releases a module.
BOOL FreeLibrary(HMODULE Library) { return Check(LdrUnloadDll(Library)); }

/// Releases a module and ends the thread.
VOID FreeLibraryAndExitThread(HMODULE Library, DWORD ExitCode) {
  LdrUnloadDll(Library);
  RtlExitUserThread(static_cast<NTSTATUS>(ExitCode));
}

/// Ends the thread notifications of a module.
BOOL DisableThreadLibraryCalls(HMODULE Library) { return Check(LdrUnloadDll(Library)); }

/// The address of a module's export, by name or (a value below 65536) by ordinal.
FARPROC GetProcAddress(HMODULE Library, LPCSTR ProcName) {
  const auto ordinal = reinterpret_cast<ULONG_PTR>(ProcName);
  if (!Library) Library = CurrentPeb()->ImageBaseAddress;
  PVOID const address = ordinal < 0x10000 ? FindExport(Library, nullptr, static_cast<ULONG>(ordinal)) : FindExport(Library, ProcName, 0);
  if (!address) SetError(ordinal < 0x10000 ? 182 : ERROR_PROC_NOT_FOUND);
  return address;
}

/// A module's path.
DWORD GetModuleFileNameW(HMODULE Library, LPWSTR FileName, DWORD Size) { return CopyCut(PathOf(Library), FileName, Size); }

/// A module's path.
DWORD GetModuleFileNameA(HMODULE Library, LPSTR FileName, DWORD Size) { return CopyCut(PathOf(Library), FileName, Size); }

}  // extern "C"
