// How the figures are registered: those of a machine, and those of a whole process.
#pragma once
#include <benchmark/benchmark.h>

namespace ringlet::bench {

/// How often: `repetitions` measurements of every figure, of its iterations divided by `divisor`.
struct Effort {
  int repetitions = 30;
  unsigned divisor = 1;
};

/// A figure's time for one of what it measures, in nanoseconds, and the budget it has; 0: none.
struct Budget {
  double nanoseconds;
};

/// Has a benchmark repeated, and its best and middle repetition reported: other work on the host only ever adds time.
void Repeat(benchmark::internal::Benchmark* figure, const Effort& effort);

void RegisterProcessFigures(const Effort& effort);
void RegisterMachineFigures(const Effort& effort);
void RegisterGrowthFigures(const Effort& effort);
void RegisterMonitorFigures(const Effort& effort);
/// Shuts the machine down that the figures shared.
void ShutdownMachine();

}  // namespace ringlet::bench
