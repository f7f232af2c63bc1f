// Opening, and the end of an opening.
#include <algorithm>

#include "drivers/hostfs/volume.h"
#include "kernel/ex/ex.h"
#include "kernel/io/io.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

extern "C" {
NTSTATUS IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                            BOOLEAN Update);
VOID IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess);
}

namespace nt::hostfs {
namespace {

constexpr ULONG kHeaderTag = 'FtsH';
constexpr char kVolumePath[] = "?C:";  ///< no file's: names on the volume have no such characters
constexpr ULONG kWriting = FILE_WRITE_DATA | FILE_APPEND_DATA;
/// What FsContext points to begins as file systems' own blocks do, so that whoever looks finds an empty header.
constexpr SIZE_T kHeaderSize = 0x80;

/// What an IRP_MJ_CREATE asks for.
struct Wish {
  std::u16string name;
  ULONG disposition;
  ULONG options;
  ULONG attributes;
  ACCESS_MASK access;
  ULONG share;
  bool directory() const { return (options & FILE_DIRECTORY_FILE) != 0; }
  bool file() const { return (options & FILE_NON_DIRECTORY_FILE) != 0; }
  bool overwrites() const { return disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF; }
  /// What the sharing of others must allow: overwriting is writing.
  ACCESS_MASK sharing_access() const { return overwrites() ? access | FILE_WRITE_DATA : access; }
  bool creates() const { return disposition != FILE_OPEN && disposition != FILE_OVERWRITE; }
};

std::u16string_view NameOf(const FILE_OBJECT* file) { return {file->FileName.Buffer, file->FileName.Length / sizeof(WCHAR)}; }

NTSTATUS WishOf(PIO_STACK_LOCATION location, Wish* wish) {
  PFILE_OBJECT const file = location->FileObject;
  if (file->RelatedFileObject != nullptr && file->RelatedFileObject->FsContext2 != nullptr) {
    const Opening* const related = OpeningOf(file->RelatedFileObject);
    if (!related->node->directory) return STATUS_OBJECT_PATH_NOT_FOUND;
    if (!NameOf(file).empty() && NameOf(file).front() == u'\\') return STATUS_OBJECT_NAME_INVALID;
    wish->name = related->node->path.empty() ? std::u16string() : VolumeName(related->node->path);
    if (!NameOf(file).empty()) wish->name.append(u"\\").append(NameOf(file));
  } else {
    wish->name = NameOf(file);
  }
  wish->disposition = location->Parameters.Create.Options >> 24;
  wish->options = location->Parameters.Create.Options & 0xffffff;
  wish->attributes = location->Parameters.Create.FileAttributes;
  wish->access = location->Parameters.Create.SecurityContext->DesiredAccess;
  wish->share = location->Parameters.Create.ShareAccess;
  if (wish->directory() && (wish->overwrites() || wish->file())) return STATUS_INVALID_PARAMETER;
  if ((wish->options & FILE_DELETE_ON_CLOSE) != 0 && (wish->access & DELETE_ACCESS) == 0) return STATUS_INVALID_PARAMETER;
  return STATUS_SUCCESS;
}

/// Whether an existing file may be opened in the way that is asked for.
NTSTATUS CheckExisting(const Wish& wish, const std::string& path, bool slash_at_end) {
  if (wish.disposition == FILE_CREATE) return STATUS_OBJECT_NAME_COLLISION;
  Facts facts;
  const NTSTATUS status = FactsOf(path, &facts);
  if (!NT_SUCCESS(status)) return status;
  if (facts.directory) {
    if (wish.file()) return STATUS_FILE_IS_A_DIRECTORY;
    return wish.overwrites() ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
  }
  if (wish.directory()) return STATUS_NOT_A_DIRECTORY;
  if (slash_at_end) return STATUS_OBJECT_NAME_INVALID;
  if ((facts.attributes & FILE_ATTRIBUTE_READONLY) != 0) {
    if ((wish.options & FILE_DELETE_ON_CLOSE) != 0) return STATUS_CANNOT_DELETE;
    if ((wish.access & kWriting) != 0 || wish.overwrites()) return STATUS_ACCESS_DENIED;
  }
  // Overwriting must not silently take away what hides a file.
  const ULONG hiding = facts.attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
  if (wish.overwrites() && (hiding & ~wish.attributes) != 0) return STATUS_ACCESS_DENIED;
  return STATUS_SUCCESS;
}

NTSTATUS MakeFile(const Wish& wish, const std::string& path) {
  const hal::HostFolder& folder = TheVolume().folder;
  if (wish.directory()) {
    const int error = folder.MakeDirectory(path);
    if (error != 0) return StatusOf(error);
  } else {
    const int made = folder.Create(path);
    if (made < 0) return StatusOf(made);
    hal::CloseHostFile(made);
  }
  NoteCreation(path);
  constexpr ULONG kUsual = FILE_ATTRIBUTE_NORMAL | FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_DIRECTORY;
  if ((wish.attributes & ~kUsual) != 0) {
    SetAttributes(path, wish.directory(), wish.attributes | (wish.directory() ? 0 : FILE_ATTRIBUTE_ARCHIVE));
  }
  Notify(path, FILE_ACTION_ADDED, wish.directory() ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME);
  return STATUS_SUCCESS;
}

/// The node of a path, made if this is the first opening.
NTSTATUS NodeOf(const std::string& path, Node** result) {
  auto& slot = TheVolume().nodes[path];
  if (slot == nullptr) {
    auto node = std::make_unique<Node>();
    node->path = path;
    hal::HostFile file;
    int error = TheVolume().folder.Query(path, &file);
    if (error == 0 && file.kind == hal::HostFile::Kind::Other) error = -1;  // a device or a pipe of the host is no file of ours
    node->directory = file.kind == hal::HostFile::Kind::Directory;
    if (error == 0 && !node->directory) {
      node->descriptor = TheVolume().folder.Open(path);
      error = std::min(node->descriptor, 0);
      if (error == 0) MakeSectionPointers(node.get());
    }
    if (error != 0) {
      TheVolume().nodes.erase(path);
      return StatusOf(error);
    }
    slot = std::move(node);
  }
  *result = slot.get();
  return STATUS_SUCCESS;
}

/// The node of the volume itself.
Node* VolumeNode() {
  auto& slot = TheVolume().nodes[kVolumePath];
  if (slot == nullptr) {
    slot = std::make_unique<Node>();
    slot->path = kVolumePath;
    slot->volume = true;
  }
  return slot.get();
}

void DropIfUnused(Node* node) {
  if (node->opens != 0) return;
  FsRtlUninitializeFileLock(&node->locks);
  FsRtlUninitializeOplock(&node->oplock);
  if (node->descriptor >= 0) hal::CloseHostFile(node->descriptor);
  FreeSectionPointers(node);
  const auto found = TheVolume().nodes.find(node->path);
  if (found != TheVolume().nodes.end() && found->second.get() == node) TheVolume().nodes.erase(found);
  std::erase_if(TheVolume().orphans, [node](const auto& orphan) { return orphan.get() == node; });
}

NTSTATUS Attach(PFILE_OBJECT file, Node* node, const Wish& wish) {
  if (node->delete_pending) return STATUS_DELETE_PENDING;
  if (wish.overwrites() && !MayBecome(node, 0)) return STATUS_USER_MAPPED_FILE;
  const bool to_delete = (wish.options & FILE_DELETE_ON_CLOSE) != 0;
  if (((wish.access & kWriting) != 0 || to_delete) && !MayBeWritten(node)) {
    return to_delete ? STATUS_CANNOT_DELETE : STATUS_SHARING_VIOLATION;
  }
  const NTSTATUS status = IoCheckShareAccess(wish.sharing_access(), wish.share, file, &node->share, TRUE);
  if (!NT_SUCCESS(status)) return status;
  PVOID const header = ex::AllocatePool(NonPagedPoolNx, kHeaderSize, kHeaderTag);
  if (header == nullptr) {
    IoRemoveShareAccess(file, &node->share);
    return STATUS_INSUFFICIENT_RESOURCES;
  }
  std::fill_n(static_cast<UCHAR*>(header), kHeaderSize, UCHAR{0});
  auto& openings = TheVolume().openings;
  openings.emplace_back();
  Opening* const opening = &openings.back();
  opening->place = std::prev(openings.end());
  opening->node = node;
  opening->delete_on_close = to_delete;
  opening->append_only = (wish.access & kWriting) == FILE_APPEND_DATA;
  file->FsContext = header;
  file->FsContext2 = opening;
  file->SectionObjectPointer = node->sections;
  ++node->opens;
  ++node->handles;
  return STATUS_SUCCESS;
}

void RemoveName(const Node* node) {
  TheVolume().folder.Remove(node->path, node->directory);
  Notify(node->path, FILE_ACTION_REMOVED, node->directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME);
  const std::int64_t now = HostTime(ke::SystemTime());
  TheVolume().folder.SetTimes(Folder(node->path), now, now);
}

/// Opens the volume itself, which is neither made nor overwritten.
NTSTATUS CreateVolume(PIRP irp, PIO_STACK_LOCATION location, const Wish& wish) {
  if (wish.directory()) return Complete(irp, STATUS_NOT_A_DIRECTORY);
  if (wish.disposition != FILE_OPEN && wish.disposition != FILE_OPEN_IF) return Complete(irp, STATUS_ACCESS_DENIED);
  NTSTATUS status = CheckAccess(irp, location, std::string(), true);
  if (NT_SUCCESS(status)) {
    Node* const node = VolumeNode();
    status = (wish.options & FILE_DELETE_ON_CLOSE) != 0 ? STATUS_CANNOT_DELETE : Attach(location->FileObject, node, wish);
    if (!NT_SUCCESS(status)) DropIfUnused(node);
  }
  return Complete(irp, status, NT_SUCCESS(status) ? FILE_OPENED : 0);
}

bool IsOrphan(const Node* node) { return !TheVolume().nodes.contains(node->path); }

}  // namespace

void Orphan(Node* node) {
  RemoveName(node);
  auto entry = TheVolume().nodes.extract(node->path);
  node->path = "?";  // no name on the volume has this in it
  TheVolume().orphans.push_back(std::move(entry.mapped()));
}

NTSTATUS Create(PIRP irp, PIO_STACK_LOCATION location) {
  Wish wish;
  NTSTATUS status = WishOf(location, &wish);
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  if (wish.name.empty() && location->FileObject->RelatedFileObject == nullptr) return CreateVolume(irp, location, wish);
  const bool slash_at_end = wish.name.size() > 1 && wish.name.back() == u'\\';
  if (slash_at_end) wish.name.pop_back();
  std::string path;
  bool exists = false;
  status = FindPath(wish.name, &path, &exists);
  const bool missing = status == STATUS_OBJECT_PATH_NOT_FOUND || (NT_SUCCESS(status) && !exists);
  if (missing && Provide(wish.name)) status = FindPath(wish.name, &path, &exists);
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  ULONG_PTR information = FILE_OPENED;
  if (exists) {
    status = CheckExisting(wish, path, slash_at_end);
    if (NT_SUCCESS(status)) status = CheckAccess(irp, location, path, true);
  } else if (!wish.creates()) {
    status = STATUS_OBJECT_NAME_NOT_FOUND;
  } else if (slash_at_end && !wish.directory()) {
    status = STATUS_OBJECT_NAME_INVALID;
  } else {
    status = CheckAccess(irp, location, path, false);
    if (NT_SUCCESS(status)) status = MakeFile(wish, path);
    information = FILE_CREATED;
  }
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  Node* node = nullptr;
  status = NodeOf(path, &node);
  if (!NT_SUCCESS(status)) return Complete(irp, status);
  ULONG refusal = 0;
  const NTSTATUS broken = node->oplock != nullptr ? BreakOplocksForCreate(irp, node, wish.sharing_access(), &refusal) : STATUS_SUCCESS;
  if (broken == STATUS_PENDING) return STATUS_PENDING;
  status = NT_SUCCESS(broken) ? Attach(location->FileObject, node, wish) : broken;
  if (!NT_SUCCESS(status)) {
    DropIfUnused(node);
    return Complete(irp, status, refusal);
  }
  if (exists && wish.overwrites()) {
    hal::ResizeHostFile(node->descriptor, 0);
    SetAttributes(path, false, wish.attributes | FILE_ATTRIBUTE_ARCHIVE);
    Stamp(node);
    information = wish.disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
  }
  return Complete(irp, broken, information);  // success, or STATUS_OPLOCK_BREAK_IN_PROGRESS
}

NTSTATUS Cleanup(PIRP irp, PIO_STACK_LOCATION location) {
  PFILE_OBJECT const file = location->FileObject;
  Opening* const opening = OpeningOf(file);
  Node* const node = opening->node;
  if (std::exchange(opening->cleaned_up, true)) return Complete(irp, STATUS_SUCCESS);
  ForgetWatcher(opening, STATUS_NOTIFY_CLEANUP);
  FsRtlFastUnlockAll(&node->locks, file, IoGetRequestorProcess(irp), nullptr);
  if (node->changed) Stamp(node);
  if (opening->delete_on_close) {
    std::vector<std::string> names;
    if (node->directory) TheVolume().folder.List(node->path, &names);
    if (names.empty() && !node->path.empty()) node->delete_pending = true;
  }
  IoRemoveShareAccess(file, &node->share);
  --node->handles;
  if (node->delete_pending && !IsOrphan(node)) {
    if (node->handles == 0) {
      RemoveName(node);
    } else if (opening->removes_name) {
      Orphan(node);
    }
  }
  FsRtlCheckOplock(&node->oplock, irp, nullptr, nullptr, nullptr);
  return Complete(irp, STATUS_SUCCESS);
}

NTSTATUS Close(PIRP irp, PIO_STACK_LOCATION location) {
  PFILE_OBJECT const file = location->FileObject;
  Opening* const opening = OpeningOf(file);
  --opening->node->opens;
  DropIfUnused(opening->node);
  TheVolume().openings.erase(opening->place);
  ex::FreePool(file->FsContext);
  file->FsContext = file->FsContext2 = nullptr;
  return Complete(irp, STATUS_SUCCESS);
}

}  // namespace nt::hostfs
