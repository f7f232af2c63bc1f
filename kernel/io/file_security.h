// The security of files below a device: their driver is asked, and told. Private.
#pragma once

#include "nt/se.h"

namespace nt::io {

/// A file that is the device itself shares the device's security; null for one below it.
PVOID* SecurityOfFile(PVOID object);
/// Sends IRP_MJ_QUERY_SECURITY or IRP_MJ_SET_SECURITY. A driver without the one has files that are everybody's, without the other it
/// forgets what is set.
NTSTATUS FileSecurity(PVOID object, SECURITY_OPERATION_CODE operation, PSECURITY_INFORMATION information, PSECURITY_DESCRIPTOR descriptor,
                      PULONG length, KPROCESSOR_MODE mode);

}  // namespace nt::io
