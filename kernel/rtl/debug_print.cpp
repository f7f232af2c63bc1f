#include "kernel/rtl/debug_print.h"

#include <algorithm>
#include <cstring>

#include "kernel/ke/ke.h"
#include "kernel/rtl/format.h"
#include "nt/status.h"

namespace {

constexpr SIZE_T kLimit = 512;

ULONG Show(PCSTR prefix, PCSTR format, const ULONG_PTR* arguments) {
  char text[kLimit];
  const SIZE_T used = ::strnlen(prefix, kLimit);
  std::memcpy(text, prefix, used);
  const int formatted = nt::rtl::FormatBuffer(text + used, kLimit - used, format, arguments);
  if (formatted < 0) return static_cast<ULONG>(STATUS_INVALID_PARAMETER);
  const SIZE_T length = used + static_cast<SIZE_T>(formatted);
  if (length > kLimit) text[kLimit - 1] = '\n';
  nt::ke::DebugOutput(text, std::min(length, kLimit));
  return STATUS_SUCCESS;
}

}  // namespace

ULONG DbgPrint(PCSTR Format, const ULONG_PTR* Arguments) { return Show("", Format, Arguments); }
ULONG DbgPrintEx(ULONG, ULONG, PCSTR Format, const ULONG_PTR* Arguments) { return Show("", Format, Arguments); }
ULONG DbgPrintReturnControlC(PCSTR Format, const ULONG_PTR* Arguments) { return Show("", Format, Arguments); }
ULONG vDbgPrintEx(ULONG, ULONG, PCSTR Format, const ULONG_PTR* Arguments) { return Show("", Format, Arguments); }

ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG, ULONG, PCSTR Format, const ULONG_PTR* Arguments) {
  return Show(Prefix, Format, Arguments);
}
