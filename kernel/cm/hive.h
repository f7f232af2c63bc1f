// Hive files: Windows' own format (regf). They are read through libhivex, and written by hive_writer.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/cm/journal.h"
#include "kernel/cm/key.h"

namespace nt::cm {

/// A part of the tree that lies in a file, with the changes since it was written in a journal.
struct Hive {
  std::string file;                  ///< empty: never saved
  Key* root = nullptr;               ///< its topmost key
  ULONG sequence = 0;                ///< generation of the file; 0: there is none yet
  std::unique_ptr<Journal> journal;  ///< null: changes are not kept until the hive is saved
  bool dirty = false;                ///< changed since it was loaded or saved
  bool loaded = false;               ///< by a caller, who may unload it
  bool trusted = true;               ///< only administrators write there, so the kernel may rely on its values' types
};

/// Reads a hive file into the tree below `root`. STATUS_OBJECT_NAME_NOT_FOUND if there is no file (or `file` is empty),
/// STATUS_REGISTRY_CORRUPT if it cannot be read as a hive.
NTSTATUS LoadHive(const std::string& file, Key* root, ULONG* sequence = nullptr);

/// The same from a file's bytes. STATUS_NOT_REGISTRY_FILE, STATUS_REGISTRY_CORRUPT.
NTSTATUS LoadHive(std::vector<UCHAR> bytes, Key* root);

/// Writes the lasting keys below `root` to a new file, then puts it in place of the old one, making its directory if need be.
/// STATUS_REGISTRY_IO_FAILED.
NTSTATUS SaveHive(const std::string& file, const Key& root, ULONG sequence = 1);

/// Of a new hive's keys: D:PAI(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;WD).
Security DefaultSecurity();
/// Of the keys of the user's hives: all to the user, to the system and to the Administrators.
Security UserSecurity();

/// The bytes of a hive file with the lasting keys from `root` on.
std::vector<UCHAR> HiveBytes(const Key& root, ULONG sequence);

}  // namespace nt::cm
