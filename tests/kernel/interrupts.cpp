// Interrupt objects: service routines at their level, nested by priority, sharing vectors, synchronized with other code.
#include "ktest.h"

#include <ringlet/simulation.h>

using namespace ktest;

extern "C" NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);

namespace {

/// The order in which things happened.
struct Log {
  volatile LONG length;
  char entries[32];
  void Add(char entry) { entries[InterlockedIncrement(&length) - 1] = entry; }
  bool Is(const char* expected) const {
    LONG i = 0;
    for (; expected[i]; i++) {
      if (i >= length || entries[i] != expected[i]) return false;
    }
    return i == length;
  }
};

/// A device whose service routine notes how it was called. ISRs may not use much: no locks but their own.
struct Device {
  PKINTERRUPT interrupt;
  Log* log;
  char entry, exit;
  BOOLEAN claims;
  BOOLEAN claims_once;
  ULONG fire_inside;  // vector to fire while the service routine runs
  PKDPC dpc;
  volatile LONG calls;
  KIRQL irql;
  ULONG processor;
  PKINTERRUPT seen;
};

BOOLEAN NTAPI ServeDevice(PKINTERRUPT interrupt, PVOID context) {
  auto* const device = static_cast<Device*>(context);
  InterlockedIncrement(&device->calls);
  device->irql = KeGetCurrentIrql();
  device->processor = KeGetCurrentProcessorNumberEx(nullptr);
  device->seen = interrupt;
  if (device->log) device->log->Add(device->entry);
  if (device->dpc) KeInsertQueueDpc(device->dpc, nullptr, nullptr);
  if (device->fire_inside) RingletFireInterrupt(device->fire_inside, device->processor);
  if (device->log && device->exit) device->log->Add(device->exit);
  if (device->claims_once) return device->calls == 1;
  return device->claims;
}

constexpr KAFFINITY kAll = ~KAFFINITY{0};

struct Wanted {
  ULONG vector = 0x51;
  KIRQL irql = 5;
  KIRQL synchronize = 5;
  KINTERRUPT_MODE mode = LevelSensitive;
  BOOLEAN share = FALSE;
  KAFFINITY processors = kAll;
  PKSPIN_LOCK lock = nullptr;
};

NTSTATUS Connect(Device& device, const Wanted& wanted) {
  return IoConnectInterrupt(&device.interrupt, ServeDevice, &device, wanted.lock, wanted.vector, wanted.irql, wanted.synchronize,
                            wanted.mode, wanted.share, wanted.processors, FALSE);
}

ULONG Here() { return KeGetCurrentProcessorNumberEx(nullptr); }

/// The test's thread stays on one processor.
class Pinned {
 public:
  explicit Pinned(ULONG processor) { KeSetSystemAffinityThreadEx(KAFFINITY{1} << processor); }
  ~Pinned() { KeRevertToUserAffinityThreadEx(0); }
};

void NoteDpc(PKDPC, PVOID context, PVOID, PVOID) { static_cast<Log*>(context)->Add('d'); }

}  // namespace

KTEST(ServiceRoutineRunsAtItsLevelOnTheChosenProcessor) {
  Device device = {};
  device.claims = TRUE;
  EXPECT(!RingletFireInterrupt(0x51, 0));
  REQUIRE(NT_SUCCESS(Connect(device, {})));
  for (ULONG processor = 0; processor < KeQueryActiveProcessorCount(nullptr); processor++) {
    device.calls = 0;
    EXPECT(RingletFireInterrupt(0x51, processor));
    while (!device.calls) Sleep(1);
    EXPECT_EQ(device.calls, 1);
    EXPECT_EQ(device.irql, 5);
    EXPECT_EQ(device.processor, processor);
    EXPECT(device.seen == device.interrupt);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  }
  EXPECT(!RingletFireInterrupt(0x52, 0));
  EXPECT(!RingletFireInterrupt(0x51, 64));
  IoDisconnectInterrupt(device.interrupt);
  EXPECT(!RingletFireInterrupt(0x51, 0));
}

KTEST(LowerOrEqualLevelsWaitUntilIrqlDrops) {
  Pinned pinned(0);
  Device device = {};
  device.claims = TRUE;
  REQUIRE(NT_SUCCESS(Connect(device, {})));
  KIRQL old;
  KeRaiseIrql(DISPATCH_LEVEL, &old);
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT_EQ(device.calls, 1);  // DISPATCH_LEVEL keeps no device out
  KIRQL dispatch;
  KeRaiseIrql(5, &dispatch);
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(RingletFireInterrupt(0x51, 0));  // pending already
  EXPECT_EQ(device.calls, 1);
  KIRQL five;
  KeRaiseIrql(HIGH_LEVEL, &five);
  EXPECT_EQ(device.calls, 1);
  KeLowerIrql(five);
  EXPECT_EQ(device.calls, 1);
  KeLowerIrql(dispatch);
  EXPECT_EQ(device.calls, 2);
  EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
  KeLowerIrql(old);
  EXPECT_EQ(device.calls, 2);
  IoDisconnectInterrupt(device.interrupt);
}

KTEST(HigherLevelInterruptsTheServiceRoutineOfALower) {
  Pinned pinned(0);
  Log log = {};
  Device low = {}, high = {};
  low.log = high.log = &log;
  low.claims = high.claims = TRUE;
  low.entry = '<', low.exit = '>', high.entry = '[', high.exit = ']';
  low.fire_inside = 0x81;
  REQUIRE(NT_SUCCESS(Connect(low, {})));
  REQUIRE(NT_SUCCESS(Connect(high, {.vector = 0x81, .irql = 8, .synchronize = 8})));
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(log.Is("<[]>"));
  EXPECT_EQ(high.irql, 8);
  // The other way round the lower one waits.
  log.length = 0;
  low.fire_inside = 0;
  high.fire_inside = 0x51;
  EXPECT(RingletFireInterrupt(0x81, 0));
  EXPECT(log.Is("[]<>"));
  IoDisconnectInterrupt(low.interrupt);
  IoDisconnectInterrupt(high.interrupt);
}

KTEST(DpcsRunWhenAllServiceRoutinesAreDone) {
  Pinned pinned(0);
  Log log = {};
  Device low = {}, high = {};
  low.log = high.log = &log;
  low.claims = high.claims = TRUE;
  low.entry = '<', low.exit = '>', high.entry = '[', high.exit = ']';
  KDPC dpc;
  KeInitializeDpc(&dpc, NoteDpc, &log);
  high.dpc = &dpc;
  low.fire_inside = 0x81;
  REQUIRE(NT_SUCCESS(Connect(low, {})));
  REQUIRE(NT_SUCCESS(Connect(high, {.vector = 0x81, .irql = 8, .synchronize = 8})));
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(log.Is("<[]>d"));
  // At DISPATCH_LEVEL the interrupt comes through, and its DPC waits.
  log.length = 0;
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(log.Is("<[]>"));
  KeLowerIrql(old);
  EXPECT(log.Is("<[]>d"));
  IoDisconnectInterrupt(low.interrupt);
  IoDisconnectInterrupt(high.interrupt);
}

namespace {
struct FireInDpc {
  Log log;
  Device device;
};

void DpcThatIsInterrupted(PKDPC, PVOID context, PVOID, PVOID) {
  auto* const test = static_cast<FireInDpc*>(context);
  test->log.Add('(');
  RingletFireInterrupt(0x51, Here());
  test->log.Add(')');
}
}  // namespace

KTEST(ADpcIsInterruptedAndItsSuccessorRunsAfterIt) {
  Pinned pinned(0);
  FireInDpc test = {};
  test.device.log = &test.log;
  test.device.claims = TRUE;
  test.device.entry = '<', test.device.exit = '>';
  KDPC queued, dpc;
  KeInitializeDpc(&queued, NoteDpc, &test.log);
  KeInitializeDpc(&dpc, DpcThatIsInterrupted, &test);
  test.device.dpc = &queued;
  REQUIRE(NT_SUCCESS(Connect(test.device, {})));
  KeInsertQueueDpc(&dpc, nullptr, nullptr);
  KeFlushQueuedDpcs();
  EXPECT(test.log.Is("(<>)d"));
  IoDisconnectInterrupt(test.device.interrupt);
}

KTEST(HigherVectorOfOneLevelGoesFirst) {
  Pinned pinned(0);
  Log log = {};
  Device a = {}, b = {};
  a.log = b.log = &log;
  a.claims = b.claims = TRUE;
  a.entry = 'a', b.entry = 'b';
  REQUIRE(NT_SUCCESS(Connect(a, {.vector = 0x51})));
  REQUIRE(NT_SUCCESS(Connect(b, {.vector = 0x5A})));
  KIRQL old;
  KeRaiseIrql(5, &old);
  RingletFireInterrupt(0x51, 0);
  RingletFireInterrupt(0x5A, 0);
  KeLowerIrql(old);
  EXPECT(log.Is("ba"));
  IoDisconnectInterrupt(a.interrupt);
  IoDisconnectInterrupt(b.interrupt);
}

KTEST(SharersOfALevelAreAskedUntilOneClaims) {
  Pinned pinned(0);
  Log log = {};
  Device devices[3] = {};
  for (int i = 0; i < 3; i++) {
    devices[i].log = &log;
    devices[i].entry = static_cast<char>('a' + i);
    REQUIRE(NT_SUCCESS(Connect(devices[i], {.share = TRUE})));
  }
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(log.Is("abc"));  // nobody's
  log.length = 0;
  devices[1].claims = TRUE;
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(log.Is("ab"));
  log.length = 0;
  IoDisconnectInterrupt(devices[1].interrupt);
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(log.Is("ac"));
  IoDisconnectInterrupt(devices[0].interrupt);
  IoDisconnectInterrupt(devices[2].interrupt);
}

KTEST(SharersOfAnEdgeAreAskedUntilNobodyClaims) {
  Pinned pinned(0);
  Log log = {};
  Device a = {}, b = {};
  a.log = b.log = &log;
  a.entry = 'a', b.entry = 'b';
  a.claims_once = TRUE;
  REQUIRE(NT_SUCCESS(Connect(a, {.mode = Latched, .share = TRUE})));
  REQUIRE(NT_SUCCESS(Connect(b, {.mode = Latched, .share = TRUE})));
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(log.Is("abab"));
  IoDisconnectInterrupt(a.interrupt);
  IoDisconnectInterrupt(b.interrupt);
}

KTEST(WhatDoesNotGoTogetherIsRefused) {
  Device first = {}, second = {};
  EXPECT_EQ(Connect(first, {.irql = 6, .synchronize = 6}), STATUS_INVALID_PARAMETER);  // not the vector's level
  EXPECT(first.interrupt == nullptr);
  EXPECT_EQ(Connect(first, {.synchronize = 4}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Connect(first, {.vector = 0x21, .irql = 2, .synchronize = 2}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Connect(first, {.processors = 0}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Connect(first, {.processors = KAFFINITY{1} << 63}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoConnectInterrupt(&first.interrupt, ServeDevice, &first, nullptr, 0x51, 5, 5, Latched, FALSE, kAll, TRUE),
            STATUS_INVALID_PARAMETER);
  EXPECT_EQ(IoConnectInterrupt(&first.interrupt, nullptr, &first, nullptr, 0x51, 5, 5, Latched, FALSE, kAll, FALSE),
            STATUS_INVALID_PARAMETER);
  REQUIRE(NT_SUCCESS(Connect(first, {.share = FALSE})));
  EXPECT_EQ(Connect(second, {.share = FALSE}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Connect(second, {.share = TRUE}), STATUS_INVALID_PARAMETER);
  IoDisconnectInterrupt(first.interrupt);
  REQUIRE(NT_SUCCESS(Connect(first, {.share = TRUE})));
  EXPECT_EQ(Connect(second, {.share = FALSE}), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Connect(second, {.mode = Latched, .share = TRUE}), STATUS_INVALID_PARAMETER);
  IoDisconnectInterrupt(first.interrupt);
  // Different processors have nothing to share.
  REQUIRE(NT_SUCCESS(Connect(first, {.processors = 1})));
  EXPECT_EQ(Connect(second, {.processors = 2}), STATUS_SUCCESS);
  EXPECT(RingletFireInterrupt(0x51, 1));
  while (!second.calls) Sleep(1);
  EXPECT_EQ(first.calls, 0);
  IoDisconnectInterrupt(first.interrupt);
  EXPECT(!RingletFireInterrupt(0x51, 0));
  IoDisconnectInterrupt(second.interrupt);
}

namespace {
struct Synchronized {
  Device device;
  KIRQL irql;
  LONG calls_inside;
  ULONG processor;
};

BOOLEAN NTAPI TouchDevice(PVOID context) {
  auto* const test = static_cast<Synchronized*>(context);
  test->irql = KeGetCurrentIrql();
  test->processor = Here();
  RingletFireInterrupt(0x51, Here());
  test->calls_inside = test->device.calls;
  return 42;
}
}  // namespace

KTEST(SynchronizedCodeKeepsTheServiceRoutineOut) {
  Pinned pinned(0);
  Synchronized test = {};
  test.device.claims = TRUE;
  REQUIRE(NT_SUCCESS(Connect(test.device, {.synchronize = 7})));
  EXPECT_EQ(KeSynchronizeExecution(test.device.interrupt, TouchDevice, &test), 42);
  EXPECT_EQ(test.irql, 7);
  EXPECT_EQ(test.calls_inside, 0);
  EXPECT_EQ(test.device.calls, 1);
  EXPECT_EQ(test.device.irql, 7);  // SynchronizeIrql, though the interrupt's own is 5
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);

  const KIRQL old = KeAcquireInterruptSpinLock(test.device.interrupt);
  EXPECT_EQ(old, PASSIVE_LEVEL);
  EXPECT_EQ(KeGetCurrentIrql(), 7);
  RingletFireInterrupt(0x51, 0);
  EXPECT_EQ(test.device.calls, 1);
  KeReleaseInterruptSpinLock(test.device.interrupt, old);
  EXPECT_EQ(test.device.calls, 2);
  EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  IoDisconnectInterrupt(test.device.interrupt);
}

namespace {
NTSTATUS ConnectPassively(Device& device, ULONG vector, KIRQL irql, BOOLEAN share) {
  IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
  parameters.Version = CONNECT_FULLY_SPECIFIED;
  parameters.FullySpecified.InterruptObject = &device.interrupt;
  parameters.FullySpecified.ServiceRoutine = ServeDevice;
  parameters.FullySpecified.ServiceContext = &device;
  parameters.FullySpecified.SynchronizeIrql = PASSIVE_LEVEL;
  parameters.FullySpecified.ShareVector = share;
  parameters.FullySpecified.Vector = vector;
  parameters.FullySpecified.Irql = irql;
  parameters.FullySpecified.InterruptMode = LevelSensitive;
  parameters.FullySpecified.ProcessorEnableMask = kAll;
  return IoConnectInterruptEx(&parameters);
}
}  // namespace

KTEST(APassiveServiceRoutineRunsInAThread) {
  Device first = {}, second = {};
  second.claims = TRUE;
  REQUIRE(NT_SUCCESS(ConnectPassively(first, 0x51, 5, TRUE)));
  REQUIRE(NT_SUCCESS(ConnectPassively(second, 0x51, PASSIVE_LEVEL, TRUE)));
  Device other = {};
  EXPECT_EQ(ConnectPassively(other, 0x11, PASSIVE_LEVEL, FALSE), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(Connect(other, {.share = TRUE}), STATUS_INVALID_PARAMETER);  // one vector is served in one way
  first.irql = second.irql = HIGH_LEVEL;
  KIRQL old;
  KeRaiseIrql(APC_LEVEL, &old);
  EXPECT(RingletFireInterrupt(0x51, 0));
  KeLowerIrql(old);
  while (!second.calls) Sleep(1);
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(first.irql, PASSIVE_LEVEL);
  EXPECT_EQ(second.irql, PASSIVE_LEVEL);
  EXPECT(second.seen == second.interrupt);
  IoDisconnectInterrupt(first.interrupt);
  IoDisconnectInterrupt(second.interrupt);
}

KTEST(PassiveSynchronizationIsByAWait) {
  Synchronized test = {};
  test.device.claims = TRUE;
  REQUIRE(NT_SUCCESS(ConnectPassively(test.device, 0x51, PASSIVE_LEVEL, FALSE)));
  const auto touch = +[](PVOID context) -> BOOLEAN {
    auto* const self = static_cast<Synchronized*>(context);
    self->irql = KeGetCurrentIrql();
    RingletFireInterrupt(0x51, 0);
    Sleep(5);
    self->calls_inside = self->device.calls;
    return 42;
  };
  EXPECT_EQ(KeSynchronizeExecution(test.device.interrupt, touch, &test), 42);
  EXPECT_EQ(test.irql, PASSIVE_LEVEL);
  EXPECT_EQ(test.calls_inside, 0);
  while (!test.device.calls) Sleep(1);
  IoDisconnectInterrupt(test.device.interrupt);
}

KTEST(ADriversOwnLockIsHeldInTheServiceRoutine) {
  Pinned pinned(0);
  struct Context {
    KSPIN_LOCK lock;
    BOOLEAN held;
  } context = {};
  KeInitializeSpinLock(&context.lock);
  PKINTERRUPT interrupt;
  const auto service = [](PKINTERRUPT, PVOID raw) -> BOOLEAN {
    auto* const seen = static_cast<Context*>(raw);
    seen->held = !KeTestSpinLock(&seen->lock);
    return TRUE;
  };
  REQUIRE(NT_SUCCESS(IoConnectInterrupt(&interrupt, service, &context, &context.lock, 0x51, 5, 5, LevelSensitive, FALSE, kAll, FALSE)));
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(context.held);
  EXPECT(KeTestSpinLock(&context.lock));
  IoDisconnectInterrupt(interrupt);
}

namespace {
struct Shared {
  PKINTERRUPT interrupt;
  volatile LONG inside, overlaps, total;
  LONG plain;
};

BOOLEAN NTAPI CountShared(PVOID context) {
  auto* const shared = static_cast<Shared*>(context);
  if (InterlockedIncrement(&shared->inside) != 1) InterlockedIncrement(&shared->overlaps);
  shared->plain++;
  KeStallExecutionProcessor(1);
  InterlockedDecrement(&shared->inside);
  return TRUE;
}

BOOLEAN NTAPI ServiceShared(PKINTERRUPT, PVOID context) {
  CountShared(context);
  return TRUE;
}

void SynchronizeOften(Shared* shared) {
  for (int i = 0; i < 200; i++) KeSynchronizeExecution(shared->interrupt, CountShared, shared);
}
}  // namespace

KTEST(ProcessorsExcludeEachOther) {
  Shared shared = {};
  REQUIRE(
      NT_SUCCESS(IoConnectInterrupt(&shared.interrupt, ServiceShared, &shared, nullptr, 0x51, 5, 5, LevelSensitive, FALSE, kAll, FALSE)));
  {
    Thread other(SynchronizeOften, &shared);
    for (int i = 0; i < 100; i++) {
      RingletFireInterrupt(0x51, static_cast<ULONG>(i) % 2);
      KeSynchronizeExecution(shared.interrupt, CountShared, &shared);
    }
  }
  EXPECT_EQ(shared.overlaps, 0);
  EXPECT(shared.plain > 300);
  IoDisconnectInterrupt(shared.interrupt);
}

KTEST(ConnectExFullySpecified) {
  Device device = {};
  device.claims = TRUE;
  constexpr ULONG kVersions[] = {CONNECT_FULLY_SPECIFIED, CONNECT_FULLY_SPECIFIED_GROUP};
  for (const ULONG version : kVersions) {
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {};
    parameters.Version = version;
    parameters.FullySpecified.PhysicalDeviceObject = nullptr;
    parameters.FullySpecified.InterruptObject = &device.interrupt;
    parameters.FullySpecified.ServiceRoutine = ServeDevice;
    parameters.FullySpecified.ServiceContext = &device;
    parameters.FullySpecified.SynchronizeIrql = 5;
    parameters.FullySpecified.Vector = 0x51;
    parameters.FullySpecified.Irql = 5;
    parameters.FullySpecified.InterruptMode = LevelSensitive;
    parameters.FullySpecified.ProcessorEnableMask = kAll;
    parameters.FullySpecified.Group = 1;
    if (version == CONNECT_FULLY_SPECIFIED_GROUP) {
      EXPECT_EQ(IoConnectInterruptEx(&parameters), STATUS_INVALID_PARAMETER);
      parameters.FullySpecified.Group = 0;
    }
    device.calls = 0;
    REQUIRE(NT_SUCCESS(IoConnectInterruptEx(&parameters)));
    EXPECT(RingletFireInterrupt(0x51, 0));
    while (!device.calls) Sleep(1);

    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS state = {};
    state.Version = version;
    state.ConnectionContext.InterruptObject = device.interrupt;
    IoReportInterruptInactive(&state);
    EXPECT(!RingletFireInterrupt(0x51, 0));
    IoReportInterruptActive(&state);
    EXPECT(RingletFireInterrupt(0x51, 0));
    while (device.calls < 2) Sleep(1);

    IO_DISCONNECT_INTERRUPT_PARAMETERS gone = {};
    gone.Version = version;
    gone.ConnectionContext.InterruptObject = device.interrupt;
    IoDisconnectInterruptEx(&gone);
    EXPECT(!RingletFireInterrupt(0x51, 0));
  }
}

KTEST(ConnectExFindsNoInterruptsOfADeviceWithoutHardware) {
  PDEVICE_OBJECT object;
  REQUIRE(NT_SUCCESS(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &object)));
  Device device = {};
  IO_CONNECT_INTERRUPT_PARAMETERS line = {};
  line.Version = CONNECT_LINE_BASED;
  line.LineBased.PhysicalDeviceObject = object;
  line.LineBased.InterruptObject = &device.interrupt;
  line.LineBased.ServiceRoutine = ServeDevice;
  EXPECT_EQ(IoConnectInterruptEx(&line), STATUS_NOT_FOUND);
  line.LineBased.PhysicalDeviceObject = nullptr;
  EXPECT_EQ(IoConnectInterruptEx(&line), STATUS_INVALID_PARAMETER);

  PVOID context = nullptr;
  IO_CONNECT_INTERRUPT_PARAMETERS message = {};
  message.Version = CONNECT_MESSAGE_BASED;
  message.MessageBased.PhysicalDeviceObject = object;
  message.MessageBased.ConnectionContext.Generic = &context;
  message.MessageBased.MessageServiceRoutine = [](PKINTERRUPT, PVOID, ULONG) -> BOOLEAN { return FALSE; };
  EXPECT_EQ(IoConnectInterruptEx(&message), STATUS_NOT_FOUND);
  EXPECT_EQ(message.Version, CONNECT_MESSAGE_BASED);

  IO_CONNECT_INTERRUPT_PARAMETERS unknown = {};
  unknown.Version = 77;
  EXPECT_EQ(IoConnectInterruptEx(&unknown), STATUS_NOT_SUPPORTED);
  EXPECT(unknown.Version != 77);
  IoDeleteDevice(object);
}

namespace {
struct DeviceExtension {
  PKINTERRUPT interrupt;
  PIRP irp;
  volatile LONG dpcs;
  KIRQL irql;
  PIRP seen_irp;
  PVOID seen_context;
  PDEVICE_OBJECT seen_device;
};

BOOLEAN NTAPI RequestDpc(PKINTERRUPT, PVOID context) {
  auto* const device = static_cast<PDEVICE_OBJECT>(context);
  IoRequestDpc(device, static_cast<DeviceExtension*>(device->DeviceExtension)->irp, reinterpret_cast<PVOID>(7));
  return TRUE;
}

void NTAPI DpcForIsr(PKDPC, PDEVICE_OBJECT device, PIRP irp, PVOID context) {
  auto* const extension = static_cast<DeviceExtension*>(device->DeviceExtension);
  extension->irql = KeGetCurrentIrql();
  extension->seen_device = device;
  extension->seen_irp = irp;
  extension->seen_context = context;
  InterlockedIncrement(&extension->dpcs);
}
}  // namespace

KTEST(TheDevicesDpcIsRequestedByItsServiceRoutine) {
  Pinned pinned(0);
  PDEVICE_OBJECT device;
  REQUIRE(NT_SUCCESS(IoCreateDevice(driver, sizeof(DeviceExtension), nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &device)));
  auto* const extension = static_cast<DeviceExtension*>(device->DeviceExtension);
  IoInitializeDpcRequest(device, DpcForIsr);
  extension->irp = reinterpret_cast<PIRP>(0x1234);
  REQUIRE(
      NT_SUCCESS(IoConnectInterrupt(&extension->interrupt, RequestDpc, device, nullptr, 0x51, 5, 5, LevelSensitive, FALSE, kAll, FALSE)));
  const KIRQL old = KeRaiseIrqlToDpcLevel();
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT(RingletFireInterrupt(0x51, 0));
  EXPECT_EQ(extension->dpcs, 0);
  KeLowerIrql(old);
  EXPECT_EQ(extension->dpcs, 1);  // queued twice, run once
  EXPECT_EQ(extension->irql, DISPATCH_LEVEL);
  EXPECT(extension->seen_device == device);
  EXPECT(extension->seen_irp == extension->irp);
  EXPECT_EQ(reinterpret_cast<ULONG_PTR>(extension->seen_context), 7);
  IoDisconnectInterrupt(extension->interrupt);
  IoDeleteDevice(device);
}

namespace {
struct Performance {  // SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION
  LARGE_INTEGER idle, kernel, user, dpc, interrupt;
  ULONG count;
};

Performance TimesOf(ULONG processor) {
  Performance all[64] = {};
  ULONG length = 0;
  ZwQuerySystemInformation(8, all, sizeof all, &length);
  return all[processor];
}

BOOLEAN NTAPI StallInService(PKINTERRUPT, PVOID context) {
  KeStallExecutionProcessor(300);
  if (context) KeInsertQueueDpc(static_cast<PKDPC>(context), nullptr, nullptr);
  return TRUE;
}

void StallInDpc(PKDPC, PVOID, PVOID, PVOID) { KeStallExecutionProcessor(3000); }
}  // namespace

KTEST(TimeOfInterruptsAndDpcsIsTheProcessors) {
  Pinned pinned(0);
  KDPC dpc;
  KeInitializeDpc(&dpc, StallInDpc, nullptr);
  PKINTERRUPT interrupt;
  REQUIRE(NT_SUCCESS(IoConnectInterrupt(&interrupt, StallInService, &dpc, nullptr, 0x51, 5, 5, LevelSensitive, FALSE, kAll, FALSE)));
  const Performance before = TimesOf(0);
  EXPECT(RingletFireInterrupt(0x51, 0));
  const Performance after = TimesOf(0);
  EXPECT(after.interrupt.QuadPart - before.interrupt.QuadPart >= 3000);
  EXPECT(after.dpc.QuadPart - before.dpc.QuadPart >= 5000);
  EXPECT(after.count > before.count);
  IoDisconnectInterrupt(interrupt);
}

namespace {
BOOLEAN NTAPI LingerInService(PKINTERRUPT, PVOID context) {
  // Enough calls for the other processor to get turns meanwhile.
  for (int i = 0; i < 200; i++) KeQueryPerformanceCounter(nullptr);
  InterlockedIncrement(static_cast<volatile LONG*>(context));
  return TRUE;
}
}  // namespace

KTEST(AServiceRoutineOnAnIdleProcessorComesToItsEnd) {
  if (KeQueryActiveProcessorCount(nullptr) < 2) return;
  Pinned pinned(0);
  LONG served = 0;
  PKINTERRUPT interrupt;
  REQUIRE(NT_SUCCESS(IoConnectInterrupt(&interrupt, LingerInService, &served, nullptr, 0x51, 5, 5, LevelSensitive, FALSE, kAll, FALSE)));
  for (LONG i = 1; i <= 20; i++) {
    EXPECT(RingletFireInterrupt(0x51, 1));
    while (*static_cast<volatile LONG*>(&served) < i) YieldProcessor(), KeQueryPerformanceCounter(nullptr);
  }
  IoDisconnectInterrupt(interrupt);
  EXPECT_EQ(served, 20);
}
