// Loading DLLs from files: where they are looked for, mapping, what they import, their entry points, and their end.
#include <cstring>
#include <string_view>

#include "kernel/api/api.h"
#include "kernel/ke/ke.h"
#include "nt/io.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"
#include "subsystem/ntdll/path.h"

namespace nt::user {
namespace {

constexpr std::u16string_view kSystemDirectories[] = {u"C:\\Windows\\System32", u"C:\\Windows"};
constexpr ULONG kMostImports = 512;

std::u16string_view View(const UNICODE_STRING& string) { return {string.Buffer, string.Length / sizeof(WCHAR)}; }

std::u16string_view DirectoryOf(std::u16string_view path) {
  const SIZE_T slash = path.find_last_of(u"\\/");
  return slash == path.npos ? std::u16string_view() : path.substr(0, slash);
}

RTL_CRITICAL_SECTION* LoaderLock() { return static_cast<RTL_CRITICAL_SECTION*>(CurrentProcess().loader_lock); }

/// When the process ends, its other threads are gone, wherever they were.
void Lock() {
  if (!CurrentProcess().shutdown_thread) RtlEnterCriticalSection(LoaderLock());
}
void Unlock() {
  if (!CurrentProcess().shutdown_thread) RtlLeaveCriticalSection(LoaderLock());
}

// ---- finding the file -----------------------------------------------------------------------------------------------------------------

/// The directory, the name, and ".dll" if the name has no extension; true if the file is there.
bool TryPath(std::u16string_view directory, std::u16string_view name, PathBuffer* path) {
  PathBuffer whole;
  if (!directory.empty()) {
    whole.Append(directory);
    if (directory.back() != u'\\') whole.Append(u'\\');
  }
  whole.Append(name);
  if (name.back() == u'.') {
    --whole.length;
  } else if (name.find(u'.', name.find_last_of(u"\\/") + 1) == name.npos) {
    whole.Append(std::u16string_view(u".dll"));
  }
  path->length = 0;
  path->overflow = false;
  FullPath(whole.View(), *path);
  if (whole.overflow || path->overflow) return false;
  const HANDLE file = OpenModuleFile(path->View());
  if (file) sys::NtClose(file);
  return file != nullptr;
}

bool TryEnvironmentPath(std::u16string_view name, PathBuffer* path) {
  WCHAR text[kMaxPath];
  UNICODE_STRING variable{8, 10, const_cast<PWSTR>(u"PATH")}, value{0, sizeof text, text};
  if (!NT_SUCCESS(RtlQueryEnvironmentVariable_U(nullptr, &variable, &value))) return false;
  std::u16string_view rest = View(value);
  while (!rest.empty()) {
    const SIZE_T end = rest.find(u';');
    const std::u16string_view directory = rest.substr(0, end);
    if (!directory.empty() && TryPath(directory, name, path)) return true;
    rest = end == rest.npos ? std::u16string_view() : rest.substr(end + 1);
  }
  return false;
}

// ---- imports ---------------------------------------------------------------------------------------------------------------------------

const char* StringAt(PVOID base, ULONG rva) { return static_cast<const char*>(base) + rva; }

/// The name of a module that an image imports from.
struct Needed {
  UNICODE_STRING name;
  WCHAR text[260];
  explicit Needed(const char* from) : name{0, sizeof text, text} {
    for (; *from && name.Length < sizeof text - sizeof(WCHAR); from++, name.Length += sizeof(WCHAR))
      text[name.Length / sizeof(WCHAR)] = static_cast<UCHAR>(*from);
  }
  Module* Find() const { return FindModule(&name); }
};

/// A module of Windows that the specification knows.
bool IsSystemModule(const char* name) {
  char lower[260];
  SIZE_T length = 0;
  for (; name[length] && length < sizeof lower - 1; length++)
    lower[length] = name[length] >= 'A' && name[length] <= 'Z' ? static_cast<char>(name[length] + 32) : name[length];
  const std::string_view view(lower, length);
  return view.starts_with("api-ms-") || view.starts_with("ext-ms-") || !api::ExportsOf(view).empty();
}

/// Calls `visit(module's name, descriptor)` for each module that an image imports from until it fails.
template <class Visit>
NTSTATUS ForEachImport(PVOID base, Visit visit) {
  const auto* descriptor = nt::user::DirectoryOf<IMAGE_IMPORT_DESCRIPTOR>(base, IMAGE_DIRECTORY_ENTRY_IMPORT);
  NTSTATUS status = STATUS_SUCCESS;
  for (ULONG i = 0; descriptor && descriptor[i].Name && i < kMostImports && NT_SUCCESS(status); i++)
    status = visit(StringAt(base, descriptor[i].Name), descriptor[i]);
  return status;
}

/// Fills an image's slots for what it imports from a module that was loaded from a file.
NTSTATUS BindTo(PVOID base, const IMAGE_IMPORT_DESCRIPTOR& descriptor, PVOID provider) {
  auto* const slots = reinterpret_cast<ULONG_PTR*>(static_cast<char*>(base) + descriptor.FirstThunk);
  const ULONG names_rva = descriptor.OriginalFirstThunk;
  if (!names_rva) return STATUS_INVALID_IMAGE_FORMAT;
  const auto* const names = reinterpret_cast<const ULONGLONG*>(StringAt(base, names_rva));
  SIZE_T count = 0;
  while (names[count]) count++;
  PVOID start = slots;
  SIZE_T size = count * sizeof *slots;
  ULONG old = 0, ignored = 0;
  NTSTATUS status = sys::NtProtectVirtualMemory(CurrentProcessHandle(), &start, &size, PAGE_READWRITE, &old);
  for (SIZE_T i = 0; i < count && NT_SUCCESS(status); i++) {
    const bool by_ordinal = (names[i] & IMAGE_ORDINAL_FLAG64) != 0;
    PVOID const address = by_ordinal ? FindExport(provider, nullptr, static_cast<USHORT>(names[i]))
                                     : FindExport(provider, StringAt(base, static_cast<ULONG>(names[i])) + sizeof(USHORT), 0);
    slots[i] = reinterpret_cast<ULONG_PTR>(address);
    if (!address) status = by_ordinal ? STATUS_ORDINAL_NOT_FOUND : STATUS_ENTRYPOINT_NOT_FOUND;
  }
  sys::NtProtectVirtualMemory(CurrentProcessHandle(), &start, &size, old, &ignored);
  return status;
}

NTSTATUS Load(std::u16string_view name, std::u16string_view directory, LoadKind kind, Module** result);

/// Gives up what the first `count` imports of an image loaded.
void ReleaseImports(PVOID base, ULONG count) {
  ForEachImport(base, [&](const char* name, const IMAGE_IMPORT_DESCRIPTOR&) {
    if (count == 0) return STATUS_UNSUCCESSFUL;
    --count;
    Module* const provider = Needed(name).Find();
    if (provider) ReleaseModule(provider);
    return STATUS_SUCCESS;
  });
}

/// Loads what an image needs and binds it; the built-in modules' exports were bound when it was mapped.
NTSTATUS LoadImports(const Module& module) {
  PVOID const base = module.DllBase;
  ULONG loaded = 0;
  const NTSTATUS status = ForEachImport(base, [&](const char* name, const IMAGE_IMPORT_DESCRIPTOR& descriptor) {
    const Needed needed(name);
    Module* provider = needed.Find();
    // A module of the system is built in, or there is nothing of it: then calls of it say so.
    if (IsSystemModule(name) && (!provider || provider->ObsoleteLoadCount == kPinned)) return ++loaded, STATUS_SUCCESS;
    NTSTATUS result = Load(View(needed.name), DirectoryOf(View(module.FullDllName)), LoadKind::Whole, &provider);
    if (!NT_SUCCESS(result)) return result;
    ++loaded;
    return BindTo(base, descriptor, provider->DllBase);
  });
  if (!NT_SUCCESS(status)) ReleaseImports(base, loaded);
  return status;
}

// ---- mapping ---------------------------------------------------------------------------------------------------------------------------

NTSTATUS MapFile(std::u16string_view path, PVOID* base) {
  const HANDLE file = OpenModuleFile(path);
  if (!file) return STATUS_DLL_NOT_FOUND;
  HANDLE section = nullptr;
  NTSTATUS status = sys::NtCreateSection(&section, SECTION_ALL_ACCESS, nullptr, nullptr, PAGE_EXECUTE, SEC_IMAGE, file);
  sys::NtClose(file);
  if (!NT_SUCCESS(status)) return status;
  SIZE_T size = 0;
  *base = nullptr;
  status = sys::NtMapViewOfSection(section, CurrentProcessHandle(), base, 0, 0, nullptr, &size, ViewShare, 0, PAGE_EXECUTE_WRITECOPY);
  sys::NtClose(section);
  return status;
}

void Discard(Module* module) {
  PVOID const base = module->DllBase;
  RemoveTlsModule(base);
  RemoveModule(module);
  sys::NtUnmapViewOfSection(CurrentProcessHandle(), base);
}

Module* FindLoaded(std::u16string_view name) {
  UNICODE_STRING string{static_cast<USHORT>(name.size() * sizeof(WCHAR)), static_cast<USHORT>(name.size() * sizeof(WCHAR)),
                        const_cast<PWSTR>(name.data())};
  return FindModule(&string);
}

/// Maps a module and what it needs; nothing is initialized yet.
NTSTATUS Load(std::u16string_view name, std::u16string_view directory, LoadKind kind, Module** result) {
  if (name.empty()) return STATUS_DLL_NOT_FOUND;
  if (Module* const known = FindLoaded(name)) {
    if (known->ObsoleteLoadCount != kPinned) known->ObsoleteLoadCount++;
    *result = known;
    return STATUS_SUCCESS;
  }
  PathBuffer path;
  if (!FindModuleFile(name, directory, &path)) return STATUS_DLL_NOT_FOUND;
  PVOID base = nullptr;
  NTSTATUS status = MapFile(path.View(), &base);
  if (!NT_SUCCESS(status)) return status;
  Module* const module = AddModule(base, path.View(), kImageDll);
  if (!module) {
    sys::NtUnmapViewOfSection(CurrentProcessHandle(), base);
    return STATUS_NO_MEMORY;
  }
  *result = module;
  if (kind == LoadKind::NoReferences) {
    module->Flags |= kDontCallForThreads | kProcessAttachCalled;  // so that its entry point is never called
    module->EntryPoint = nullptr;
    return STATUS_SUCCESS;
  }
  status = AddTlsModule(base);
  if (NT_SUCCESS(status)) status = LoadImports(*module);
  if (!NT_SUCCESS(status)) {
    Discard(module);
    return status;
  }
  module->Flags |= kEntryProcessed;
  AppendInitialization(module);
  return STATUS_SUCCESS;
}

// ---- entry points -----------------------------------------------------------------------------------------------------------------------

Module* ModuleAt(LIST_ENTRY* link) { return CONTAINING_RECORD(link, Module, InInitializationOrderLinks); }

bool IsAttached(const Module* module) { return module->EntryPoint && (module->Flags & kProcessAttachCalled) != 0; }

bool HearsOfThreads(const Module* module) { return IsAttached(module) && (module->Flags & kDontCallForThreads) == 0; }

/// Calls a module's thread-local callbacks and its entry point; false if it refuses DLL_PROCESS_ATTACH.
bool CallModule(const Module* module, ULONG reason, bool with_program) {
  CallTlsCallbacks(module->DllBase, reason);
  if (!module->EntryPoint) return true;
  PVOID const reserved = reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(with_program));
  return ke::Callout<BOOL>(module->EntryPoint, module->DllBase, reason, reserved) != FALSE || reason != kProcessAttach;
}

/// One use less; with the last, the entry point hears of it and the module goes.
void Release(Module* module) {
  if (module->ObsoleteLoadCount == kPinned || --module->ObsoleteLoadCount != 0) return;
  if (IsAttached(module)) CallModule(module, kProcessDetach, false);
  const bool references = (module->Flags & kEntryProcessed) != 0;
  module->Flags &= ~kProcessAttachCalled;
  if (references) ReleaseImports(module->DllBase, kMostImports);
  Discard(module);
}

}  // namespace

void CallTlsCallbacks(PVOID base, ULONG reason) {
  const auto* const tls = nt::user::DirectoryOf<IMAGE_TLS_DIRECTORY64>(base, IMAGE_DIRECTORY_ENTRY_TLS);
  if (!tls || !tls->AddressOfCallBacks) return;
  for (auto* callback = reinterpret_cast<PVOID*>(tls->AddressOfCallBacks); *callback; callback++)
    ke::Callout<void>(*callback, base, reason, nullptr);
}

HANDLE OpenModuleFile(std::u16string_view path) {
  PathBuffer nt_path;
  if (!NT_SUCCESS(NtPathOf(path, nt_path)) || nt_path.overflow) return nullptr;
  UNICODE_STRING name{static_cast<USHORT>(nt_path.length * sizeof(WCHAR)), static_cast<USHORT>(nt_path.length * sizeof(WCHAR)),
                      nt_path.text};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, &name, OBJ_CASE_INSENSITIVE, nullptr, nullptr};
  IO_STATUS_BLOCK io;
  HANDLE file = nullptr;
  const NTSTATUS status = sys::NtOpenFile(&file, FILE_EXECUTE | FILE_READ_DATA | SYNCHRONIZE, &attributes, &io,
                                          FILE_SHARE_READ | FILE_SHARE_DELETE, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
  return NT_SUCCESS(status) ? file : nullptr;
}

bool FindModuleFile(std::u16string_view name, std::u16string_view directory, PathBuffer* path) {
  if (name.find_first_of(u"\\/:") != name.npos) return TryPath({}, name, path);
  if (!directory.empty() && TryPath(directory, name, path)) return true;
  if (TryPath(DirectoryOf(View(CurrentPeb()->ProcessParameters->ImagePathName)), name, path)) return true;
  for (const std::u16string_view system : kSystemDirectories)
    if (TryPath(system, name, path)) return true;
  return TryPath({}, name, path) || TryEnvironmentPath(name, path);
}

NTSTATUS InitializeModules(bool with_program) {
  LIST_ENTRY* const head = &CurrentPeb()->Ldr->InInitializationOrderModuleList;
  // From the start after each call: an entry point may load and free modules itself.
  for (LIST_ENTRY* link = head->Flink; link != head;) {
    Module* const module = ModuleAt(link);
    link = link->Flink;
    if ((module->Flags & kProcessAttachCalled) != 0) continue;
    module->Flags |= kProcessAttachCalled;
    if (with_program) module->ObsoleteLoadCount = kPinned;
    if (!CallModule(module, kProcessAttach, with_program)) {
      module->Flags &= ~kProcessAttachCalled;
      module->EntryPoint = nullptr;
      return STATUS_DLL_INIT_FAILED;
    }
    link = head->Flink;
  }
  return STATUS_SUCCESS;
}

NTSTATUS LoadModule(std::u16string_view name, std::u16string_view directory, LoadKind kind, PVOID* base) {
  *base = nullptr;
  Module* module = nullptr;
  Lock();
  NTSTATUS status = Load(name, directory, kind, &module);
  if (NT_SUCCESS(status) && CurrentPeb()->Initialization == 2) {
    status = InitializeModules(false);
    if (!NT_SUCCESS(status)) Release(module);
  }
  if (NT_SUCCESS(status)) *base = module->DllBase;
  Unlock();
  return status;
}

NTSTATUS ReleaseModule(Module* module) {
  Lock();
  Release(module);
  Unlock();
  return STATUS_SUCCESS;
}

NTSTATUS LoadStaticImports() {
  PVOID const program = CurrentPeb()->ImageBaseAddress;
  const NTSTATUS status = AddTlsModule(program);
  return NT_SUCCESS(status) ? LoadImports(*ModuleOfAddress(program)) : status;
}

void AttachThread() {
  Lock();
  LIST_ENTRY* const head = &CurrentPeb()->Ldr->InInitializationOrderModuleList;
  for (LIST_ENTRY* link = head->Flink; link != head; link = link->Flink)
    if (HearsOfThreads(ModuleAt(link))) CallModule(ModuleAt(link), kThreadAttach, false);
  CallTlsCallbacks(CurrentPeb()->ImageBaseAddress, kThreadAttach);
  Unlock();
}

void DetachModules(ULONG reason) {
  Lock();
  const bool process = reason == kProcessDetach;
  LIST_ENTRY* const head = &CurrentPeb()->Ldr->InInitializationOrderModuleList;
  for (LIST_ENTRY* link = head->Blink; link != head; link = link->Blink) {
    const Module* const module = ModuleAt(link);
    if (process ? IsAttached(module) : HearsOfThreads(module)) CallModule(module, reason, process);
  }
  CallTlsCallbacks(CurrentPeb()->ImageBaseAddress, reason);
  Unlock();
}

}  // namespace nt::user
