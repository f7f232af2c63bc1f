// Directories: enumeration, and telling who watches what changes.
#include <algorithm>
#include <cstring>

#include "drivers/hostfs/volume.h"
#include "kernel/ex/ex.h"
#include "kernel/rtl/rtl.h"
#include "kernel/rtl/utf8.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

/// How an information class lays out an entry: bytes before its name, and where some members are.
struct Layout {
  ULONG information_class;
  ULONG name;     ///< offset of the name
  ULONG file_id;  ///< offset, or 0
  bool facts;     ///< times, sizes and attributes
};
constexpr Layout kLayouts[] = {
    {FileDirectoryInformation, 0x40, 0, true},          {FileFullDirectoryInformation, 0x44, 0, true},
    {FileBothDirectoryInformation, 0x5e, 0, true},      {FileNamesInformation, 0x0c, 0, false},
    {FileIdBothDirectoryInformation, 0x68, 0x60, true}, {FileIdFullDirectoryInformation, 0x50, 0x48, true},
};

/// Reads the directory once, when an enumeration begins: what changes later does not disturb it.
void Begin(Opening* opening, const UNICODE_STRING* pattern) {
  Node* const node = opening->node;
  opening->enumerating = true;
  opening->next = 0;
  opening->entries.clear();
  opening->found_any = false;
  if (pattern != nullptr && pattern->Length != 0) opening->pattern = Upper({pattern->Buffer, pattern->Length / sizeof(WCHAR)});
  std::vector<std::string> names;
  TheVolume().folder.List(node->path, &names);
  const std::string prefix = node->path.empty() ? "" : node->path + "/";
  for (const std::string& name : names) opening->entries.push_back({rtl::Utf16(name), prefix + name});
  std::ranges::sort(opening->entries, {}, [](const Entry& entry) { return std::pair(Upper(entry.name), entry.name); });
  if (!node->path.empty()) {
    opening->entries.insert(opening->entries.begin(), {{u".", node->path}, {u"..", Folder(node->path)}});
  }
}

/// The answer may come in any thread, so it goes through a system buffer, which the completion copies to the caller.
bool MakeBuffered(PIRP irp, ULONG length) {
  if (irp->AssociatedIrp.SystemBuffer != nullptr || irp->MdlAddress != nullptr || length == 0) return true;
  constexpr ULONG kTag = 'DtsH';
  irp->AssociatedIrp.SystemBuffer = ex::AllocatePool(NonPagedPoolNx, length, kTag);
  irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION;
  return irp->AssociatedIrp.SystemBuffer != nullptr;
}

bool Matches(const Opening* opening, const Entry& entry) {
  if (opening->pattern.empty() || opening->pattern == u"*") return true;
  std::u16string name = Upper(entry.name);
  std::u16string expression = opening->pattern;
  UNICODE_STRING name_string{static_cast<USHORT>(name.size() * 2), static_cast<USHORT>(name.size() * 2), name.data()};
  UNICODE_STRING pattern{static_cast<USHORT>(expression.size() * 2), static_cast<USHORT>(expression.size() * 2), expression.data()};
  return FsRtlIsNameInExpression(&pattern, &name_string, TRUE, nullptr) != 0;
}

/// Writes an entry at `at`; false if the name did not fit whole.
bool PutEntry(char* at, SIZE_T room, const Layout& layout, const Entry& entry, ULONG index) {
  const auto bytes = static_cast<ULONG>(entry.name.size() * sizeof(WCHAR));
  const auto fits = static_cast<ULONG>(std::min<SIZE_T>(bytes, room - layout.name));
  std::memset(at, 0, layout.name);
  std::memcpy(at + 4, &index, sizeof index);
  if (layout.facts) {
    auto* const information = reinterpret_cast<FILE_DIRECTORY_INFORMATION*>(at);
    Facts facts{};
    FactsOf(entry.path, &facts);
    information->CreationTime.QuadPart = facts.created;
    information->LastAccessTime.QuadPart = facts.accessed;
    information->LastWriteTime.QuadPart = information->ChangeTime.QuadPart = facts.written;
    information->EndOfFile.QuadPart = facts.size;
    information->AllocationSize.QuadPart = facts.allocated;
    information->FileAttributes = facts.attributes;
    information->FileNameLength = bytes;
  } else {
    std::memcpy(at + 8, &bytes, sizeof bytes);
  }
  const ULONGLONG id = FileId(entry.path);
  if (layout.file_id != 0) std::memcpy(at + layout.file_id, &id, sizeof id);
  std::memcpy(at + layout.name, entry.name.data(), fits);
  return fits == bytes;
}

NTSTATUS Enumerate(PIRP irp, PIO_STACK_LOCATION location) {
  Opening* const opening = OpeningOf(location->FileObject);
  const auto& parameters = location->Parameters.QueryDirectory;
  if (!opening->node->directory) return Complete(irp, STATUS_INVALID_PARAMETER);
  const auto* const layout = std::ranges::find(kLayouts, parameters.FileInformationClass, &Layout::information_class);
  if (layout == std::end(kLayouts)) return Complete(irp, STATUS_INVALID_INFO_CLASS);
  if (parameters.Length < layout->name) return Complete(irp, STATUS_INFO_LENGTH_MISMATCH);
  if (!opening->enumerating || (location->Flags & SL_RESTART_SCAN) != 0) Begin(opening, parameters.FileName);
  auto* const buffer = static_cast<char*>(BufferOf(irp));
  SIZE_T used = 0;
  char* last = nullptr;
  for (; opening->next < opening->entries.size(); ++opening->next) {
    const Entry& entry = opening->entries[opening->next];
    if (!Matches(opening, entry)) continue;
    const SIZE_T start = (used + 7) & ~SIZE_T{7};
    const SIZE_T needed = layout->name + entry.name.size() * sizeof(WCHAR);
    if (last != nullptr && start + needed > parameters.Length) break;
    const bool whole = PutEntry(buffer + start, parameters.Length - start, *layout, entry, static_cast<ULONG>(opening->next));
    const auto distance = static_cast<ULONG>(buffer + start - last);
    if (last != nullptr) std::memcpy(last, &distance, sizeof distance);
    last = buffer + start;
    used = std::min<SIZE_T>(start + needed, parameters.Length);
    opening->found_any = true;
    if (!whole) return Complete(irp, STATUS_BUFFER_OVERFLOW, used);
    if ((location->Flags & SL_RETURN_SINGLE_ENTRY) != 0) {
      ++opening->next;
      break;
    }
  }
  if (last != nullptr) return Complete(irp, STATUS_SUCCESS, used);
  return Complete(irp, opening->found_any ? STATUS_NO_MORE_FILES : STATUS_NO_SUCH_FILE);
}

// ---- notification ------------------------------------------------------------------------------------------------------------------

/// The name of a path as seen from a watched directory; false if it is not watched from there.
bool SeenFrom(const Opening* opening, const std::string& path, std::u16string* name) {
  const std::string& root = opening->node->path;
  const std::string prefix = root.empty() ? "" : root + "/";
  if (path.size() <= prefix.size() || !path.starts_with(prefix)) return false;
  const std::string rest = path.substr(prefix.size());
  if (!opening->watch_tree && rest.find('/') != std::string::npos) return false;
  *name = VolumeName(rest).substr(1);
  return true;
}

/// Answers a waiting request with what has changed.
void Tell(Opening* opening) {
  if (opening->notify_irps.empty() || (opening->changes.empty() && !opening->overflowed)) return;
  PIRP const irp = opening->notify_irps.front();
  if (SetCancelRoutine(irp, nullptr) == nullptr) return;  // it is being cancelled
  opening->notify_irps.erase(opening->notify_irps.begin());
  const ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.NotifyDirectory.Length;
  auto* const buffer = static_cast<char*>(BufferOf(irp));
  SIZE_T used = 0;
  SIZE_T last = 0;
  for (const auto& [action, name] : opening->changes) {
    const SIZE_T start = (used + 3) & ~SIZE_T{3};
    const SIZE_T bytes = name.size() * sizeof(WCHAR);
    if (start + 12 + bytes > room) opening->overflowed = true;
    if (opening->overflowed) break;
    const ULONG head[3] = {0, action, static_cast<ULONG>(bytes)};
    const auto distance = static_cast<ULONG>(start - last);
    if (start != 0) std::memcpy(buffer + last, &distance, sizeof distance);
    std::memcpy(buffer + start, head, sizeof head);
    std::memcpy(buffer + start + sizeof head, name.data(), bytes);
    last = start;
    used = start + sizeof head + bytes;
  }
  const bool overflowed = opening->overflowed;
  opening->changes.clear();
  opening->overflowed = false;
  Complete(irp, overflowed ? STATUS_NOTIFY_ENUM_DIR : STATUS_SUCCESS, overflowed ? 0 : used);
}

NTSTATUS Watch(PIRP irp, PIO_STACK_LOCATION location) {
  Opening* const opening = OpeningOf(location->FileObject);
  if (!opening->node->directory) return Complete(irp, STATUS_INVALID_PARAMETER);
  if (opening->node->delete_pending) return Complete(irp, STATUS_DELETE_PENDING);
  if (!opening->watching) {  // the first request says what is watched
    opening->watching = true;
    opening->watch_tree = (location->Flags & SL_WATCH_TREE) != 0;
    opening->watch_filter = location->Parameters.NotifyDirectory.CompletionFilter;
    TheVolume().watchers.push_back(opening);
  }
  const NTSTATUS status = Pend(irp, &opening->notify_irps);
  Tell(opening);
  return status;
}

}  // namespace

void Notify(const std::string& path, ULONG action, ULONG filter) {
  constexpr SIZE_T kMostRemembered = 1024;
  const auto watchers = TheVolume().watchers;
  for (Opening* opening : watchers) {
    std::u16string name;
    if ((opening->watch_filter & filter) == 0 || !SeenFrom(opening, path, &name)) continue;
    if (opening->changes.size() == kMostRemembered) {
      opening->overflowed = true;
    } else {
      opening->changes.emplace_back(action, name);
    }
    // Both names of a renamed file are told together.
    if (action != FILE_ACTION_RENAMED_OLD_NAME) Tell(opening);
  }
}

void ForgetWatcher(Opening* opening, NTSTATUS status) {
  std::erase(TheVolume().watchers, opening);
  opening->watching = false;
  while (!opening->notify_irps.empty()) {
    PIRP const irp = opening->notify_irps.front();
    opening->notify_irps.erase(opening->notify_irps.begin());
    if (SetCancelRoutine(irp, nullptr) != nullptr) Complete(irp, status);
  }
}

NTSTATUS DirectoryControl(PIRP irp, PIO_STACK_LOCATION location) {
  const bool query = location->MinorFunction == IRP_MN_QUERY_DIRECTORY;
  const ULONG length = query ? location->Parameters.QueryDirectory.Length : location->Parameters.NotifyDirectory.Length;
  if (!MakeBuffered(irp, length)) return Complete(irp, STATUS_INSUFFICIENT_RESOURCES);
  if (location->MinorFunction == IRP_MN_QUERY_DIRECTORY) return Enumerate(irp, location);
  if (location->MinorFunction == IRP_MN_NOTIFY_CHANGE_DIRECTORY) return Watch(irp, location);
  return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
}

}  // namespace nt::hostfs
