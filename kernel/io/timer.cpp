// I/O timers: a routine called once a second for a device.
#include <algorithm>

#include "kernel/api/api.h"
#include "kernel/ex/ex.h"
#include "kernel/io/registrations.h"
#include "kernel/ke/ke.h"
#include "nt/status.h"

extern "C" {
VOID KeInitializeTimer(PKTIMER Timer);
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc);
BOOLEAN KeCancelTimer(PKTIMER Timer);
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
}

using namespace nt::io;
namespace ke = nt::ke;
namespace ex = nt::ex;

namespace {

/// What DEVICE_OBJECT.Timer points to.
struct IO_TIMER {
  CSHORT Type;
  CSHORT TimerFlag;  ///< 1 while it runs
  LIST_ENTRY TimerList;
  PIO_TIMER_ROUTINE TimerRoutine;
  PVOID Context;
  PDEVICE_OBJECT DeviceObject;
};

constexpr ULONG kTimerTag = 'iToI';
constexpr LONG kSecond = 1000;  // milliseconds

IO_TIMER* TimerOf(PDEVICE_OBJECT device) { return static_cast<IO_TIMER*>(device->Timer); }

}  // namespace

namespace nt::io {

void InitializeSecondTimer() {
  KeInitializeTimer(&Registered().second);
  KeInitializeDpc(&Registered().second_dpc, reinterpret_cast<PKDEFERRED_ROUTINE>(api::StubOf("IopTimerDispatch")), nullptr);
}

void ForgetTimer(PDEVICE_OBJECT device) {
  if (device->Timer == nullptr) return;
  std::erase(Registered().timers, device);
  if (Registered().timers.empty()) KeCancelTimer(&Registered().second);
  ex::FreePool(device->Timer);
  device->Timer = nullptr;
}

}  // namespace nt::io

extern "C" {

VOID IopTimerDispatch(PKDPC /*Dpc*/, PVOID /*DeferredContext*/, PVOID /*SystemArgument1*/, PVOID /*SystemArgument2*/) {
  // A routine may stop timers, or delete their devices: each is looked up again.
  const std::vector<PDEVICE_OBJECT> due = Registered().timers;
  for (PDEVICE_OBJECT const device : due) {
    if (std::ranges::find(Registered().timers, device) == Registered().timers.end()) continue;
    const IO_TIMER* const timer = TimerOf(device);
    ke::Callout<void>(timer->TimerRoutine, device, timer->Context);
  }
}

NTSTATUS IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context) {
  if (DeviceObject->Timer == nullptr) {
    DeviceObject->Timer = ex::AllocatePool(NonPagedPoolNx, sizeof(IO_TIMER), kTimerTag);
    if (DeviceObject->Timer == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    *TimerOf(DeviceObject) = IO_TIMER{};
  }
  IO_TIMER* const timer = TimerOf(DeviceObject);
  timer->Type = IO_TYPE_TIMER;
  timer->DeviceObject = DeviceObject;
  timer->TimerRoutine = TimerRoutine;
  timer->Context = Context;
  return STATUS_SUCCESS;
}

VOID IoStartTimer(PDEVICE_OBJECT DeviceObject) {
  constexpr ULONG kGoing = DOE_UNLOAD_PENDING | DOE_DELETE_PENDING;
  IO_TIMER* const timer = TimerOf(DeviceObject);
  if (timer->TimerFlag != 0 || (DeviceObject->DeviceObjectExtension->ExtensionFlags & kGoing) != 0) return;
  timer->TimerFlag = 1;
  Registered().timers.push_back(DeviceObject);
  if (Registered().timers.size() > 1) return;
  LARGE_INTEGER due;
  due.QuadPart = -LONGLONG{kSecond} * 10'000;
  KeSetTimerEx(&Registered().second, due, kSecond, &Registered().second_dpc);
}

VOID IoStopTimer(PDEVICE_OBJECT DeviceObject) {
  IO_TIMER* const timer = TimerOf(DeviceObject);
  if (timer->TimerFlag == 0) return;
  timer->TimerFlag = 0;
  std::erase(Registered().timers, DeviceObject);
  if (Registered().timers.empty()) KeCancelTimer(&Registered().second);
}

}  // extern "C"
