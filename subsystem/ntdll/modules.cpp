// The process's list of modules: its image, then the built-in modules, which every process has at the same addresses.
#include "kernel/api/api.h"
#include "kernel/ldr/image.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"
#include "subsystem/ntdll/path.h"

namespace nt::user {
namespace {

constexpr std::u16string_view kSystemDirectory = u"C:\\Windows\\System32\\";
void Append(LIST_ENTRY& head, LIST_ENTRY& link) {
  link = {&head, head.Blink};
  head.Blink->Flink = &link;
  head.Blink = &link;
}

void Unlink(LIST_ENTRY& link) {
  if (!link.Flink) return;
  link.Flink->Blink = link.Blink;
  link.Blink->Flink = link.Flink;
}

bool AddBuiltin(std::string_view name) {
  const ldr::Image* const image = ldr::FindImage(name);
  // Only what lies in user space: the kernel's modules are no business of a process.
  if (!image || image->base >= 0x3FFF'FFFF'0000) return true;
  PathBuffer path;
  path.Append(kSystemDirectory);
  for (const char c : name) path.Append(static_cast<WCHAR>(static_cast<UCHAR>(c)));
  Module* const module = AddModule(reinterpret_cast<PVOID>(image->base), path.View(), kImageDll | kEntryProcessed | kProcessAttachCalled);
  if (!module) return false;
  module->ObsoleteLoadCount = kPinned;
  AppendInitialization(module);
  return true;
}

}  // namespace

Module* AddModule(PVOID base, std::u16string_view path, ULONG flags) {
  PEB_LDR_DATA* const data = CurrentPeb()->Ldr;
  auto* const module = Allocate<Module>();
  auto* const text = Allocate<WCHAR>(path.size() + 1);
  if (!module || !text) return Free(module), Free(text), nullptr;
  path.copy(text, path.size());
  const IMAGE_NT_HEADERS64& headers = *HeadersOf(base);
  const auto length = static_cast<USHORT>(path.size() * sizeof(WCHAR));
  const auto name = static_cast<USHORT>((path.find_last_of(u'\\') + 1) * sizeof(WCHAR));  // 0 if there is no backslash
  module->DllBase = base;
  module->EntryPoint =
      headers.OptionalHeader.AddressOfEntryPoint ? static_cast<char*>(base) + headers.OptionalHeader.AddressOfEntryPoint : nullptr;
  module->SizeOfImage = headers.OptionalHeader.SizeOfImage;
  module->FullDllName = {length, static_cast<USHORT>(length + sizeof(WCHAR)), text};
  module->BaseDllName = {static_cast<USHORT>(length - name), static_cast<USHORT>(length - name + sizeof(WCHAR)),
                         text + name / sizeof(WCHAR)};
  module->Flags = flags;
  module->ObsoleteLoadCount = 1;
  module->TlsIndex = headers.OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_TLS].Size ? 0xFFFF : 0;
  module->HashLinks = {&module->HashLinks, &module->HashLinks};
  module->TimeDateStamp = headers.FileHeader.TimeDateStamp;
  Append(data->InLoadOrderModuleList, module->InLoadOrderLinks);
  Append(data->InMemoryOrderModuleList, module->InMemoryOrderLinks);
  return module;
}

void AppendInitialization(Module* module) {
  Append(CurrentPeb()->Ldr->InInitializationOrderModuleList, module->InInitializationOrderLinks);
}

void RemoveModule(Module* module) {
  for (LIST_ENTRY* link : {&module->InLoadOrderLinks, &module->InMemoryOrderLinks, &module->InInitializationOrderLinks}) Unlink(*link);
  Free(module->FullDllName.Buffer);
  Free(module);
}

NTSTATUS MakeModuleList() {
  PEB& peb = *CurrentPeb();
  auto* const data = Allocate<PEB_LDR_DATA>();
  if (!data) return STATUS_NO_MEMORY;
  data->Length = sizeof *data;
  for (LIST_ENTRY* head : {&data->InLoadOrderModuleList, &data->InMemoryOrderModuleList, &data->InInitializationOrderModuleList})
    *head = {head, head};
  peb.Ldr = data;
  const UNICODE_STRING& program = peb.ProcessParameters->ImagePathName;
  Module* const image = AddModule(peb.ImageBaseAddress, {program.Buffer, program.Length / sizeof(WCHAR)}, kEntryProcessed);
  bool good = image && AddBuiltin("ntdll.dll");
  if (image) image->ObsoleteLoadCount = kPinned;
  for (const std::string_view name : api::Modules())
    if (name != "ntdll.dll") good = good && AddBuiltin(name);
  data->Initialized = TRUE;
  return good ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

}  // namespace nt::user
