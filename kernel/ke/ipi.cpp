// KeIpiGenericCall: a routine on all processors at once, at IPI_LEVEL.
#include "kernel/ke/scheduler.h"

namespace nt::ke {

/// The routine, and the processors that have yet to come back from it.
struct Broadcast {
  PKIPI_BROADCAST_WORKER routine;
  ULONG_PTR argument;
  ULONG left;
};

void AnswerBroadcast() {
  KiPcr->software_interrupts &= ~(1u << IPI_LEVEL);
  Broadcast* const broadcast = Ki().broadcast;
  const KIRQL irql = KiPcr->irql;
  KiPcr->irql = IPI_LEVEL;
  Callout<ULONG_PTR>(broadcast->routine, broadcast->argument);
  KiPcr->irql = irql;
  --broadcast->left;
}

}  // namespace nt::ke

using namespace nt::ke;

extern "C" ULONG_PTR KeIpiGenericCall(PKIPI_BROADCAST_WORKER BroadcastFunction, ULONG_PTR Context) {
  State& ki = Ki();
  while (ki.broadcast != nullptr) RotateProcessor();  // another processor's turn; this one answers meanwhile
  const KIRQL old = RaiseIrql(IPI_LEVEL);
  Broadcast broadcast{BroadcastFunction, Context, ProcessorCount() - 1};
  ki.broadcast = &broadcast;
  for (Processor& processor : ki.processors) {
    if (processor.block != KiPcr) RequestSoftwareInterrupt(processor, 1u << IPI_LEVEL);
  }
  // Its own call comes before the wait for the others: routines may wait for each other.
  const ULONG_PTR result = Callout<ULONG_PTR>(BroadcastFunction, Context);
  while (broadcast.left != 0) RotateProcessor();
  ki.broadcast = nullptr;
  LowerIrql(old);
  return result;
}
