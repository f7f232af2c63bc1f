// Hives as parts of the tree.
#pragma once

#include "kernel/cm/registry.h"

namespace nt::cm {

/// Hangs a hive below a key: what is in the file with what its journal adds, or else what `defaults` (may be null) makes. An empty file
/// name: it is never saved. The new hive is the registry's last. STATUS_REGISTRY_CORRUPT, STATUS_REGISTRY_IO_FAILED.
NTSTATUS MountHive(Key* parent, std::u16string_view name, Security security, const std::string& file,
                   void (*defaults)(Key* root, LONGLONG now));
/// The same for a caller, who may take it away again. What is in it has the parent's security if it has none of its own.
NTSTATUS LoadHiveAt(Key* parent, std::u16string_view name, const std::string& file);
/// Takes a hive out of the tree, saving it first. Keys of it that are held become deleted ones. STATUS_REGISTRY_IO_FAILED: it stays.
NTSTATUS UnmountHive(Hive* hive);

/// Puts a key in place of what another one holds: values, class, security and all below it; only the name stays. `volatile_only`: none of
/// it lasts.
NTSTATUS ReplaceContents(Key* key, Key* by, bool volatile_only);
/// Copies all of a key but its name, over what is there.
void CopyContents(const Key& from, Key* to);

/// From the next boot on, the hive is what is in `fresh`; what it was, and what it becomes until then, goes to `old`.
NTSTATUS ExchangeHiveFile(Hive* hive, const std::string& fresh, const std::string& old);

}  // namespace nt::cm
