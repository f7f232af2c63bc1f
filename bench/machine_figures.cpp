// Figures of a machine: booting it, loading a driver, and what the driver and its client measure inside.
#include <algorithm>
#include <chrono>
#include <memory>

#include "bench/figures.h"
#include "ringlet/machine.h"

namespace ringlet::bench {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Options Silent() {
  Options options;
  options.debug_sink = [](const std::string&) {};
  options.event_sink = [](const Event&) {};
  options.event_filters = {{"Ringlet.Bench.Heard"}};
  return options;
}

std::unique_ptr<Machine> shared;

/// The machine that the figures from inside share, with the benchmark driver; null if it does not come up.
Machine* Shared() {
  if (shared != nullptr) return shared.get();
  shared = std::make_unique<Machine>(Silent());
  if (!shared->LoadDriver(BENCH_DRIVER).ok()) shared.reset();
  return shared.get();
}

void Boot(benchmark::State& state) {
  ShutdownMachine();
  for (auto _ : state) {
    const auto start = Clock::now();
    Machine machine(Silent());
    state.SetIterationTime(Since(start));
  }
  state.counters["budget"] = 5e6;
}

void LoadUnload(benchmark::State& state) {
  ShutdownMachine();
  Machine machine(Silent());
  // The first load of a machine creates the service key.
  bool ok = machine.LoadDriver(BENCH_ZERO, "Zero").ok() && machine.UnloadDriver("Zero").ok();
  for (auto _ : state) {
    const auto start = Clock::now();
    ok = ok && machine.LoadDriver(BENCH_ZERO, "Zero").ok() && machine.UnloadDriver("Zero").ok();
    state.SetIterationTime(Since(start));
  }
  if (!ok) state.SkipWithError("the driver did not load and unload");
  state.counters["budget"] = 1e6;
}

struct Inside {
  const char* name;
  unsigned iterations;
  Budget budget;
};

constexpr Inside kInside[] = {
    {"call", 4'000'000, {0}},
    {"export", 1'000'000, {0}},
    {"device_io_control", 50'000, {300}},
    {"file_read", 50'000, {3000}},
    {"event_switch", 100'000, {150}},
    {"spin_lock", 1'000'000, {12}},
    {"irql", 1'000'000, {6}},
    {"irql_inline", 200'000, {6}},
    {"pool_64", 200'000, {50}},
    {"pool_512", 200'000, {50}},
    {"pool_4096", 200'000, {50}},
    {"pool_4096_zeroed", 100'000, {0}},
    {"access_violation", 4'000, {3000}},
    {"dpc", 100'000, {0}},
    {"timer", 100'000, {0}},
    {"work_item", 50'000, {0}},
    {"resource_shared", 200'000, {0}},
    {"registry_value", 100'000, {1000}},
    {"lookaside", 1'000'000, {15}},
    {"lookaside_old", 1'000'000, {15}},
    {"etw_disabled", 4'000'000, {3}},
    {"etw_enabled", 50'000, {0}},
    {"process", 100, {2e6}},
    {"process_notify", 200, {1000}},
    {"handle", 100'000, {0}},
};

void MeasureInside(benchmark::State& state, const Inside& figure, unsigned divisor) {
  Machine* const machine = Shared();
  const unsigned iterations = std::max(figure.iterations / divisor, 1u);
  for (auto _ : state) {
    const RunResult run =
        machine == nullptr ? RunResult{Outcome::BugCheck, 0, 0, {}} : machine->Run(BENCH_CLIENT, {figure.name, std::to_string(iterations)});
    // The exit code is a time, or 0, or the status of a client that died.
    if (run.outcome != Outcome::Finished || run.status < 0 || run.exit_code == 0 || run.exit_code >= 0x80000000) {
      state.SkipWithError("the client could not measure it");
      break;
    }
    state.SetIterationTime(run.exit_code * 100e-9 / iterations);
  }
  state.counters["budget"] = figure.budget.nanoseconds;
}

}  // namespace

void ShutdownMachine() { shared.reset(); }

void RegisterMachineFigures(const Effort& effort) {
  Repeat(benchmark::RegisterBenchmark("machine/boot", &Boot), effort);
  Repeat(benchmark::RegisterBenchmark("machine/load_unload", &LoadUnload), effort);
  for (const Inside& figure : kInside) {
    Repeat(benchmark::RegisterBenchmark(
               (std::string("inside/") + figure.name).c_str(),
               [&figure, divisor = effort.divisor](benchmark::State& state) { MeasureInside(state, figure, divisor); }),
           effort);
  }
}

}  // namespace ringlet::bench
