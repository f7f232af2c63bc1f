// Interrupts that the machine's owner fires.
#include "kernel/ke/interrupt.h"

#include <gtest/gtest.h>

#include "kernel/ke/ke.h"
#include "nt/status.h"
#include "ringlet/machine.h"

extern "C" {
NTSTATUS IoConnectInterrupt(PKINTERRUPT* InterruptObject, PKSERVICE_ROUTINE ServiceRoutine, PVOID ServiceContext, PKSPIN_LOCK SpinLock,
                            ULONG Vector, KIRQL Irql, KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                            KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave);
VOID IoDisconnectInterrupt(PKINTERRUPT InterruptObject);
ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);
}

namespace {

struct Seen {
  int calls = 0;
  ULONG processor = 99;
  KIRQL irql = 99;
};

MSABI BOOLEAN Note(PKINTERRUPT, PVOID context) {
  auto* const seen = static_cast<Seen*>(context);
  ++seen->calls;
  seen->processor = KeGetCurrentProcessorNumberEx(nullptr);
  seen->irql = nt::ke::CurrentIrql();
  return TRUE;
}

TEST(Interrupts, AreDeliveredToTheChosenProcessorBeforeFireReturns) {
  ringlet::Options options;
  options.processors = 3;
  options.virtual_time = true;
  ringlet::Machine machine(options);
  Seen seen;
  PKINTERRUPT interrupt = nullptr;
  EXPECT_FALSE(machine.FireInterrupt(0x61, 0));
  machine.Call([&] {
    ASSERT_EQ(IoConnectInterrupt(&interrupt, &Note, &seen, nullptr, 0x61, 6, 6, LevelSensitive, FALSE, ~KAFFINITY{0}, FALSE),
              STATUS_SUCCESS);
  });
  for (unsigned processor = 0; processor < 3; ++processor) {
    seen = {};
    EXPECT_TRUE(machine.FireInterrupt(0x61, processor));
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.processor, processor);
    EXPECT_EQ(seen.irql, 6);
  }
  EXPECT_FALSE(machine.FireInterrupt(0x61, 3));
  EXPECT_GT(machine.Processors()[2].interrupts, 0u);
  machine.Call([&] { IoDisconnectInterrupt(interrupt); });
  EXPECT_FALSE(machine.FireInterrupt(0x61, 0));
}

}  // namespace
