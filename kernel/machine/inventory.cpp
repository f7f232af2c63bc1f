// What the machine holds: pool by tag, the object namespace, handles.
#include <algorithm>
#include <cctype>
#include <set>

#include "kernel/ex/ex.h"
#include "kernel/ldr/image.h"
#include "kernel/machine/state.h"
#include "kernel/ob/ob.h"
#include "kernel/ps/ps.h"
#include "kernel/ps/state.h"
#include "kernel/rtl/utf8.h"
#include "kernel/se/sddl.h"
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

constexpr ULONG kProtectClose = 1;  // an attribute of handles

/// One entry of NtQueryDirectoryObject's answer.
struct DirectoryEntry {
  UNICODE_STRING name;
  UNICODE_STRING type;
};

std::string Text(const UNICODE_STRING& text) { return nt::rtl::Utf8({text.Buffer, text.Length / sizeof(WCHAR)}); }

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

/// The security descriptors of all objects that have a name, by it.
std::map<std::u16string, std::string> Securities() {
  std::map<std::u16string, std::string> texts;
  nt::ob::ForEachObject([&](const nt::ob::ObjectReport& report) {
    const std::u16string name = nt::ob::NameOf(report.object);
    PVOID* const descriptor = name.empty() ? nullptr : nt::ob::SecurityOf(report.object);
    if (descriptor != nullptr && *descriptor != nullptr) texts.emplace(name, nt::se::TextOfDescriptor(*descriptor));
  });
  return texts;
}

std::vector<ObjectInfo> Read(HANDLE directory, const std::u16string& path) {
  std::vector<ObjectInfo> objects;
  const auto securities = Securities();
  const std::u16string above = path.ends_with(u'\\') ? path : path + u'\\';
  alignas(8) char buffer[2048];
  ULONG context = 0, length = 0;
  for (BOOLEAN restart = TRUE;; restart = FALSE) {
    const NTSTATUS status = NtQueryDirectoryObject(directory, buffer, sizeof buffer, TRUE, restart, &context, &length);
    if (!NT_SUCCESS(status) || status == STATUS_NO_MORE_ENTRIES) break;
    const auto& entry = *reinterpret_cast<const DirectoryEntry*>(buffer);
    ObjectInfo& object = objects.emplace_back(ObjectInfo{Text(entry.name), Text(entry.type), {}, {}});
    if (object.type == "SymbolicLink") object.target = TargetOf(directory, entry.name);
    const auto security = securities.find(above + std::u16string(entry.name.Buffer, entry.name.Length / sizeof(WCHAR)));
    if (security != securities.end()) object.security = security->second;
  }
  std::sort(objects.begin(), objects.end(), [](const ObjectInfo& a, const ObjectInfo& b) { return a.name < b.name; });
  return objects;
}

std::optional<std::vector<ObjectInfo>> ReadDirectory(std::u16string path) {
  UNICODE_STRING name = Counted(path);
  OBJECT_ATTRIBUTES attributes = Attributes(&name, nullptr);
  HANDLE directory = nullptr;
  if (!NT_SUCCESS(NtOpenDirectoryObject(&directory, 1, &attributes))) return {};
  PVOID object = nullptr;
  std::vector<ObjectInfo> objects;
  if (NT_SUCCESS(ObReferenceObjectByHandle(directory, 0, nullptr, KernelMode, &object, nullptr))) {
    objects = Read(directory, nt::ob::NameOf(object));
    ObfDereferenceObject(object);
  }
  NtClose(directory);
  return objects;
}

bool SameName(const std::string& a, const std::string& b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

std::string Number(HANDLE id) { return std::to_string(reinterpret_cast<ULONG_PTR>(id)); }

/// "sc.exe(84)" for a process, "sc.exe(84): 88" for a thread, else the name that the object has.
std::string NameOf(PVOID object) {
  const std::u16string_view type = nt::ob::TypeName(nt::ob::TypeOf(object));
  if (type == u"Process") {
    const auto process = static_cast<PEPROCESS>(object);
    return ImageNameOf(process) + "(" + Number(process->UniqueProcessId) + ")";
  }
  if (type == u"Thread") {
    const auto thread = static_cast<PETHREAD>(object);
    return ImageNameOf(nt::ps::ProcessOf(static_cast<nt::ke::Thread*>(thread))) + "(" + Number(thread->Cid.UniqueProcess) +
           "): " + Number(thread->Cid.UniqueThread);
  }
  alignas(OBJECT_NAME_INFORMATION) char buffer[2048];
  auto& information = *reinterpret_cast<OBJECT_NAME_INFORMATION*>(buffer);
  ULONG length = 0;
  return NT_SUCCESS(ObQueryNameString(object, &information, sizeof buffer, &length)) ? Text(information.Name) : std::string();
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

Outcome Machine::Do(const std::function<void()>& work) { return state_->Run(work); }

std::optional<std::vector<ObjectInfo>> Machine::Directory(const std::string& path) {
  std::optional<std::vector<ObjectInfo>> objects;
  state_->Run([&] { objects = ReadDirectory(nt::rtl::Utf16(path)); });
  const std::size_t slash = path.rfind('\\');
  if (objects || slash == std::string::npos) return objects;
  state_->Run([&] { objects = ReadDirectory(nt::rtl::Utf16(path.substr(0, std::max<std::size_t>(slash, 1)))); });
  if (objects) std::erase_if(*objects, [&](const ObjectInfo& each) { return !SameName(each.name, path.substr(slash + 1)); });
  if (objects && objects->empty()) objects.reset();
  return objects;
}

std::optional<std::vector<HandleInfo>> Machine::Handles(std::uint64_t process) {
  std::optional<std::vector<HandleInfo>> handles;
  state_->Run([&] {
    PEPROCESS found = nullptr;
    if (!NT_SUCCESS(PsLookupProcessByProcessId(reinterpret_cast<HANDLE>(process), &found))) return;
    handles.emplace();
    nt::ob::ForEachHandle(found, [&](const nt::ob::HandleReport& report) {
      handles->push_back({reinterpret_cast<std::uint64_t>(report.handle), nt::rtl::Utf8(nt::ob::TypeName(nt::ob::TypeOf(report.object))),
                          NameOf(report.object), report.access, (report.attributes & OBJ_INHERIT) != 0,
                          (report.attributes & kProtectClose) != 0});
    });
    ObfDereferenceObject(found);
  });
  if (!handles) return handles;
  std::sort(handles->begin(), handles->end(), [](const HandleInfo& a, const HandleInfo& b) { return a.handle < b.handle; });
  return handles;
}

}  // namespace ringlet
