// The security of objects that exist: what is returned of it, and what becomes of it.
#pragma once

#include <vector>

#include "nt/se.h"

namespace nt::se {

/// Gives a caller the parts of a descriptor (null: it has none) that `information` names. `*length` is the room, and becomes what they
/// need. STATUS_BUFFER_TOO_SMALL, STATUS_ACCESS_VIOLATION.
NTSTATUS ReturnSecurity(PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR buffer, PULONG length,
                        KPROCESSOR_MODE mode);

/// What a descriptor (null: none yet) becomes when the parts that `information` names are taken from `given`, which is in kernel memory.
/// STATUS_INVALID_OWNER (there is none, or the calling thread may not make it one), STATUS_INVALID_PRIMARY_GROUP.
NTSTATUS ChangeSecurity(PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION information, PSECURITY_DESCRIPTOR given,
                        const GENERIC_MAPPING& mapping, std::vector<UCHAR>* changed);

}  // namespace nt::se
