// Messages with a level and the driver's prefix.
#pragma once
#include <ntddk.h>

enum class LogLevel : ULONG {
  Error = DPFLTR_ERROR_LEVEL,
  Warning = DPFLTR_WARNING_LEVEL,
  Verbose = DPFLTR_TRACE_LEVEL,
  Information = DPFLTR_INFO_LEVEL,
};

// Prints "Booster2: " and the formatted message; the two share the 512 bytes that one message may have.
ULONG Log(LogLevel Level, PCSTR Format, ...);
ULONG LogError(PCSTR Format, ...);
