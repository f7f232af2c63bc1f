// The predefined keys: where in the registry they lie.
#pragma once

#include "subsystem/advapi32/registry.h"

namespace nt::win32 {

/// HKEY_CLASSES_ROOT and the others, as 32 bits or sign-extended.
bool IsPredefined(HKEY key);
/// Where the process keeps what it has a predefined key mean instead; null if the key is none.
HANDLE* OverrideOf(HKEY key);
/// Appends the name of a predefined key. ERROR_INVALID_HANDLE if there is none behind it, or why the user is not known.
LONG AppendRoot(HKEY key, PathBuffer& path);
/// Appends the name of HKEY_CURRENT_USER: by the token that the calling thread acts with.
NTSTATUS AppendCurrentUser(PathBuffer& path);
/// Appends the name of the user's own classes, which come before the machine's in HKEY_CLASSES_ROOT.
NTSTATUS AppendUserClasses(PathBuffer& path);
inline bool IsClassesRoot(HKEY key) { return IsPredefined(key) && static_cast<ULONG>(reinterpret_cast<ULONG_PTR>(key)) == 0x80000000; }

}  // namespace nt::win32
