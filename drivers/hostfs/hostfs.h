// The host file system driver: the C: drive on a folder of the host.
#pragma once

#include <string>

namespace nt::hostfs {

/// Makes \Device\HarddiskVolume1 on the host's folder `directory`, C: and \SystemRoot. After io, in a system thread.
void Initialize(const std::string& directory);
/// Closes what is open on the host. After the machine's file objects are gone or will not be used again.
void Shutdown();

}  // namespace nt::hostfs
