// The aliases that a process has for private namespaces.
#pragma once

#include "subsystem/kernel32/base.h"

namespace nt::user {

inline constexpr ULONG kLongestAlias = 63;

/// An open namespace; in a list from the process's state.
struct NamespaceAlias {
  NamespaceAlias* next;
  HANDLE handle;
  ULONG length;  ///< characters
  WCHAR prefix[kLongestAlias];
};

}  // namespace nt::user

namespace nt::win32 {

/// The namespace of an alias, or null.
HANDLE NamespaceOf(std::u16string_view prefix);

}  // namespace nt::win32
