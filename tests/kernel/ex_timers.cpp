// EX_TIMERs: the timers that the system allocates: one-shot and periodic, cancelled, waited for, deleted now or when they expire.
#include "ktest.h"

using namespace ktest;

namespace {

constexpr LONGLONG kMillisecond = 10'000;

/// What a timer's callback saw.
struct Seen {
  PEX_TIMER timer;
  volatile LONG calls, deletions;
  KIRQL irql;
  PEX_TIMER argument;
  BOOLEAN deletes;  ///< the callback deletes its timer
};

void NTAPI OnDeleted(PVOID context) { InterlockedIncrement(&static_cast<Seen*>(context)->deletions); }

EXT_DELETE_PARAMETERS Deletion(Seen& seen) {
  EXT_DELETE_PARAMETERS parameters = {};
  parameters.DeleteCallback = OnDeleted;
  parameters.DeleteContext = &seen;
  return parameters;
}

void NTAPI OnTimer(PEX_TIMER timer, PVOID context) {
  auto* const seen = static_cast<Seen*>(context);
  seen->irql = KeGetCurrentIrql();
  seen->argument = timer;
  if (seen->deletes) {
    EXT_DELETE_PARAMETERS parameters = Deletion(*seen);
    ExDeleteTimer(timer, TRUE, FALSE, &parameters);
    if (seen->deletions) seen->irql = HIGH_LEVEL;  // not while its callback runs
  }
  InterlockedIncrement(&seen->calls);
}

bool Make(Seen& seen, ULONG attributes) {
  seen.timer = ExAllocateTimer(OnTimer, &seen, attributes);
  return seen.timer != nullptr;
}

}  // namespace

KTEST(ItExpiresOnceAtDispatchLevel) {
  Seen seen = {};
  REQUIRE(Make(seen, 0));
  EXPECT(!ExSetTimer(seen.timer, -5 * kMillisecond, 0, nullptr));
  while (!seen.calls) Sleep(1);
  EXPECT_EQ(seen.irql, DISPATCH_LEVEL);
  EXPECT(seen.argument == seen.timer);
  Sleep(20);
  EXPECT_EQ(seen.calls, 1);
  EXPECT(!ExCancelTimer(seen.timer, nullptr));  // it is over
  EXPECT(!ExDeleteTimer(seen.timer, TRUE, TRUE, nullptr));
}

KTEST(SettingItAgainCancelsIt) {
  Seen seen = {};
  REQUIRE(Make(seen, EX_TIMER_HIGH_RESOLUTION));
  EXPECT(!ExSetTimer(seen.timer, -3'600'000 * kMillisecond, 0, nullptr));
  EXPECT(ExSetTimer(seen.timer, -3'600'000 * kMillisecond, 0, nullptr));
  EXPECT(ExCancelTimer(seen.timer, nullptr));
  EXPECT(!ExCancelTimer(seen.timer, nullptr));
  EXT_SET_PARAMETERS parameters;
  ExInitializeSetTimerParameters(&parameters);
  EXPECT(!ExSetTimer(seen.timer, -1, 0, &parameters));
  while (!seen.calls) Sleep(1);
  EXPECT(!ExDeleteTimer(seen.timer, TRUE, FALSE, nullptr));
}

KTEST(APeriodicOneKeepsExpiring) {
  Seen seen = {};
  REQUIRE(Make(seen, EX_TIMER_NO_WAKE));
  EXT_SET_PARAMETERS parameters;
  ExInitializeSetTimerParameters(&parameters);
  parameters.NoWakeTolerance = EX_TIMER_UNLIMITED_TOLERANCE;
  EXPECT(!ExSetTimer(seen.timer, -kMillisecond, 2 * kMillisecond, &parameters));
  while (seen.calls < 4) Sleep(1);
  EXPECT(ExCancelTimer(seen.timer, nullptr));
  const LONG calls = seen.calls;
  Sleep(20);
  EXPECT(seen.calls <= calls + 1);
  EXPECT(!ExSetTimer(seen.timer, -kMillisecond, 2 * kMillisecond, nullptr));
  EXPECT(ExDeleteTimer(seen.timer, TRUE, TRUE, nullptr));
}

KTEST(ItCanBeWaitedFor) {
  constexpr ULONG kKinds[] = {0, EX_TIMER_NOTIFICATION};
  for (const ULONG attributes : kKinds) {
    PEX_TIMER const timer = ExAllocateTimer(nullptr, nullptr, attributes);
    REQUIRE(timer != nullptr);
    EXPECT_EQ(WaitFor(timer, 0), STATUS_TIMEOUT);
    ExSetTimer(timer, -2 * kMillisecond, 0, nullptr);
    EXPECT_EQ(WaitFor(timer, 60'000), STATUS_SUCCESS);
    EXPECT_EQ(WaitFor(timer, 0), attributes ? STATUS_SUCCESS : STATUS_TIMEOUT);
    ExDeleteTimer(timer, TRUE, TRUE, nullptr);
  }
}

KTEST(AnAbsoluteTimeMayBePast) {
  Seen seen = {};
  REQUIRE(Make(seen, 0));
  LARGE_INTEGER now;
  KeQuerySystemTimePrecise(&now);
  ExSetTimer(seen.timer, now.QuadPart - kMillisecond, 0, nullptr);
  while (!seen.calls) Sleep(1);
  ExDeleteTimer(seen.timer, TRUE, TRUE, nullptr);
}

KTEST(DeletingCancelsAndTells) {
  Seen seen = {};
  REQUIRE(Make(seen, 0));
  ExSetTimer(seen.timer, -3'600'000 * kMillisecond, 0, nullptr);
  EXT_DELETE_PARAMETERS parameters = Deletion(seen);
  EXPECT(ExDeleteTimer(seen.timer, TRUE, FALSE, &parameters));
  EXPECT_EQ(seen.deletions, 1);
  EXPECT_EQ(seen.calls, 0);
}

KTEST(DeletedWithoutCancelItGoesWhenItHasExpired) {
  Seen seen = {};
  REQUIRE(Make(seen, 0));
  ExSetTimer(seen.timer, -20 * kMillisecond, 0, nullptr);
  EXT_DELETE_PARAMETERS parameters = Deletion(seen);
  EXPECT(!ExDeleteTimer(seen.timer, FALSE, FALSE, &parameters));
  while (!seen.deletions) Sleep(1);
  EXPECT_EQ(seen.calls, 1);
}

KTEST(TheEndOfATimerThatIsNotCancelledCanBeWaitedFor) {
  Seen seen = {};
  REQUIRE(Make(seen, 0));
  ExSetTimer(seen.timer, -20 * kMillisecond, 0, nullptr);
  EXPECT(!ExDeleteTimer(seen.timer, FALSE, TRUE, nullptr));
  EXPECT_EQ(seen.calls, 1);
}

KTEST(TheCallbackMayDeleteItsTimer) {
  Seen seen = {};
  seen.deletes = TRUE;
  REQUIRE(Make(seen, 0));
  ExSetTimer(seen.timer, -kMillisecond, kMillisecond, nullptr);
  while (!seen.deletions) Sleep(1);
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.irql, DISPATCH_LEVEL);
}

KTEST(AttributesThatDoNotGoTogetherAreRefused) {
  EXPECT(ExAllocateTimer(nullptr, nullptr, EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE) == nullptr);
}
