// A thousand orders of events: under virtual time the seed decides every choice of the scheduler, and whatever it chooses, four threads
// on four processors leave Zero's statistics exact.
#include <gtest/gtest.h>

#include "ringlet/machine.h"

namespace {

TEST(ThousandSeeds, ZerosStatisticsAreExact) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    ringlet::Options options;
    options.processors = 4;
    options.virtual_time = true;
    options.seed = seed;
    options.debug_sink = [](const std::string&) {};
    ringlet::Machine machine(options);
    const auto loaded = machine.LoadDriver(RINGLET_TEST_DRIVER);
    ASSERT_TRUE(loaded.ok()) << "seed " << seed << ": " << loaded.why;
    const auto run = machine.Run(RINGLET_TEST_CLIENT);
    ASSERT_EQ(run.outcome, ringlet::Outcome::Finished) << "seed " << seed;
    ASSERT_EQ(run.exit_code, 0u) << "seed " << seed << ": " << run.why;
    ASSERT_TRUE(machine.Shutdown().empty()) << "seed " << seed;
  }
}

}  // namespace
