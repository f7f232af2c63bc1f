// Processes and handles come and go, and nothing of them stays: pool, processes, and the host's memory are as after the first of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <string>

#include "ringlet/machine.h"

#ifdef __SANITIZE_ADDRESS__
// What is freed is not kept from use: it would look like growth.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"; }
#endif

namespace {

using ringlet::Machine;

/// Blocks in use, by tag.
std::map<std::string, std::uint64_t> Blocks(const Machine& machine) {
  std::map<std::string, std::uint64_t> blocks;
  for (const ringlet::PoolTagInfo& tag : machine.PoolTags()) blocks[tag.tag + (tag.paged ? "/paged" : "")] = tag.allocations - tag.frees;
  return blocks;
}

long ResidentPages() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return resident;
}

void Stays(const char* figure, unsigned count, long pages) {
  ringlet::Options options;
  options.virtual_time = true;
  Machine machine(options);
  const auto run = [&](unsigned times) {
    const ringlet::RunResult result = machine.Run(RINGLET_TEST_CLIENT, {figure, std::to_string(times)});
    EXPECT_EQ(result.outcome, ringlet::Outcome::Finished);
    EXPECT_EQ(result.status, 0);
  };
  run(count / 10);
  const auto blocks = Blocks(machine);
  const std::size_t processes = machine.Processes().size();
  const long resident = ResidentPages();
  run(count);
  EXPECT_EQ(Blocks(machine), blocks);
  EXPECT_EQ(machine.Processes().size(), processes);
  EXPECT_LT(ResidentPages() - resident, pages);
}

// A page for ten of them would show.
TEST(FlatMemory, ProcessesLeaveNothing) { Stays("process", 1000, 100); }
// All of them are open at once: what the first tenth did not need stays for the next ones.
TEST(FlatMemory, HandlesLeaveNothing) { Stays("handle", 20'000, 2000); }

}  // namespace
