#include "kernel/ke/interrupt.h"

#include <algorithm>
#include <bit>

#include "kernel/ke/machine.h"
#include "kernel/ke/processor_time.h"
#include "kernel/ke/sched_trace.h"
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

ULONG LevelOf(ULONG vector) { return vector >> 4; }

/// Calls a service routine at its level, its lock held. True if the interrupt was its device's.
bool CallService(PKINTERRUPT interrupt) {
  const KIRQL irql = RaiseIrql(interrupt->SynchronizeIrql);
  AcquireSpinLock(interrupt->ActualLock);
  const ULONG_PTR arguments[8] = {reinterpret_cast<ULONG_PTR>(interrupt), reinterpret_cast<ULONG_PTR>(interrupt->ServiceContext)};
  const auto handled = static_cast<BOOLEAN>(CallInterruptRoutine(reinterpret_cast<const void*>(interrupt->ServiceRoutine), arguments));
  if (KiPcr->irql != interrupt->SynchronizeIrql) {
    BugCheck(IRQL_UNEXPECTED_VALUE, KiPcr->irql, interrupt->SynchronizeIrql, 0, 0,
             "An interrupt service routine must return at the IRQL at which it was called.");
  }
  *interrupt->ActualLock = 0;
  KiPcr->irql = irql;
  return handled != 0;
}

/// One pass over those who share the vector. A level stays up until its device is served, so one answer is enough; an edge may have been
/// of several devices.
bool CallChain(ULONG vector, ULONG processor) {
  bool handled = false;
  // Others may be connected meanwhile, at the end; nobody goes while the vector is in service.
  for (SIZE_T i = 0; i < Ki().interrupts.size(); ++i) {
    PKINTERRUPT const interrupt = Ki().interrupts[i];
    if (!TakesInterrupt(interrupt, vector, processor)) continue;
    if (interrupt->Passive != 0) {
      // The thread asks all who share the vector; the line counts as served meanwhile.
      RequestPassiveService(vector, processor);
      return false;
    }
    if (!CallService(interrupt)) continue;
    handled = true;
    if (interrupt->Mode == LevelSensitive) return false;
  }
  return handled;
}

bool IsShared(ULONG vector, ULONG processor) {
  return std::ranges::count_if(Ki().interrupts, [&](const KINTERRUPT* other) { return TakesInterrupt(other, vector, processor); }) > 1;
}

/// Takes the highest requested vector of a level.
ULONG TakeVector(Processor& processor, ULONG level) {
  ULONG vector = level * 16 + 15;
  while (!processor.requested_vectors.test(vector)) --vector;
  processor.requested_vectors.reset(vector);
  const auto other = [&](ULONG index) { return processor.requested_vectors.test(level * 16 + index); };
  bool more = false;
  for (ULONG index = 0; index < 16; ++index) more = more || other(index);
  if (!more) processor.block->software_interrupts &= ~(1u << level);
  return vector;
}

void Service(ULONG level) {
  if (level == IPI_LEVEL) return AnswerBroadcast();
  Processor& processor = CurrentProcessor();
  const KIRQL irql = KiPcr->irql;
  const ULONG number = processor.block->number;
  const ULONG vector = TakeVector(processor, level);
  if (Tracing(kTraceSched)) TraceInterrupt(("vector " + std::to_string(vector)).c_str());
  const Charge outer = ChargeProcessor(processor, Charge::Interrupt);
  ++processor.interrupts;
  processor.vectors_in_service.set(vector);
  KiPcr->irql = static_cast<KIRQL>(level);
  // An edge that several devices share is served until nobody claims it any more.
  while (CallChain(vector, number) && IsShared(vector, number)) {
  }
  KiPcr->irql = irql;
  processor.vectors_in_service.reset(vector);
  ChargeProcessor(processor, outer);
}

bool IsInService(ULONG vector) {
  return std::ranges::any_of(Ki().processors, [&](const Processor& processor) { return processor.vectors_in_service.test(vector); });
}

/// Whether an interrupt's levels go together with its vector.
bool LevelsFit(const KINTERRUPT* interrupt) {
  const ULONG level = LevelOf(interrupt->Vector);
  if (level < kFirstDeviceIrql || level > kLastDeviceIrql) return false;
  if (interrupt->Passive != 0) return interrupt->Irql == level || interrupt->Irql == PASSIVE_LEVEL;
  return interrupt->Irql == level && interrupt->SynchronizeIrql >= interrupt->Irql && interrupt->SynchronizeIrql <= HIGH_LEVEL;
}

}  // namespace

bool TakesInterrupt(const KINTERRUPT* interrupt, ULONG vector, ULONG processor) {
  return interrupt->Vector == vector && interrupt->Active != 0 && (interrupt->Processors >> processor & 1) != 0;
}

void ServiceDevices() {
  for (;;) {
    const KIRQL above = std::max<KIRQL>(KiPcr->irql, DISPATCH_LEVEL);
    const ULONG due = KiPcr->software_interrupts >> 1 >> above;
    if (due == 0) return;
    Service(static_cast<ULONG>(std::bit_width(due)) + above);
  }
}

bool ConnectInterrupt(PKINTERRUPT interrupt) {
  interrupt->Processors &= (KAFFINITY{1} << ProcessorCount()) - 1;
  if (!LevelsFit(interrupt) || interrupt->Processors == 0) return false;
  for (const KINTERRUPT* other : Ki().interrupts) {
    if (other->Vector != interrupt->Vector || (other->Processors & interrupt->Processors) == 0) continue;
    const bool alike = other->Mode == interrupt->Mode && other->Passive == interrupt->Passive;
    if (other->ShareVector == 0 || interrupt->ShareVector == 0 || !alike) return false;
  }
  if (interrupt->Passive != 0) StartPassiveService();
  Ki().interrupts.push_back(interrupt);
  return true;
}

void DisconnectInterrupt(PKINTERRUPT interrupt) {
  if (interrupt->Passive != 0) {
    AcquirePassiveLock(interrupt);
    std::erase(Ki().interrupts, interrupt);
    ReleasePassiveLock(interrupt);
    return;
  }
  while (IsInService(interrupt->Vector)) RotateProcessor();
  std::erase(Ki().interrupts, interrupt);
}

bool FireInterrupt(ULONG vector, ULONG number) {
  if (number >= ProcessorCount()) return false;
  if (std::ranges::none_of(Ki().interrupts, [&](const KINTERRUPT* interrupt) { return TakesInterrupt(interrupt, vector, number); }))
    return false;
  Processor& processor = Ki().processors[number];
  processor.requested_vectors.set(vector);
  RequestSoftwareInterrupt(processor, 1u << LevelOf(vector));
  return true;
}

void AwaitInterrupt(ULONG vector, ULONG processor) {
  DeliverDue();
  while (processor < ProcessorCount() && Ki().processors[processor].requested_vectors.test(vector)) RotateProcessor();
}

std::vector<PKINTERRUPT> InterruptsIn(ULONG_PTR base, SIZE_T size) {
  std::vector<PKINTERRUPT> found;
  std::ranges::copy_if(Ki().interrupts, std::back_inserter(found),
                       [&](const KINTERRUPT* interrupt) { return reinterpret_cast<ULONG_PTR>(interrupt->ServiceRoutine) - base < size; });
  return found;
}

}  // namespace nt::ke

using namespace nt::ke;

namespace {

void CheckLevel(PKINTERRUPT interrupt) {
  if (interrupt->Passive != 0) {
    BugCheck(IRQL_NOT_GREATER_OR_EQUAL, PASSIVE_LEVEL, KiPcr->irql, 0, 0,
             "An interrupt that is served at PASSIVE_LEVEL has no spin lock; use KeSynchronizeExecution.");
  }
  if (KiPcr->irql <= interrupt->SynchronizeIrql) return;
  BugCheck(IRQL_NOT_GREATER_OR_EQUAL, interrupt->SynchronizeIrql, KiPcr->irql, 0, 0,
           "An interrupt's spin lock was acquired above the interrupt's own IRQL.");
}

}  // namespace

extern "C" {

KIRQL KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt) {
  CheckLevel(Interrupt);
  const KIRQL old = RaiseIrql(Interrupt->SynchronizeIrql);
  AcquireSpinLock(Interrupt->ActualLock);
  return old;
}

VOID KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql) {
  if (*Interrupt->ActualLock == 0) {
    BugCheck(SPIN_LOCK_NOT_OWNED, reinterpret_cast<ULONG_PTR>(Interrupt->ActualLock), 0, 0, 0,
             "An interrupt's spin lock was released that nobody holds.");
  }
  *Interrupt->ActualLock = 0;
  LowerIrql(OldIrql);
}

BOOLEAN KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine, PVOID SynchronizeContext) {
  if (Interrupt->Passive != 0) {
    AcquirePassiveLock(Interrupt);
    const auto passive_result = Callout<BOOLEAN>(SynchronizeRoutine, SynchronizeContext);
    ReleasePassiveLock(Interrupt);
    return passive_result;
  }
  const KIRQL old = KeAcquireInterruptSpinLock(Interrupt);
  const auto result = Callout<BOOLEAN>(SynchronizeRoutine, SynchronizeContext);
  if (KiPcr->irql != Interrupt->SynchronizeIrql) {
    BugCheck(IRQL_UNEXPECTED_VALUE, KiPcr->irql, Interrupt->SynchronizeIrql, reinterpret_cast<ULONG_PTR>(SynchronizeRoutine), 0,
             "A routine of KeSynchronizeExecution must return at the IRQL at which it was called.");
  }
  KeReleaseInterruptSpinLock(Interrupt, old);
  return result;
}

BOOLEAN RingletFireInterrupt(ULONG Vector, ULONG Processor) {
  if (!FireInterrupt(Vector, Processor)) return FALSE;
  DeliverDue();
  return TRUE;
}

}  // extern "C"
