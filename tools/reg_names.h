// Names of keys, types and data as reg.exe writes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/cm/key.h"

namespace ringlet::tools {

/// A key as it was named.
struct KeyName {
  std::string full;     ///< HKEY_LOCAL_MACHINE\...
  std::u16string path;  ///< below \REGISTRY
};
/// Nothing if it does not start with a root's name.
std::optional<KeyName> ParseKeyName(const std::string& text);
/// Null if there is none.
nt::cm::Key* Find(const KeyName& name);
/// Makes all that is missing on the way; null if it would lie outside of any hive.
nt::cm::Key* FindOrCreate(const KeyName& name);

/// STATUS_CANNOT_DELETE if a hive's root is there.
NTSTATUS DeleteTree(nt::cm::Key* key);

std::string TypeName(ULONG type);
std::optional<ULONG> TypeOf(const std::string& name);
std::string DataText(const nt::cm::Value& value);
/// False if the text means nothing for the type.
bool DataOf(ULONG type, const std::string& text, std::vector<UCHAR>* data);

}  // namespace ringlet::tools
