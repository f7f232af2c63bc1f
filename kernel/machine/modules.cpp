// The images of a process: of the System process those of the kernel and its drivers, of others what their loader has on its list.
#include "kernel/ke/machine.h"
#include "kernel/ldr/image.h"
#include "kernel/machine/state.h"
#include "kernel/mm/mm.h"
#include "kernel/ob/ob.h"
#include "kernel/ps/ps.h"
#include "kernel/rtl/utf8.h"
#include "nt/pe.h"
#include "nt/status.h"

namespace ringlet {
namespace {

constexpr int kMostModules = 1000;       // a program can damage its own list
constexpr USHORT kLongestPath = 0x8000;  // bytes

bool ReadFrom(PEPROCESS process, const void* address, void* buffer, SIZE_T size) {
  SIZE_T copied = 0;
  const NTSTATUS status =
      MmCopyVirtualMemory(process, const_cast<void*>(address), PsInitialSystemProcess, buffer, size, KernelMode, &copied);
  return NT_SUCCESS(status) && copied == size;
}

/// An entry of the loader's list: as far as the path it is like the kernel's own.
bool ReadEntry(PEPROCESS process, const void* address, ModuleInfo* module, const LIST_ENTRY** next) {
  alignas(KLDR_DATA_TABLE_ENTRY) char bytes[sizeof(KLDR_DATA_TABLE_ENTRY)] = {};
  if (!ReadFrom(process, address, bytes, offsetof(KLDR_DATA_TABLE_ENTRY, BaseDllName))) return false;
  const auto& entry = *reinterpret_cast<const KLDR_DATA_TABLE_ENTRY*>(bytes);
  if (entry.FullDllName.Length > kLongestPath) return false;
  std::u16string path(entry.FullDllName.Length / sizeof(WCHAR), u'\0');
  if (!ReadFrom(process, entry.FullDllName.Buffer, path.data(), path.size() * sizeof(WCHAR))) return false;
  *module = {reinterpret_cast<std::uint64_t>(entry.DllBase), entry.SizeOfImage, nt::rtl::Utf8(path)};
  *next = entry.InLoadOrderLinks.Flink;
  return true;
}

std::vector<ModuleInfo> UserModules(PEPROCESS process) {
  std::vector<ModuleInfo> modules;
  const PEB_LDR_DATA* loader = nullptr;
  if (process->Peb == nullptr || !ReadFrom(process, &process->Peb->Ldr, &loader, sizeof loader)) return modules;
  const LIST_ENTRY* const head = &loader->InLoadOrderModuleList;
  const LIST_ENTRY* at = nullptr;
  if (!ReadFrom(process, &head->Flink, &at, sizeof at)) return modules;
  ModuleInfo module;
  for (int count = 0; at != head && count < kMostModules && ReadEntry(process, at, &module, &at); ++count) modules.push_back(module);
  return modules;
}

std::vector<ModuleInfo> KernelModules() {
  std::vector<ModuleInfo> modules;
  const LIST_ENTRY* const head = nt::ldr::LoadedModuleList();
  for (const LIST_ENTRY* at = head->Flink; at != head; at = at->Flink) {
    const auto& entry = *reinterpret_cast<const KLDR_DATA_TABLE_ENTRY*>(at);
    const std::u16string_view path(entry.FullDllName.Buffer, entry.FullDllName.Length / sizeof(WCHAR));
    modules.push_back({reinterpret_cast<std::uint64_t>(entry.DllBase), entry.SizeOfImage, nt::rtl::Utf8(path)});
  }
  return modules;
}

}  // namespace

std::vector<ModuleInfo> Machine::Modules(std::uint64_t process) const {
  std::vector<ModuleInfo> modules;
  const auto read = [&] {
    PEPROCESS found = nullptr;
    if (!NT_SUCCESS(PsLookupProcessByProcessId(reinterpret_cast<HANDLE>(process), &found))) return;
    modules = found == PsInitialSystemProcess ? KernelModules() : UserModules(found);
    ObfDereferenceObject(found);
  };
  if (bugcheck() != nullptr) return modules;
  if (nt::ke::IsRunning()) {
    read();
  } else {
    state_->Run(read);
  }
  return modules;
}

}  // namespace ringlet
