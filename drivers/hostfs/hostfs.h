// The host file system driver: the C: drive on a folder of the host.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct FILE_OBJECT;

namespace nt::hostfs {

/// Makes \Device\HarddiskVolume1 on the host's folder `directory`, C: and \SystemRoot. After io, in a system thread.
void Initialize(const std::string& directory);
/// Where an open file lies, below the folder; empty if it is a directory, or not on this volume.
std::string HostPathOf(FILE_OBJECT* file);
/// Who knows files that are not in the folder yet: asked for "\\dir\\file" before an opening fails; what it gives is written there.
void SetProvider(bool (*provide)(std::u16string_view name, std::vector<std::byte>* contents));
/// Removes a file that was provided and is not what it would be now, so that it is asked for again.
void Refresh(std::u16string_view name, std::span<const std::byte> contents);
/// Closes what is open on the host. After the machine's file objects are gone or will not be used again.
void Shutdown();

}  // namespace nt::hostfs
