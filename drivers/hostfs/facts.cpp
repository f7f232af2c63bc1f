// What the volume says of a file, and what the host keeps of it.
#include <cerrno>

#include "drivers/hostfs/volume.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

constexpr LONGLONG kUnixEpoch = 116'444'736'000'000'000;  // 1970 in 100 ns since 1601
constexpr char kAttributesNote[] = "user.ringlet.attributes";
constexpr char kCreatedNote[] = "user.ringlet.created";
/// The attributes that the host has no place of its own for.
constexpr ULONG kNoted = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_TEMPORARY |
                         FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;

}  // namespace

LONGLONG NtTime(std::int64_t nanoseconds) { return nanoseconds / 100 + kUnixEpoch; }

std::int64_t HostTime(LONGLONG time) { return (time - kUnixEpoch) * 100; }

NTSTATUS StatusOf(int error) {
  switch (-error) {
    case 0:
      return STATUS_SUCCESS;
    case ENOENT:
      return STATUS_OBJECT_NAME_NOT_FOUND;
    case ENOTDIR:
      return STATUS_OBJECT_PATH_NOT_FOUND;
    case EEXIST:
      return STATUS_OBJECT_NAME_COLLISION;
    case ENOTEMPTY:
      return STATUS_DIRECTORY_NOT_EMPTY;
    case EISDIR:
      return STATUS_FILE_IS_A_DIRECTORY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return STATUS_DISK_FULL;
    case EFAULT:
      return STATUS_INVALID_USER_BUFFER;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return STATUS_INSUFFICIENT_RESOURCES;
    case ENAMETOOLONG:
      return STATUS_OBJECT_NAME_INVALID;
    case EROFS:
      return STATUS_MEDIA_WRITE_PROTECTED;
    case EIO:
      return STATUS_IO_DEVICE_ERROR;
    default:
      return STATUS_ACCESS_DENIED;
  }
}

ULONG AttributesOf(const std::string& path, const hal::HostFile& file) {
  const bool directory = file.kind == hal::HostFile::Kind::Directory;
  std::uint64_t noted = 0;
  // NTFS marks every file to be archived until somebody takes the mark away.
  if (TheVolume().folder.GetNote(path, kAttributesNote, &noted) != 0) noted = directory ? 0 : FILE_ATTRIBUTE_ARCHIVE;
  ULONG attributes = static_cast<ULONG>(noted) & kNoted;
  if (directory) attributes |= FILE_ATTRIBUTE_DIRECTORY;
  if (file.read_only) attributes |= FILE_ATTRIBUTE_READONLY;
  return attributes != 0 ? attributes : FILE_ATTRIBUTE_NORMAL;
}

NTSTATUS SetAttributes(const std::string& path, bool directory, ULONG attributes) {
  const ULONG noted = attributes & kNoted;
  const ULONG usual = directory ? 0 : FILE_ATTRIBUTE_ARCHIVE;
  const int kept = TheVolume().folder.SetNote(path, kAttributesNote, noted);
  if (kept == -ENOTSUP && noted != usual && noted != 0) return STATUS_NOT_SUPPORTED;
  return StatusOf(TheVolume().folder.SetReadOnly(path, (attributes & FILE_ATTRIBUTE_READONLY) != 0));
}

LONGLONG CreationTimeOf(const std::string& path, const hal::HostFile& file) {
  std::uint64_t created = 0;
  return TheVolume().folder.GetNote(path, kCreatedNote, &created) == 0 ? static_cast<LONGLONG>(created) : NtTime(file.written);
}

ULONGLONG FileId(const std::string& path) {
  ULONGLONG hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : path) hash = (hash ^ static_cast<UCHAR>(c)) * 0x100000001b3;
  return hash & 0x0000'ffff'ffff'ffff;
}

NTSTATUS FactsOf(const std::string& path, Facts* facts) {
  hal::HostFile file;
  const int error = TheVolume().folder.Query(path, &file);
  if (error != 0) return StatusOf(error);
  facts->directory = file.kind == hal::HostFile::Kind::Directory;
  facts->created = CreationTimeOf(path, file);
  facts->accessed = NtTime(file.accessed);
  facts->written = NtTime(file.written);
  facts->size = facts->directory ? 0 : file.size;
  facts->allocated = (facts->size + 0xfff) & ~LONGLONG{0xfff};
  facts->attributes = AttributesOf(path, file);
  facts->links = facts->directory ? 1 : file.links;
  return STATUS_SUCCESS;
}

void Stamp(Node* node) {
  node->changed = false;
  const std::int64_t now = HostTime(ke::SystemTime());
  TheVolume().folder.SetTimes(node->path, now, now);
}

/// What a new file has of its own: when it was made.
void NoteCreation(const std::string& path) {
  const LONGLONG now = ke::SystemTime();
  TheVolume().folder.SetTimes(path, HostTime(now), HostTime(now));
  TheVolume().folder.SetTimes(Folder(path), HostTime(now), HostTime(now));
  TheVolume().folder.SetNote(path, kCreatedNote, static_cast<std::uint64_t>(now));
}

NTSTATUS SetCreationTime(const std::string& path, LONGLONG time) {
  return StatusOf(TheVolume().folder.SetNote(path, kCreatedNote, static_cast<std::uint64_t>(time)));
}

}  // namespace nt::hostfs
