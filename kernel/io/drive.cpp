#include "kernel/io/drive.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "kernel/rtl/utf8.h"

namespace nt::io {
namespace {

std::string directory;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// The entry of a folder that a name means; names on Windows are the same in any case. The name itself if there is none.
std::string EntryName(const std::filesystem::path& folder, const std::string& name) {
  std::error_code error;
  if (std::filesystem::symlink_status(folder / name, error).type() != std::filesystem::file_type::not_found) return name;
  std::vector<std::string> same;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string candidate = entry.path().filename().string();
    if (Lower(candidate) == Lower(name)) same.push_back(candidate);
  }
  // The host may have several; which one is meant must not depend on the order the host lists them in.
  return same.empty() ? name : *std::min_element(same.begin(), same.end());
}

bool IsBelow(const std::filesystem::path& path, const std::filesystem::path& root) {
  const auto [end, rest] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  static_cast<void>(rest);
  return end == root.end();
}

}  // namespace

const std::string& MachineDirectory() { return directory; }

void SetMachineDirectory(std::string path) { directory = std::move(path); }

bool drive::Resolve(const std::string& root, std::u16string_view path, std::string* host) {
  std::error_code error;
  const std::filesystem::path anchor = std::filesystem::weakly_canonical(directory, error);
  std::filesystem::path at = root;
  while (!path.empty()) {
    const auto end = std::min(path.find(u'\\'), path.size());
    const std::string component = rtl::Utf8(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
    if (component.empty() || component == ".") continue;
    if (component == ".." || component.find('/') != std::string::npos || component.find('\0') != std::string::npos) return false;
    at /= EntryName(at, component);
  }
  const std::filesystem::path real = std::filesystem::weakly_canonical(at, error);
  if (error || !IsBelow(real, anchor)) return false;
  *host = real.string();
  return true;
}

}  // namespace nt::io
