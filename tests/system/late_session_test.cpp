// A session that begins while a program runs: the program's provider is told in a thread of its own, and again when the session ends.
#include <gtest/gtest.h>

#include "ringlet/machine.h"

namespace {

TEST(LateSession, ProvidersOfProgramsAreTold) {
  for (const bool virtual_time : {false, true}) {
    ringlet::Options options;
    options.virtual_time = virtual_time;
    options.seed = 1;
    options.event_sink = [](const ringlet::Event&) {};
    options.event_filters = {ringlet::EventFilter{.provider = "Nobody"}};
    ringlet::Machine machine(options);
    std::uint64_t process = 0;
    ASSERT_EQ(machine.Start(RINGLET_TEST_CLIENT, {}, {}, &process).outcome, ringlet::Outcome::Finished);
    machine.Wait(-1, 20);
    machine.ListenTo({ringlet::EventFilter{.provider = "6a1b2c3d-0011-2233-4455-66778899aaee", .level = 4, .match_any = 0x10}});
    machine.Wait(-1, 20);
    machine.ListenTo({});
    std::optional<std::uint32_t> code;
    for (int i = 0; i < 100 && !code; ++i) {
      machine.Wait(-1, 100);
      code = machine.Ended(process);
    }
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(*code, 11u);
    machine.Shutdown();
  }
}

}  // namespace
