// The process status functions on a process's modules.
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/module_list.h"

using namespace nt::win32;

namespace {

/// MODULEINFO (psapi.h).
struct ModuleInfo {
  PVOID base;
  DWORD size;
  PVOID entry_point;
};
NT_SIZE(ModuleInfo, 0x18);

/// A module by its base; null is the program.
bool Find(HANDLE process, HMODULE base, ListedModule* module) {
  ModuleList list(process);
  while (list.Next(module))
    if (!base || module->base == base) return true;
  SetError(ERROR_INVALID_HANDLE);
  return false;
}

/// Copies a path, or the file name in it; what does not fit is cut. Returns the characters.
template <class C>
DWORD Name(HANDLE process, HMODULE base, C* out, DWORD size, bool only_file) {
  ListedModule module;
  if (!Find(process, base, &module)) return 0;
  const std::u16string_view path(module.path, module.path_length);
  return CopyOut(only_file ? path.substr(module.name_start) : path, out, size);
}

}  // namespace

extern "C" {

/// Lists the modules of a process, as many as there is room for; the bytes that all need.
BOOL K32EnumProcessModules(HANDLE Process, HMODULE* Modules, DWORD Size, LPDWORD Needed) {
  ModuleList list(Process);
  ListedModule module;
  DWORD count = 0;
  for (; list.Next(&module); count++)
    if ((count + 1) * sizeof(HMODULE) <= Size) Modules[count] = module.base;
  *Needed = count * static_cast<DWORD>(sizeof(HMODULE));
  return count ? TRUE : Fail(ERROR_INVALID_HANDLE);
}

/// Lists the modules of a process; all are of 64 bits, whatever the filter says.
BOOL K32EnumProcessModulesEx(HANDLE Process, HMODULE* Modules, DWORD Size, LPDWORD Needed, DWORD FilterFlag) {
  return FilterFlag <= 3 ? K32EnumProcessModules(Process, Modules, Size, Needed) : Fail(ERROR_INVALID_PARAMETER);
}

/// The file name of a module of a process.
DWORD K32GetModuleBaseNameW(HANDLE Process, HMODULE Module, LPWSTR BaseName, DWORD Size) {
  return Name(Process, Module, BaseName, Size, true);
}

/// The file name of a module of a process.
DWORD K32GetModuleBaseNameA(HANDLE Process, HMODULE Module, LPSTR BaseName, DWORD Size) {
  return Name(Process, Module, BaseName, Size, true);
}

/// The path of a module of a process.
DWORD K32GetModuleFileNameExW(HANDLE Process, HMODULE Module, LPWSTR FileName, DWORD Size) {
  return Name(Process, Module, FileName, Size, false);
}

/// The path of a module of a process.
DWORD K32GetModuleFileNameExA(HANDLE Process, HMODULE Module, LPSTR FileName, DWORD Size) {
  return Name(Process, Module, FileName, Size, false);
}

/// The base, size and entry point of a module of a process.
BOOL K32GetModuleInformation(HANDLE Process, HMODULE Module, PVOID Information, DWORD Size) {
  if (Size < sizeof(ModuleInfo)) return Fail(ERROR_INSUFFICIENT_BUFFER);
  ListedModule module;
  if (!Find(Process, Module, &module)) return FALSE;
  *static_cast<ModuleInfo*>(Information) = {module.base, module.size, module.entry_point};
  return TRUE;
}

}  // extern "C"
