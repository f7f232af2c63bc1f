// What the kernel takes from the registry when it boots.
#include "kernel/cm/cm.h"
#include "kernel/ex/ex.h"
#include "kernel/ke/ke.h"
#include "kernel/mm/mm.h"
#include "kernel/rtl/rtl.h"

namespace nt::cm {
namespace {

constexpr std::u16string_view kControl = u"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\";

ULONG Setting(std::u16string_view key, std::u16string_view name) {
  return ReadDword(std::u16string(kControl).append(key), name).value_or(0);
}

}  // namespace

void LoadSystemSettings() {
  constexpr LONGLONG kMinute = 600'000'000;
  // Minutes that local time lies behind UTC; negative to the east.
  const LONGLONG bias = static_cast<LONG>(Setting(u"TimeZoneInformation", u"ActiveTimeBias")) * kMinute;
  ex::SetTimeZoneBias(bias);
  rtl::SetTimeZoneBias(bias);
  ke::SetTimeZoneBias(bias);
  constexpr std::u16string_view kMemory = u"Session Manager\\Memory Management";
  mm::SetMemoryThresholds(Setting(kMemory, u"LowMemoryThreshold"), Setting(kMemory, u"HighMemoryThreshold"));
  ex::SetPoolQuotas(SIZE_T{Setting(kMemory, u"NonPagedPoolQuota")} << 20, SIZE_T{Setting(kMemory, u"PagedPoolQuota")} << 20);
}

}  // namespace nt::cm
