// Where a processor's time goes: threads, DPCs, interrupts, interrupts to the unit, the others by ticks of the clock.
#pragma once

#include "kernel/ke/ki.h"

namespace nt::ke {

/// From now on the processor's time goes there. Returns where it went so far.
Charge ChargeProcessor(Processor& processor, Charge charge);
/// What of the time since the last call did not belong to the processor's thread, up to `units`.
LONGLONG TakeStolen(Processor& processor, LONGLONG units);

}  // namespace nt::ke
