// What only Ringlet has: a driver that uses it imports ringlet.sys, and is a test. Include wdm.h first.
#pragma once

EXTERN_C_START

/// Requests an interrupt of a processor, as a device would. Once pending there, another of the same vector is the same. FALSE if no
/// service routine is connected to the vector there, or all are reported inactive. On the caller's own processor the routine has been
/// called on return, unless IRQL keeps it out. Any IRQL.
__declspec(dllimport) BOOLEAN NTAPI RingletFireInterrupt(ULONG Vector, ULONG Processor);

EXTERN_C_END
