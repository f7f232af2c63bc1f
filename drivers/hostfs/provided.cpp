// Files that come to the volume when they are first asked for.
#include <algorithm>

#include "drivers/hostfs/hostfs.h"
#include "drivers/hostfs/volume.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

/// The host's path of a name whose directory is made if it is missing; empty if there can be none.
std::string PathFor(std::u16string_view name) {
  std::string path;
  bool exists = false;
  NTSTATUS status = FindPath(name, &path, &exists);
  if (status == STATUS_OBJECT_PATH_NOT_FOUND) {
    std::string folder;
    const std::u16string_view parent = name.substr(0, name.rfind(u'\\'));
    if (!NT_SUCCESS(FindPath(parent, &folder, &exists)) || exists || TheVolume().folder.MakeDirectory(folder) != 0) return {};
    NoteCreation(folder);
    status = FindPath(name, &path, &exists);
  }
  return NT_SUCCESS(status) && !exists ? path : std::string();
}

}  // namespace

bool Provide(std::u16string_view name) {
  std::vector<std::byte> contents;
  if (TheVolume().provide == nullptr || !TheVolume().provide(name, &contents)) return false;
  const std::string path = PathFor(name);
  const int descriptor = path.empty() ? -1 : TheVolume().folder.Create(path);
  if (descriptor < 0) return false;
  const std::int64_t written = hal::WriteHostFile(descriptor, contents.data(), contents.size(), 0);
  hal::CloseHostFile(descriptor);
  if (written == static_cast<std::int64_t>(contents.size())) {
    NoteCreation(path);
    return true;
  }
  TheVolume().folder.Remove(path, false);
  return false;
}

void SetProvider(bool (*provide)(std::u16string_view name, std::vector<std::byte>* contents)) { TheVolume().provide = provide; }

void Refresh(std::u16string_view name, std::span<const std::byte> contents) {
  std::string path;
  bool exists = false;
  if (!NT_SUCCESS(FindPath(name, &path, &exists)) || !exists || TheVolume().nodes.contains(path)) return;
  const int descriptor = TheVolume().folder.Open(path);
  if (descriptor < 0) return;
  std::vector<std::byte> known(contents.size() + 1);
  const std::int64_t size = hal::ReadHostFile(descriptor, known.data(), known.size(), 0);
  hal::CloseHostFile(descriptor);
  const bool same = size == static_cast<std::int64_t>(contents.size()) && std::equal(contents.begin(), contents.end(), known.begin());
  if (!same) TheVolume().folder.Remove(path, false);
}

}  // namespace nt::hostfs
