// The C: drive: a host folder, from which no path leads out.
#pragma once

#include <string>
#include <string_view>

#include "nt/types.h"

namespace nt::io {

/// The machine's folder on the host: registry hives and the C: drive.
const std::string& MachineDirectory();
void SetMachineDirectory(std::string directory);
/// The host's file for an NT path on the C: drive or below \SystemRoot; false if it is elsewhere or would leave the folder.
bool HostPathOf(std::u16string_view nt_path, std::string* host);
/// The image of a service key, as NT completes it.
std::u16string ImagePathOf(std::u16string_view key, std::u16string_view name);

namespace drive {
/// Follows `path` (backslashes, names in any case) below the host folder `root`. False for "..", for links that leave the root, and for
/// names that are not there, but for the last one.
bool Resolve(const std::string& root, std::u16string_view path, std::string* host);
}  // namespace drive

}  // namespace nt::io
