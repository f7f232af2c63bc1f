// The account that client processes run as: a local one of this machine.
#pragma once

#include <string_view>

#include "nt/types.h"

namespace nt::se {

inline constexpr ULONG kMachineId[] = {1004336348, 1177238915, 682003330};
inline constexpr ULONG kUserRid = 1001;
/// The keys of the user, below \REGISTRY, and his identifier as text.
inline constexpr std::u16string_view kUserClassesKey = u"\\User\\S-1-5-21-1004336348-1177238915-682003330-1001_Classes";
inline constexpr std::u16string_view kUserKey = kUserClassesKey.substr(0, kUserClassesKey.rfind(u'_'));
inline constexpr std::u16string_view kUserSidText = kUserKey.substr(kUserKey.rfind(u'\\') + 1);

}  // namespace nt::se
