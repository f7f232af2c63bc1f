// Toolhelp32: a snapshot of processes, threads and modules in a section, whose handle is the snapshot's.
#include <algorithm>
#include <cstring>

#include "nt/process_information.h"
#include "subsystem/kernel32/base.h"
#include "subsystem/kernel32/module_list.h"
#include "subsystem/kernel32/system_processes.h"

using namespace nt::win32;
namespace sys = nt::sys;

namespace {

constexpr DWORD kProcesses = 2, kThreads = 4;     // TH32CS_SNAPPROCESS, TH32CS_SNAPTHREAD
constexpr DWORD kModules = 8, kModules32 = 0x10;  // TH32CS_SNAPMODULE, TH32CS_SNAPMODULE32
constexpr DWORD kInherit = 0x80000000;
constexpr SIZE_T kNameRoom = 260;  // MAX_PATH
constexpr SIZE_T kModuleNameRoom = 256;

/// PROCESSENTRY32W and THREADENTRY32 (tlhelp32.h).
struct ProcessEntry {
  DWORD size, usage, id;
  ULONG_PTR heap;
  DWORD module, threads, parent;
  LONG base_priority;
  DWORD flags;
  WCHAR name[kNameRoom];
};
NT_SIZE(ProcessEntry, 568);
struct ProcessEntryA {
  DWORD size, usage, id;
  ULONG_PTR heap;
  DWORD module, threads, parent;
  LONG base_priority;
  DWORD flags;
  char name[kNameRoom];
};
NT_SIZE(ProcessEntryA, 304);
struct ThreadEntry {
  DWORD size, usage, id, process;
  LONG base_priority, delta_priority;
  DWORD flags;
};
NT_SIZE(ThreadEntry, 28);

/// MODULEENTRY32W and MODULEENTRY32.
struct ModuleEntry {
  DWORD size, id, process, global_count, process_count;
  PVOID base;
  DWORD base_size;
  PVOID module;
  WCHAR name[kModuleNameRoom];
  WCHAR path[kNameRoom];
};
NT_SIZE(ModuleEntry, 1080);
struct ModuleEntryA {
  DWORD size, id, process, global_count, process_count;
  PVOID base;
  DWORD base_size;
  PVOID module;
  char name[kModuleNameRoom];
  char path[kNameRoom];
};
NT_SIZE(ModuleEntryA, 568);

/// The section's contents: this, the processes, the threads, the modules.
struct Snapshot {
  ULONG process_count, thread_count, module_count;
  ULONG next_process, next_thread, next_module;  ///< of Process32Next, Thread32Next and Module32Next
  ProcessEntry* processes() { return reinterpret_cast<ProcessEntry*>(this + 1); }
  ThreadEntry* threads() { return reinterpret_cast<ThreadEntry*>(processes() + process_count); }
  ModuleEntry* modules() {
    const auto end = reinterpret_cast<ULONG_PTR>(threads() + thread_count);
    return reinterpret_cast<ModuleEntry*>((end + alignof(ModuleEntry) - 1) & ~(alignof(ModuleEntry) - 1));
  }
};

/// A view of a snapshot's section, for the length of a call.
class View {
 public:
  explicit View(HANDLE section) {
    SIZE_T size = 0;
    PVOID base = nullptr;
    LARGE_INTEGER offset{};
    const NTSTATUS status = sys::NtMapViewOfSection(section, CurrentProcessHandle(), &base, 0, 0, &offset, &size, ViewShare, 0, 4);
    if (Check(status)) snapshot_ = static_cast<Snapshot*>(base);
  }
  ~View() {
    if (snapshot_) sys::NtUnmapViewOfSection(CurrentProcessHandle(), snapshot_);
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  explicit operator bool() const { return snapshot_ != nullptr; }
  Snapshot* operator->() const { return snapshot_; }

 private:
  Snapshot* snapshot_ = nullptr;
};

DWORD Number(HANDLE id) { return static_cast<DWORD>(reinterpret_cast<ULONG_PTR>(id)); }

ProcessEntry Describe(const SYSTEM_PROCESS_INFORMATION& process) {
  ProcessEntry entry{};
  entry.size = sizeof entry;
  entry.id = Number(process.UniqueProcessId);
  entry.threads = process.NumberOfThreads;
  entry.parent = Number(process.InheritedFromUniqueProcessId);
  entry.base_priority = process.BasePriority;
  std::u16string_view name(process.ImageName.Buffer, process.ImageName.Length / sizeof(WCHAR));
  if (!entry.id) name = u"[System Process]";
  name.substr(0, kNameRoom - 1).copy(entry.name, kNameRoom - 1);
  return entry;
}

ThreadEntry Describe(const SYSTEM_THREAD_INFORMATION& thread) {
  return {sizeof(ThreadEntry), 0, Number(thread.ClientId.UniqueThread), Number(thread.ClientId.UniqueProcess), thread.BasePriority, 0, 0};
}

const SYSTEM_THREAD_INFORMATION* ThreadsOf(const SYSTEM_PROCESS_INFORMATION& process) {
  return reinterpret_cast<const SYSTEM_THREAD_INFORMATION*>(&process + 1);
}

ModuleEntry Describe(const ListedModule& module, DWORD process) {
  ModuleEntry entry{};
  entry.size = sizeof entry;
  entry.id = 1;
  entry.process = process;
  entry.global_count = entry.process_count = 0xFFFF;
  entry.base = entry.module = module.base;
  entry.base_size = module.size;
  const std::u16string_view path(module.path, module.path_length);
  path.substr(0, kNameRoom - 1).copy(entry.path, kNameRoom - 1);
  path.substr(module.name_start).copy(entry.name, kModuleNameRoom - 1);
  return entry;
}

/// Calls `visit` for each module of a process; false, with the error set, if the process cannot be looked at.
template <class Visit>
bool ForEachModule(DWORD process, Visit visit) {
  constexpr ACCESS_MASK kQueryAndRead = 0x410;
  HANDLE handle = CurrentProcessHandle();
  CLIENT_ID id{reinterpret_cast<HANDLE>(ULONG_PTR{process}), nullptr};
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, nullptr, 0, nullptr, nullptr};
  if (process && !Check(sys::NtOpenProcess(&handle, kQueryAndRead, &attributes, &id))) return false;
  ModuleList list(handle);
  ListedModule module;
  while (list.Next(&module)) visit(module);
  if (process) sys::NtClose(handle);
  return true;
}

void FillModules(Snapshot* snapshot, DWORD process, ULONG room) {
  const DWORD id = process ? process : Number(CurrentTeb()->ClientId.UniqueProcess);
  ForEachModule(process, [&](const ListedModule& module) {
    if (snapshot->module_count < room) snapshot->modules()[snapshot->module_count++] = Describe(module, id);
  });
}

void Fill(Snapshot* snapshot, const SystemProcesses& all, DWORD flags) {
  ULONG process_count = 0;
  if (flags & kProcesses) {
    all.ForEach([&](const SYSTEM_PROCESS_INFORMATION& process) { snapshot->processes()[process_count++] = Describe(process); });
  }
  snapshot->process_count = process_count;
  if (!(flags & kThreads)) return;
  all.ForEach([&](const SYSTEM_PROCESS_INFORMATION& process) {
    for (ULONG i = 0; i < process.NumberOfThreads; i++) snapshot->threads()[snapshot->thread_count++] = Describe(ThreadsOf(process)[i]);
  });
}

SIZE_T SizeFor(const SystemProcesses& all) {
  SIZE_T size = sizeof(Snapshot);
  all.ForEach(
      [&](const SYSTEM_PROCESS_INFORMATION& process) { size += sizeof(ProcessEntry) + process.NumberOfThreads * sizeof(ThreadEntry); });
  return size;
}

/// The entry at a cursor, which goes on.
template <class Entry>
BOOL Next(Entry* out, const Entry* entries, ULONG count, ULONG* cursor) {
  if (out->size < sizeof(Entry)) return Fail(ERROR_BAD_LENGTH);
  if (*cursor >= count) return Fail(ERROR_NO_MORE_FILES);
  *out = entries[(*cursor)++];
  return TRUE;
}

BOOL NextProcess(HANDLE handle, ProcessEntry* out, bool first) {
  const View snapshot(handle);
  if (!snapshot) return FALSE;
  if (first) snapshot->next_process = 0;
  return Next(out, snapshot->processes(), snapshot->process_count, &snapshot->next_process);
}

BOOL NextProcess(HANDLE handle, ProcessEntryA* out, bool first) {
  if (out->size < sizeof *out) return Fail(ERROR_BAD_LENGTH);
  ProcessEntry wide;
  wide.size = sizeof wide;
  if (!NextProcess(handle, &wide, first)) return FALSE;
  std::memcpy(out, &wide, offsetof(ProcessEntryA, name));
  out->size = sizeof *out;
  std::memset(out->name, 0, sizeof out->name);
  ToMultiByte(kAnsiCodePage, wide.name, out->name, kNameRoom - 1);
  return TRUE;
}

BOOL NextThread(HANDLE handle, ThreadEntry* out, bool first) {
  const View snapshot(handle);
  if (!snapshot) return FALSE;
  if (first) snapshot->next_thread = 0;
  return Next(out, snapshot->threads(), snapshot->thread_count, &snapshot->next_thread);
}

BOOL NextModule(HANDLE handle, ModuleEntry* out, bool first) {
  const View snapshot(handle);
  if (!snapshot) return FALSE;
  if (first) snapshot->next_module = 0;
  return Next(out, snapshot->modules(), snapshot->module_count, &snapshot->next_module);
}

BOOL NextModule(HANDLE handle, ModuleEntryA* out, bool first) {
  if (out->size < sizeof *out) return Fail(ERROR_BAD_LENGTH);
  ModuleEntry wide;
  wide.size = sizeof wide;
  if (!NextModule(handle, &wide, first)) return FALSE;
  std::memcpy(out, &wide, offsetof(ModuleEntryA, name));
  out->size = sizeof *out;
  std::memset(out->name, 0, sizeof out->name);
  std::memset(out->path, 0, sizeof out->path);
  ToMultiByte(kAnsiCodePage, wide.name, out->name, kModuleNameRoom - 1);
  ToMultiByte(kAnsiCodePage, wide.path, out->path, kNameRoom - 1);
  return TRUE;
}

}  // namespace

extern "C" {

/// A snapshot of the processes and threads as they are now, and of one process's modules; INVALID_HANDLE_VALUE on failure. Partial:
/// without heaps.
HANDLE CreateToolhelp32Snapshot(DWORD Flags, DWORD ProcessId) {
  if (!(Flags & (kProcesses | kThreads | kModules | kModules32))) return SetError(ERROR_NOT_SUPPORTED), INVALID_HANDLE_VALUE;
  ULONG modules = 0;
  const auto count = [&](const ListedModule&) { ++modules; };
  if ((Flags & kModules) && !ForEachModule(ProcessId, count)) return INVALID_HANDLE_VALUE;
  const SystemProcesses all;
  if (!all) return SetError(ERROR_NOT_ENOUGH_MEMORY), INVALID_HANDLE_VALUE;
  OBJECT_ATTRIBUTES attributes{sizeof attributes, nullptr, nullptr, Flags & kInherit ? OBJ_INHERIT : 0U, nullptr, nullptr};
  LARGE_INTEGER size{};
  size.QuadPart = static_cast<LONGLONG>(SizeFor(all) + (modules + 1) * sizeof(ModuleEntry));
  HANDLE section = nullptr;
  if (!Check(sys::NtCreateSection(&section, 0xF001F, &attributes, &size, 4, 0x8000000, nullptr))) return INVALID_HANDLE_VALUE;
  const View view(section);
  if (!view) return sys::NtClose(section), INVALID_HANDLE_VALUE;
  Fill(view.operator->(), all, Flags);
  if (Flags & kModules) FillModules(view.operator->(), ProcessId, modules);
  return section;
}

/// The first process of a snapshot.
BOOL Process32FirstW(HANDLE Snapshot, PVOID Entry) { return NextProcess(Snapshot, static_cast<ProcessEntry*>(Entry), true); }

/// The next process of a snapshot; ERROR_NO_MORE_FILES behind the last.
BOOL Process32NextW(HANDLE Snapshot, PVOID Entry) { return NextProcess(Snapshot, static_cast<ProcessEntry*>(Entry), false); }

/// The first process of a snapshot.
BOOL Process32First(HANDLE Snapshot, PVOID Entry) { return NextProcess(Snapshot, static_cast<ProcessEntryA*>(Entry), true); }

/// The next process of a snapshot; ERROR_NO_MORE_FILES behind the last.
BOOL Process32Next(HANDLE Snapshot, PVOID Entry) { return NextProcess(Snapshot, static_cast<ProcessEntryA*>(Entry), false); }

/// The first thread of a snapshot, of whatever process.
BOOL Thread32First(HANDLE Snapshot, PVOID Entry) { return NextThread(Snapshot, static_cast<ThreadEntry*>(Entry), true); }

/// The next thread of a snapshot; ERROR_NO_MORE_FILES behind the last.
BOOL Thread32Next(HANDLE Snapshot, PVOID Entry) { return NextThread(Snapshot, static_cast<ThreadEntry*>(Entry), false); }

/// The first module of a snapshot: the program.
BOOL Module32FirstW(HANDLE Snapshot, PVOID Entry) { return NextModule(Snapshot, static_cast<ModuleEntry*>(Entry), true); }

/// The next module of a snapshot; ERROR_NO_MORE_FILES behind the last.
BOOL Module32NextW(HANDLE Snapshot, PVOID Entry) { return NextModule(Snapshot, static_cast<ModuleEntry*>(Entry), false); }

/// The first module of a snapshot: the program.
BOOL Module32First(HANDLE Snapshot, PVOID Entry) { return NextModule(Snapshot, static_cast<ModuleEntryA*>(Entry), true); }

/// The next module of a snapshot; ERROR_NO_MORE_FILES behind the last.
BOOL Module32Next(HANDLE Snapshot, PVOID Entry) { return NextModule(Snapshot, static_cast<ModuleEntryA*>(Entry), false); }

}  // extern "C"
