// Memory, pool, images and processors, and nothing above them: enough for threads that run host code.
#pragma once

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/ex/ex.h"
#include "kernel/hal/hal.h"
#include "kernel/ke/ke.h"
#include "kernel/ke/machine.h"
#include "kernel/ldr/builtin.h"
#include "kernel/mm/mm.h"

namespace ringlet::test {

class Kernel : public testing::Test {
 protected:
  void SetUp() override {
    nt::hal::InitializeMemory();
    nt::mm::Initialize();
    nt::ex::Initialize();
    nt::ldr::Initialize({});
    nt::ke::Initialize({2, true, 1});
  }
  void TearDown() override {
    nt::ke::Shutdown();
    nt::ldr::Shutdown();
    nt::ex::Shutdown();
    nt::mm::Shutdown();
    nt::hal::ShutdownMemory();
  }

  /// Runs in a system thread; the work must come to its end.
  void Run(const std::function<void()>& work) { ASSERT_EQ(nt::ke::RunInSystemThread(work, 10000), nt::ke::Outcome::Finished); }

  /// Runs what must end in a bugcheck.
  const nt::ke::BugCheckInfo& RunToBugCheck(const std::function<void()>& work) {
    EXPECT_EQ(nt::ke::RunInSystemThread(work, 10000), nt::ke::Outcome::BugCheck);
    return nt::ke::LastBugCheck();
  }

  /// Adds a thread that runs `work`, which must outlive it.
  static void Spawn(const std::function<void()>& work) {
    nt::ke::CreateHostThread([](void* context) { (*static_cast<const std::function<void()>*>(context))(); },
                             const_cast<std::function<void()>*>(&work), 9);
  }

  /// Lets the others run.
  static void Sleep() {
    LARGE_INTEGER interval;
    interval.QuadPart = -10000;
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
  }
};

}  // namespace ringlet::test
