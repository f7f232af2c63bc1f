// The C: drive: a host folder, from which no path leads out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "nt/types.h"

namespace nt::io {

/// The machine's folder on the host: registry hives and the C: drive.
const std::string& MachineDirectory();
void SetMachineDirectory(std::string directory);
/// The host's file for an NT path on the C: drive or below \SystemRoot; false if it is elsewhere or would leave the folder.
bool HostPathOf(std::u16string_view nt_path, std::string* host);
/// A driver's file, and where the service's key says that it is, as NT completes it.
struct ServiceImage {
  std::u16string path;
  std::vector<std::byte> file;
};
/// Reads the image of a service key. STATUS_OBJECT_PATH_NOT_FOUND (it lies on no drive of the machine), STATUS_OBJECT_NAME_NOT_FOUND (there
/// is no such file); `*why` says so.
NTSTATUS ReadServiceImage(std::u16string_view key, std::u16string_view name, ServiceImage* image, std::string* why);

namespace drive {
/// Follows `path` (backslashes, names in any case) below the host folder `root`. False for "..", for links that leave the root, and for
/// names that are not there, but for the last one.
bool Resolve(const std::string& root, std::u16string_view path, std::string* host);
}  // namespace drive

}  // namespace nt::io
