#include "subsystem/kernel32/module_list.h"

#include <algorithm>

#include "nt/process_information.h"
#include "nt/ps.h"
#include "subsystem/kernel32/base.h"

namespace nt::win32 {

template <class T>
bool ModuleList::Read(const void* address, T* value) const {
  SIZE_T read = 0;
  return NT_SUCCESS(sys::NtReadVirtualMemory(process_, const_cast<PVOID>(address), value, sizeof *value, &read));
}

ModuleList::ModuleList(HANDLE process) : process_(process) {
  PROCESS_BASIC_INFORMATION information{};
  PEB_LDR_DATA* data = nullptr;
  LIST_ENTRY head{};
  const NTSTATUS status = sys::NtQueryInformationProcess(process, ProcessBasicInformation, &information, sizeof information, nullptr);
  if (!NT_SUCCESS(status) || !information.PebBaseAddress) return;
  const auto* const peb = static_cast<const PEB*>(static_cast<void*>(information.PebBaseAddress));
  if (!Read(&peb->Ldr, &data) || !data || !Read(&data->InLoadOrderModuleList, &head)) return;
  head_ = &data->InLoadOrderModuleList;
  link_ = head.Flink;
}

bool ModuleList::Next(ListedModule* module) {
  LDR_DATA_TABLE_ENTRY entry{};
  if (link_ == head_ || !Read(CONTAINING_RECORD(link_, LDR_DATA_TABLE_ENTRY, InLoadOrderLinks), &entry)) return false;
  link_ = entry.InLoadOrderLinks.Flink;
  *module = {entry.DllBase, entry.SizeOfImage, entry.EntryPoint, 0, 0, {}};
  const auto length = static_cast<ULONG>(std::min(entry.FullDllName.Length / sizeof(WCHAR), std::size(module->path) - 1));
  SIZE_T read = 0;
  if (!NT_SUCCESS(sys::NtReadVirtualMemory(process_, entry.FullDllName.Buffer, module->path, length * sizeof(WCHAR), &read))) return false;
  module->path_length = length;
  while (module->name_start < length &&
         std::u16string_view(module->path, length).find(u'\\', module->name_start) != std::u16string_view::npos)
    ++module->name_start;
  return true;
}

}  // namespace nt::win32
