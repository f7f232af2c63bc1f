#include "log.h"

#include <stdarg.h>

#define DRIVER_PREFIX "Booster2: "

ULONG Log(LogLevel Level, PCSTR Format, ...) {
  va_list list;
  va_start(list, Format);
  const ULONG status = vDbgPrintExWithPrefix(DRIVER_PREFIX, DPFLTR_IHVDRIVER_ID, static_cast<ULONG>(Level), Format, list);
  va_end(list);
  return status;
}

ULONG LogError(PCSTR Format, ...) {
  va_list list;
  va_start(list, Format);
  const ULONG status = vDbgPrintExWithPrefix(DRIVER_PREFIX, DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, Format, list);
  va_end(list);
  return status;
}
