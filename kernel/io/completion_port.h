// Completion ports, for the file services.
#pragma once

#include "nt/io.h"

namespace nt::io {

/// Ties a file to the port behind a handle. STATUS_INVALID_PARAMETER if it is synchronous, or has a port and is not to have another one
/// instead. To replace it by no handle takes the port away.
NTSTATUS BindPort(PFILE_OBJECT file, HANDLE port, PVOID key, bool replace);
/// Lets go of the port that a file is tied to.
void UnbindPort(PFILE_OBJECT file);

}  // namespace nt::io
