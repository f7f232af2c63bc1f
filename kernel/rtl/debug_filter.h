// The debug print filter: which components' messages are shown, at which levels (DbgPrintEx in wdm.h, dpfilter.h).
//
// Each component has a mask of levels, and so has the system as a whole (Kd_WIN2000_Mask, whose bit 0 is set: errors are always shown).
// A message is shown if a bit of its level is in either. At boot a component's mask is the value of its name under
// \Registry\Machine\System\CurrentControlSet\Control\Session Manager\Debug Print Filter, or 0.
#pragma once

#include <span>
#include <string_view>

#include "nt/types.h"

namespace nt::rtl {

inline constexpr ULONG kComponentIhvDriver = 77;  ///< DPFLTR_IHVDRIVER_ID
inline constexpr ULONG kComponentDefault = 101;   ///< DPFLTR_DEFAULT_ID
inline constexpr ULONG kComponentWin2000 = ~0u;   ///< names the mask of the whole system
inline constexpr ULONG kLevelInfo = 3;            ///< DPFLTR_INFO_LEVEL

/// Names of the components by identifier: "SYSTEM", ..., without DPFLTR_ and _ID.
std::span<const std::string_view> DebugComponents();
/// "IHVDRIVER"; "WIN2000" for the system's own mask; empty if there is no such component.
std::string_view DebugComponentName(ULONG component);

/// What is set when a machine boots: nothing but the system's errors.
void ResetDebugFilter();
/// Sets the mask of a component, or of the system; one that does not exist is ignored.
void SetDebugMask(ULONG component, ULONG mask);
ULONG DebugMask(ULONG component);

/// The bits that a level stands for: 0..31 number one, above that it is them.
constexpr ULONG DebugLevelBits(ULONG level) { return level < 32 ? 1u << level : level; }

}  // namespace nt::rtl

extern "C" {

/// TRUE if a message of this component and level would be shown, FALSE if not; STATUS_INVALID_PARAMETER_1 if there is no such component.
/// Any IRQL.
NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level);
/// Adds a level's bits to a component's mask, or takes them away; until the machine ends. STATUS_INVALID_PARAMETER_1 if there is no
/// such component. Any IRQL.
NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);
/// DbgQueryDebugFilterState for user mode.
NTSTATUS NtQueryDebugFilterState(ULONG ComponentId, ULONG Level);
/// DbgSetDebugFilterState for user mode, where the caller needs SeDebugPrivilege: STATUS_ACCESS_DENIED without it.
NTSTATUS NtSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);

}  // extern "C"
