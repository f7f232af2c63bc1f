// The security of keys, as the object manager asks for it.
#pragma once

#include "nt/se.h"

namespace nt::cm {

NTSTATUS CmpSecurityMethod(PVOID object, SECURITY_OPERATION_CODE operation, PSECURITY_INFORMATION information,
                           PSECURITY_DESCRIPTOR descriptor, PULONG length, KPROCESSOR_MODE mode);

}  // namespace nt::cm
