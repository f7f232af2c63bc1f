// Who may open a device. Private.
#pragma once

#include "kernel/io/state.h"
#include "nt/se.h"

namespace nt::io {

/// Gives a new device the security that NT gives those whose driver does not say: the system and administrators everything, everybody
/// reading, writing and executing. False if there is no memory.
bool SetDefaultSecurity(PDEVICE_OBJECT device);

/// Whether the opener of a device, or of a name below it, may: checks openers from user mode and those that ask for it
/// (OBJ_FORCE_ACCESS_CHECK). `granted` gets the specific rights.
/// STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD.
NTSTATUS CheckDeviceAccess(PDEVICE_OBJECT device, const ob::ParseRequest& request, PSECURITY_SUBJECT_CONTEXT subject, PACCESS_MASK granted);

}  // namespace nt::io
