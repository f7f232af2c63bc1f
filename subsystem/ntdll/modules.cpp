// The process's list of modules: its image, then the built-in modules, which every process has at the same addresses.
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ldr/image.h"
#include "nt/status.h"
#include "subsystem/ntdll/ntdll.h"

namespace nt::user {
namespace {

constexpr std::u16string_view kSystemDirectory = u"C:\\Windows\\System32\\";
constexpr ULONG kImageDll = 0x4, kEntryProcessed = 0x4000, kProcessAttachCalled = 0x80000;

void Append(LIST_ENTRY& head, LIST_ENTRY& link) {
  link = {&head, head.Blink};
  head.Blink->Flink = &link;
  head.Blink = &link;
}

const IMAGE_NT_HEADERS64& HeadersAt(ULONG_PTR base) {
  return *reinterpret_cast<const IMAGE_NT_HEADERS64*>(base +
                                                      static_cast<ULONG_PTR>(reinterpret_cast<const IMAGE_DOS_HEADER*>(base)->e_lfanew));
}

/// Adds a module; `path` is in the process's memory and ends with the file name.
bool AddModule(PEB_LDR_DATA& data, ULONG_PTR base, const UNICODE_STRING& path, ULONG flags) {
  auto* const entry = Allocate<LDR_DATA_TABLE_ENTRY>();
  if (!entry) return false;
  const IMAGE_OPTIONAL_HEADER64& header = HeadersAt(base).OptionalHeader;
  const std::u16string_view text(path.Buffer, path.Length / sizeof(WCHAR));
  const auto name = static_cast<USHORT>((text.find_last_of(u'\\') + 1) * sizeof(WCHAR));  // 0 if there is no backslash
  entry->DllBase = reinterpret_cast<PVOID>(base);
  entry->EntryPoint = header.AddressOfEntryPoint ? reinterpret_cast<PVOID>(base + header.AddressOfEntryPoint) : nullptr;
  entry->SizeOfImage = header.SizeOfImage;
  entry->FullDllName = path;
  entry->BaseDllName = {static_cast<USHORT>(path.Length - name), static_cast<USHORT>(path.MaximumLength - name),
                        path.Buffer + name / sizeof(WCHAR)};
  entry->Flags = flags;
  entry->ObsoleteLoadCount = 0xFFFF;  // never unloaded
  entry->TlsIndex = HeadersAt(base).OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_TLS].Size ? 0xFFFF : 0;
  entry->HashLinks = {&entry->HashLinks, &entry->HashLinks};
  entry->TimeDateStamp = HeadersAt(base).FileHeader.TimeDateStamp;
  Append(data.InLoadOrderModuleList, entry->InLoadOrderLinks);
  Append(data.InMemoryOrderModuleList, entry->InMemoryOrderLinks);
  if (flags & kImageDll) Append(data.InInitializationOrderModuleList, entry->InInitializationOrderLinks);
  return true;
}

bool AddBuiltin(PEB_LDR_DATA& data, std::string_view name) {
  const ldr::Image* const image = ldr::FindImage(name);
  // Only what lies in user space: the kernel's modules are no business of a process.
  if (!image || image->base >= 0x3FFF'FFFF'0000) return true;
  const SIZE_T length = kSystemDirectory.size() + name.size();
  auto* const path = Allocate<WCHAR>(length + 1);
  if (!path) return false;
  std::memcpy(path, kSystemDirectory.data(), kSystemDirectory.size() * sizeof(WCHAR));
  for (SIZE_T i = 0; i < name.size(); i++) path[kSystemDirectory.size() + i] = static_cast<UCHAR>(name[i]);
  const auto bytes = static_cast<USHORT>(length * sizeof(WCHAR));
  return AddModule(data, image->base, {bytes, static_cast<USHORT>(bytes + 2), path}, kImageDll | kEntryProcessed | kProcessAttachCalled);
}

}  // namespace

NTSTATUS MakeModuleList() {
  PEB& peb = *CurrentPeb();
  auto* const data = Allocate<PEB_LDR_DATA>();
  if (!data) return STATUS_NO_MEMORY;
  data->Length = sizeof *data;
  for (LIST_ENTRY* head : {&data->InLoadOrderModuleList, &data->InMemoryOrderModuleList, &data->InInitializationOrderModuleList})
    *head = {head, head};
  bool good = AddModule(*data, reinterpret_cast<ULONG_PTR>(peb.ImageBaseAddress), peb.ProcessParameters->ImagePathName, kEntryProcessed);
  good = good && AddBuiltin(*data, "ntdll.dll");
  for (const std::string_view name : api::Modules())
    if (name != "ntdll.dll") good = good && AddBuiltin(*data, name);
  data->Initialized = TRUE;
  peb.Ldr = data;
  return good ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

}  // namespace nt::user
