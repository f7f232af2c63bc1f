// Names on the volume and paths on the host.
#include <algorithm>

#include "drivers/hostfs/volume.h"
#include "kernel/rtl/rtl.h"
#include "kernel/rtl/utf8.h"
#include "nt/status.h"

namespace nt::hostfs {
namespace {

/// What no file can be called on NTFS.
bool IsValid(std::u16string_view name) {
  if (name.size() > 255 || name == u"." || name == u"..") return false;
  return std::ranges::none_of(
      name, [](char16_t c) { return c < 0x20 || std::u16string_view(u"\"*/:<>?|").find(c) != std::u16string_view::npos; });
}

/// The name as the host has it in a directory, or false. Of several that differ in case the exact one is meant, else the first.
bool EntryName(const std::string& directory, std::string* name) {
  hal::HostFile file;
  const std::string exact = directory.empty() ? *name : directory + "/" + *name;
  if (TheVolume().folder.Query(exact, &file) == 0) return true;
  std::vector<std::string> names;
  TheVolume().folder.List(directory, &names);
  std::ranges::sort(names);
  const std::u16string wanted = Upper(rtl::Utf16(*name));
  const auto found = std::ranges::find_if(names, [&](const std::string& candidate) { return Upper(rtl::Utf16(candidate)) == wanted; });
  if (found == names.end()) return false;
  *name = *found;
  return true;
}

}  // namespace

std::u16string Upper(std::u16string_view text) {
  std::u16string upper(text);
  for (char16_t& c : upper) c = RtlUpcaseUnicodeChar(c);
  return upper;
}

std::u16string VolumeName(const std::string& path) {
  std::u16string name = u"\\" + rtl::Utf16(path);
  std::ranges::replace(name, u'/', u'\\');
  return name;
}

std::u16string_view BaseName(std::u16string_view path) {
  const auto slash = path.rfind(u'\\');
  return slash == std::u16string_view::npos ? path : path.substr(slash + 1);
}

std::string Folder(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

NTSTATUS FindPath(std::u16string_view name, std::string* path, bool* exists) {
  path->clear();
  *exists = true;
  while (!name.empty() && name.front() == u'\\') name.remove_prefix(1);
  while (!name.empty()) {
    if (!*exists) return STATUS_OBJECT_PATH_NOT_FOUND;
    const auto end = std::min(name.find(u'\\'), name.size());
    const std::u16string_view component = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    if (component.empty() || !IsValid(component)) return STATUS_OBJECT_NAME_INVALID;
    hal::HostFile file;
    if (TheVolume().folder.Query(*path, &file) != 0 || file.kind != hal::HostFile::Kind::Directory) return STATUS_OBJECT_PATH_NOT_FOUND;
    std::string entry = rtl::Utf8(component);
    *exists = EntryName(*path, &entry);
    *path += path->empty() ? entry : "/" + entry;
  }
  return STATUS_SUCCESS;
}

}  // namespace nt::hostfs
