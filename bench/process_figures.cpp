// Whole processes: `ringlet run` of a sample, and /bin/true as the baseline of what a process costs on this host.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "bench/figures.h"

namespace ringlet::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Runs a program with its output thrown away; its exit code, or -1.
int Spawn(const char* const* arguments, rusage* usage) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawn(&child, arguments[0], &actions, nullptr, const_cast<char* const*>(arguments), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || wait4(child, &status, 0, usage) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void RunProcess(benchmark::State& state, const char* const* arguments, Budget budget, double budget_kib) {
  rusage usage{};
  for (auto _ : state) {
    const auto start = Clock::now();
    if (Spawn(arguments, &usage) != 0) state.SkipWithError("the program failed");
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
  }
  state.counters["budget"] = budget.nanoseconds;
  state.counters["resident_kib"] = static_cast<double>(usage.ru_maxrss);
  if (budget_kib != 0) state.counters["budget_kib"] = budget_kib;
}

const char* const kTrue[] = {"/bin/true", nullptr};
const char* const kZeroTest[] = {BENCH_RINGLET, "run", "--driver", BENCH_ZERO, BENCH_ZERO_TEST, nullptr};

}  // namespace

void RegisterProcessFigures(const Effort& effort) {
  Repeat(benchmark::RegisterBenchmark("process/true", [](benchmark::State& state) { RunProcess(state, kTrue, {0}, 0); }), effort);
  Repeat(
      benchmark::RegisterBenchmark("process/zero_test", [](benchmark::State& state) { RunProcess(state, kZeroTest, {60e6}, 32 * 1024); }),
      effort);
}

}  // namespace ringlet::bench
