// What the machine holds: pool by tag, the object namespace, handles.
#include <algorithm>
#include <set>

#include "kernel/ex/ex.h"
#include "kernel/ldr/image.h"
#include "kernel/machine/state.h"
#include "kernel/ob/ob.h"
#include "kernel/ps/ps.h"
#include "nt/status.h"

extern "C" {
NTSTATUS NtOpenDirectoryObject(PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NtQueryDirectoryObject(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan,
                                PULONG Context, PULONG ReturnLength);
NTSTATUS NtOpenSymbolicLinkObject(PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes);
NTSTATUS NtQuerySymbolicLinkObject(HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength);
}

namespace ringlet {
namespace {

/// One entry of NtQueryDirectoryObject's answer.
struct DirectoryEntry {
  UNICODE_STRING name;
  UNICODE_STRING type;
};

std::string Text(const UNICODE_STRING& text) { return Narrow({text.Buffer, text.Length / sizeof(WCHAR)}); }

UNICODE_STRING Counted(std::u16string& text) {
  const auto bytes = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {bytes, bytes, text.data()};
}

OBJECT_ATTRIBUTES Attributes(UNICODE_STRING* name, HANDLE root) {
  return {sizeof(OBJECT_ATTRIBUTES), root, name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, nullptr, nullptr};
}

std::string TargetOf(HANDLE directory, UNICODE_STRING name) {
  OBJECT_ATTRIBUTES attributes = Attributes(&name, directory);
  HANDLE link = nullptr;
  if (!NT_SUCCESS(NtOpenSymbolicLinkObject(&link, 1, &attributes))) return {};
  WCHAR buffer[512];
  UNICODE_STRING target{0, sizeof buffer, buffer};
  const NTSTATUS status = NtQuerySymbolicLinkObject(link, &target, nullptr);
  NtClose(link);
  return NT_SUCCESS(status) ? Text(target) : std::string();
}

std::vector<ObjectInfo> Read(HANDLE directory) {
  std::vector<ObjectInfo> objects;
  alignas(8) char buffer[2048];
  ULONG context = 0, length = 0;
  for (BOOLEAN restart = TRUE;; restart = FALSE) {
    const NTSTATUS status = NtQueryDirectoryObject(directory, buffer, sizeof buffer, TRUE, restart, &context, &length);
    if (!NT_SUCCESS(status) || status == STATUS_NO_MORE_ENTRIES) break;
    const auto& entry = *reinterpret_cast<const DirectoryEntry*>(buffer);
    ObjectInfo& object = objects.emplace_back(ObjectInfo{Text(entry.name), Text(entry.type), {}});
    if (object.type == "SymbolicLink") object.target = TargetOf(directory, entry.name);
  }
  std::sort(objects.begin(), objects.end(), [](const ObjectInfo& a, const ObjectInfo& b) { return a.name < b.name; });
  return objects;
}

std::string OwnerOf(ULONG_PTR code) {
  const nt::ldr::Image* const image = nt::ldr::ImageOf(code);
  return image != nullptr ? image->name : "ntoskrnl.exe";
}

}  // namespace

std::vector<PoolTagInfo> Machine::PoolTags() const {
  std::vector<PoolTagInfo> tags;
  if (bugcheck() != nullptr) return tags;
  std::map<std::pair<ULONG, bool>, std::set<std::string>> owners;  // by tag, and whether it is paged
  nt::ex::ForEachAllocation(
      [&](const nt::ex::Allocation& block) { owners[{block.tag, block.pool == nt::ex::Pool::Paged}].insert(OwnerOf(block.caller)); });
  for (const nt::ex::TagStatistics& each : nt::ex::PoolStatistics()) {
    const auto& names = owners[{each.tag, each.paged}];
    tags.push_back({nt::ex::TagText(each.tag), each.paged, each.allocations, each.frees, each.bytes, {names.begin(), names.end()}});
  }
  return tags;
}

std::optional<std::vector<ObjectInfo>> Machine::Directory(const std::string& path) {
  std::optional<std::vector<ObjectInfo>> objects;
  std::u16string wide = Wide(path);
  UNICODE_STRING name = Counted(wide);
  state_->Run([&] {
    OBJECT_ATTRIBUTES attributes = Attributes(&name, nullptr);
    HANDLE directory = nullptr;
    if (!NT_SUCCESS(NtOpenDirectoryObject(&directory, 1, &attributes))) return;
    objects = Read(directory);
    NtClose(directory);
  });
  return objects;
}

std::optional<std::vector<HandleInfo>> Machine::Handles(std::uint64_t process) {
  std::optional<std::vector<HandleInfo>> handles;
  state_->Run([&] {
    PEPROCESS found = nullptr;
    if (!NT_SUCCESS(PsLookupProcessByProcessId(reinterpret_cast<HANDLE>(process), &found))) return;
    handles.emplace();
    nt::ob::ForEachHandle(found, [&](const nt::ob::HandleReport& report) {
      handles->push_back({reinterpret_cast<std::uint64_t>(report.handle), Narrow(nt::ob::TypeName(nt::ob::TypeOf(report.object))),
                          Narrow(nt::ob::NameOf(report.object)), report.access});
    });
    ObfDereferenceObject(found);
  });
  if (!handles) return handles;
  std::sort(handles->begin(), handles->end(), [](const HandleInfo& a, const HandleInfo& b) { return a.handle < b.handle; });
  return handles;
}

}  // namespace ringlet
