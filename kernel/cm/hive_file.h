// Hive files as callers name them: by handles, and by the names of files on the C: drive.
#pragma once

#include <string>
#include <vector>

#include "kernel/cm/cm.h"

namespace nt::cm {

/// Writes a file anew. `access` of the handle is checked for the previous mode.
NTSTATUS WriteFile(HANDLE file, const std::vector<UCHAR>& bytes);
NTSTATUS ReadFile(HANDLE file, std::vector<UCHAR>* bytes);

/// Where on the host a caller's file lies, once it was opened with the disposition (FILE_OPEN_IF, ...) and the caller's rights.
/// STATUS_INVALID_PARAMETER if it is not on a drive of the host.
NTSTATUS LocateFile(POBJECT_ATTRIBUTES name, ULONG disposition, std::string* path);

}  // namespace nt::cm
