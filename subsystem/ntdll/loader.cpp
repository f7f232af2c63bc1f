// The user-mode loader: finds modules and exports. The built-in modules are always loaded; load_dll.cpp brings in others.
#include <cstring>
#include <string_view>

#include "kernel/api/api.h"
#include "kernel/ke/ke.h"
#include "kernel/ldr/process_data.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace nt::user {
namespace {

constexpr ULONG kForwardDepth = 8;

WCHAR Upper(WCHAR c) { return c >= 'a' && c <= 'z' ? static_cast<WCHAR>(c - 32) : c; }

bool SameName(std::u16string_view left, std::u16string_view right) {
  if (left.size() != right.size()) return false;
  for (SIZE_T i = 0; i < left.size(); i++)
    if (Upper(left[i]) != Upper(right[i])) return false;
  return true;
}

std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / sizeof(WCHAR)}; }

std::u16string_view FileOf(std::u16string_view path) {
  const SIZE_T slash = path.find_last_of(u"\\/");
  return slash == path.npos ? path : path.substr(slash + 1);
}

/// API set contracts are implemented by these hosts.
std::u16string_view ApiSetHost(std::u16string_view name) {
  if (name.size() > 7 && SameName(name.substr(0, 15), u"api-ms-win-crt-")) return u"msvcrt.dll";
  if (name.size() > 7 && (SameName(name.substr(0, 7), u"api-ms-") || SameName(name.substr(0, 7), u"ext-ms-"))) return u"kernel32.dll";
  if (SameName(name, u"kernelbase.dll") || SameName(name, u"kernelbase")) return u"kernel32.dll";
  return name;
}

template <class T>
T* AtRva(PVOID base, ULONG rva) {
  return reinterpret_cast<T*>(static_cast<char*>(base) + rva);
}

/// The index in the function table of a name, by binary search as the names are sorted; -1 if it is not there.
LONG IndexOfName(PVOID base, const IMAGE_EXPORT_DIRECTORY& exports, const char* name) {
  const auto* const names = AtRva<const ULONG>(base, exports.AddressOfNames);
  ULONG low = 0, high = exports.NumberOfNames;
  while (low < high) {
    const ULONG middle = (low + high) / 2;
    const int order = std::strcmp(name, AtRva<const char>(base, names[middle]));
    if (order == 0) return AtRva<const USHORT>(base, exports.AddressOfNameOrdinals)[middle];
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return -1;
}

PVOID FindExportAt(PVOID base, const char* name, ULONG ordinal, ULONG depth);

PVOID KernelExport(std::string_view module, const char* name) {
  const api::Export* const entry = module == "ntoskrnl" ? api::Find("ntoskrnl.exe", name) : nullptr;
  return entry ? api::AddressOf(*entry) : nullptr;
}

/// Resolves "MODULE.NAME" or "MODULE.#ORDINAL".
PVOID FollowForwarder(const char* text, ULONG depth) {
  const char* const dot = std::strrchr(text, '.');
  if (!dot || depth >= kForwardDepth || dot - text > 250) return nullptr;
  WCHAR module[256];
  USHORT length = 0;
  for (const char* c = text; c != dot; c++) module[length++] = static_cast<UCHAR>(*c);
  const UNICODE_STRING name{static_cast<USHORT>(length * 2), sizeof module, module};
  const Module* const entry = FindModule(&name);
  // Names that ntdll shares with the kernel have their code there.
  if (!entry) return KernelExport(std::string_view(text, static_cast<SIZE_T>(dot - text)), dot + 1);
  if (dot[1] != '#') return FindExportAt(entry->DllBase, dot + 1, 0, depth + 1);
  ULONG ordinal = 0;
  for (const char* c = dot + 2; *c >= '0' && *c <= '9'; c++) ordinal = ordinal * 10 + static_cast<ULONG>(*c - '0');
  return FindExportAt(entry->DllBase, nullptr, ordinal, depth + 1);
}

PVOID FindExportAt(PVOID base, const char* name, ULONG ordinal, ULONG depth) {
  const IMAGE_NT_HEADERS64* const headers = HeadersOf(base);
  if (!headers) return nullptr;
  const IMAGE_DATA_DIRECTORY directory = headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
  if (!directory.Size) return nullptr;
  const auto& exports = *AtRva<const IMAGE_EXPORT_DIRECTORY>(base, directory.VirtualAddress);
  const LONG index = name ? IndexOfName(base, exports, name) : static_cast<LONG>(ordinal - exports.Base);
  if (index < 0 || static_cast<ULONG>(index) >= exports.NumberOfFunctions) return nullptr;
  const ULONG rva = AtRva<const ULONG>(base, exports.AddressOfFunctions)[index];
  if (!rva) return nullptr;
  const bool forwarded = rva - directory.VirtualAddress < directory.Size;
  return forwarded ? FollowForwarder(AtRva<const char>(base, rva), depth) : AtRva<void>(base, rva);
}

/// Calls `visit` for the modules in load order until it returns true; returns that module or null.
template <class Visit>
Module* AnyModule(Visit visit) {
  PEB_LDR_DATA* const data = CurrentPeb()->Ldr;
  if (!data) return nullptr;
  LIST_ENTRY* const head = &data->InLoadOrderModuleList;
  for (LIST_ENTRY* link = head->Flink; link && link != head; link = link->Flink) {
    auto* const entry = CONTAINING_RECORD(link, Module, InLoadOrderLinks);
    if (visit(*entry)) return entry;
  }
  return nullptr;
}

}  // namespace

const IMAGE_NT_HEADERS64* HeadersOf(const void* base) {
  const auto* const dos = static_cast<const IMAGE_DOS_HEADER*>(base);
  if (!base || dos->e_magic != IMAGE_DOS_SIGNATURE) return nullptr;
  const auto* const headers = reinterpret_cast<const IMAGE_NT_HEADERS64*>(static_cast<const char*>(base) + dos->e_lfanew);
  return headers->Signature == IMAGE_NT_SIGNATURE ? headers : nullptr;
}

Module* FindModule(PCUNICODE_STRING name) {
  std::u16string_view wanted = ApiSetHost(FileOf(View(*name)));
  if (!wanted.empty() && wanted.back() == u'.')
    wanted.remove_suffix(1);
  else if (wanted.find(u'.') == wanted.npos) {
    // A name without an extension means the library of that name.
    return AnyModule([&](const Module& entry) {
      const std::u16string_view own = View(entry.BaseDllName);
      return own.size() == wanted.size() + 4 && SameName(own.substr(0, wanted.size()), wanted) &&
             SameName(own.substr(wanted.size()), u".dll");
    });
  }
  return AnyModule([&](const Module& entry) { return SameName(View(entry.BaseDllName), wanted); });
}

Module* ModuleOfAddress(const void* address) {
  return AnyModule([&](const Module& entry) {
    return reinterpret_cast<ULONG_PTR>(address) - reinterpret_cast<ULONG_PTR>(entry.DllBase) < entry.SizeOfImage;
  });
}

PVOID FindExport(PVOID base, const char* name, ULONG ordinal) {
  const auto address = reinterpret_cast<ULONG_PTR>(FindExportAt(base, name, ordinal, 0));
  return reinterpret_cast<PVOID>(ldr::ProcessDataAt(address, CurrentPeb()->BuiltinData));
}

PVOID DataExport(PCWSTR module, const char* name) {
  UNICODE_STRING string{0, 0, const_cast<PWSTR>(module)};
  while (module[string.Length / sizeof(WCHAR)]) string.Length = static_cast<USHORT>(string.Length + sizeof(WCHAR));
  const Module* const entry = FindModule(&string);
  return entry ? FindExport(entry->DllBase, name, 0) : nullptr;
}

}  // namespace nt::user

using namespace nt::user;

extern "C" {

/// Finds a module that is loaded, by its file name or path.
NTSTATUS LdrGetDllHandle([[maybe_unused]] PCWSTR SearchPath, [[maybe_unused]] PULONG Characteristics, PCUNICODE_STRING Name,
                         PVOID* BaseAddress) {
  const Module* const entry = FindModule(Name);
  *BaseAddress = entry ? entry->DllBase : nullptr;
  return entry ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

/// Loads a module by its name or path: a built-in one, or a DLL of C:. A search path is not looked at.
NTSTATUS LdrLoadDll([[maybe_unused]] PCWSTR SearchPath, [[maybe_unused]] PULONG Characteristics, PCUNICODE_STRING Name,
                    PVOID* BaseAddress) {
  return LoadModule(View(*Name), {}, LoadKind::Whole, BaseAddress);
}

/// Releases a module; with its last use it goes. Built-in modules stay for the life of the process.
NTSTATUS LdrUnloadDll(PVOID BaseAddress) {
  Module* const entry = ModuleOfAddress(BaseAddress);
  return entry && entry->DllBase == BaseAddress ? ReleaseModule(entry) : STATUS_DLL_NOT_FOUND;
}

/// Keeps a module for the life of the process (flag 1), or counts another use.
NTSTATUS LdrAddRefDll(ULONG Flags, PVOID BaseAddress) {
  Module* const entry = ModuleOfAddress(BaseAddress);
  if (!entry) return STATUS_DLL_NOT_FOUND;
  if ((Flags & 1) != 0) entry->ObsoleteLoadCount = kPinned;
  if (entry->ObsoleteLoadCount != kPinned) ++entry->ObsoleteLoadCount;
  return STATUS_SUCCESS;
}

/// The address of a module's export, by name or by ordinal.
NTSTATUS LdrGetProcedureAddress(PVOID BaseAddress, const ANSI_STRING* Name, ULONG Ordinal, PVOID* Address) {
  char name[512];
  if (Name) {
    if (Name->Length >= sizeof name) return STATUS_NAME_TOO_LONG;
    std::memcpy(name, Name->Buffer, Name->Length);
    name[Name->Length] = 0;
  }
  *Address = FindExport(BaseAddress, Name ? name : nullptr, Ordinal);
  if (*Address) return STATUS_SUCCESS;
  return Name ? STATUS_ENTRYPOINT_NOT_FOUND : STATUS_ORDINAL_NOT_FOUND;
}

/// Ends the calls of DLL_THREAD_ATTACH and DLL_THREAD_DETACH for a module.
NTSTATUS LdrDisableThreadCalloutsForDll(PVOID BaseAddress) {
  Module* const entry = ModuleOfAddress(BaseAddress);
  if (!entry || entry->DllBase != BaseAddress) return STATUS_DLL_NOT_FOUND;
  entry->Flags |= kDontCallForThreads;
  return STATUS_SUCCESS;
}

/// The base of the module in which an address lies.
PVOID Ntdll_RtlPcToFileHeader(PVOID PcValue, PVOID* BaseOfImage) {
  const Module* const entry = ModuleOfAddress(PcValue);
  *BaseOfImage = entry ? entry->DllBase : nullptr;
  return *BaseOfImage;
}

}  // extern "C"
