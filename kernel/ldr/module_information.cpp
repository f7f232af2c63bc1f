#include "kernel/ldr/module_information.h"

#include <algorithm>

#include "kernel/ldr/image.h"
#include "nt/pe.h"
#include "nt/status.h"

namespace {

void Describe(const KLDR_DATA_TABLE_ENTRY& entry, RTL_MODULE_EXTENDED_INFO* module) {
  *module = {};
  module->ImageBase = entry.DllBase;
  module->ImageSize = entry.SizeOfImage;
  const SIZE_T length = std::min(entry.FullDllName.Length / sizeof(WCHAR), sizeof module->FullPathName - 1);
  for (SIZE_T i = 0; i < length; ++i) {
    const WCHAR c = entry.FullDllName.Buffer[i];
    module->FullPathName[i] = c < 0x80 ? static_cast<CHAR>(c) : '?';
    if (c == u'\\') module->FileNameOffset = static_cast<USHORT>(i + 1);
  }
}

}  // namespace

NTSTATUS RtlQueryModuleInformation(PULONG InformationLength, ULONG SizePerModule, PVOID ModuleInformation) {
  if (InformationLength == nullptr) return STATUS_INVALID_PARAMETER;
  const bool extended = SizePerModule == sizeof(RTL_MODULE_EXTENDED_INFO);
  if (!extended && SizePerModule != sizeof(PVOID)) return STATUS_INVALID_PARAMETER;
  PLIST_ENTRY const head = nt::ldr::LoadedModuleList();
  ULONG needed = 0;
  for (PLIST_ENTRY link = head->Flink; link != head; link = link->Flink) needed += SizePerModule;
  const bool fits = ModuleInformation == nullptr || *InformationLength >= needed;
  *InformationLength = needed;
  if (!fits) return STATUS_BUFFER_TOO_SMALL;
  auto* to = static_cast<char*>(ModuleInformation);
  for (PLIST_ENTRY link = head->Flink; to != nullptr && link != head; link = link->Flink, to += SizePerModule) {
    const auto& entry = *CONTAINING_RECORD(link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
    if (extended)
      Describe(entry, reinterpret_cast<RTL_MODULE_EXTENDED_INFO*>(to));
    else
      *reinterpret_cast<PVOID*>(to) = entry.DllBase;
  }
  return STATUS_SUCCESS;
}
