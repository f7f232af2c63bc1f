// Modules.
#include <algorithm>

#include "nt/mm.h"
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

// LoadLibraryEx's flags.
constexpr DWORD kDontResolve = 0x1, kAsDataFile = 0x2, kAlteredSearchPath = 0x8, kAsImageResource = 0x20, kAsDataExclusive = 0x40;
constexpr DWORD kSearchDllDirectory = 0x100;
constexpr DWORD kAsData = kAsDataFile | kAsImageResource | kAsDataExclusive;
/// In the handle of a module that is mapped as a file.
constexpr ULONG_PTR kDataMark = 1;

HMODULE LoadAsData(std::u16string_view name) {
  PathBuffer path;
  const HANDLE file = FindModuleFile(name, {}, &path) ? OpenModuleFile(path.View()) : nullptr;
  if (!file) return Fail(ERROR_FILE_NOT_FOUND), nullptr;
  HANDLE section = nullptr;
  NTSTATUS status = nt::sys::NtCreateSection(&section, SECTION_ALL_ACCESS, nullptr, nullptr, PAGE_READONLY, SEC_COMMIT, file);
  nt::sys::NtClose(file);
  if (!Check(status)) return nullptr;
  PVOID base = nullptr;
  SIZE_T size = 0;
  status = nt::sys::NtMapViewOfSection(section, CurrentProcessHandle(), &base, 0, 0, nullptr, &size, ViewShare, 0, PAGE_READONLY);
  nt::sys::NtClose(section);
  return Check(status) ? reinterpret_cast<HMODULE>(reinterpret_cast<ULONG_PTR>(base) | kDataMark) : nullptr;
}

}  // namespace

extern "C" {

/// The base of a loaded module, or of the program itself.
HMODULE GetModuleHandleW(LPCWSTR ModuleName) { return Find(ModuleName); }

/// The base of a loaded module, or of the program itself.
HMODULE GetModuleHandleA(LPCSTR ModuleName) { return Find(WideName(ModuleName).c_str()); }

/// The base of a loaded module, by name or by an address in it (flag 4).
BOOL GetModuleHandleExW(DWORD Flags, LPCWSTR ModuleName, HMODULE* Library) {
  constexpr DWORD kPin = 1, kUnchangedCount = 2, kFromAddress = 4, kKnown = 7, kContradiction = kPin | kUnchangedCount;
  if (!Library) return Fail(ERROR_INVALID_PARAMETER);
  *Library = nullptr;
  if ((Flags & ~kKnown) != 0 || (Flags & kContradiction) == kContradiction) return Fail(ERROR_INVALID_PARAMETER);
  const Module* const entry = Flags & kFromAddress ? ModuleOfAddress(ModuleName) : nullptr;
  *Library = Flags & kFromAddress ? (entry ? entry->DllBase : nullptr) : Find(ModuleName);
  if (!*Library) return Fail(ERROR_MOD_NOT_FOUND);
  return Flags & kUnchangedCount ? TRUE : Check(LdrAddRefDll(Flags & kPin, *Library));
}

/// Loads a module: built in, or from a file of C:; as data only, or without what it needs, as the flags say.
HMODULE LoadLibraryExW(LPCWSTR FileName, [[maybe_unused]] HANDLE File, DWORD Flags) {
  if (!FileName || !*FileName) return Fail(ERROR_INVALID_PARAMETER), nullptr;
  std::u16string_view name = View(StringOf(FileName));
  while (!name.empty() && name.back() == u' ') name.remove_suffix(1);
  if ((Flags & kAsData) != 0) return LoadAsData(name);
  const bool own_directory = (Flags & (kAlteredSearchPath | kSearchDllDirectory)) != 0;
  const SIZE_T slash = name.find_last_of(u"\\/");
  const std::u16string_view directory = own_directory && slash != name.npos ? name.substr(0, slash) : std::u16string_view();
  PVOID base = nullptr;
  const LoadKind kind = (Flags & kDontResolve) != 0 ? LoadKind::NoReferences : LoadKind::Whole;
  return Check(LoadModule(name, directory, kind, &base)) ? base : nullptr;
}

/// Loads a module: built in, or from a file of C:; as data only, or without what it needs, as the flags say.
HMODULE LoadLibraryExA(LPCSTR FileName, HANDLE File, DWORD Flags) { return LoadLibraryExW(WideName(FileName).c_str(), File, Flags); }

/// Loads a module: built in, or from a file of C:.
HMODULE LoadLibraryW(LPCWSTR FileName) { return LoadLibraryExW(FileName, nullptr, 0); }

/// Loads a module: built in, or from a file of C:.
HMODULE LoadLibraryA(LPCSTR FileName) { return LoadLibraryExW(WideName(FileName).c_str(), nullptr, 0); }

/// Releases a module.
BOOL FreeLibrary(HMODULE Library) {
  const auto base = reinterpret_cast<ULONG_PTR>(Library);
  if ((base & kDataMark) == 0) return Check(LdrUnloadDll(Library));
  return Check(nt::sys::NtUnmapViewOfSection(CurrentProcessHandle(), reinterpret_cast<PVOID>(base & ~kDataMark)));
}

/// Releases a module and ends the thread.
VOID FreeLibraryAndExitThread(HMODULE Library, DWORD ExitCode) {
  LdrUnloadDll(Library);
  RtlExitUserThread(static_cast<NTSTATUS>(ExitCode));
}

/// Ends the thread notifications of a module.
BOOL DisableThreadLibraryCalls(HMODULE Library) { return Check(LdrDisableThreadCalloutsForDll(Library)); }

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
