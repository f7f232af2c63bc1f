// What a process's priority means for its threads. Private to ps.
#pragma once

#include "kernel/ps/state.h"

namespace nt::ps {

inline constexpr UCHAR kIdleClass = 1, kRealTimeClass = 4, kBelowNormalClass = 5;

bool IsPriorityClass(UCHAR priority_class);
/// Gives a process the base priority of a class, and its threads theirs.
void ChangePriorityClass(Process* process, UCHAR priority_class);
/// Moves the priorities of a process's threads along with its own.
void ChangeBasePriority(Process* process, KPRIORITY priority);
/// Sets a thread's base priority relative to its process's; 16 and -16 saturate it. False: no increment that a thread can have.
bool SetPriorityIncrement(ke::Thread* thread, LONG increment);
/// The increment that a thread has.
LONG PriorityIncrementOf(ke::Thread* thread);

}  // namespace nt::ps
