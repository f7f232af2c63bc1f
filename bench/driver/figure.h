// The figures the driver measures.
#pragma once
#include <ntddk.h>

#include "../bench.h"

/// Does the thing `Iterations` times and returns how long that took, in units of the performance counter; 0 if it could not.
using FigureRoutine = ULONG64 (*)(PDRIVER_OBJECT Driver, ULONG Iterations);

struct Figure {
  const char* Name;
  FigureRoutine Run;
};

/// Every figure; the last has no name.
extern const Figure Figures[];

inline ULONG64 Now() { return static_cast<ULONG64>(KeQueryPerformanceCounter(nullptr).QuadPart); }

/// The ticks that `Iterations` calls of `work` take.
template <typename Work>
ULONG64 Time(ULONG Iterations, Work work) {
  const ULONG64 start = Now();
  for (ULONG i = 0; i < Iterations; ++i) work();
  return Now() - start;
}

// By what they exercise: a file each.
ULONG64 MeasureCall(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureExport(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureIrql(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureIrqlInline(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureRegistryValue(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureSpinLock(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureResourceShared(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureAccessViolation(PDRIVER_OBJECT Driver, ULONG Iterations);

ULONG64 MeasurePool64(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasurePool512(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasurePool4096(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasurePoolZeroed(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureLookaside(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureLookasideOld(PDRIVER_OBJECT Driver, ULONG Iterations);

ULONG64 MeasureEtwDisabled(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureEtwEnabled(PDRIVER_OBJECT Driver, ULONG Iterations);

ULONG64 MeasureEventSwitch(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureDpc(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureTimer(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasureWorkItem(PDRIVER_OBJECT Driver, ULONG Iterations);
ULONG64 MeasurePacedThreads(PDRIVER_OBJECT Driver, ULONG Iterations);

/// Registers or removes BENCH_PROCESS_ROUTINES process-notify routines; false if one could not be.
bool SetProcessRoutines(bool Registered);
