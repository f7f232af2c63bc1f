// What the ten thousandth process and the hundred thousandth handle cost, against the first: time, and the host's memory between them.
#include <unistd.h>

#include <fstream>

#include "bench/figures.h"
#include "ringlet/machine.h"

namespace ringlet::bench {
namespace {

/// The later tenth may be slower than the first by this much: noise, not growth.
constexpr double kFlat = 1.25;
/// Memory that may remain between the first tenth and the last, KiB: of 8000 processes not a quarter of a page each.
constexpr double kFlatKib = 4096;

double ResidentKib() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
}

/// A tenth of a figure's work: nanoseconds for one of it, or 0 if it could not be done.
double Tenth(Machine& machine, const char* figure, unsigned count) {
  const RunResult run = machine.Run(BENCH_CLIENT, {figure, std::to_string(count)});
  if (run.outcome != Outcome::Finished || run.status < 0 || run.exit_code >= 0x80000000) return 0;
  return run.exit_code * 100.0 / count;
}

/// The last of ten tenths, with the first as its budget.
void Grow(benchmark::State& state, const char* figure, unsigned count) {
  ShutdownMachine();
  Options options;
  options.debug_sink = [](const std::string&) {};
  Machine machine(options);
  for (auto _ : state) {
    const double first = Tenth(machine, figure, count / 10);
    const double resident = ResidentKib();
    double last = first;
    for (int tenth = 2; tenth <= 10 && last != 0; ++tenth) last = Tenth(machine, figure, count / 10);
    if (last == 0) state.SkipWithError("the client could not measure it");
    state.SetIterationTime(last * 1e-9);
    state.counters["budget"] = first * kFlat;
    state.counters["resident_kib"] = ResidentKib() - resident;
    state.counters["budget_kib"] = kFlatKib;
  }
}

}  // namespace

void RegisterGrowthFigures(const Effort& effort) {
  constexpr int kRepetitions = 5;
  const Effort fewer{effort.repetitions < kRepetitions ? effort.repetitions : kRepetitions, effort.divisor};
  Repeat(
      benchmark::RegisterBenchmark("growth/processes", [=](benchmark::State& state) { Grow(state, "process", 10'000 / effort.divisor); }),
      fewer);
  Repeat(benchmark::RegisterBenchmark("growth/handles", [=](benchmark::State& state) { Grow(state, "handle", 100'000 / effort.divisor); }),
         fewer);
}

}  // namespace ringlet::bench
