// The debug print filter as the registry and user mode set it.
#include "kernel/rtl/debug_filter.h"
#include "kernel/cm/cm.h"
#include "kernel/ke/ke.h"
#include "kernel/se/se.h"
#include "nt/status.h"

namespace nt::cm {
namespace {

void LoadMask(ULONG component) {
  const std::string_view name = rtl::DebugComponentName(component);
  const auto mask = ReadDword(kDebugPrintFilterKey, std::u16string(name.begin(), name.end()));
  if (mask) rtl::SetDebugMask(component, *mask);
}

}  // namespace

void LoadDebugPrintFilter() {
  rtl::ResetDebugFilter();
  for (ULONG component = 0; component < rtl::DebugComponents().size(); ++component) LoadMask(component);
  LoadMask(rtl::kComponentWin2000);
}

}  // namespace nt::cm

NTSTATUS NtQueryDebugFilterState(ULONG ComponentId, ULONG Level) { return DbgQueryDebugFilterState(ComponentId, Level); }

NTSTATUS NtSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State) {
  const bool allowed = SeSinglePrivilegeCheck({SE_DEBUG_PRIVILEGE, 0}, nt::ke::PreviousMode()) != FALSE;
  return allowed ? DbgSetDebugFilterState(ComponentId, Level, State) : STATUS_ACCESS_DENIED;
}
