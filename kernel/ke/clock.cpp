// Time: the clock interrupt, real and virtual time, and KUSER_SHARED_DATA.
#include <algorithm>
#include <cstring>

#include "kernel/api/api.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/panic.h"
#include "kernel/ke/processor_features.h"
#include "kernel/ke/processor_time.h"
#include "kernel/ke/sched_trace.h"
#include "kernel/ke/scheduler.h"
#include "kernel/ke/unwind.h"
#include "kernel/mm/layout.h"
#include "nt/bugcodes.h"

/// What a DPC may know of its watchdog (wdm.h).
struct KDPC_WATCHDOG_INFORMATION {
  ULONG DpcTimeLimit;
  ULONG DpcTimeCount;  ///< left
  ULONG DpcWatchdogLimit;
  ULONG DpcWatchdogCount;  ///< left
  ULONG Reserved;
};
using PKDPC_WATCHDOG_INFORMATION = KDPC_WATCHDOG_INFORMATION*;
NT_SIZE(KDPC_WATCHDOG_INFORMATION, 0x14);

namespace nt::ke {
namespace {

/// Host milliseconds without a scheduling point after which PE code is taken to hang.
constexpr ULONG kHangMilliseconds = 2000;
/// Under virtual time, PE code that calls nothing for so long is preempted all the same.
constexpr ULONG kSpinMilliseconds = 20;
/// How long one DPC may run, and the processor stay at DISPATCH_LEVEL or above, in 100 ns units; and a tick of NT's clock.
constexpr LONGLONG kAllowed = LONGLONG{kHangMilliseconds} * 10'000, kAllowedAltogether = kAllowed * 3 / 2, kTick = 156'250;

struct KSYSTEM_TIME {
  ULONG LowPart;
  LONG High1Time;
  LONG High2Time;
};

/// The fields of KUSER_SHARED_DATA that change; ntddk.h has the offsets.
constexpr ULONG_PTR kInterruptTime = 0x08, kSystemTime = 0x14, kTimeZoneBias = 0x20, kTickCount = 0x320, kTickCountMultiplier = 0x04,
                    kProcessorFeatures = 0x274;

UCHAR* SharedData() { return reinterpret_cast<UCHAR*>(mm::kSharedUserData); }

void Store(ULONG_PTR offset, LONGLONG value) {
  const KSYSTEM_TIME time{static_cast<ULONG>(value), static_cast<LONG>(value >> 32), static_cast<LONG>(value >> 32)};
  std::memcpy(SharedData() + offset, &time, sizeof time);
}

template <class T>
void Poke(ULONG_PTR offset, T value) {
  std::memcpy(SharedData() + offset, &value, sizeof value);
}

void PublishTime() {
  const State& ki = Ki();
  Store(kInterruptTime, ki.interrupt_time);
  Store(kSystemTime, ki.interrupt_time + ki.boot_system_time);
  Store(kTickCount, ki.interrupt_time / 156'250);
}

ULONGLONG NextRandom() {
  ULONGLONG& x = Ki().random;  // xorshift64*
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  return x * 0x2545F4914F6CDD1D;
}

void ChargeQuantum(LONGLONG units) {
  for (Processor& processor : Ki().processors) {
    Thread* const thread = processor.current;
    const LONGLONG left = units - TakeStolen(processor, units);
    DpcTick(processor, std::max<LONGLONG>(units / kTickUnits, 1));
    ++processor.interrupts;
    if (thread->host.is_idle) {
      processor.idle_time += left;
      continue;
    }
    if (thread->host.in_user != 0 || thread->host.user_interrupted != 0) {
      thread->host.user_time += left;
      processor.user_time += left;
    } else {
      thread->host.kernel_time += left;
    }
    thread->host.quantum_left -= units;
    if (thread->host.quantum_left > 0) continue;
    thread->host.quantum_left = kQuantumUnits;
    processor.quantum_end = true;
    RequestSoftwareInterrupt(processor, kDispatchBit);
  }
}

void CountSeconds() {
  constexpr LONGLONG kSecond = 10'000'000;
  State& ki = Ki();
  const LONGLONG seconds = (ki.interrupt_time - ki.last_second) / kSecond;
  if (seconds == 0 || ki.second_tick == nullptr) return;
  ki.last_second += seconds * kSecond;
  ki.second_tick(static_cast<ULONG>(seconds));
}

/// A processor that stays at DISPATCH_LEVEL or above starves everything: DPC_WATCHDOG_VIOLATION, as NT. One DPC may take all the time, or
/// it is spent by many, or by code that raised the level.
void WatchDispatchLevel(LONGLONG units) {
  Processor& processor = CurrentProcessor();
  if (KiPcr->irql < DISPATCH_LEVEL) {
    processor.dispatch_spent = 0;
    return;
  }
  processor.dispatch_spent += units;
  processor.dpc_spent += units;
  const bool one_dpc = processor.dpc_active && processor.dpc_spent >= kAllowed;
  if (!one_dpc && processor.dispatch_spent < kAllowedAltogether) return;
  PanicReport report{DPC_WATCHDOG_VIOLATION, {1, kAllowedAltogether / kTick, 0, 0}, nullptr, {}};
  report.rule = "Code ran at DISPATCH_LEVEL or above for too long without end; nothing else can run on that processor meanwhile.";
  if (one_dpc) {
    report.parameters[0] = 0;
    report.parameters[1] = static_cast<ULONG_PTR>(processor.dpc_spent / kTick);
    report.parameters[2] = kAllowed / kTick;
    report.rule = "A DPC ran for too long without end; nothing else can run on that processor meanwhile.";
  }
  if (InterruptedCode() != nullptr) report.context = *InterruptedCode();
  StopWith(report);
}

}  // namespace

void InitializeTime() {
  State& ki = Ki();
  ki.host_boot_ns = hal::MonotonicNanoseconds();
  // Under virtual time every run starts at the same moment: 2022-01-01.
  ki.boot_system_time = ki.virtual_time ? 132'854'688'000'000'000 : hal::WallClock();
  ki.random = ki.seed * 0x9E3779B97F4A7C15 + 0x1234567;
  if (ki.random == 0) ki.random = 1;
  hal::MapLinear(mm::kSharedUserDataShadow, PAGE_SIZE, hal::Protection::ReadWrite);
  hal::MapAlias(mm::kSharedUserData, mm::PhysicalOf(mm::kSharedUserDataShadow), PAGE_SIZE, hal::Protection::ReadWrite);
  std::memset(SharedData(), 0, PAGE_SIZE);
  Poke<ULONG>(kTickCountMultiplier, 0x0FA00000);
  Poke<USHORT>(0x2c, 0x8664);  // ImageNumberLow and High
  Poke<USHORT>(0x2e, 0x8664);
  std::memcpy(SharedData() + 0x30, u"C:\\Windows", sizeof u"C:\\Windows");
  Poke<ULONG>(0x260, 22000);  // NtBuildNumber
  Poke<ULONG>(0x264, 1);      // NtProductWinNt
  Poke<UCHAR>(0x268, 1);
  Poke<ULONG>(0x26c, 10);  // NtMajorVersion
  Poke<ULONG>(0x270, 0);
  Poke<ULONG>(0x2d0, 0x110);  // SuiteMask: terminal services, for a single user
  TellProcessorFeatures(SharedData() + kProcessorFeatures);
  Poke<ULONG>(0x3c0, ProcessorCount());
  PublishTime();
}

void UpdateTime() {
  State& ki = Ki();
  if (ki.virtual_time) return;
  ki.interrupt_time = static_cast<LONGLONG>((hal::MonotonicNanoseconds() - ki.host_boot_ns) / 100);
}

void ClockInterrupt() {
  State& ki = Ki();
  UpdateTime();
  const LONGLONG elapsed = ki.interrupt_time - ki.last_tick;
  if (elapsed <= 0) return;
  ki.last_tick = ki.interrupt_time;
  TraceInterrupt("clock");
  PublishTime();
  ChargeQuantum(elapsed);
  CountSeconds();
  ExpireTimers();
}

bool HasProcessorFeature(ULONG feature) { return feature < kProcessorFeatureMax && SharedData()[kProcessorFeatures + feature] != 0; }

void SetTimeZoneBias(LONGLONG bias) { Store(kTimeZoneBias, bias); }

void SetClockPeriod(ULONG units) {
  if (Ki().virtual_time) return;
  constexpr ULONG kLongest = 10'000;
  hal::StartClockInterrupts(ULONGLONG{std::min(units, kLongest)} * 100);
}

void SetSecondTick(void (*tick)(ULONG seconds)) { Ki().second_tick = tick; }

/// The body of an interrupt that came in PE code or was pending when an export returned; GS is the KPCR.
void ServiceClock() {
  KiPending = 0;
  ClockInterrupt();
  if (!Ki().virtual_time) WatchDispatchLevel(kTickUnits);
  DeliverDue();
  RotateProcessor();
}

void VirtualStep() {
  State& ki = Ki();
  ki.hang_ticks = 0;
  ++ki.virtual_steps;
  ki.interrupt_time += 2;
  if (ki.interrupt_time - ki.last_tick >= kTickUnits) {
    ClockInterrupt();
    DeliverDue();
  }
  if (NextRandom() % 8 == 0) RotateProcessor();
}

void AdvanceVirtualTime(LONGLONG units) {
  State& ki = Ki();
  if (!ki.virtual_time || units <= 0) return;
  ki.interrupt_time += units;
  ClockInterrupt();
  DeliverDue();
}

/// The host's tick under virtual time: it drives nothing, but PE code that never comes back must not stop the machine.
void HostTickUnderVirtualTime() {
  State& ki = Ki();
  if (++ki.hang_ticks < kSpinMilliseconds) return;
  if (KiPcr->irql >= DISPATCH_LEVEL) {
    if (ki.hang_ticks >= kHangMilliseconds) WatchDispatchLevel(static_cast<LONGLONG>(kHangMilliseconds) * 10'000);
    RotateProcessor();
    return;
  }
  ki.interrupt_time += kTickUnits;
  ClockInterrupt();
  DeliverDue();
  RotateProcessor();
}

void KiInterruptBody() {
  if (Ki().virtual_time) {
    HostTickUnderVirtualTime();
  } else {
    ServiceClock();
  }
  if (Ki().out_of_time) StopMachine();
}

/// An interrupt of user mode, on the kernel stack.
void InterruptUser() {
  CrashIfRequested(nullptr);
  Thread* const thread = KiThread;
  thread->host.user_interrupted = TRUE;
  KiInterruptBody();
  thread->host.user_interrupted = FALSE;
  BeforeUserMode();
}

/// From KiPreemptEntry: PE code was interrupted.
extern "C" void KiPreempted() {
  Thread* const thread = KiThread;
  if (thread->host.in_user) return KiRunOnKernelStack(&InterruptUser);
  CrashIfRequested(InterruptedCode());
  const Interruption* const outer = thread->host.interruption;
  Interruption here{{}, thread->host.records};
  if (InterruptedCode() != nullptr) here.context = *InterruptedCode();
  thread->host.interruption = &here;
  KiInterruptBody();
  thread->host.interruption = outer;
}

/// From the export thunk, when KiPending was set.
extern "C" void KiServicePending(const ExportRecord* record) {
  if (KiThread->host.stack_overflowed) RaiseStackOverflow(record);
  ForgetInterruptedCode();
  if (KiThread->host.in_user) {
    KiRunOnKernelStack(&InterruptUser);
  } else {
    ServiceClock();  // no crash on request here: between two frames there is no stack to show; the next tick finds the driver's code
    if (Ki().out_of_time) StopMachine();
  }
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime) { CurrentTime->QuadPart = SystemTime(); }
VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime) { CurrentTime->QuadPart = SystemTime(); }
ULONGLONG KeQueryInterruptTime() { return static_cast<ULONGLONG>(InterruptTime()); }
ULONGLONG KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp) {
  const auto now = static_cast<ULONGLONG>(InterruptTime());
  *QpcTimeStamp = now;
  return now;
}
ULONGLONG KeQueryUnbiasedInterruptTime() { return static_cast<ULONGLONG>(InterruptTime()); }
ULONGLONG KeQueryUnbiasedInterruptTimePrecise(PULONG64 QpcTimeStamp) { return KeQueryInterruptTimePrecise(QpcTimeStamp); }

ULONG KeShouldYieldProcessor() {
  const Processor& processor = CurrentProcessor();
  return processor.dpc_active && processor.dpc_spent >= kTick ? TRUE : FALSE;
}

NTSTATUS KeQueryDpcWatchdogInformation(PKDPC_WATCHDOG_INFORMATION WatchdogInformation) {
  const Processor& processor = CurrentProcessor();
  if (!processor.dpc_active) return STATUS_UNSUCCESSFUL;
  const auto ticks = [](LONGLONG units) { return static_cast<ULONG>(std::max<LONGLONG>(units, 0) / kTick); };
  *WatchdogInformation = {ticks(kAllowed), ticks(kAllowed - processor.dpc_spent), ticks(kAllowedAltogether),
                          ticks(kAllowedAltogether - processor.dispatch_spent), 0};
  return STATUS_SUCCESS;
}
VOID KeQueryTickCount(PLARGE_INTEGER TickCount) { TickCount->QuadPart = InterruptTime() / 156'250; }
ULONG KeQueryTimeIncrement() { return 156'250; }

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) {
  if (PerformanceFrequency != nullptr) PerformanceFrequency->QuadPart = 10'000'000;
  LARGE_INTEGER counter;
  counter.QuadPart = InterruptTime();
  return counter;
}

NTSTATUS KeQueryAuxiliaryCounterFrequency(PULONG64) { return STATUS_NOT_SUPPORTED; }
NTSTATUS KeConvertAuxiliaryCounterToPerformanceCounter(ULONG64, PULONG64, PULONG64) { return STATUS_NOT_SUPPORTED; }
NTSTATUS KeConvertPerformanceCounterToAuxiliaryCounter(ULONG64, PULONG64, PULONG64) { return STATUS_NOT_SUPPORTED; }

VOID KeStallExecutionProcessor(ULONG MicroSeconds) {
  if (Ki().virtual_time) {
    AdvanceVirtualTime(static_cast<LONGLONG>(MicroSeconds) * 10);
    return;
  }
  const ULONGLONG end = nt::hal::MonotonicNanoseconds() + ULONGLONG{MicroSeconds} * 1000;
  while (nt::hal::MonotonicNanoseconds() < end) {
  }
}

}  // extern "C"
