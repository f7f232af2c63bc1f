// Hive files: Windows' own format (regf), read and written through libhivex.
#pragma once

#include <string>
#include <vector>

#include "kernel/cm/key.h"

namespace nt::cm {

/// Reads a hive file into the tree below `root`. STATUS_OBJECT_NAME_NOT_FOUND if there is no file (or `file` is empty),
/// STATUS_REGISTRY_CORRUPT if it cannot be read as a hive.
NTSTATUS LoadHive(const std::string& file, Key* root);

/// Writes the lasting keys below `root` to a new file, then puts it in place of the old one, making its directory if need be.
/// STATUS_REGISTRY_IO_FAILED.
NTSTATUS SaveHive(const std::string& file, const Key& root);

/// The bytes of a hive file that holds nothing but its root key, as libhivex wants one to start from.
std::vector<UCHAR> EmptyHive(LONGLONG now);

}  // namespace nt::cm
