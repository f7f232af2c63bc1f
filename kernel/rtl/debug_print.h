// DbgPrint and its relatives (wdm.h, ntifs.h).
//
// What the filter (debug_filter.h) lets pass goes to nt::ke::DebugOutput. A message has at most 512 bytes; a longer one is cut, and its
// last byte becomes a line feed. All may be called at any IRQL and return STATUS_SUCCESS, shown or not, or STATUS_INVALID_PARAMETER if
// the format is refused (%n). `Arguments` points at the slots of the variable arguments.
#pragma once

#include "nt/types.h"

extern "C" {

/// Shows a formatted message of the component DEFAULT at the level INFO.
ULONG DbgPrint(PCSTR Format, const ULONG_PTR* Arguments);
/// Shows a formatted message of a component (DPFLTR_..._ID) and a level: 0..31 the number of a bit, above that a mask of bits.
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, const ULONG_PTR* Arguments);
/// DbgPrint; would return STATUS_BREAKPOINT if the user had pressed Ctrl-C in the debugger, and there is none.
ULONG DbgPrintReturnControlC(PCSTR Format, const ULONG_PTR* Arguments);
/// DbgPrintEx for an argument list (a va_list of the Microsoft x64 convention is that pointer).
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, const ULONG_PTR* Arguments);
/// vDbgPrintEx with text put before the message, which counts towards the 512 bytes.
ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, const ULONG_PTR* Arguments);

}  // extern "C"
