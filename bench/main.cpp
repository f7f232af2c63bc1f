// ringlet_bench: every figure of docs/performance.md. `--once` runs each a single time, as a test of the benchmarks themselves.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "bench/figures.h"

namespace ringlet::bench {

void Repeat(benchmark::internal::Benchmark* figure, const Effort& effort) {
  figure->Iterations(1)->Repetitions(effort.repetitions)->UseManualTime()->Unit(benchmark::kNanosecond);
  if (effort.repetitions == 1) return;
  figure->ReportAggregatesOnly(true)->ComputeStatistics(
      "min", [](const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); });
}

}  // namespace ringlet::bench

int main(int argc, char** argv) {
  ringlet::bench::Effort effort;
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (std::strcmp(argv[i], "--once") == 0) {
      effort = {1, 1000};
    } else {
      arguments.push_back(argv[i]);
    }
  }
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  // The processes first: a child's peak of resident memory starts from its parent's.
  ringlet::bench::RegisterProcessFigures(effort);
  ringlet::bench::RegisterMachineFigures(effort);
  ringlet::bench::RegisterGrowthFigures(effort);
  ringlet::bench::RegisterMonitorFigures(effort);
  benchmark::RunSpecifiedBenchmarks();
  ringlet::bench::ShutdownMachine();
  benchmark::Shutdown();
  return 0;
}
