// What the benchmark driver and its client agree on.
#pragma once

#define BENCH_DEVICE_NAME L"RingletBench"

/// Completed at once by the driver: what a request costs by itself.
#define IOCTL_BENCH_NOTHING CTL_CODE(0x8000, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
/// Runs one of the driver's figures: BenchRequest in, BenchResult out.
#define IOCTL_BENCH_MEASURE CTL_CODE(0x8000, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
/// Registers BENCH_PROCESS_ROUTINES process-notify routines, or removes them: a BOOLEAN in.
#define IOCTL_BENCH_NOTIFY CTL_CODE(0x8000, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define BENCH_PROCESS_ROUTINES 60

struct BenchRequest {
  char Figure[32];
  ULONG Iterations;
};

struct BenchResult {
  ULONG64 Ticks;  ///< for all iterations, in units of the performance counter (100 ns)
};
