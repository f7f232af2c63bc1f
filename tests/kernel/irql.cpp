// IRQL: raising, lowering, what the imported and the inlined forms see.
#include "ktest.h"

using namespace ktest;

KTEST(StartsAtPassiveLevel) { EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL); }

KTEST(RaisingReturnsTheOldLevel) {
  KIRQL old = 77;
  KeRaiseIrql(APC_LEVEL, &old);
  EXPECT_EQ(old, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  KIRQL older = 77;
  KeRaiseIrql(DISPATCH_LEVEL, &older);
  EXPECT_EQ(older, APC_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeLowerIrql(older);
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  KeLowerIrql(old);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

KTEST(RaisingToTheSameLevelIsAllowed) {
  KIRQL first, second;
  KeRaiseIrql(DISPATCH_LEVEL, &first);
  KeRaiseIrql(DISPATCH_LEVEL, &second);
  EXPECT_EQ(second, DISPATCH_LEVEL);
  KeLowerIrql(DISPATCH_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeLowerIrql(first);
}

KTEST(RaiseToDpcLevel) {
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT_EQ(old, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  EXPECT_EQ(KeRaiseIrqlToDpcLevel(), DISPATCH_LEVEL);
  KeLowerIrql(old);
}

KTEST(EveryLevelUpToHigh) {
  for (KIRQL level = APC_LEVEL; level <= HIGH_LEVEL; level++) {
    KIRQL old;
    KeRaiseIrql(level, &old);
    const KIRQL seen = KeGetCurrentIrql();
    KeLowerIrql(old);
    EXPECT_EQ(seen, level);
    EXPECT_EQ(old, PASSIVE_LEVEL);
  }
}

namespace {
struct DpcSeen {
  volatile LONG ran;
  KIRQL irql;
};

void NoteDpc(PKDPC, PVOID context, PVOID, PVOID) {
  auto* const seen = static_cast<DpcSeen*>(context);
  seen->irql = KeGetCurrentIrql();
  seen->ran = 1;
}
}  // namespace

KTEST(LoweringRunsWhatBecameDue) {
  DpcSeen seen = {};
  KDPC dpc;
  KeInitializeDpc(&dpc, NoteDpc, &seen);
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  EXPECT(KeInsertQueueDpc(&dpc, nullptr, nullptr));
  EXPECT_EQ(seen.ran, 0);
  KeLowerIrql(old);
  KeFlushQueuedDpcs();
  EXPECT_EQ(seen.ran, 1);
  EXPECT_EQ(seen.irql, DISPATCH_LEVEL);
}

KTEST(IrqlIsOfTheProcessorNotOfOthers) {
  // A thread that was switched away and back has the level it had.
  KIRQL old;
  KeRaiseIrql(APC_LEVEL, &old);
  Sleep(2);
  EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
  KeLowerIrql(old);
}
