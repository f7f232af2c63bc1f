// Paths and their parts: drive, folder, name, extension.
#include <algorithm>
#include <array>

#include "kernel/rtl/crt.h"
#include "kernel/rtl/crt_text.h"

namespace {

using namespace nt::rtl;

/// Writes characters into a buffer of a size, and remembers whether they fit.
template <class Char>
class Writer {
 public:
  Writer(Char* to, SIZE_T size) : to_(to), size_(size) {}
  void Put(Char c) {
    if (used_ < size_) to_[used_] = c;
    ++used_;
  }
  void Put(const Char* text) {
    while (*text != 0) Put(*text++);
  }
  bool Finish() {
    Put(Char{0});
    if (used_ <= size_) return true;
    to_[0] = 0;
    return false;
  }

 private:
  Char* to_;
  SIZE_T size_;
  SIZE_T used_ = 0;
};

template <class Char>
bool Has(const Char* part) {
  return part != nullptr && *part != 0;
}
template <class Char>
bool IsSlash(Char c) {
  return c == '\\' || c == '/';
}

template <class Char>
int Make(Char* path, SIZE_T size, const Char* drive, const Char* folder, const Char* name, const Char* extension) {
  if (path == nullptr || size == 0) return kEINVAL;
  Writer<Char> writer(path, size);
  if (Has(drive)) {
    writer.Put(*drive);
    writer.Put(Char{':'});
  }
  if (Has(folder)) {
    writer.Put(folder);
    if (!IsSlash(folder[Length(folder) - 1])) writer.Put(Char{'\\'});
  }
  if (Has(name)) writer.Put(name);
  if (Has(extension)) {
    if (*extension != '.') writer.Put(Char{'.'});
    writer.Put(extension);
  }
  return writer.Finish() ? 0 : kERANGE;
}

/// A part of a path and where it goes.
template <class Char>
struct Part {
  Char* to;
  SIZE_T size;
  const Char* begin = nullptr;
  const Char* end = nullptr;
};

template <class Char>
int Split(const Char* path, std::array<Part<Char>, 4> parts) {
  const auto clear = [&] {
    for (auto& part : parts) {
      if (part.to != nullptr && part.size != 0) *part.to = 0;
    }
  };
  const bool valid =
      path != nullptr && std::all_of(parts.begin(), parts.end(), [](const auto& p) { return (p.to == nullptr) == (p.size == 0); });
  if (!valid) return clear(), kEINVAL;
  const Char* const end = path + Length(path);
  const Char* const folder = path != end && path[1] == ':' ? path + 2 : path;
  const Char* name = end;
  while (name != folder && !IsSlash(name[-1])) --name;
  const Char* extension = end;
  for (const Char* at = end; at != name;) {
    if (*--at != '.') continue;
    extension = at;
    break;
  }
  const Char* const borders[] = {path, folder, name, extension, end};
  for (SIZE_T i = 0; i < parts.size(); ++i) {
    parts[i].begin = borders[i];
    parts[i].end = borders[i + 1];
    if (parts[i].to != nullptr && static_cast<SIZE_T>(parts[i].end - parts[i].begin) >= parts[i].size) return clear(), kERANGE;
  }
  for (const auto& part : parts) {
    if (part.to != nullptr) *std::copy(part.begin, part.end, part.to) = 0;
  }
  return 0;
}

}  // namespace

int Crt_makepath_s(char* path, SIZE_T size, const char* drive, const char* folder, const char* name, const char* extension) {
  return Make(path, size, drive, folder, name, extension);
}
int Crt_wmakepath_s(WCHAR* path, SIZE_T size, const WCHAR* drive, const WCHAR* folder, const WCHAR* name, const WCHAR* extension) {
  return Make(path, size, drive, folder, name, extension);
}
int Crt_splitpath_s(const char* path, char* drive, SIZE_T drive_size, char* folder, SIZE_T folder_size, char* name, SIZE_T name_size,
                    char* extension, SIZE_T extension_size) {
  return Split<char>(path, {{{drive, drive_size}, {folder, folder_size}, {name, name_size}, {extension, extension_size}}});
}
int Crt_wsplitpath_s(const WCHAR* path, WCHAR* drive, SIZE_T drive_size, WCHAR* folder, SIZE_T folder_size, WCHAR* name, SIZE_T name_size,
                     WCHAR* extension, SIZE_T extension_size) {
  return Split<WCHAR>(path, {{{drive, drive_size}, {folder, folder_size}, {name, name_size}, {extension, extension_size}}});
}
