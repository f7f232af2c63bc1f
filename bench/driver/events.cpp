// Events: what they cost while nobody listens, and while somebody does.
#include <TraceLoggingProvider.h>

#include "figure.h"

TRACELOGGING_DEFINE_PROVIDER(Unheard, "Ringlet.Bench.Unheard",
                             (0x5e2f0001, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66));
// The benchmark's session listens to this one (machine_figures.cpp).
TRACELOGGING_DEFINE_PROVIDER(Heard, "Ringlet.Bench.Heard", (0x5e2f0002, 0x1111, 0x4222, 0x83, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66));

static const EVENT_DESCRIPTOR Event = {1, 0, 0, 4, 0, 0, 0};

ULONG64 MeasureEtwDisabled(PDRIVER_OBJECT, ULONG Iterations) {
  if (!NT_SUCCESS(TraceLoggingRegister(Unheard))) return 0;
  const ULONG64 ticks = Time(Iterations, [] { EtwWrite(Unheard->RegHandle, &Event, nullptr, 0, nullptr); });
  TraceLoggingUnregister(Unheard);
  return ticks;
}

ULONG64 MeasureEtwEnabled(PDRIVER_OBJECT, ULONG Iterations) {
  if (!NT_SUCCESS(TraceLoggingRegister(Heard))) return 0;
  const bool heard = TraceLoggingProviderEnabled(Heard, 4, 0);
  const ULONG64 ticks = Time(Iterations, [] {
    TraceLoggingWrite(Heard, "Bench", TraceLoggingLevel(4), TraceLoggingUInt32(7, "Number"), TraceLoggingWideString(L"text", "Text"));
  });
  TraceLoggingUnregister(Heard);
  return heard ? ticks : 0;
}
