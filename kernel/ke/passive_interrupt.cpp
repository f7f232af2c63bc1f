// Interrupts that are served at PASSIVE_LEVEL: their routines run in a thread of the machine, and their lock is an event.
#include <algorithm>

#include "kernel/ke/interrupt.h"
#include "kernel/ke/machine.h"
#include "kernel/ke/scheduler.h"
#include "nt/bugcodes.h"

namespace nt::ke {
namespace {

/// Above all that is not real-time.
constexpr KPRIORITY kServicePriority = LOW_REALTIME_PRIORITY + 8;

bool IsConnected(const KINTERRUPT* interrupt) { return std::ranges::find(Ki().interrupts, interrupt) != Ki().interrupts.end(); }

/// Calls a service routine. True if the interrupt was its device's.
bool Call(PKINTERRUPT interrupt) {
  KeWaitForSingleObject(&interrupt->PassiveLock, Executive, KernelMode, FALSE, nullptr);
  if (!IsConnected(interrupt)) return false;  // and gone
  const auto handled = Callout<BOOLEAN>(interrupt->ServiceRoutine, interrupt, interrupt->ServiceContext);
  if (KiPcr->irql != PASSIVE_LEVEL) {
    BugCheck(IRQL_UNEXPECTED_VALUE, KiPcr->irql, PASSIVE_LEVEL, 0, 0,
             "An interrupt service routine must return at the IRQL at which it was called.");
  }
  ReleasePassiveLock(interrupt);
  return handled != 0;
}

/// Asks those who share a vector: until one claims it, or all of them for an edge.
void Serve(ULONG vector, ULONG processor) {
  for (SIZE_T i = 0; i < Ki().interrupts.size(); ++i) {
    PKINTERRUPT const interrupt = Ki().interrupts[i];
    if (!TakesInterrupt(interrupt, vector, processor)) continue;
    const bool level = interrupt->Mode == LevelSensitive;
    if (Call(interrupt) && level) return;
  }
}

void ServeAll(void*) {
  PassiveService& service = Ki().passive_service;
  for (;;) {
    KeWaitForSingleObject(&service.requested, Executive, KernelMode, FALSE, nullptr);
    for (ULONG number = 0; number < ProcessorCount(); ++number) {
      for (ULONG vector = 0; vector < kVectors; ++vector) {
        std::bitset<kVectors>& vectors = Ki().processors[number].passive_vectors;
        if (!vectors.test(vector)) continue;
        vectors.reset(vector);
        Serve(vector, number);
      }
    }
  }
}

}  // namespace

void StartPassiveService() {
  PassiveService& service = Ki().passive_service;
  if (service.running) return;
  service.running = true;
  KeInitializeEvent(&service.requested, SynchronizationEvent, FALSE);
  CreateHostThread(&ServeAll, nullptr, kServicePriority);
}

void RequestPassiveService(ULONG vector, ULONG processor) {
  KEVENT& requested = Ki().passive_service.requested;
  Ki().processors[processor].passive_vectors.set(vector);
  // Where a device interrupts, no event may be set by the rules: the thread is woken as the kernel does it itself.
  requested.Header.SignalState = 1;
  WakeWaiters(&requested.Header, 0);
}

void AcquirePassiveLock(PKINTERRUPT interrupt) { KeWaitForSingleObject(&interrupt->PassiveLock, Executive, KernelMode, FALSE, nullptr); }

void ReleasePassiveLock(PKINTERRUPT interrupt) { KeSetEvent(&interrupt->PassiveLock, 0, FALSE); }

}  // namespace nt::ke
