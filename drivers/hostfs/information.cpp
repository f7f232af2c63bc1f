// What is asked of a file, and what is changed of it.
#include <algorithm>
#include <cstring>

#include "drivers/hostfs/volume.h"
#include "kernel/ob/ob.h"
#include "kernel/rtl/utf8.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

/// The answer to a query: fixed parts and names, cut where the caller's buffer ends.
class Answer {
 public:
  Answer(PIRP irp, ULONG room) : at_(static_cast<char*>(BufferOf(irp))), room_(room) {}
  template <class T>
  bool Put(const T& part) {
    if (room_ < sizeof part) return false;
    std::memcpy(at_ + used_, &part, sizeof part);
    used_ += sizeof part;
    room_ -= sizeof part;
    return true;
  }
  /// A length in bytes and a name; false if not all of it found room.
  bool PutName(std::u16string_view name) {
    const auto bytes = static_cast<ULONG>(name.size() * sizeof(WCHAR));
    if (!Put(bytes)) return false;
    const ULONG fits = std::min<ULONG>(bytes, static_cast<ULONG>(room_) & ~1u);
    std::memcpy(at_ + used_, name.data(), fits);
    used_ += fits;
    room_ -= fits;
    return fits == bytes;
  }
  ULONG_PTR used() const { return used_; }
  /// What the I/O manager has put there already.
  template <class T>
  T Prefilled() const {
    T part{};
    std::memcpy(&part, at_, std::min(room_, sizeof part));
    return part;
  }

 private:
  char* at_;
  SIZE_T room_;
  SIZE_T used_ = 0;
};

FILE_BASIC_INFORMATION Basic(const Facts& facts) {
  FILE_BASIC_INFORMATION basic{};
  basic.CreationTime.QuadPart = facts.created;
  basic.LastAccessTime.QuadPart = facts.accessed;
  basic.LastWriteTime.QuadPart = basic.ChangeTime.QuadPart = facts.written;
  basic.FileAttributes = facts.attributes;
  return basic;
}

FILE_STANDARD_INFORMATION Standard(const Facts& facts, const Node* node) {
  FILE_STANDARD_INFORMATION standard{};
  standard.AllocationSize.QuadPart = facts.allocated;
  standard.EndOfFile.QuadPart = facts.size;
  standard.NumberOfLinks = node->delete_pending ? facts.links - 1 : facts.links;
  standard.DeletePending = node->delete_pending;
  standard.Directory = facts.directory;
  return standard;
}

NTSTATUS AnswerAll(Answer& answer, const Facts& facts, const Node* node, const FILE_OBJECT* file) {
  auto all = answer.Prefilled<FILE_ALL_INFORMATION>();
  all.BasicInformation = Basic(facts);
  all.StandardInformation = Standard(facts, node);
  all.InternalInformation.IndexNumber.QuadPart = static_cast<LONGLONG>(FileId(node->path));
  all.PositionInformation.CurrentByteOffset = file->CurrentByteOffset;
  struct {
    char bytes[offsetof(FILE_ALL_INFORMATION, NameInformation)];
  } fixed;
  std::memcpy(&fixed, &all, sizeof fixed);
  if (!answer.Put(fixed)) return STATUS_INFO_LENGTH_MISMATCH;
  return answer.PutName(VolumeName(node->path)) ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTATUS AnswerStreams(Answer& answer, const Facts& facts) {
  if (facts.directory) return STATUS_SUCCESS;
  constexpr std::u16string_view kData = u"::$DATA";
  constexpr SIZE_T kLength = kData.size();
  struct {
    ULONG next;
    ULONG name_bytes;
    LONGLONG size, allocated;
    WCHAR name[kLength];
    WCHAR padding;
  } stream{0, static_cast<ULONG>(kData.size() * sizeof(WCHAR)), facts.size, facts.allocated, {}, 0};
  std::memcpy(stream.name, kData.data(), kData.size() * sizeof(WCHAR));
  return answer.Put(stream) ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}

// ---- changes ------------------------------------------------------------------------------------------------------------------------

NTSTATUS SetBasic(Node* node, const FILE_BASIC_INFORMATION& basic) {
  // 0 leaves a time as it is; -1 and -2 say what later operations of this handle are to do, which changes nothing now.
  const auto host = [](LONGLONG time) { return time > 0 ? HostTime(time) : std::int64_t{-1}; };
  if (node->changed) Stamp(node);
  const int error = TheVolume().folder.SetTimes(node->path, host(basic.LastAccessTime.QuadPart), host(basic.LastWriteTime.QuadPart));
  if (error != 0) return StatusOf(error);
  if (basic.CreationTime.QuadPart > 0) SetCreationTime(node->path, basic.CreationTime.QuadPart);
  if (basic.FileAttributes == 0) return STATUS_SUCCESS;
  if ((basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 && !node->directory) return STATUS_INVALID_PARAMETER;
  const NTSTATUS status = SetAttributes(node->path, node->directory, basic.FileAttributes);
  if (NT_SUCCESS(status)) Notify(node->path, FILE_ACTION_MODIFIED, FILE_NOTIFY_CHANGE_ATTRIBUTES);
  return status;
}

NTSTATUS SetDisposition(Node* node, bool remove, bool read_only_too) {
  if (!remove) {
    node->delete_pending = false;
    return STATUS_SUCCESS;
  }
  if (node->path.empty() || !MayBeDeleted(node)) return STATUS_CANNOT_DELETE;
  Facts facts;
  const NTSTATUS status = FactsOf(node->path, &facts);
  if (!NT_SUCCESS(status)) return status;
  if ((facts.attributes & FILE_ATTRIBUTE_READONLY) != 0 && !read_only_too) return STATUS_CANNOT_DELETE;
  std::vector<std::string> names;
  if (node->directory) TheVolume().folder.List(node->path, &names);
  if (!names.empty()) return STATUS_DIRECTORY_NOT_EMPTY;
  node->delete_pending = true;
  return STATUS_SUCCESS;
}

NTSTATUS Resize(Node* node, LONGLONG size, bool only_shrink) {
  if (node->directory || size < 0) return STATUS_INVALID_PARAMETER;
  hal::HostFile file;
  int error = hal::QueryHostFile(node->descriptor, &file);
  if (error == 0 && size < file.size && !MayBecome(node, size)) return STATUS_USER_MAPPED_FILE;
  if (error == 0 && !(only_shrink && size >= file.size)) error = hal::ResizeHostFile(node->descriptor, size);
  if (error != 0) return StatusOf(error);
  node->changed = true;
  Notify(node->path, FILE_ACTION_MODIFIED, FILE_NOTIFY_CHANGE_SIZE);
  return STATUS_SUCCESS;
}

/// The name on this volume of a full NT name, or false.
bool OnVolume(std::u16string_view name, std::u16string* rest) {
  const std::u16string upper = Upper(name);
  for (const std::u16string_view prefix : {std::u16string_view(u"\\\?\?\\C:"), std::u16string_view(u"\\DOSDEVICES\\C:"),
                                           std::u16string_view(u"\\GLOBAL\?\?\\C:"), std::u16string_view(u"\\DEVICE\\HARDDISKVOLUME1")}) {
    if (!upper.starts_with(prefix)) continue;
    *rest = name.substr(prefix.size());
    return rest->starts_with(u'\\');
  }
  return false;
}

/// Where a rename or a link leads: beside the file, below a directory that is given by a handle, or anywhere on the volume.
NTSTATUS TargetOf(const Node* node, const PIO_STACK_LOCATION location, const FILE_RENAME_INFORMATION* information, std::string* path,
                  bool* exists) {
  const ULONG room = location->Parameters.SetFile.Length;
  if (room < offsetof(FILE_RENAME_INFORMATION, FileName) ||
      room - offsetof(FILE_RENAME_INFORMATION, FileName) < information->FileNameLength) {
    return STATUS_INFO_LENGTH_MISMATCH;
  }
  const std::u16string_view name(information->FileName, information->FileNameLength / sizeof(WCHAR));
  std::u16string full;
  if (information->RootDirectory != nullptr) {
    PVOID object = nullptr;
    const NTSTATUS status = ObReferenceObjectByHandle(information->RootDirectory, 0, nullptr, KernelMode, &object, nullptr);
    if (!NT_SUCCESS(status)) return status;
    const auto* const directory = static_cast<PFILE_OBJECT>(object);
    const bool ours = directory->Type == IO_TYPE_FILE && directory->DeviceObject == TheVolume().device && OpeningOf(directory) != nullptr;
    if (ours) full = VolumeName(OpeningOf(directory)->node->path).append(u"\\").append(name);
    ObfDereferenceObject(object);
    if (!ours) return STATUS_NOT_SAME_DEVICE;
  } else if (name.find(u'\\') == std::u16string_view::npos) {
    full = VolumeName(Folder(node->path)).append(u"\\").append(name);
  } else if (!OnVolume(name, &full)) {
    return name.starts_with(u'\\') ? STATUS_NOT_SAME_DEVICE : STATUS_OBJECT_NAME_INVALID;
  }
  return FindPath(full, path, exists);
}

/// Open files at or below a path have another from now on.
void MovePaths(const std::string& from, const std::string& to) {
  auto& nodes = TheVolume().nodes;
  std::vector<std::unique_ptr<Node>> moved;
  for (auto at = nodes.begin(); at != nodes.end();) {
    const std::string& path = at->first;
    if (path == from || path.starts_with(from + "/")) {
      at->second->path = to + path.substr(from.size());
      moved.push_back(std::move(at->second));
      at = nodes.erase(at);
    } else {
      ++at;
    }
  }
  for (auto& node : moved) {
    const std::string path = node->path;
    nodes[path] = std::move(node);
  }
}

/// Whether the file at a path may be replaced by another.
NTSTATUS MayReplace(const std::string& path, ULONG flags) {
  if ((flags & FILE_RENAME_REPLACE_IF_EXISTS) == 0) return STATUS_OBJECT_NAME_COLLISION;
  Facts facts;
  const NTSTATUS status = FactsOf(path, &facts);
  if (!NT_SUCCESS(status)) return status;
  const bool read_only = (facts.attributes & FILE_ATTRIBUTE_READONLY) != 0 && (flags & FILE_RENAME_IGNORE_READONLY_ATTRIBUTE) == 0;
  if (facts.directory || read_only) return STATUS_ACCESS_DENIED;
  const auto open = TheVolume().nodes.find(path);
  if (open == TheVolume().nodes.end()) return STATUS_SUCCESS;
  // Who has it open keeps it, without its name, if all of them let it be deleted.
  const SHARE_ACCESS& share = open->second->share;
  if ((flags & FILE_RENAME_POSIX_SEMANTICS) == 0 || share.SharedDelete < share.OpenCount) return STATUS_ACCESS_DENIED;
  Orphan(open->second.get());
  return STATUS_SUCCESS;
}

NTSTATUS Rename(Node* node, const PIO_STACK_LOCATION location, const FILE_RENAME_INFORMATION* information, ULONG flags) {
  if (node->path.empty()) return STATUS_INVALID_PARAMETER;
  std::string path;
  bool exists = false;
  NTSTATUS status = TargetOf(node, location, information, &path, &exists);
  if (!NT_SUCCESS(status)) return status;
  // Only the case of the name may change: then the name that is there is the file's own, and the new one is as it was given.
  const bool same = exists && path == node->path;
  if (same) {
    const std::u16string_view name(information->FileName, information->FileNameLength / sizeof(WCHAR));
    const std::string folder = Folder(path);
    path = (folder.empty() ? "" : folder + "/") + rtl::Utf8(BaseName(name));
  } else if (exists) {
    status = MayReplace(path, flags);
    if (!NT_SUCCESS(status)) return status;
  }
  if (node->directory) {
    const auto below = [&](const auto& entry) { return entry.first.starts_with(node->path + "/"); };
    if (std::ranges::any_of(TheVolume().nodes, below)) return STATUS_ACCESS_DENIED;
  }
  const std::string old = node->path;
  const int error = TheVolume().folder.Rename(old, path);
  if (error != 0) return StatusOf(error);
  MovePaths(old, path);
  const ULONG filter = node->directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
  const bool moved = Folder(old) != Folder(path);
  Notify(old, moved ? FILE_ACTION_REMOVED : FILE_ACTION_RENAMED_OLD_NAME, filter);
  Notify(path, moved ? FILE_ACTION_ADDED : FILE_ACTION_RENAMED_NEW_NAME, filter);
  return STATUS_SUCCESS;
}

NTSTATUS MakeLink(Node* node, const PIO_STACK_LOCATION location, const FILE_RENAME_INFORMATION* information, ULONG flags) {
  if (node->directory) return STATUS_FILE_IS_A_DIRECTORY;
  std::string path;
  bool exists = false;
  NTSTATUS status = TargetOf(node, location, information, &path, &exists);
  if (NT_SUCCESS(status) && exists) status = MayReplace(path, flags);
  if (!NT_SUCCESS(status)) return status;
  if (exists) TheVolume().folder.Remove(path, false);
  const int error = TheVolume().folder.Link(node->path, path);
  if (error == 0) Notify(path, FILE_ACTION_ADDED, FILE_NOTIFY_CHANGE_FILE_NAME);
  return StatusOf(error);
}

/// The caller's information, if there is enough of it.
template <class T>
const T* InputOf(PIRP irp, const PIO_STACK_LOCATION location, SIZE_T least = sizeof(T)) {
  return location->Parameters.SetFile.Length < least ? nullptr : static_cast<const T*>(BufferOf(irp));
}

NTSTATUS Change(PIRP irp, const PIO_STACK_LOCATION location) {
  Node* const node = OpeningOf(location->FileObject)->node;
  constexpr SIZE_T kRenameHead = offsetof(FILE_RENAME_INFORMATION, FileName);
  const FILE_RENAME_INFORMATION* rename = nullptr;
  switch (location->Parameters.SetFile.FileInformationClass) {
    case FileBasicInformation: {
      const auto* const basic = InputOf<FILE_BASIC_INFORMATION>(irp, location);
      return basic != nullptr ? SetBasic(node, *basic) : STATUS_INFO_LENGTH_MISMATCH;
    }
    case FileDispositionInformation: {
      const auto* const disposition = InputOf<FILE_DISPOSITION_INFORMATION>(irp, location);
      return disposition != nullptr ? SetDisposition(node, disposition->DeleteFile != 0, false) : STATUS_INFO_LENGTH_MISMATCH;
    }
    case FileDispositionInformationEx: {
      const auto* const flags = InputOf<ULONG>(irp, location);
      if (flags == nullptr) return STATUS_INFO_LENGTH_MISMATCH;
      if ((*flags & FILE_DISPOSITION_ON_CLOSE) != 0) {
        OpeningOf(location->FileObject)->delete_on_close = (*flags & FILE_DISPOSITION_DELETE) != 0;
        return STATUS_SUCCESS;
      }
      const NTSTATUS status =
          SetDisposition(node, (*flags & FILE_DISPOSITION_DELETE) != 0, (*flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE) != 0);
      if (NT_SUCCESS(status)) OpeningOf(location->FileObject)->removes_name = (*flags & FILE_DISPOSITION_POSIX_SEMANTICS) != 0;
      return status;
    }
    case FileEndOfFileInformation:
    case FileAllocationInformation: {
      const auto* const end = InputOf<FILE_END_OF_FILE_INFORMATION>(irp, location);
      if (end == nullptr) return STATUS_INFO_LENGTH_MISMATCH;
      return Resize(node, end->EndOfFile.QuadPart, location->Parameters.SetFile.FileInformationClass == FileAllocationInformation);
    }
    case FilePositionInformation:
      if (InputOf<LARGE_INTEGER>(irp, location) == nullptr) return STATUS_INFO_LENGTH_MISMATCH;
      location->FileObject->CurrentByteOffset = *InputOf<LARGE_INTEGER>(irp, location);
      return STATUS_SUCCESS;
    case FileRenameInformation:
      rename = InputOf<FILE_RENAME_INFORMATION>(irp, location, kRenameHead);
      if (rename == nullptr) return STATUS_INFO_LENGTH_MISMATCH;
      return Rename(node, location, rename, rename->ReplaceIfExists != 0 ? FILE_RENAME_REPLACE_IF_EXISTS : 0);
    case FileRenameInformationEx:
      rename = InputOf<FILE_RENAME_INFORMATION>(irp, location, kRenameHead);
      if (rename == nullptr) return STATUS_INFO_LENGTH_MISMATCH;
      return Rename(node, location, rename, rename->Flags);
    case FileLinkInformation:
      rename = InputOf<FILE_RENAME_INFORMATION>(irp, location, kRenameHead);
      if (rename == nullptr) return STATUS_INFO_LENGTH_MISMATCH;
      return MakeLink(node, location, rename, rename->ReplaceIfExists != 0 ? FILE_RENAME_REPLACE_IF_EXISTS : 0);
    case FileLinkInformationEx:
      rename = InputOf<FILE_RENAME_INFORMATION>(irp, location, kRenameHead);
      if (rename == nullptr) return STATUS_INFO_LENGTH_MISMATCH;
      return MakeLink(node, location, rename, rename->Flags);
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
}

NTSTATUS Tell(Answer& answer, const FILE_OBJECT* file, ULONG information_class) {
  const Node* const node = OpeningOf(file)->node;
  Facts facts;
  const NTSTATUS status = FactsOf(node->path, &facts);
  if (!NT_SUCCESS(status)) return status;
  const auto put = [&](const auto& part) { return answer.Put(part) ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH; };
  switch (information_class) {
    case FileBasicInformation:
      return put(Basic(facts));
    case FileStandardInformation:
      return put(Standard(facts, node));
    case FileInternalInformation:
      return put(FileId(node->path));
    case FileEaInformation:
      return put(ULONG{0});
    case FileNameInformation:
    case FileNormalizedNameInformation:
      return answer.PutName(VolumeName(node->path)) ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
    case FileNetworkOpenInformation: {
      FILE_NETWORK_OPEN_INFORMATION open{};
      open.CreationTime.QuadPart = facts.created;
      open.LastAccessTime.QuadPart = facts.accessed;
      open.LastWriteTime.QuadPart = open.ChangeTime.QuadPart = facts.written;
      open.AllocationSize.QuadPart = facts.allocated;
      open.EndOfFile.QuadPart = facts.size;
      open.FileAttributes = facts.attributes;
      return put(open);
    }
    case FileAttributeTagInformation:
      return put(FILE_ATTRIBUTE_TAG_INFORMATION{facts.attributes, 0});
    case FileStreamInformation:
      return AnswerStreams(answer, facts);
    case FileAllInformation:
      return AnswerAll(answer, facts, node, file);
    default:
      return STATUS_INVALID_INFO_CLASS;
  }
}

}  // namespace

NTSTATUS QueryInformation(PIRP irp, PIO_STACK_LOCATION location) {
  if (IsFixed(location->Parameters.QueryFile.FileInformationClass)) return QueryFixed(irp, location);
  Answer answer(irp, location->Parameters.QueryFile.Length);
  const NTSTATUS status = Tell(answer, location->FileObject, location->Parameters.QueryFile.FileInformationClass);
  // A name that was cut is a warning: what there is counts.
  return Complete(irp, status, NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW ? answer.used() : 0);
}

NTSTATUS SetInformation(PIRP irp, PIO_STACK_LOCATION location) { return Complete(irp, Change(irp, location)); }

NTSTATUS QueryVolume(PIRP irp, PIO_STACK_LOCATION location) {
  constexpr ULONG kUnit = 4096, kSector = 512, kAligned = 3;  // SSINFO_FLAGS_ALIGNED_DEVICE, SSINFO_FLAGS_PARTITION_ALIGNED_ON_DEVICE
  constexpr std::u16string_view kFileSystem = u"NTFS";
  Answer answer(irp, location->Parameters.QueryVolume.Length);
  const hal::HostSpace space = SpaceOfVolume();
  const LARGE_INTEGER total{.QuadPart = space.total / kUnit};
  const LARGE_INTEGER free{.QuadPart = space.free / kUnit};
  bool fits = false;
  switch (location->Parameters.QueryVolume.FsInformationClass) {
    case FileFsVolumeInformation: {
      struct {
        LONGLONG created;
        ULONG serial, label_bytes;
        BOOLEAN objects;
        UCHAR padding[5];
      } volume{0, kSerialNumber, 0, FALSE, {}};
      constexpr SIZE_T kLabel = offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
      static_assert(sizeof volume >= kLabel);
      fits = answer.Put(volume);
      break;
    }
    case FileFsSizeInformation:
      fits = answer.Put(FILE_FS_SIZE_INFORMATION{total, free, kUnit / kSector, kSector});
      break;
    case FileFsFullSizeInformation:
      fits = answer.Put(FILE_FS_FULL_SIZE_INFORMATION{total, free, free, kUnit / kSector, kSector});
      break;
    case FileFsSectorSizeInformation:
      fits = answer.Put(FILE_FS_SECTOR_SIZE_INFORMATION{kSector, kUnit, kUnit, kUnit, kAligned, 0, 0});
      break;
    case FileFsAttributeInformation: {
      constexpr ULONG kCasePreserved = 2, kUnicode = 4, kHardLinks = 0x400000;
      fits = answer.Put(kCasePreserved | kUnicode | kHardLinks) && answer.Put(ULONG{255});
      if (fits && !answer.PutName(kFileSystem)) return Complete(irp, STATUS_BUFFER_OVERFLOW, answer.used());
      break;
    }
    default:
      return Complete(irp, STATUS_INVALID_INFO_CLASS);
  }
  return fits ? Complete(irp, STATUS_SUCCESS, answer.used()) : Complete(irp, STATUS_INFO_LENGTH_MISMATCH);
}

}  // namespace nt::hostfs
