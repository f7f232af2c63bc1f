// KeGenericCallDpc: a DPC routine on all processors, each at DISPATCH_LEVEL, that may wait for each other.
#include "kernel/ke/scheduler.h"

namespace nt::ke {
namespace {

/// DEFERRED_REVERSE_BARRIER: who has come to it, and how many there are. The high bit of `arrived` says which way it goes next.
struct Barrier {
  volatile ULONG arrived;
  ULONG total;
};

}  // namespace
}  // namespace nt::ke

using namespace nt::ke;

extern "C" {

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number);
VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance);
BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2);

VOID KeGenericCallDpc(PKDEFERRED_ROUTINE Routine, PVOID Context) {
  State& ki = Ki();
  while (ki.generic_call) RotateProcessor();  // another caller's turn
  ki.generic_call = true;
  const KIRQL old = RaiseIrql(DISPATCH_LEVEL);
  volatile ULONG left = ProcessorCount();
  Barrier barrier{0, ProcessorCount()};
  const auto call = [&](Processor& processor) {
    KeInitializeDpc(&processor.call_dpc, Routine, Context);
    KeSetTargetProcessorDpc(&processor.call_dpc, static_cast<CCHAR>(processor.block->number));
    KeSetImportanceDpc(&processor.call_dpc, HighImportance);
    KeInsertQueueDpc(&processor.call_dpc, const_cast<ULONG*>(&left), &barrier);
  };
  for (Processor& processor : ki.processors) {
    if (processor.block != KiPcr) call(processor);
  }
  PKDPC const own = &CurrentProcessor().call_dpc;
  KeInitializeDpc(own, Routine, Context);
  Callout<void>(Routine, own, Context, const_cast<ULONG*>(&left), &barrier);
  while (left != 0) RotateProcessor();
  ki.generic_call = false;
  LowerIrql(old);
}

VOID KeSignalCallDpcDone(PVOID SystemArgument1) {
  auto* const left = static_cast<volatile ULONG*>(SystemArgument1);
  *left = *left - 1;
}

ULONG KeSignalCallDpcSynchronize(PVOID SystemArgument2) {
  auto* const barrier = static_cast<Barrier*>(SystemArgument2);
  constexpr ULONG kSense = 0x80000000;
  const ULONG sense = barrier->arrived & kSense;
  barrier->arrived = barrier->arrived + 1;
  if ((barrier->arrived & ~kSense) == barrier->total) {  // the last one: the barrier is ready for its next use
    barrier->arrived = sense ^ kSense;
    return TRUE;
  }
  while ((barrier->arrived & kSense) == sense) RotateProcessor();
  return FALSE;
}

}  // extern "C"
