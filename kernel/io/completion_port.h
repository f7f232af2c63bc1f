// Completion ports, for the file services.
#pragma once

#include "nt/io.h"

namespace nt::io {

/// Ties a file to the port behind a handle. STATUS_INVALID_PARAMETER if it has one, or is synchronous.
NTSTATUS BindPort(PFILE_OBJECT file, HANDLE port, PVOID key);

}  // namespace nt::io
