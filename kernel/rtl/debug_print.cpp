#include "kernel/rtl/debug_print.h"

#include <algorithm>
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/rtl/debug_filter.h"
#include "kernel/rtl/format.h"
#include "nt/status.h"

namespace {

constexpr SIZE_T kLimit = 512;

ULONG Show(PCSTR prefix, ULONG component, ULONG level, PCSTR format, const ULONG_PTR* arguments) {
  // What names no component at all is never hidden.
  if (component != ~ULONG{0} && DbgQueryDebugFilterState(component, level) != TRUE) return STATUS_SUCCESS;
  char text[kLimit];
  const SIZE_T used = ::strnlen(prefix, kLimit);
  std::memcpy(text, prefix, used);
  const int formatted = nt::rtl::FormatBuffer(text + used, kLimit - used, format, arguments);
  if (formatted < 0) return static_cast<ULONG>(STATUS_INVALID_PARAMETER);
  const SIZE_T length = used + static_cast<SIZE_T>(formatted);
  if (length > kLimit) text[kLimit - 1] = '\n';
  nt::ke::DebugOutput({text, std::min(length, kLimit), component, nt::rtl::DebugLevelBits(level)});
  return STATUS_SUCCESS;
}

/// What names no component is of DEFAULT, at the level INFO.
ULONG ShowDefault(PCSTR format, const ULONG_PTR* arguments) {
  return Show("", nt::rtl::kComponentDefault, nt::rtl::kLevelInfo, format, arguments);
}

}  // namespace

ULONG DbgPrint(PCSTR Format, const ULONG_PTR* Arguments) { return ShowDefault(Format, Arguments); }
ULONG DbgPrintReturnControlC(PCSTR Format, const ULONG_PTR* Arguments) { return ShowDefault(Format, Arguments); }

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, const ULONG_PTR* Arguments) {
  return Show("", ComponentId, Level, Format, Arguments);
}

ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, const ULONG_PTR* Arguments) {
  return Show("", ComponentId, Level, Format, Arguments);
}

ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, const ULONG_PTR* Arguments) {
  return Show(Prefix, ComponentId, Level, Format, Arguments);
}
