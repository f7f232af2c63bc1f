// How many devices of each classic kind there are. Drivers of such devices count theirs here, and number them by it.
#include "kernel/io/registrations.h"

#include "nt/status.h"

extern "C" {

PVOID IoGetConfigurationInformation() { return nt::io::Registered().configuration; }

/// Is answered while the machine boots, and only then; drivers are loaded later.
NTSTATUS IoGetBootDiskInformation(PVOID /*BootDiskInformation*/, ULONG /*Size*/) { return STATUS_TOO_LATE; }

}  // extern "C"
