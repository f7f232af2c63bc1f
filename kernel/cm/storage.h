// What the registry does to the host's files, so that nothing is lost when the process is killed between two of these steps, or in one.
#pragma once

#include <string>
#include <vector>

#include "nt/types.h"

namespace nt::cm::storage {

/// For tests: called in the midst of each write, and after each step. It may end the process.
void SetFaultPoint(void (*hook)());

/// An open host file; -1: none.
class File {
 public:
  File() = default;
  ~File() { Close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Opens for reading and writing, making the file if need be.
  bool Open(const std::string& path);
  void Close();
  bool IsOpen() const { return descriptor_ >= 0; }
  /// At the end; as one write, which only a kill can tear.
  bool Append(const void* data, SIZE_T size);
  bool Truncate(SIZE_T size);
  bool Sync();

 private:
  int descriptor_ = -1;
};

/// A file in memory with these bytes, for as long as the object lives.
class Unnamed {
 public:
  explicit Unnamed(const std::vector<UCHAR>& bytes);
  ~Unnamed();
  Unnamed(const Unnamed&) = delete;
  Unnamed& operator=(const Unnamed&) = delete;
  bool IsOpen() const { return descriptor_ >= 0; }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

bool Exists(const std::string& path);
/// Gives a file another path, in place of what is there.
bool Rename(const std::string& from, const std::string& to);
void Remove(const std::string& path);
bool Read(const std::string& path, std::vector<UCHAR>* bytes);
/// Puts a file in place of another in one step: it has either the old contents or all of the new ones.
bool Replace(const std::string& path, const std::vector<UCHAR>& bytes);

}  // namespace nt::cm::storage
