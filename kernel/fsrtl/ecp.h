// Extra create parameters. Private.
#pragma once

#include "nt/io.h"

namespace nt::fsrtl {

/// Keeps the oplock key that a create request brings with its file object. STATUS_INVALID_PARAMETER if the parameter is too short.
NTSTATUS TakeOplockKey(PIRP irp, PFILE_OBJECT file);

}  // namespace nt::fsrtl
