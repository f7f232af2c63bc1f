// A device's timer: once a second, at DISPATCH_LEVEL.
#include "device.h"

using namespace ktest;

namespace {

struct Ticks {
  volatile LONG count = 0;
  LONG stop_after = 0;
  KIRQL irql = 0;
  PDEVICE_OBJECT device = nullptr;
  KEVENT ticked;
  Ticks() { KeInitializeEvent(&ticked, SynchronizationEvent, FALSE); }
};

_Function_class_(IO_TIMER_ROUTINE) VOID Tick(_In_ struct _DEVICE_OBJECT* device, _In_opt_ PVOID context) {
  Ticks* const ticks = static_cast<Ticks*>(context);
  ticks->device = device;
  ticks->irql = KeGetCurrentIrql();
  if (InterlockedIncrement(&ticks->count) == ticks->stop_after) IoStopTimer(device);
  KeSetEvent(&ticks->ticked, IO_NO_INCREMENT, FALSE);
}

}  // namespace

KTEST(TheTimerTicksOnceASecond) {
  Device device;
  Ticks ticks;
  EXPECT(device.object()->Timer == nullptr);
  EXPECT_EQ(IoInitializeTimer(device.object(), Tick, &ticks), STATUS_SUCCESS);
  EXPECT(device.object()->Timer != nullptr);
  EXPECT_EQ(WaitFor(&ticks.ticked, 1500), STATUS_TIMEOUT);  // not started
  IoStartTimer(device.object());
  IoStartTimer(device.object());  // once more changes nothing
  EXPECT_EQ(WaitFor(&ticks.ticked, 1500), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&ticks.ticked, 1500), STATUS_SUCCESS);
  EXPECT_EQ(ticks.irql, DISPATCH_LEVEL);
  EXPECT(ticks.device == device.object());
  IoStopTimer(device.object());
  IoStopTimer(device.object());
  const LONG count = ticks.count;
  EXPECT(count >= 2 && count <= 4);
  KeClearEvent(&ticks.ticked);
  EXPECT_EQ(WaitFor(&ticks.ticked, 1500), STATUS_TIMEOUT);
  EXPECT_EQ(ticks.count, count);
}

KTEST(TheRoutineMayStopItsTimer) {
  Device device;
  Ticks first, second;
  second.stop_after = 1;
  EXPECT_EQ(IoInitializeTimer(device.object(), Tick, &first), STATUS_SUCCESS);
  const auto timer = device.object()->Timer;
  EXPECT_EQ(IoInitializeTimer(device.object(), Tick, &second), STATUS_SUCCESS);  // another routine for the same timer
  EXPECT(device.object()->Timer == timer);
  KIRQL irql;
  KeRaiseIrql(DISPATCH_LEVEL, &irql);
  IoStartTimer(device.object());
  KeLowerIrql(irql);
  EXPECT_EQ(WaitFor(&second.ticked, 1500), STATUS_SUCCESS);
  EXPECT_EQ(WaitFor(&second.ticked, 1500), STATUS_TIMEOUT);
  EXPECT_EQ(first.count, 0);
  EXPECT_EQ(second.count, 1);
  IoStartTimer(device.object());  // a stopped one starts again
  second.stop_after = 2;
  EXPECT_EQ(WaitFor(&second.ticked, 1500), STATUS_SUCCESS);
}

KTEST(ADeviceThatGoesTakesItsTimerAlong) {
  Ticks ticks;
  {
    Device device;
    EXPECT_EQ(IoInitializeTimer(device.object(), Tick, &ticks), STATUS_SUCCESS);
    IoStartTimer(device.object());
    IoStopTimer(device.object());
  }
  EXPECT_EQ(WaitFor(&ticks.ticked, 1500), STATUS_TIMEOUT);
}
