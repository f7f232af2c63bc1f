#include "kernel/ke/processor_time.h"

#include <algorithm>

#include "kernel/ke/machine.h"

namespace nt::ke {

Charge ChargeProcessor(Processor& processor, Charge charge) {
  const Charge before = processor.charge;
  // DPCs are too short to read the host's clock for each: theirs is the time that the clock's ticks find them running, as on NT.
  const bool exact = before == Charge::Interrupt || charge == Charge::Interrupt;
  const LONGLONG now = exact ? InterruptTime() : Ki().interrupt_time;
  const LONGLONG spent = now - processor.charged_since;
  if (before != Charge::Thread) {
    (before == Charge::Dpc ? processor.dpc_time : processor.interrupt_time) += spent;
    processor.stolen_time += spent;
  }
  processor.charge = charge;
  processor.charged_since = now;
  return before;
}

LONGLONG TakeStolen(Processor& processor, LONGLONG units) {
  if (processor.charge != Charge::Thread) ChargeProcessor(processor, processor.charge);
  const LONGLONG stolen = std::min(processor.stolen_time, units);
  processor.stolen_time -= stolen;
  return stolen;
}

std::vector<ProcessorTime> ProcessorTimes() {
  std::vector<ProcessorTime> times;
  for (const Processor& processor : Ki().processors) {
    times.push_back({processor.idle_time, processor.user_time, processor.dpc_time, processor.interrupt_time, processor.interrupts});
  }
  return times;
}

}  // namespace nt::ke
