#include "kernel/ps/priority.h"

#include <algorithm>
#include <iterator>

#include "kernel/ke/scheduler.h"

namespace nt::ps {
namespace {

/// By class: unknown, idle, normal, high, real time, below normal, above normal.
constexpr KPRIORITY kBaseOfClass[] = {8, 4, 8, 13, 24, 6, 10};
constexpr LONG kSaturated = 16;

bool IsRealTime(KPRIORITY priority) { return priority >= LOW_REALTIME_PRIORITY; }

KPRIORITY Lowest(KPRIORITY base) { return IsRealTime(base) ? LOW_REALTIME_PRIORITY : 1; }
KPRIORITY Highest(KPRIORITY base) { return IsRealTime(base) ? MAXIMUM_PRIORITY - 1 : LOW_REALTIME_PRIORITY - 1; }

void SetBase(ke::Thread* thread, KPRIORITY priority) { ke::SetBasePriority(&thread->Tcb, priority); }

KPRIORITY ProcessBaseOf(const ke::Thread* thread) { return ProcessOf(ProcessOf(thread))->host.base_priority; }

}  // namespace

bool IsPriorityClass(UCHAR priority_class) { return priority_class != 0 && priority_class < std::size(kBaseOfClass); }

void ChangePriorityClass(Process* process, UCHAR priority_class) {
  process->PriorityClass = priority_class;
  ChangeBasePriority(process, kBaseOfClass[priority_class]);
}

void ChangeBasePriority(Process* process, KPRIORITY priority) {
  const KPRIORITY old = process->host.base_priority;
  process->host.base_priority = priority;
  for (PETHREAD each : Threads(process)) {
    auto* const thread = static_cast<ke::Thread*>(each);
    const KPRIORITY moved = thread->Tcb.BasePriority + priority - old;
    const bool saturated = thread->host.saturation != 0;
    const KPRIORITY end = thread->host.saturation > 0 ? Highest(priority) : Lowest(priority);
    SetBase(thread, saturated ? end : std::clamp(moved, Lowest(priority), Highest(priority)));
  }
  ke::ExitDispatcher();
}

bool SetPriorityIncrement(ke::Thread* thread, LONG increment) {
  const KPRIORITY base = ProcessBaseOf(thread);
  const LONG most = IsRealTime(base) ? 6 : 2, least = IsRealTime(base) ? -7 : -2;
  const bool saturates = increment == kSaturated || increment == -kSaturated || increment == kSaturated - 1 || increment == 1 - kSaturated;
  if (!saturates && (increment > most || increment < least)) return false;
  thread->host.saturation = static_cast<signed char>(saturates ? (increment > 0 ? 1 : -1) : 0);
  const KPRIORITY end = increment > 0 ? Highest(base) : Lowest(base);
  SetBase(thread, saturates ? end : std::clamp(base + increment, Lowest(base), Highest(base)));
  return true;
}

LONG PriorityIncrementOf(ke::Thread* thread) {
  if (thread->host.saturation != 0) return thread->host.saturation * kSaturated;
  return thread->Tcb.BasePriority - ProcessBaseOf(thread);
}

}  // namespace nt::ps
