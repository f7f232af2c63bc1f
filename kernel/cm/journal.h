// A hive's journal: the changes made since its file was written, one record each, so that nothing done is lost when the process is killed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/cm/storage.h"
#include "nt/types.h"

namespace nt::cm {

struct Key;

/// One change of a hive's lasting keys.
struct Change {
  enum Kind : ULONG { kCreateKey, kDeleteKey, kRenameKey, kSetValue, kDeleteValue, kSetSecurity, kSetTime, kSetFlags };
  Kind kind;
  ULONG number = 0;           ///< kSetValue: the type; kCreateKey: 1 for a link; kSetFlags: user | control << 4
  LONGLONG time = 0;          ///< 100 ns units since 1601
  std::u16string path{};      ///< of the key, below the hive's root
  std::u16string text{};      ///< a value's name, a key's class or new name
  std::vector<UCHAR> data{};  ///< a value's data, a descriptor
};

/// The records of one hive file. It belongs to one generation of the file, which the sequence number names; those of an older generation
/// are in the file already.
class Journal {
 public:
  /// Where it lies for a hive file, which need not exist yet.
  explicit Journal(const std::string& hive_file) : path_(hive_file + ".changes") {}

  /// The changes since generation `sequence` was written, the oldest first. A record that a kill tore was never promised to anybody, and
  /// ends the journal.
  std::vector<Change> Read(ULONG sequence) const;
  /// Starts anew: what there was is in the hive's file now.
  bool Restart(ULONG sequence);
  /// Takes the file away: nothing in it counts any longer.
  void Remove();
  /// Once it returns true, the change survives the process.
  bool Append(const Change& change);
  /// Makes the changes survive the host as well.
  bool Sync() { return !file_.IsOpen() || file_.Sync(); }
  SIZE_T size() const { return size_; }

 private:
  std::string path_;
  storage::File file_;
  ULONG sequence_ = 0;
  SIZE_T size_ = 0;
};

/// Does a change again on the tree below a hive's root.
void Apply(const Change& change, Key* root);

}  // namespace nt::cm
