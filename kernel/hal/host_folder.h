// Files of the host below one folder. The kernel of the host itself sees to it that no path, link or race leads out of the folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nt/types.h"

namespace nt::hal {

/// What the host knows of a file. Times are nanoseconds since 1970.
struct HostFile {
  enum class Kind { File, Directory, Other } kind = Kind::Other;
  std::int64_t size = 0;
  std::int64_t allocated = 0;
  std::int64_t accessed = 0;
  std::int64_t written = 0;
  bool read_only = false;
  unsigned links = 1;
};

struct HostSpace {
  std::int64_t total = 0;
  std::int64_t free = 0;
};

/// A folder of the host as the root of paths: relative, '/' between names, "" the folder itself. Functions return 0 or a descriptor, or a
/// negative errno; -EXDEV is a path that leads out.
class HostFolder {
 public:
  HostFolder() = default;
  explicit HostFolder(const std::string& path);
  ~HostFolder();
  HostFolder(HostFolder&& other) noexcept;
  HostFolder& operator=(HostFolder&& other) noexcept;
  HostFolder(const HostFolder&) = delete;
  HostFolder& operator=(const HostFolder&) = delete;

  bool valid() const { return root_ >= 0; }
  /// A descriptor for reading, and for writing too if the host allows it.
  int Open(const std::string& path) const;
  /// Makes a file; -EEXIST if the name is taken.
  int Create(const std::string& path) const;
  int MakeDirectory(const std::string& path) const;
  int Query(const std::string& path, HostFile* file) const;
  /// Names in a directory, without "." and "..", in no order.
  int List(const std::string& path, std::vector<std::string>* names) const;
  int Remove(const std::string& path, bool directory) const;
  /// Gives a file another path; a file that has it is replaced.
  int Rename(const std::string& from, const std::string& to) const;
  int Link(const std::string& from, const std::string& to) const;
  int SetReadOnly(const std::string& path, bool read_only) const;
  /// Nanoseconds since 1970; a negative one is left as it is.
  int SetTimes(const std::string& path, std::int64_t accessed, std::int64_t written) const;
  /// A number kept with a file, by name; -ENODATA if it has none, -ENOTSUP where the host cannot keep one.
  int GetNote(const std::string& path, const char* name, std::uint64_t* value) const;
  int SetNote(const std::string& path, const char* name, std::uint64_t value) const;
  /// The same for bytes.
  int GetBytes(const std::string& path, const char* name, std::vector<std::uint8_t>* bytes) const;
  int SetBytes(const std::string& path, const char* name, const std::vector<std::uint8_t>& bytes) const;
  HostSpace Space() const;

 private:
  int OpenAt(const std::string& path, int flags, unsigned mode) const;
  /// The directory that holds the last name of a path.
  int OpenParent(const std::string& path, std::string* name) const;

  int root_ = -1;
};

/// What is done with a descriptor. Lengths in bytes; negative errno.
std::int64_t ReadHostFile(int descriptor, void* buffer, std::size_t size, std::int64_t offset);
std::int64_t WriteHostFile(int descriptor, const void* buffer, std::size_t size, std::int64_t offset);
int QueryHostFile(int descriptor, HostFile* file);
int ResizeHostFile(int descriptor, std::int64_t size);
int FlushHostFile(int descriptor);
void CloseHostFile(int descriptor);

}  // namespace nt::hal
