// The host file system driver: the C: drive on a folder of the host.
#pragma once

#include <string>

struct FILE_OBJECT;

namespace nt::hostfs {

/// Makes \Device\HarddiskVolume1 on the host's folder `directory`, C: and \SystemRoot. After io, in a system thread.
void Initialize(const std::string& directory);
/// Where an open file lies, below the folder; empty if it is a directory, or not on this volume.
std::string HostPathOf(FILE_OBJECT* file);
/// Closes what is open on the host. After the machine's file objects are gone or will not be used again.
void Shutdown();

}  // namespace nt::hostfs
