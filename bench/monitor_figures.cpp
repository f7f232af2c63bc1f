// SysMon and its client, as they are, while threads come and go at 50 000 events a second: what an event costs, and that none is lost.
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "bench/figures.h"
#include "ringlet/machine.h"

namespace ringlet::bench {
namespace {

constexpr double kBudgetOfEvent = 1e9 / 50'000;

/// A client's output: a pipe would be full before it is read.
class Output {
 public:
  Output() : file_(std::tmpfile()), descriptor_(fileno(file_)) {}
  ~Output() { std::fclose(file_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  int descriptor() const { return descriptor_; }

  /// The lines with a text in them.
  unsigned LinesWith(std::string_view text) const {
    std::ifstream file("/proc/self/fd/" + std::to_string(descriptor_));
    unsigned lines = 0;
    for (std::string line; std::getline(file, line);) lines += line.find(text) != std::string::npos ? 1 : 0;
    return lines;
  }

 private:
  std::FILE* file_;
  int descriptor_;
};

/// Lets the client read and show all of `threads` threads, two events each; false if it does not within two seconds.
bool ShowsAll(Machine& machine, const Output& shown, unsigned threads) {
  for (int tries = 0; tries < 20; ++tries) {
    machine.Wait(-1, 100);
    if (shown.LinesWith(": thread ") >= 2 * threads) break;
  }
  return shown.LinesWith("events were lost") == 0 && shown.LinesWith(": thread ") >= 2 * threads;
}

void Monitor(benchmark::State& state, unsigned threads) {
  ShutdownMachine();
  Options options;
  options.debug_sink = [](const std::string&) {};
  Machine machine(options);
  const Output shown;
  const int output = shown.descriptor();
  std::uint64_t client = 0;
  bool ok = machine.LoadDriver(BENCH_DRIVER).ok() && machine.LoadDriver(BENCH_SYSMON).ok() &&
            machine.Start(BENCH_SYSMON_CLIENT, {}, {output, output, output}, &client).status >= 0;
  for (auto _ : state) {
    const RunResult run = machine.Run(BENCH_CLIENT, {"paced_threads", std::to_string(threads)});
    ok = ok && run.outcome == Outcome::Finished && run.exit_code < 0x80000000 && ShowsAll(machine, shown, threads);
    state.SetIterationTime(run.exit_code * 100e-9 / (2 * threads));
  }
  if (!ok) state.SkipWithError("events were lost or not shown");
  machine.Terminate(client);
  // The threads keep the pace, but for the clock's grain.
  state.counters["budget"] = kBudgetOfEvent * 1.01;
}

}  // namespace

void RegisterMonitorFigures(const Effort& effort) {
  constexpr int kRepetitions = 5;
  const Effort fewer{effort.repetitions < kRepetitions ? effort.repetitions : kRepetitions, effort.divisor};
  Repeat(benchmark::RegisterBenchmark("monitor/event", [=](benchmark::State& state) { Monitor(state, 50'000 / effort.divisor); }), fewer);
}

}  // namespace ringlet::bench
