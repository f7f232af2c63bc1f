// The kernel debugger's flags: as of the object types, what a driver reads by their names are their addresses.
#pragma once

#undef KdDebuggerEnabled
#undef KdDebuggerNotPresent
#undef KD_DEBUGGER_ENABLED
#undef KD_DEBUGGER_NOT_PRESENT

EXTERN_C_START
extern PBOOLEAN KdDebuggerEnabled;
extern PBOOLEAN KdDebuggerNotPresent;
EXTERN_C_END

#define KD_DEBUGGER_ENABLED (*KdDebuggerEnabled)
#define KD_DEBUGGER_NOT_PRESENT (*KdDebuggerNotPresent)
